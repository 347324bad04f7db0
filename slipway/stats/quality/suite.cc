#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "slipway/base/thread_pool.h"
#include "slipway/stats/quality/check.h"
#include "slipway/stats/quality/dataset.h"
#include "slipway/stats/quality/quality.h"

namespace slipway::stats {
namespace {

constexpr const Check* kDataIntegrity[] = {&kSingleValueCheck,
                                           &kSpecialCharactersCheck,
                                           &kMixedNullsCheck,
                                           &kMixedDataTypesCheck,
                                           &kStringMismatchCheck,
                                           &kDuplicatesCheck,
                                           &kStringLengthCheck,
                                           &kConflictingLabelsCheck,
                                           &kOutlierCheck,
                                           &kFeatureLabelCorrelationCheck,
                                           &kFeatureCorrelationCheck,
                                           &kIdentifierLabelCorrelationCheck};

constexpr const Check* kTrainTestValidation[] = {&kSizesCheck,
                                                 &kNewLabelCheck,
                                                 &kCategoryMismatchCheck,
                                                 &kStringMismatchComparisonCheck,
                                                 &kDateDuplicatesCheck,
                                                 &kDateOverlapCheck,
                                                 &kIndexLeakageCheck,
                                                 &kSamplesMixCheck,
                                                 &kFeatureLabelCorrelationChangeCheck,
                                                 &kFeatureDriftCheck,
                                                 &kLabelDriftCheck,
                                                 &kMultivariateDriftCheck};

// "" when the data have what the check needs.
std::string WhatIsMissing(const Needs& needs, const Dataset& data) {
  if (needs.label && data.label == nullptr) return "the data have no label column";
  if (needs.label && !data.label_problem.empty()) return data.label_problem;
  if (needs.classification && data.task != LabelTask::kClassification) return "the label is a number, not a class";
  if (needs.index && data.index == nullptr) return "the data have no index column";
  if (needs.datetime && data.datetime == nullptr) return "the data have no datetime column";
  if (needs.identifier && data.index == nullptr && data.datetime == nullptr)
    return "the data have neither an index nor a datetime column";
  return "";
}

CheckResult RunCheck(const Check& check, const CheckInput& input) {
  CheckResult result;
  result.name = check.name;
  result.title = check.title;
  result.summary = check.summary;
  result.did_not_run = WhatIsMissing(check.needs, input.train);
  if (result.ran()) check.run(input, result);
  return result;
}

// Failed, warned, error, passed, without conditions, did not run.
int PlaceOf(const CheckResult& result) {
  if (!result.ran()) return 5;
  return result.conditions.empty() ? 4 : static_cast<int>(result.verdict());
}

std::vector<CheckResult> RunChecks(std::span<const Check* const> checks, const CheckInput& input) {
  std::vector<CheckResult> results(checks.size());
  const auto run = [&](size_t i) { results[i] = RunCheck(*checks[i], input); };
  if (input.threads > 1) {
    ThreadPool pool(input.threads - 1);
    pool.ParallelFor(checks.size(), run);
  } else {
    for (size_t i = 0; i < checks.size(); ++i) run(i);
  }
  std::stable_sort(results.begin(), results.end(),
                   [](const CheckResult& a, const CheckResult& b) { return PlaceOf(a) < PlaceOf(b); });
  return results;
}

}  // namespace

std::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kFail:
      return "fail";
    case Verdict::kWarning:
      return "warning";
    case Verdict::kError:
      return "error";
    case Verdict::kPass:
      return "pass";
  }
  return "error";
}

Verdict CheckResult::verdict() const {
  Verdict worst = Verdict::kPass;
  for (const Condition& condition : conditions) worst = std::min(worst, condition.verdict);
  return worst;
}

const CheckResult* QualityReport::Find(std::string_view name) const {
  const auto found = std::find_if(checks.begin(), checks.end(), [&](const auto& check) { return check.name == name; });
  return found == checks.end() ? nullptr : &*found;
}

size_t QualityReport::Count(Verdict verdict) const {
  return static_cast<size_t>(std::count_if(checks.begin(), checks.end(), [&](const CheckResult& check) {
    return check.ran() && !check.conditions.empty() && check.verdict() == verdict;
  }));
}

size_t QualityReport::not_run() const {
  return static_cast<size_t>(
      std::count_if(checks.begin(), checks.end(), [](const auto& check) { return !check.ran(); }));
}

bool QualityReport::passed(bool ignore_warnings) const {
  return Count(Verdict::kFail) + Count(Verdict::kError) + (ignore_warnings ? 0 : Count(Verdict::kWarning)) == 0;
}

Severity WorstOf(const QualityReport& report) {
  if (report.Count(Verdict::kFail) + report.Count(Verdict::kError) > 0) return Severity::kError;
  return report.Count(Verdict::kWarning) > 0 ? Severity::kWarning : Severity::kNote;
}

Result<QualityReport> RunDataIntegrity(const tabular::Table& table, const QualityOptions& options) {
  SLIPWAY_ASSIGN_OR_RETURN(const Roles roles, FindRoles(table, {}, options));
  SLIPWAY_ASSIGN_OR_RETURN(const tabular::Table dated, WithDates(table, options.datetime));
  const CheckInput input = {MakeDataset(dated, roles), {}, options.threads};
  return QualityReport{"Data Integrity Suite", RunChecks(kDataIntegrity, input), table.rows(), 0};
}

Result<QualityReport> RunTrainTestValidation(const tabular::Table& train, const tabular::Table& test,
                                             const QualityOptions& options) {
  if (test.rows() == 0) return InvalidArgument("the test data have no rows");
  SLIPWAY_ASSIGN_OR_RETURN(auto matched, MatchColumns(train, test));
  auto& [first, second] = matched;
  SLIPWAY_ASSIGN_OR_RETURN(const Roles roles, FindRoles(first, {&second}, options));
  SLIPWAY_ASSIGN_OR_RETURN(const tabular::Table dated, With(WithDates(std::move(first), options.datetime), "train"));
  SLIPWAY_ASSIGN_OR_RETURN(const tabular::Table dated_test,
                           With(WithDates(std::move(second), options.datetime), "test"));
  const CheckInput input = {MakeDataset(dated, roles), MakeDataset(dated_test, roles), options.threads};
  return QualityReport{"Train Test Validation Suite", RunChecks(kTrainTestValidation, input), train.rows(),
                       test.rows()};
}

}  // namespace slipway::stats
