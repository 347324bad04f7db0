// A whole drift study (stats/drift_study.h) by the settings that the command line, the SDK and the drift component
// take.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/stats/drift_study.h"
#include "slipway/tabular/column_source.h"
#include "slipway/tabular/table.h"
#include "slipway/training/domain_drift.h"

namespace slipway::training {

// The column of a class's scores.
struct ClassScore {
  std::string label, column;
};

// Estimated performance of a classifier without labels, by its scores in both tables.
struct EstimateColumns {
  std::string score;                          // of the positive class of two
  double threshold = 0.5;                     // of that score, from which on the answer is positive
  std::vector<ClassScore> class_scores = {};  // in place of `score`: of each class
};

struct StudyOptions {
  // `ignored` counts everywhere; `target` names the labels, which the current table may lack. `prediction` names what
  // was answered, where performance is estimated of more than two classes; without it the largest score is the answer.
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

// "probability": the scores of the positive class; "a=score_a, b=score_b, c=score_c": of each class, CLASS=COLUMN. Of
// two classes either says the same.
Status SetScores(EstimateColumns& estimate, std::string_view text);
// "1d", "12h", "30m" or ISO 8601 ("P1D"): windows of time; a whole number: of so many rows.
Status SetWindow(stats::WindowOptions& windows, std::string_view text);
// "3/5": bad windows of the last so many.
Status SetPersistence(stats::WindowOptions& windows, std::string_view text);
// The permutation importances of an evaluation.json, or of the one in a model's directory.
Result<std::map<std::string, double>> ReadImportances(const std::string& path);

}  // namespace slipway::training
