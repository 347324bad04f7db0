// One check as data, and what the files of checks share. The suites (suite.cc) list the checks in their order.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slipway/stats/quality/dataset.h"
#include "slipway/stats/quality/quality.h"

namespace slipway::stats {

struct CheckInput {
  Dataset train;  // or the only table
  Dataset test;   // of data_integrity: empty
  int threads = 1;
};

// What a check cannot do without; else it "did not run", with the reason. A label of two values at least: one alone has
// nothing to be foretold, to contradict or to shift.
struct Needs {
  bool label = false, classification = false, index = false, datetime = false, identifier = false;
};

struct Check {
  std::string_view name, title, summary;
  Needs needs;
  // Fills value, conditions and exhibits. May set did_not_run.
  void (*run)(const CheckInput& input, CheckResult& result);
};

// column_checks.cc
extern const Check kSingleValueCheck, kSpecialCharactersCheck, kMixedNullsCheck, kMixedDataTypesCheck;
// string_checks.cc
extern const Check kStringMismatchCheck, kStringMismatchComparisonCheck;
// string_length_check.cc
extern const Check kStringLengthCheck;
// row_checks.cc
extern const Check kDuplicatesCheck, kConflictingLabelsCheck, kSamplesMixCheck;
// label_correlation_checks.cc
extern const Check kFeatureLabelCorrelationCheck, kIdentifierLabelCorrelationCheck, kFeatureLabelCorrelationChangeCheck;
// feature_correlation_check.cc
extern const Check kFeatureCorrelationCheck;
// outlier_check.cc
extern const Check kOutlierCheck;
// train_test_checks.cc
extern const Check kSizesCheck, kNewLabelCheck, kCategoryMismatchCheck, kDateDuplicatesCheck, kDateOverlapCheck,
    kIndexLeakageCheck;
// shift_checks.cc
extern const Check kFeatureDriftCheck, kLabelDriftCheck;
// multivariate_drift_check.cc
extern const Check kMultivariateDriftCheck;

// A table of no rows is not shown.
void Show(CheckResult& result, std::string caption, TextTable table);
// Notes that a check looks at a part of the rows only, when it does.
void NoteSampling(CheckResult& result, size_t rows, size_t used);

double ShareOf(size_t count, size_t rows);
// How often each text of a string column's dictionary stands in a row that is not null.
std::vector<size_t> CountTexts(const tabular::Column& column);

inline nlohmann::ordered_json EmptyObject() {
  return nlohmann::ordered_json::object();
}

// "Passed for 24 relevant columns": the text of a condition that holds for all of them.
std::string PassedFor(size_t columns);
// "Found 1 out of 24 columns": how texts of broken conditions begin.
std::string FoundOutOf(size_t found, size_t all, std::string_view noun);

// The names, most severe first.
using NamedValues = std::vector<std::pair<std::string, double>>;
void SortBySeverity(NamedValues& values);
std::vector<std::string> NamesOf(const NamedValues& values);

}  // namespace slipway::stats
