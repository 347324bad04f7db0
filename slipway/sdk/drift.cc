#include "slipway/sdk/drift.h"

#include <algorithm>
#include <thread>

#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/base/time.h"
#include "slipway/sdk/unwrap.h"
#include "slipway/stats/drift.h"
#include "slipway/stats/drift_html.h"
#include "slipway/stats/drift_profile.h"
#include "slipway/stats/drift_text.h"

namespace slipway::sdk {
namespace {

std::string DataOf(const nlohmann::ordered_json& record) {
  // A column name need not be UTF-8.
  return record.at("data").dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

struct DriftReport::Impl {
  stats::DriftReport report;
};

DriftReport DriftReport::Compare(const Table& reference, const Table& current, const DriftOptions& options) {
  stats::DriftOptions engine;
  engine.numeric = options.numeric;
  engine.categorical = options.categorical;
  engine.target = options.target;
  engine.prediction = options.prediction;
  engine.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  auto report = Unwrap(stats::CompareTables(reference.get(), current.get(), engine));
  return DriftReport(std::make_shared<const Impl>(Impl{std::move(report)}));
}

bool DriftReport::dataset_drift() const {
  return impl_->report.is_drifted;
}

double DriftReport::drifted_share() const {
  return impl_->report.drifted_share;
}

std::string DriftReport::OverallMetricsJson() const {
  return DataOf(stats::OverallDriftRecord(impl_->report, ""));
}

std::string DriftReport::FeatureMetricsJson() const {
  return DataOf(stats::FeatureDriftRecord(impl_->report, ""));
}

std::string DriftReport::ToText() const {
  return stats::DriftText(impl_->report);
}

void DriftReport::WriteHtml(const std::string& path) const {
  Unwrap(WriteFileAtomic(path, stats::DriftPage(impl_->report, SystemClock().Now())));
}

}  // namespace slipway::sdk
