// actions/checkout: the commit of the run (or `ref`) in the workspace. The clone borrows the repository's objects, so
// it takes milliseconds and its whole history is there whatever fetch-depth says.
#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/workflows/execute/actions.h"

namespace slipway::workflows {
namespace {

namespace fs = std::filesystem;

Status Git(ActionCall& call, const fs::path& folder, std::vector<std::string> words, std::string* captured = nullptr) {
  std::vector<std::string> arguments = {
      "git", "-c", "safe.directory=*", "-c", "advice.detachedHead=false", "-c", "protocol.file.allow=always"};
  arguments.insert(arguments.end(), words.begin(), words.end());
  SLIPWAY_ASSIGN_OR_RETURN(const ProgramEnd end, call.run(std::move(arguments), folder, captured));
  if (end.ok()) return {};
  if (end.was_cancelled) return Error(Code::kCancelled, "cancelled");
  return FailedPrecondition(fmt::format("git {} failed", words.empty() ? "" : words[0]));
}

bool Resolves(ActionCall& call, const fs::path& folder, const std::string& name) {
  std::string ignored;
  return Git(call, folder, {"rev-parse", "--verify", "--quiet", name + "^{commit}"}, &ignored).has_value();
}

Status ClearFolder(const fs::path& folder) {
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) SLIPWAY_RETURN_IF_ERROR(RemoveAll(entry.path()));
  return {};
}

Status MakeClone(ActionCall& call, const fs::path& target) {
  std::error_code failed;
  if (fs::exists(target / ".git", failed)) {
    SLIPWAY_ASSIGN_OR_RETURN(const bool cleans, call.Flag("clean", true));
    SLIPWAY_RETURN_IF_ERROR(Git(call, target, {"fetch", "--quiet", "--prune", "--tags", "--force", "origin"}));
    if (!cleans) return {};
    SLIPWAY_RETURN_IF_ERROR(Git(call, target, {"reset", "--quiet", "--hard"}));
    return Git(call, target, {"clean", "--quiet", "-ffdx"});
  }
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(target));
  SLIPWAY_RETURN_IF_ERROR(ClearFolder(target));
  return Git(call, target, {"clone", "--quiet", "--shared", "--no-checkout", call.repository, "."});
}

std::string WithoutHeads(const std::string& ref) {
  return ref.starts_with("refs/heads/") ? ref.substr(11) : ref;
}

Status Switch(ActionCall& call, const fs::path& target) {
  const std::string wanted = call.Input("ref");
  const std::string branch = WithoutHeads(wanted.empty() ? call.ref : wanted);
  const bool is_branch =
      wanted.empty() ? call.ref.starts_with("refs/heads/") : Resolves(call, target, "refs/remotes/origin/" + branch);
  if (is_branch)
    return Git(
        call, target,
        {"checkout", "--quiet", "--force", "-B", branch, wanted.empty() ? call.sha : "refs/remotes/origin/" + branch});
  const std::string commit = wanted.empty() ? call.sha : wanted;
  if (!Resolves(call, target, commit))
    return NotFound(fmt::format("'{}' is neither a branch, a tag nor a commit of '{}'", commit, call.repository));
  return Git(call, target, {"checkout", "--quiet", "--force", "--detach", commit});
}

Status UpdateSubmodules(ActionCall& call, const fs::path& target) {
  const std::string submodules = ToLower(call.Input("submodules", "false"));
  if (submodules == "false") return {};
  std::vector<std::string> words = {"submodule", "update", "--quiet", "--init", "--force"};
  if (submodules == "recursive") words.push_back("--recursive");
  return Git(call, target, std::move(words));
}

}  // namespace

Status Checkout(ActionCall& call) {
  const std::string repository = call.Input("repository", call.repository_name);
  if (!EqualsIgnoreCase(repository, call.repository_name))
    return Unimplemented(fmt::format("checking out another repository ('{}') is not supported", repository));
  if (!call.Input("sparse-checkout").empty()) call.warn("sparse-checkout has no effect: everything is checked out");
  if (EqualsIgnoreCase(call.Input("lfs"), "true")) call.warn("lfs has no effect: files of Git LFS stay pointers");
  fs::path target = call.work;
  if (const std::string path = call.Input("path"); !path.empty() && path != ".") {
    const std::string below = fs::path(path).lexically_normal().string();
    SLIPWAY_ASSIGN_OR_RETURN(
        target, With(JoinBelow(call.work, below.ends_with('/') ? below.substr(0, below.size() - 1) : below),
                     "the input 'path'"));
  }
  SLIPWAY_RETURN_IF_ERROR(MakeClone(call, target));
  SLIPWAY_RETURN_IF_ERROR(Switch(call, target));
  SLIPWAY_RETURN_IF_ERROR(UpdateSubmodules(call, target));
  std::string commit;
  SLIPWAY_RETURN_IF_ERROR(Git(call, target, {"rev-parse", "HEAD"}, &commit));
  call.outputs["commit"] = std::string(Trim(commit));
  call.outputs["ref"] = call.Input("ref", call.ref);
  call.log(fmt::format("checked out {} ({})", call.outputs["ref"], call.outputs["commit"]));
  return {};
}

}  // namespace slipway::workflows
