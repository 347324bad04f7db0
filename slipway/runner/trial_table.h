// The trials of a sweep side by side: what each was given, what it reported. As rows, CSV and a page with a
// parallel-coordinates chart.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "slipway/domain/job.h"
#include "slipway/runner/plan/snapshot.h"

namespace slipway::runner {

struct TrialRow {
  std::string name;
  domain::JobStatus status = domain::JobStatus::kNotStarted;
  std::string status_reason;
  SampledValues values;              // by name in the search space
  std::optional<double> best, last;  // of the primary metric
  size_t report_count = 0;           // how often it was logged
  std::optional<Timestamp> started_at, ended_at;
  std::optional<domain::ResourceUse> resources;
};

struct TrialTable {
  std::string sweep;
  std::string primary_metric;
  bool maximize = true;
  std::string best_child;               // so far
  std::vector<std::string> parameters;  // names in the search space, in its order
  std::vector<TrialRow> rows;           // by trial number
};

// `metrics` by trial; one that is not there has reported nothing.
TrialTable MakeTrialTable(const domain::Job& sweep, const std::vector<const domain::Job*>& trials,
                          const std::map<std::string, TrialMetrics>& metrics);

// Columns: trial, status, one a parameter, the primary metric's best, is_best, seconds.
std::string TrialTableCsv(const TrialTable& table);
// A document that stands alone. Axes of `sweep`'s logarithmic distributions are logarithmic.
std::string TrialTableHtml(const TrialTable& table, const domain::SweepSpec& sweep);

// Where a sweep that has ended keeps them, below its artifacts.
inline constexpr const char* kTrialsCsv = "sweep/trials.csv";
inline constexpr const char* kTrialsHtml = "sweep/trials.html";

}  // namespace slipway::runner
