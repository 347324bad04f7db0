#include "slipway/environments/provider.h"

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::environments {
namespace {

const std::vector<std::string> kProviders = {"native", "venv", "conda"};

Result<Provider> ProviderByName(const std::string& name) {
  if (name == "native") return Provider::kNative;
  if (name == "venv") return Provider::kVenv;
  if (name == "conda" || name == "micromamba" || name == "mamba") return Provider::kConda;
  for (const char* later : {"container", "docker", "podman"}) {
    if (name == later) {
      return Unimplemented(fmt::format(
          "the environment provider '{}' is not supported yet; 'native' (build_command, packages, programs), 'venv' "
          "(pip section of conda_file) and 'conda' (all of conda_file, by micromamba, mamba or conda) are",
          name));
    }
  }
  return InvalidArgument(fmt::format("'{}' is not an environment provider{}: native, venv and conda are", name,
                                     DidYouMean(name, kProviders)));
}

}  // namespace

Result<Provider> ChooseProvider(const domain::EnvironmentBody& environment) {
  if (environment.native && !environment.native->provider.empty()) return ProviderByName(environment.native->provider);
  if (environment.native && !environment.native->build_command.empty()) return Provider::kNative;
  if (!environment.conda_file.empty()) return Provider::kVenv;
  if (environment.native) return Provider::kNative;
  if (!environment.build_path.empty()) {
    return Unimplemented(
        "building a container image (build.path) is not supported yet; add 'slipway: {provider: native}' with a "
        "build_command");
  }
  return FailedPrecondition(
      fmt::format("running the image '{}' is not supported yet: add 'slipway: {{provider: native}}' to run on this "
                  "machine directly, "
                  "or a conda_file whose pip section is installed into a virtual environment",
                  environment.image));
}

}  // namespace slipway::environments
