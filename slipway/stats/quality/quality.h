// Data quality: the suites `data_integrity` and `train_test_validation` of deepchecks 0.9.2 on tables. Checks,
// defaults, limits, verdicts, values and the texts of conditions are the original's, so that reports can be compared
// with it.
//
// A report is a value: quality_json.h and quality_html.h print it.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "slipway/base/result.h"
#include "slipway/stats/severity.h"
#include "slipway/stats/svg_charts.h"
#include "slipway/tabular/table.h"

namespace slipway::stats {

struct QualityOptions {
  // Columns with a role; "" = none. The others are features.
  std::string label, index, datetime;
  // Empty: derived. A column is categorical when its distinct values are below 1 % of max(rows with a value, 1000) and
  // at most 150 (text), 30 (whole numbers, booleans) or 5 (fractions, datetimes).
  std::vector<std::string> categorical;
  int threads = 1;
};

// In the order of reports: the worst first.
enum class Verdict { kFail, kWarning, kError, kPass };

// "fail", "warning", "error", "pass".
std::string_view VerdictName(Verdict verdict);

struct Condition {
  std::string name;  // what was asked: "Does not contain only a single value"
  Verdict verdict = Verdict::kPass;
  std::string details = {};  // what was found
};

struct TextColumn {
  std::string title;
  bool is_number = false;
};
struct TextTable {
  std::vector<TextColumn> columns;
  std::vector<std::vector<std::string>> rows;
};
struct BarChart {
  std::vector<BarEntry> bars;
  double full = 1;  // the value of a bar of full length
};
struct HeatMapChart {
  std::vector<std::string> names;
  std::vector<std::vector<double>> values;  // square
};
struct DistributionChart {
  PairedHistogram histogram;  // train, test
};

// What a check shows beside its conditions.
struct Exhibit {
  std::string caption;  // "" = none
  std::variant<TextTable, BarChart, HeatMapChart, DistributionChart> content;
};

struct CheckResult {
  std::string name;     // "IsSingleValue"
  std::string title;    // "Single Value in Column"
  std::string summary;  // what it looks for, one sentence
  nlohmann::ordered_json value;
  std::vector<Condition> conditions;
  std::vector<Exhibit> exhibits;  // empty when it found nothing to show
  std::string sampling;           // "" or "running on 10,000 samples out of 24,000"
  std::string did_not_run;        // why ("the data have no label column"); "" when it ran

  bool ran() const { return did_not_run.empty(); }
  // The worst of the conditions; kPass without any.
  Verdict verdict() const;
};

struct QualityReport {
  std::string suite;                // "Data Integrity Suite"
  std::vector<CheckResult> checks;  // failed, warned, passed, without conditions, not run
  size_t rows = 0, test_rows = 0;   // test_rows: 0 for one table

  const CheckResult* Find(std::string_view name) const;
  // Checks that ran and have conditions, by their verdict.
  size_t Count(Verdict verdict) const;
  size_t not_run() const;
  // No condition of a check that ran is broken; warnings count as broken unless they are ignored.
  bool passed(bool ignore_warnings = false) const;
};

// The worst verdict as a severity: broken conditions (or such that broke off) are errors, warnings are warnings.
Severity WorstOf(const QualityReport& report);

// kInvalidArgument for an empty table, unknown columns (the nearest name is offered), a column with two roles, and for
// train and test tables whose columns do not go together. Where the label has one value or none, the checks of the
// label do not run.
Result<QualityReport> RunDataIntegrity(const tabular::Table& table, const QualityOptions& options);
Result<QualityReport> RunTrainTestValidation(const tabular::Table& train, const tabular::Table& test,
                                             const QualityOptions& options);

}  // namespace slipway::stats
