#include "slipway/environments/provider.h"

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::environments {
namespace {

const std::vector<std::string> kProviders = {"native", "venv", "conda", "container"};

Result<Provider> ProviderByName(const std::string& name) {
  if (name == "native") return Provider::kNative;
  if (name == "venv") return Provider::kVenv;
  if (name == "conda" || name == "micromamba" || name == "mamba") return Provider::kConda;
  if (name == "container") return Provider::kContainer;
  return InvalidArgument(fmt::format("'{}' is not an environment provider{}: native, venv, conda and container are",
                                     name, DidYouMean(name, kProviders)));
}

}  // namespace

Result<Provider> ChooseProvider(const domain::EnvironmentBody& environment) {
  if (environment.native && !environment.native->provider.empty()) return ProviderByName(environment.native->provider);
  if (environment.native && !environment.native->build_command.empty()) return Provider::kNative;
  if (!environment.conda_file.empty()) return Provider::kVenv;
  return environment.native ? Provider::kNative : Provider::kContainer;
}

}  // namespace slipway::environments
