// A whole drift study (stats/drift_study.h) by the settings that the command line, the SDK and the drift component
// take.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "slipway/base/result.h"
#include "slipway/stats/drift_study.h"
#include "slipway/tabular/column_source.h"
#include "slipway/tabular/table.h"
#include "slipway/training/domain_drift.h"

namespace slipway::training {

// Estimated performance of a binary classifier without labels.
struct EstimateColumns {
  std::string score;       // of the positive class; in both tables
  double threshold = 0.5;  // of the score, from which on the answer is positive
};

struct StudyOptions {
  // `ignored` counts everywhere; `target` names the labels, which the current table may lack.
  stats::DriftOptions drift = {};
  stats::ShiftLimits shifts = {};
  std::optional<DomainDriftOptions> together = std::nullopt;
  std::optional<stats::WindowOptions> windows = std::nullopt;
  std::optional<EstimateColumns> estimate = std::nullopt;
  stats::EstimateOptions estimation = {};
};

// Errors say which part of the study could not be made, and why.
Result<stats::DriftStudy> StudyDrift(const tabular::Table& reference, const tabular::Table& current,
                                     StudyOptions options);

// How many columns of all are done; called from any thread, one call at a time.
using StudyProgress = std::function<void(size_t done, size_t columns)>;

// The same of tables that are read column by column, in memory for a few columns. The parts that take whole rows
// (together, windows, estimate) are kUnimplemented.
Result<stats::DriftStudy> StudySources(const tabular::ColumnSource& reference, const tabular::ColumnSource& current,
                                       const StudyOptions& options, const StudyProgress& progress = {});

// "1d", "12h", "30m" or ISO 8601 ("P1D"): windows of time; a whole number: of so many rows.
Status SetWindow(stats::WindowOptions& windows, std::string_view text);
// "3/5": bad windows of the last so many.
Status SetPersistence(stats::WindowOptions& windows, std::string_view text);
// The permutation importances of an evaluation.json, or of the one in a model's directory.
Result<std::map<std::string, double>> ReadImportances(const std::string& path);

}  // namespace slipway::training
