#include "slipway/stats/drift_study.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "slipway/stats/json_number.h"

namespace slipway::stats {
namespace {

using json = nlohmann::ordered_json;

json FindingJson(const ShiftFinding& finding) {
  return {{"severity", SeverityName(finding.severity)},
          {"kind", ShiftKindName(finding.kind)},
          {"column", finding.column},
          {"share", finding.share},
          {"what", finding.what},
          {"advice", finding.advice}};
}

json TogetherJson(const DomainDrift& drift) {
  json contributions = json::array();
  for (const auto& one : drift.contributions) contributions.push_back({{"column", one.column}, {"value", one.value}});
  return {{"verdict", DomainVerdictName(drift.verdict)}, {"auc", drift.auc},
          {"standard_error", drift.standard_error},      {"reference_rows", drift.reference_rows},
          {"current_rows", drift.current_rows},          {"contributions", std::move(contributions)}};
}

json VerdictJson(const ColumnVerdict& column) {
  return {{"column", column.name},           {"verdict", DriftStateName(column.state)},
          {"importance", column.importance}, {"bad_windows", column.bad},
          {"windows", column.looked_at},     {"reason", column.reason}};
}

json WindowJson(const DriftWindow& window, const std::vector<ColumnVerdict>& columns) {
  json by_column = json::object();
  for (size_t i = 0; i < columns.size(); ++i)
    by_column[columns[i].name] = {{"psi", window.columns[i].gauge.psi},
                                  {"missing_share", window.columns[i].gauge.missing_share},
                                  {"unseen_share", window.columns[i].gauge.unseen_share},
                                  {"effect", window.columns[i].effect},
                                  {"impact", NumberOrNull(window.columns[i].impact)}};
  return {{"window", window.label},
          {"rows", window.rows},
          {"enough_data", window.is_enough},
          {"columns", std::move(by_column)}};
}

json OverTimeJson(const WindowedDrift& drift) {
  json out = {{"verdict", DriftStateName(drift.state)}, {"reason", drift.reason}, {"columns", json::array()}};
  for (const ColumnVerdict& column : drift.columns) out["columns"].push_back(VerdictJson(column));
  out["windows"] = json::array();
  for (const DriftWindow& window : drift.windows) out["windows"].push_back(WindowJson(window, drift.columns));
  return out;
}

json ChunkJson(const EstimatedChunk& chunk) {
  json out = {{"first_row", chunk.first_row}, {"rows", chunk.rows}, {"enough_data", !chunk.metrics.empty()}};
  for (size_t i = 0; i < chunk.metrics.size(); ++i) {
    const MetricEstimate& metric = chunk.metrics[i];
    out["metrics"][std::string(PerformanceMetrics()[i].name)] = {{"estimated", NumberOrNull(metric.estimated)},
                                                                 {"low", NumberOrNull(metric.low)},
                                                                 {"high", NumberOrNull(metric.high)},
                                                                 {"realised", NumberOrNull(metric.realised)},
                                                                 {"alarm", metric.is_alarming}};
  }
  return out;
}

json PerformanceJson(const PerformanceEstimate& estimate) {
  json out = {{"method", "CBPE"},
              {"calibrated", estimate.is_calibrated},
              {"calibration_error", estimate.calibration_error},
              {"alarm", estimate.alarm ? json(*estimate.alarm) : json(nullptr)},
              {"limits", json::object()},
              {"chunks", json::array()}};
  if (!estimate.classes.empty()) out["mean_over_classes"] = estimate.classes;
  for (size_t i = 0; i < estimate.limits.size(); ++i)
    out["limits"][std::string(PerformanceMetrics()[i].name)] = {{"mean", NumberOrNull(estimate.limits[i].mean)},
                                                                {"low", NumberOrNull(estimate.limits[i].low)},
                                                                {"high", NumberOrNull(estimate.limits[i].high)}};
  for (const EstimatedChunk& chunk : estimate.chunks) out["chunks"].push_back(ChunkJson(chunk));
  return out;
}

}  // namespace

Severity WorstOf(const DriftStudy& study) {
  Severity worst = study.report.drifted > 0 ? Severity::kWarning : Severity::kNote;
  for (const ShiftFinding& finding : study.findings) worst = std::max(worst, finding.severity);
  if (study.over_time && study.over_time->state == DriftState::kWatch) worst = std::max(worst, Severity::kWarning);
  const bool is_error = study.report.is_drifted ||
                        (study.together && study.together->verdict == DomainVerdict::kDrifted) ||
                        (study.over_time && study.over_time->state == DriftState::kAlarm) ||
                        (study.performance && study.performance->alarm);
  return is_error ? Severity::kError : worst;
}

json StudyToJson(const DriftStudy& study) {
  json out = {{"findings", json::array()}};
  for (const ShiftFinding& finding : study.findings) out["findings"].push_back(FindingJson(finding));
  if (study.together) out["domain_classifier"] = TogetherJson(*study.together);
  if (study.over_time) out["windows"] = OverTimeJson(*study.over_time);
  if (study.performance) out["performance"] = PerformanceJson(*study.performance);
  return out;
}

}  // namespace slipway::stats
