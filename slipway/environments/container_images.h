// The images that environments of the provider `container` name, have built, or have conda packages added to. For this
// room's own files.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "slipway/base/result.h"
#include "slipway/domain/asset.h"
#include "slipway/environments/container_engine.h"
#include "slipway/environments/content_hash.h"
#include "slipway/environments/folder_cache.h"

namespace slipway::environments {

struct CachedImage {
  ContainerImage image;
  std::filesystem::path log;  // of pulling or building it; "" when it was there before
};

// Thread-safe. Logs are kept below `cache`, images by the engine. An image that is made here is named after the content
// of what it is made of, so that it is made once.
class ContainerImages {
 public:
  ContainerImages(std::filesystem::path cache, ContainerSettings settings, std::map<std::string, std::string> variables,
                  std::chrono::milliseconds build_timeout, process::Supervisor& supervisor);

  ContainerEngine& engine() { return engine_; }

  // Whether there has ever been an image; else there can be no containers.
  bool WasUsed() const;

  // Whether there is an engine and the environment asks for nothing that an image cannot give.
  Status Check(const domain::EnvironmentBody& environment) const;

  // Blocks until the image is there; calls for the same one at the same time share the work. `build_path` is a folder.
  Result<CachedImage> Obtain(const domain::EnvironmentBody& environment);

  // Whether Obtain would find it there.
  bool IsReady(const domain::EnvironmentBody& environment);

 private:
  using Make = std::function<Status(const std::filesystem::path& folder)>;
  Result<CachedImage> FindOrMake(const std::string& key, const std::string& name, const Make& make);
  Result<CachedImage> Pull(const std::string& name);
  Result<CachedImage> Build(const domain::EnvironmentBody& environment);
  Result<CachedImage> AddConda(const domain::EnvironmentBody& environment, const ContainerImage& base);
  Result<std::string> BuildKey(const domain::EnvironmentBody& environment);
  bool Has(const std::string& name);

  const std::filesystem::path folder_;
  FolderCache cache_;
  ContainerEngine engine_;
  ContentHasher hasher_;
};

}  // namespace slipway::environments
