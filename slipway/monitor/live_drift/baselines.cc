#include "slipway/monitor/live_drift/baselines.h"

#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/base/text.h"

namespace slipway::monitor {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

Result<stats::Baseline> ReadBaselineFile(const fs::path& file) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
  return With(stats::BaselineFromJson(text), fmt::format("'{}'", file.string()));
}

// {"model_digest": …, "baseline": …}: nullopt when it was given for other files than the model's.
Result<std::optional<stats::Baseline>> ReadGiven(const fs::path& file, const std::string& digest) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
  const ordered_json given = ordered_json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!given.is_object() || !given.contains("baseline") || !given.value("model_digest", ordered_json("")).is_string())
    return DataLoss(fmt::format("'{}' is no stored baseline", file.string()));
  if (given.value("model_digest", "") != digest) return std::optional<stats::Baseline>();
  SLIPWAY_ASSIGN_OR_RETURN(auto baseline, With(stats::BaselineFromJson(given["baseline"].dump()), file.string()));
  return std::optional(std::move(baseline));
}

// In the folder, or in a folder in it.
std::optional<fs::path> OwnFile(const fs::path& folder) {
  std::error_code failed;
  if (fs::path own = folder / stats::kBaselineFile; fs::exists(own, failed)) return own;
  fs::directory_iterator entries(folder, failed);
  for (; !failed && entries != fs::directory_iterator(); entries.increment(failed)) {
    std::error_code ignored;
    if (fs::path own = entries->path() / stats::kBaselineFile; fs::exists(own, ignored)) return own;
  }
  return std::nullopt;
}

}  // namespace

Baselines::Baselines(fs::path folder, FindModel find_model)
    : folder_(std::move(folder)), find_model_(std::move(find_model)) {}

fs::path Baselines::FileOf(const KnownModel& model) const {
  return folder_ / model.workspace_id / UrlEncode(model.name) / (UrlEncode(model.version) + ".json");
}

Result<stats::Baseline> Baselines::Get(const domain::Scope& scope, const std::string& reference) const {
  SLIPWAY_ASSIGN_OR_RETURN(const KnownModel model, find_model_(scope, reference));
  std::error_code ignored;
  if (const fs::path given = FileOf(model); fs::exists(given, ignored)) {
    SLIPWAY_ASSIGN_OR_RETURN(auto baseline, ReadGiven(given, model.digest));
    if (baseline) return std::move(*baseline);
  }
  if (const auto own = OwnFile(model.folder)) return ReadBaselineFile(*own);
  return NotFound(
      fmt::format("the model '{}:{}' has no baseline: give it one with 'slipway model baseline --name {} "
                  "--version {} --data TRAINING_DATA'",
                  model.name, model.version, model.name, model.version));
}

Status Baselines::Put(const domain::Scope& scope, const std::string& reference, const stats::Baseline& baseline) {
  SLIPWAY_ASSIGN_OR_RETURN(const KnownModel model, find_model_(scope, reference));
  const ordered_json given = {{"model_digest", model.digest}, {"baseline", stats::BaselineToJson(baseline)}};
  SLIPWAY_RETURN_IF_ERROR(WriteFileAtomic(FileOf(model), given.dump(1) + "\n"));
  ++generation_;
  return {};
}

Status Baselines::Delete(const domain::Scope& scope, const std::string& reference) {
  SLIPWAY_ASSIGN_OR_RETURN(const KnownModel model, find_model_(scope, reference));
  std::error_code failed;
  if (!fs::remove(FileOf(model), failed))
    return NotFound(fmt::format("the model '{}:{}' was given no baseline", model.name, model.version));
  ++generation_;
  return {};
}

}  // namespace slipway::monitor
