#include "slipway/workflows/execute/actions.h"

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/spec/workflow/workflow.h"

namespace slipway::workflows {
namespace {

constexpr std::pair<std::string_view, Status (*)(ActionCall&)> kActions[] = {
    {"actions/checkout", Checkout},
    {"actions/upload-artifact", UploadArtifact},
    {"actions/download-artifact", DownloadArtifact},
    {"actions/cache", Cache},
    {"actions/cache/restore", CacheRestore},
    {"actions/cache/save", CacheSave},
    {"actions/setup-python", SetupTool},
    {"actions/setup-node", SetupTool},
    {"actions/setup-java", SetupTool},
    {"actions/setup-go", SetupTool},
    {"actions/setup-dotnet", SetupTool},
};

}  // namespace

std::string ActionCall::Input(std::string_view name, std::string_view fallback) const {
  const auto found = inputs.find(std::string(name));
  return found == inputs.end() || found->second.empty() ? std::string(fallback) : found->second;
}

Result<bool> ActionCall::Flag(std::string_view name, bool fallback) const {
  const std::string text = Input(name);
  if (text.empty()) return fallback;
  if (EqualsIgnoreCase(text, "true")) return true;
  if (EqualsIgnoreCase(text, "false")) return false;
  return InvalidArgument(fmt::format("the input '{}' is true or false, not '{}'", name, text));
}

Status RunBuiltInAction(ActionCall& call) {
  for (const auto& [name, run] : kActions)
    if (name == call.action) return run(call);
  if (!spec::workflow::IsBuiltInAction(call.action))
    return Unimplemented(fmt::format("the action '{}' is not supported; built in are {}", call.action,
                                     Join(spec::workflow::BuiltInActions(), ", ")));
  call.log(fmt::format("'{}' has no effect here", call.action));
  return {};
}

}  // namespace slipway::workflows
