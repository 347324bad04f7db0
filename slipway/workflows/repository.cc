#include "slipway/workflows/repository.h"

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/process/run.h"

namespace slipway::workflows {
namespace {

constexpr std::chrono::minutes kTimeout{2};
constexpr const char* kFolders[] = {".github/workflows/", "workflows/"};

bool IsWorkflowFile(std::string_view path) {
  for (const std::string_view folder : kFolders) {
    if (!path.starts_with(folder)) continue;
    const std::string_view name = path.substr(folder.size());
    return name.find('/') == std::string_view::npos && (name.ends_with(".yml") || name.ends_with(".yaml"));
  }
  return false;
}

std::vector<std::string> LinesOf(const std::string& text, char end = '\n') {
  std::vector<std::string> lines;
  for (const std::string_view line : Split(text, end))
    if (!line.empty()) lines.emplace_back(line);
  return lines;
}

bool IsZero(const std::string& commit) {
  return commit.find_first_not_of('0') == std::string::npos;
}

// Output goes through a file: RunToEnd keeps the last 64 KiB of a pipe alone.
Result<std::string> RunGit(process::Supervisor& supervisor, const std::string& folder, std::vector<std::string> words) {
  SLIPWAY_ASSIGN_OR_RETURN(const TemporaryDirectory scratch, TemporaryDirectory::Make());
  process::SpawnOptions options;
  options.arguments = {"git", "-c", "safe.directory=*", "-C", folder, "--no-pager"};
  options.arguments.insert(options.arguments.end(), words.begin(), words.end());
  options.environment = process::CurrentEnvironment();
  options.environment["GIT_TERMINAL_PROMPT"] = "0";
  options.environment["LC_ALL"] = "C";
  options.output = process::OutputTarget::kFile;
  options.output_file = scratch.path() / "out";
  for (const char* name : {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"}) options.environment.erase(name);
  SLIPWAY_ASSIGN_OR_RETURN(const process::RunResult ended, process::RunToEnd(supervisor, std::move(options), kTimeout));
  auto output = slipway::ReadFile(scratch.path() / "out");
  if (ended.exit.ok()) return output;
  return FailedPrecondition(
      fmt::format("git {}: {}", words.empty() ? "" : words[0], Trim(output ? std::string_view(*output) : "")));
}

}  // namespace

Result<std::string> Repository::Git(std::vector<std::string> words) const {
  return RunGit(*supervisor_, path_, std::move(words));
}

Result<Repository> Repository::Open(process::Supervisor& supervisor, const std::string& folder) {
  if (folder.empty() || folder[0] != '/')
    return InvalidArgument(fmt::format("a repository is an absolute folder, not '{}'", folder));
  std::error_code failed;
  if (!std::filesystem::is_directory(folder, failed))
    return NotFound(fmt::format("there is no folder '{}' on the server", folder));
  const auto top = RunGit(supervisor, folder, {"rev-parse", "--show-toplevel"});
  if (top && !Trim(*top).empty()) return Repository(supervisor, std::string(Trim(*top)));
  const auto bare = RunGit(supervisor, folder, {"rev-parse", "--absolute-git-dir"});
  if (bare) return Repository(supervisor, std::string(Trim(*bare)));
  return InvalidArgument(
      fmt::format("'{}' is not in a Git repository: workflows run on commits; `git init`, `git add` and `git commit` "
                  "make one",
                  folder));
}

Result<std::string> Repository::DefaultBranch() const {
  if (const auto remote = Git({"symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"})) {
    const std::string name(Trim(*remote));
    const std::string branch = name.starts_with("origin/") ? name.substr(7) : name;
    if (Git({"rev-parse", "--verify", "--quiet", "refs/heads/" + branch})) return branch;
  }
  for (const char* name : {"main", "master"})
    if (Git({"rev-parse", "--verify", "--quiet", std::string("refs/heads/") + name})) return std::string(name);
  const auto head = Git({"symbolic-ref", "--quiet", "--short", "HEAD"});
  if (head) return std::string(Trim(*head));
  return FailedPrecondition(fmt::format("'{}' has no branch: is there a commit?", path_));
}

Result<std::string> Repository::Resolve(const std::string& name) const {
  if (name.starts_with('-')) return InvalidArgument(fmt::format("'{}' is no name of a commit", name));
  const auto commit = Git({"rev-parse", "--verify", "--quiet", name + "^{commit}"});
  if (!commit) return NotFound(fmt::format("'{}' is no branch, tag or commit of '{}'", name, path_));
  return std::string(Trim(*commit));
}

Result<std::string> Repository::ReadFile(const std::string& commit, const std::string& path) const {
  auto text = Git({"show", fmt::format("{}:{}", commit, path)});
  if (!text) return NotFound(fmt::format("there is no '{}' in commit {}", path, commit.substr(0, 12)));
  return text;
}

Result<std::map<std::string, std::string>> Repository::WorkflowFiles(const std::string& commit) const {
  SLIPWAY_ASSIGN_OR_RETURN(const std::string listing, Git({"ls-tree", "-r", "-z", "--name-only", "--full-tree", commit,
                                                           ".github/workflows/", "workflows/"}));
  std::map<std::string, std::string> files;
  for (const std::string& path : LinesOf(listing, '\0')) {
    if (!IsWorkflowFile(path)) continue;
    SLIPWAY_ASSIGN_OR_RETURN(files[path], ReadFile(commit, path));
  }
  return files;
}

Result<std::vector<std::string>> Repository::ChangedFiles(const std::string& before, const std::string& after,
                                                          const std::string& default_branch) const {
  std::string base = before;
  if (IsZero(before)) {
    const auto fork = Git({"merge-base", "refs/heads/" + default_branch, after});
    const bool is_default = fork && Trim(*fork) == after;
    const auto parent = is_default ? Git({"rev-parse", "--verify", "--quiet", after + "^"}) : fork;
    if (!parent) {
      SLIPWAY_ASSIGN_OR_RETURN(const std::string all,
                               Git({"ls-tree", "-r", "-z", "--name-only", "--full-tree", after}));
      return LinesOf(all, '\0');
    }
    base = std::string(Trim(*parent));
  }
  SLIPWAY_ASSIGN_OR_RETURN(const std::string changed, Git({"diff", "--name-only", "-z", "--no-renames", base, after}));
  return LinesOf(changed, '\0');
}

Result<Repository::Commit> Repository::Describe(const std::string& commit) const {
  SLIPWAY_ASSIGN_OR_RETURN(const std::string text,
                           Git({"log", "-1", "--format=%H%x00%an%x00%ae%x00%aI%x00%B", commit}));
  const auto parts = Split(text, '\0');
  if (parts.size() < 5) return DataLoss(fmt::format("git log of {} is not readable", commit));
  return Commit{std::string(parts[0]), std::string(Trim(parts[4])), std::string(parts[1]), std::string(parts[2]),
                std::string(parts[3])};
}

}  // namespace slipway::workflows
