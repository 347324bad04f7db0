// The baselines of registered models: the one that was given for a version, or the one in its files.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "slipway/base/result.h"
#include "slipway/domain/common.h"
#include "slipway/stats/baseline.h"

namespace slipway::monitor {

// A registered model. `digest` tells one version from another of the same number, registered after it was deleted.
struct KnownModel {
  std::string workspace_id, name, version, digest;
  std::filesystem::path folder;  // AZUREML_MODEL_DIR: its files, or one folder with them
};
// By any reference of the dialect ("azureml:name:version", "azureml:name@latest"). kNotFound.
using FindModel = std::function<Result<KnownModel>(const domain::Scope& scope, const std::string& reference)>;

// Thread-safe. Owns its folder, $SLIPWAY_HOME/baselines: a file a model version that was given one
// (docs/formats/baseline.md).
class Baselines {
 public:
  Baselines(std::filesystem::path folder, FindModel find_model);

  // kNotFound when the model has none, and says how it gets one.
  Result<stats::Baseline> Get(const domain::Scope& scope, const std::string& model) const;
  // Takes the place of what there is. kNotFound for an unknown model.
  Status Put(const domain::Scope& scope, const std::string& model, const stats::Baseline& baseline);
  // The model's own file counts again. kNotFound when none was given.
  Status Delete(const domain::Scope& scope, const std::string& model);

  // Counts changes, so that those who keep a baseline notice.
  uint64_t generation() const { return generation_; }

 private:
  std::filesystem::path FileOf(const KnownModel& model) const;

  const std::filesystem::path folder_;
  const FindModel find_model_;
  std::atomic<uint64_t> generation_{0};
};

}  // namespace slipway::monitor
