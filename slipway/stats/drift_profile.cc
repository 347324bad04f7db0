#include "slipway/stats/drift_profile.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "slipway/base/text.h"
#include "slipway/stats/json_number.h"

namespace slipway::stats {
namespace {

using json = nlohmann::ordered_json;

json TextOrNull(const std::string& text) {
  return text.empty() ? json(nullptr) : json(text);
}

std::string_view KindName(FeatureKind kind) {
  return kind == FeatureKind::kNumeric ? "num" : "cat";
}

// "2024-01-01 00:00:00.000000", as Python prints a datetime.
std::string PythonTime(Timestamp now) {
  std::string text = FormatTimestamp(now, 6);
  std::replace(text.begin(), text.end(), 'T', ' ');
  text.pop_back();
  return text;
}

json HistogramToJson(const Histogram& histogram) {
  json x = histogram.is_numeric() ? json(histogram.edges) : json(histogram.labels);
  return {{"x", std::move(x)}, {"y", histogram.heights}};
}

json Totals(const DriftReport& report) {
  return {{"n_features", report.tested},
          {"n_drifted_features", report.drifted},
          {"share_drifted_features", report.drifted_share},
          {"dataset_drift", report.is_drifted}};
}

json ColumnMetrics(const ColumnDrift& column) {
  return {{"current_small_hist", HistogramToJson(column.current_histogram)},
          {"feature_type", KindName(column.kind)},
          {"stattest_name", column.test_title},
          {"ref_small_hist", HistogramToJson(column.reference_histogram)},
          {"drift_score", NumberOrNull(column.score)},
          {"drift_detected", column.is_drifted}};
}

json FeatureNames(const DriftReport& report, FeatureKind kind) {
  json names = json::array();
  for (const ColumnDrift& column : report.columns)
    if (column.role == ColumnRole::kFeature && column.kind == kind) names.push_back(column.name);
  return names;
}

// What every section of the profile tells of the columns.
json ColumnRoles(const DriftReport& report) {
  return {{"utility_columns",
           {{"date", nullptr},
            {"id", nullptr},
            {"target", TextOrNull(report.target)},
            {"prediction", TextOrNull(report.prediction)}}},
          {"num_feature_names", FeatureNames(report, FeatureKind::kNumeric)},
          {"cat_feature_names", FeatureNames(report, FeatureKind::kCategorical)},
          {"text_feature_names", json::array()},
          {"datetime_feature_names", json::array()},
          {"target_names", nullptr}};
}

json DataDriftSection(const DriftReport& report) {
  json data = ColumnRoles(report);
  data["options"] = {
      {"confidence", nullptr}, {"drift_share", report.drift_share_threshold}, {"nbinsx", 10}, {"xbins", nullptr}};
  json metrics = Totals(report);
  json not_tested = json::object();
  for (const ColumnDrift& column : report.columns) {
    if (column.problem.empty())
      metrics[column.name] = ColumnMetrics(column);
    else
      not_tested[column.name] = column.problem;
  }
  data["metrics"] = std::move(metrics);
  if (!not_tested.empty()) data["not_tested"] = std::move(not_tested);
  return data;
}

json TargetDriftSection(const DriftReport& report) {
  json metrics = json::object();
  for (const ColumnDrift& column : report.columns) {
    if (column.role == ColumnRole::kFeature || !column.problem.empty()) continue;
    const std::string prefix = column.role == ColumnRole::kTarget ? "target_" : "prediction_";
    metrics[prefix + "name"] = column.name;
    metrics[prefix + "type"] = KindName(column.kind);
    metrics[prefix + "drift"] = NumberOrNull(column.score);
  }
  json data = ColumnRoles(report);
  data["metrics"] = std::move(metrics);
  return data;
}

bool IsTargetCategorical(const DriftReport& report) {
  return std::none_of(report.columns.begin(), report.columns.end(), [](const ColumnDrift& column) {
    return column.role == ColumnRole::kTarget && column.kind == FeatureKind::kNumeric;
  });
}

}  // namespace

json DriftProfile(const DriftReport& report, Timestamp now) {
  const std::string time = PythonTime(now);
  const std::string target_section = IsTargetCategorical(report) ? "cat_target_drift" : "num_target_drift";
  json profile;
  profile["data_drift"] = {{"name", "data_drift"}, {"datetime", time}, {"data", DataDriftSection(report)}};
  profile[target_section] = {{"name", target_section}, {"datetime", time}, {"data", TargetDriftSection(report)}};
  profile["timestamp"] = time;
  return profile;
}

json OverallDriftRecord(const DriftReport& report, std::string_view name) {
  return {{"name", name}, {"type", "OverallDriftMetrics"}, {"data", Totals(report)}};
}

json FeatureDriftRecord(const DriftReport& report, std::string_view name) {
  json features = json::array();
  for (const ColumnDrift& column : report.columns)
    if (column.problem.empty())
      features.push_back({{"feature", column.name},
                          {"feature_type", KindName(column.kind)},
                          {"stattest_name", column.test_title},
                          {"drift_score", NumberOrNull(column.score)},
                          {"drift_detected", column.is_drifted}});
  return {{"name", name}, {"type", "FeatureDriftMetrics"}, {"data", std::move(features)}};
}

}  // namespace slipway::stats
