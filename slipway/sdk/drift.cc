#include "slipway/sdk/drift.h"

#include <algorithm>
#include <thread>

#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/base/time.h"
#include "slipway/sdk/unwrap.h"
#include "slipway/stats/drift_html.h"
#include "slipway/stats/drift_profile.h"
#include "slipway/stats/drift_study.h"
#include "slipway/stats/drift_text.h"
#include "slipway/training/drift_study.h"

namespace slipway::sdk {
namespace {

// A column name need not be UTF-8.
std::string TextOf(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string DataOf(const nlohmann::ordered_json& record) {
  return TextOf(record.at("data"));
}

stats::WindowOptions WindowsOf(const DriftOptions& options) {
  stats::WindowOptions windows;
  windows.time_column = options.time_column;
  windows.by_weekday = options.weekdays;
  if (!options.every.empty()) Unwrap(training::SetWindow(windows, options.every));
  Unwrap(training::SetPersistence(windows, options.bad_windows));
  if (!options.importance.empty()) windows.importance = Unwrap(training::ReadImportances(options.importance));
  return windows;
}

training::StudyOptions StudyOptionsOf(const DriftOptions& options) {
  training::StudyOptions study;
  study.drift.numeric = options.numeric;
  study.drift.categorical = options.categorical;
  study.drift.target = options.target;
  study.drift.prediction = options.prediction;
  study.drift.ignored = options.ignored;
  study.drift.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  if (options.together) study.together = training::DomainDriftOptions{};
  if (!options.every.empty() || !options.time_column.empty()) study.windows = WindowsOf(options);
  if (!options.score.empty()) {
    study.estimate = training::EstimateColumns{.score = "", .threshold = options.threshold};
    Unwrap(training::SetScores(*study.estimate, options.score));
  }
  return study;
}

}  // namespace

struct DriftReport::Impl {
  stats::DriftStudy study;
};

DriftReport DriftReport::Compare(const Table& reference, const Table& current, const DriftOptions& options) {
  auto study = Unwrap(training::StudyDrift(reference.get(), current.get(), StudyOptionsOf(options)));
  return DriftReport(std::make_shared<const Impl>(Impl{std::move(study)}));
}

std::string DriftReport::StudyJson() const {
  return TextOf(stats::StudyToJson(impl_->study));
}

std::string DriftReport::worst() const {
  return std::string(stats::SeverityName(stats::WorstOf(impl_->study)));
}

bool DriftReport::FailsOn(const std::string& gate) const {
  const auto severity = Unwrap(stats::ParseGate(gate));
  return severity && stats::WorstOf(impl_->study) >= *severity;
}

bool DriftReport::dataset_drift() const {
  return impl_->study.report.is_drifted;
}

double DriftReport::drifted_share() const {
  return impl_->study.report.drifted_share;
}

std::string DriftReport::OverallMetricsJson() const {
  return DataOf(stats::OverallDriftRecord(impl_->study.report, ""));
}

std::string DriftReport::FeatureMetricsJson() const {
  return DataOf(stats::FeatureDriftRecord(impl_->study.report, ""));
}

std::string DriftReport::ToText() const {
  return stats::DriftText(impl_->study.report);
}

void DriftReport::WriteHtml(const std::string& path) const {
  Unwrap(WriteFileAtomic(path, stats::DriftPage(impl_->study, SystemClock().Now())));
}

}  // namespace slipway::sdk
