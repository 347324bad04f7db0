// Data drift between two tables: one statistical test a column, and a rule over all columns. Tests, thresholds, default
// choice and the JSON profile are those of Evidently 0.2.8 (its `DataDriftPreset`), so scores can be compared with it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/stats/histogram.h"
#include "slipway/tabular/column_source.h"
#include "slipway/tabular/table.h"

namespace slipway::stats {

enum class FeatureKind { kNumeric, kCategorical };

// Which columns are tested how. Roles come from the reference table; its columns of type long and double are numeric,
// those of type string and boolean categorical, datetimes are never tested.
struct DriftOptions {
  // Empty: every numeric column that has no other role. Tested in the order of their names.
  std::vector<std::string> numeric;
  // Empty: every text and boolean column that has no other role. Tested in the order given.
  std::vector<std::string> categorical;
  std::string target;      // "" = none; numeric when it is a number with five or more distinct values
  std::string prediction;  // "" = none; numeric when the target is, or when it is a probability
  std::vector<std::string> ignored;

  // Names as in drift_tests.h. The most specific wins: column, then kind, then `test`, then the default rule: with at
  // most 1000 reference rows z, chisquare or ks (by 2, 5 distinct values), above it jensenshannon or wasserstein.
  std::map<std::string, std::string> test_by_column;
  std::string numeric_test, categorical_test, test;
  // Against the test's own threshold. When threshold_by_column holds anything, columns that are not in it fall back to
  // their test's own threshold, whatever the other three say (as Evidently does).
  std::map<std::string, double> threshold_by_column;
  std::optional<double> numeric_threshold, categorical_threshold, threshold;

  double drift_share = 0.5;  // the tables drifted when at least this share of the tested columns did
  uint64_t seed = 0;         // for tests that draw at random (TVD, emperical_mmd)
  int threads = 1;
};

enum class ColumnRole { kTarget, kPrediction, kFeature };

struct ColumnDrift {
  std::string name;
  ColumnRole role = ColumnRole::kFeature;
  FeatureKind kind = FeatureKind::kNumeric;
  std::string test;        // "wasserstein"
  std::string test_title;  // "Wasserstein distance (normed)"
  double score = 0;        // a p-value or a distance; NaN when the test has no answer (never drift)
  double threshold = 0;
  bool is_drifted = false;
  size_t reference_rows = 0, current_rows = 0;  // without missing and infinite values
  size_t reference_missing = 0, current_missing = 0;
  Histogram reference_histogram, current_histogram;  // of each side's own range
  PairedHistogram distribution;                      // both sides over common bins
  // Why the column could not be tested ("" when it was): it then counts neither as tested nor as drifted.
  std::string problem;
};

struct DriftReport {
  std::vector<ColumnDrift> columns;  // target, prediction, numeric by name, categorical as given
  size_t reference_rows = 0, current_rows = 0;
  size_t tested = 0;
  size_t drifted = 0;
  double drifted_share = 0;
  double drift_share_threshold = 0.5;
  bool is_drifted = false;
  std::string target, prediction;
  std::vector<std::string> only_in_current;  // columns that the reference does not have: not compared

  const ColumnDrift* Find(std::string_view column) const;
};

// Compares `current` with `reference`. kInvalidArgument for columns the reference does not have and unknown tests (the
// nearest name is offered), and for tests that do not fit a column's kind; kUnimplemented for a test that is known but
// not there; also when a table has no rows or both have no column in common. A column that cannot be tested (missing or
// empty on one side, or data that its test refuses) does not fail the run, unlike the original's: its `problem` says
// why.
Result<DriftReport> CompareTables(const tabular::Table& reference, const tabular::Table& current,
                                  const DriftOptions& options);

// Called once for each column that was compared, from any thread; `current` is null where the current data lack it.
using ColumnVisitor = std::function<void(const tabular::Column& reference, const tabular::Column* current)>;

// The same of tables that are read column by column: no more columns are held at once than there are threads. Errors of
// reading end it.
Result<DriftReport> CompareSources(const tabular::ColumnSource& reference, const tabular::ColumnSource& current,
                                   const DriftOptions& options, const ColumnVisitor& visit = {});

}  // namespace slipway::stats
