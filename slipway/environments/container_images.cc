#include "slipway/environments/container_images.h"

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/environments/conda_file.h"

namespace slipway::environments {
namespace {

namespace fs = std::filesystem;
using domain::EnvironmentBody;
using PullPolicy = ContainerSettings::Pull;

constexpr const char* kLogName = "build.log";
constexpr const char* kNamePrefix = "localhost/slipway-environment:";  // of the images made here
constexpr const char* kCondaDockerfile = R"(FROM {}
USER root
COPY conda.yaml /slipway/conda.yaml
RUN for program in micromamba mamba conda ''; do if command -v "$program" >/dev/null; then break; fi; done; \
    case "$program" in \
      '') echo 'the image has no micromamba, mamba or conda, which conda_file needs' >&2; exit 1 ;; \
      micromamba) micromamba create --yes --prefix /slipway/environment --file /slipway/conda.yaml ;; \
      *) "$program" env create --yes --prefix /slipway/environment --file /slipway/conda.yaml ;; \
    esac
ENV PATH=/slipway/environment/bin:$PATH CONDA_PREFIX=/slipway/environment
)";

std::string CondaKey(const EnvironmentBody& environment, const ContainerImage& base) {
  return CacheKey({"conda image", base.id, environment.conda_file});
}

}  // namespace

ContainerImages::ContainerImages(fs::path cache, ContainerSettings settings,
                                 std::map<std::string, std::string> variables, std::chrono::milliseconds build_timeout,
                                 process::Supervisor& supervisor)
    : folder_(cache),
      cache_(std::move(cache)),
      engine_(std::move(settings), std::move(variables), build_timeout, supervisor) {}

Status ContainerImages::Check(const EnvironmentBody& environment) const {
  const domain::NativeProvider native = environment.native.value_or(domain::NativeProvider{});
  if (!native.build_command.empty() || !native.packages.empty() || !native.programs.empty()) {
    return InvalidArgument(
        "build_command, packages and programs are of this machine, but the environment's provider is container: what "
        "it needs has to be in its image");
  }
  if (environment.image.empty() && environment.build_path.empty())
    return InvalidArgument("an environment whose provider is container needs 'image' or 'build'");
  if (environment.image.empty() && !environment.conda_file.empty())
    return InvalidArgument("'conda_file' needs 'image'; what 'build' makes has to have its packages already");
  if (const auto engine = engine_.Program(); !engine) {
    return FailedPrecondition(
        fmt::format("{}; or let the environment be made on this machine: 'slipway: {{provider: native}}', or a "
                    "conda_file, whose pip section is installed into a virtual environment",
                    engine.error().message()));
  }
  return {};
}

bool ContainerImages::WasUsed() const {
  std::error_code failure;
  return fs::exists(folder_, failure);
}

Result<CachedImage> ContainerImages::Obtain(const EnvironmentBody& environment) {
  SLIPWAY_RETURN_IF_ERROR(Check(environment));
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(folder_));
  if (environment.image.empty()) return Build(environment);
  SLIPWAY_ASSIGN_OR_RETURN(CachedImage named, Pull(environment.image));
  if (environment.conda_file.empty()) return named;
  return AddConda(environment, named.image);
}

bool ContainerImages::IsReady(const EnvironmentBody& environment) {
  if (environment.image.empty()) {
    const auto key = BuildKey(environment);
    return key && Has(kNamePrefix + *key);
  }
  if (engine_.settings().pull == PullPolicy::kAlways) return false;
  const auto named = engine_.Find(environment.image);
  if (!named || !*named) return false;
  return environment.conda_file.empty() || Has(kNamePrefix + CondaKey(environment, **named));
}

bool ContainerImages::Has(const std::string& name) {
  const auto image = engine_.Find(name);
  return image && *image;
}

// What was made once may have been removed from the engine since: its folder here says nothing then.
Result<CachedImage> ContainerImages::FindOrMake(const std::string& key, const std::string& name, const Make& make) {
  SLIPWAY_ASSIGN_OR_RETURN(auto image, engine_.Find(name));
  if (!image) {
    if (cache_.IsComplete(key)) SLIPWAY_RETURN_IF_ERROR(RemoveAll(cache_.FolderOf(key)));
    SLIPWAY_RETURN_IF_ERROR(cache_.GetOrMake(key, make));
    SLIPWAY_ASSIGN_OR_RETURN(image, engine_.Find(name));
  }
  if (!image) return Internal(fmt::format("the container engine has no image '{}' after having made it", name));
  const fs::path log = cache_.FolderOf(key) / kLogName;
  std::error_code failure;
  return CachedImage{std::move(*image), fs::exists(log, failure) ? log : fs::path()};
}

Result<CachedImage> ContainerImages::Pull(const std::string& name) {
  const std::string key = CacheKey({"pull", name});
  const Make pull = [&](const fs::path& folder) { return engine_.Pull(name, folder / kLogName); };
  if (engine_.settings().pull == PullPolicy::kAlways) {
    SLIPWAY_RETURN_IF_ERROR(RemoveAll(cache_.FolderOf(key)));
    SLIPWAY_RETURN_IF_ERROR(cache_.GetOrMake(key, pull));
  }
  return FindOrMake(key, name, [&](const fs::path& folder) -> Status {
    if (engine_.settings().pull != PullPolicy::kNever) return pull(folder);
    return FailedPrecondition(fmt::format(
        "the image '{}' is not on this machine, and the server does not pull any (--container-pull never)", name));
  });
}

Result<std::string> ContainerImages::BuildKey(const EnvironmentBody& environment) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::string content, With(hasher_.Hash(environment.build_path), "build path"));
  return CacheKey({"image", content, environment.dockerfile_path});
}

Result<CachedImage> ContainerImages::Build(const EnvironmentBody& environment) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::string key, BuildKey(environment));
  const std::string name = kNamePrefix + key;
  return FindOrMake(key, name, [&](const fs::path& folder) {
    return engine_.Build(name, environment.build_path, environment.dockerfile_path, folder / kLogName);
  });
}

// The image with the conda file's environment first on its PATH.
Result<CachedImage> ContainerImages::AddConda(const EnvironmentBody& environment, const ContainerImage& base) {
  SLIPWAY_RETURN_IF_ERROR(ParseCondaFile(environment.conda_file));
  const std::string key = CondaKey(environment, base);
  const std::string name = kNamePrefix + key;
  return FindOrMake(key, name, [&](const fs::path& folder) -> Status {
    const fs::path context = folder / "context";
    SLIPWAY_RETURN_IF_ERROR(WriteFileAtomic(context / "conda.yaml", environment.conda_file));
    SLIPWAY_RETURN_IF_ERROR(
        WriteFileAtomic(context / "Dockerfile", ReplaceAll(kCondaDockerfile, "{}", environment.image)));
    return engine_.Build(name, context, "Dockerfile", folder / kLogName);
  });
}

}  // namespace slipway::environments
