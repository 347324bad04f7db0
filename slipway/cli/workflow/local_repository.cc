#include "slipway/cli/workflow/local_repository.h"

#include <filesystem>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/process/run.h"

namespace slipway::cli {

namespace fs = std::filesystem;

Result<LocalRepository> LocalRepository::Open(const std::string& folder) {
  std::error_code failed;
  const std::string start = folder.empty() ? fs::current_path(failed).string() : fs::absolute(folder, failed).string();
  if (!fs::is_directory(start, failed)) return InvalidArgument(fmt::format("there is no folder '{}'", start));
  SLIPWAY_ASSIGN_OR_RETURN(auto supervisor, process::Supervisor::Start());
  LocalRepository repository(std::move(supervisor), start);
  auto top = repository.Git({"rev-parse", "--show-toplevel"});
  if (!top || Trim(*top).empty()) top = repository.Git({"rev-parse", "--absolute-git-dir"});
  if (!top)
    return FailedPrecondition(fmt::format(
        "'{}' is not in a Git repository: workflows run on commits. `git init && git add -A && git commit` makes one",
        start));
  repository.top_ = std::string(Trim(*top));
  return repository;
}

Result<std::string> LocalRepository::Git(std::vector<std::string> words, const std::string& index_file) const {
  process::SpawnOptions options;
  options.arguments = {"git", "-C", top_};
  options.arguments.insert(options.arguments.end(), words.begin(), words.end());
  options.environment = process::CurrentEnvironment();
  if (!index_file.empty()) options.environment["GIT_INDEX_FILE"] = index_file;
  SLIPWAY_ASSIGN_OR_RETURN(const auto ended, process::RunToEnd(*supervisor_, std::move(options)));
  if (ended.exit.ok()) return ended.output;
  return FailedPrecondition(fmt::format("git {}: {}", words.empty() ? "" : words[0], Trim(ended.output)));
}

Result<std::string> LocalRepository::CurrentRef() const {
  const auto ref = Git({"symbolic-ref", "--quiet", "HEAD"});
  if (ref) return std::string(Trim(*ref));
  return FailedPrecondition("HEAD is detached: name a branch with --ref");
}

bool LocalRepository::HasChanges() const {
  const auto status = Git({"status", "--porcelain"});
  return status && !Trim(*status).empty();
}

Result<std::string> LocalRepository::CommitOfFiles() const {
  SLIPWAY_ASSIGN_OR_RETURN(const TemporaryDirectory scratch, TemporaryDirectory::Make());
  const std::string index = (scratch.path() / "index").string();
  const bool has_head = Git({"rev-parse", "--verify", "--quiet", "HEAD"}).has_value();
  if (has_head) SLIPWAY_RETURN_IF_ERROR(Git({"read-tree", "HEAD"}, index));
  SLIPWAY_RETURN_IF_ERROR(Git({"add", "--all", "."}, index));
  SLIPWAY_ASSIGN_OR_RETURN(const std::string tree, Git({"write-tree"}, index));
  std::vector<std::string> words = {"-c",          "user.name=slipway",     "-c", "user.email=slipway@localhost",
                                    "commit-tree", std::string(Trim(tree)), "-m", "Files that are not committed"};
  if (has_head) words.insert(words.end(), {"-p", "HEAD"});
  SLIPWAY_ASSIGN_OR_RETURN(const std::string made, Git(words));
  const std::string commit(Trim(made));
  // Named, so that Git keeps it as long as somebody may run it again.
  SLIPWAY_RETURN_IF_ERROR(Git({"update-ref", "refs/slipway/files/" + commit.substr(0, 12), commit}));
  return commit;
}

}  // namespace slipway::cli
