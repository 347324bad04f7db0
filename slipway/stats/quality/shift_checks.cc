// Distributions that differ between train and test. Scores are deepchecks' own, not those of drift.h.
#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/stats/column_pair.h"
#include "slipway/stats/distances.h"
#include "slipway/stats/quality/check.h"
#include "slipway/stats/quality/quality_text.h"

namespace slipway::stats {
namespace {

using tabular::Column;

constexpr double kNumericMax = 0.1, kCategoricalMax = 0.2;
constexpr size_t kValuesMin = 10;

// numpy.quantile of sorted values.
double Quantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<size_t>(place);
  const size_t high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (place - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

std::vector<double> WithoutTails(const std::vector<double>& sorted) {
  constexpr double kTail = 0.025;
  const double first = Quantile(sorted, kTail), last = Quantile(sorted, 1 - kTail);
  return {std::lower_bound(sorted.begin(), sorted.end(), first), std::upper_bound(sorted.begin(), sorted.end(), last)};
}

// The earth mover's distance without the outer 5 % of each side, scaled to the range of what is left.
double EarthMoversDistance(const std::vector<double>& train, const std::vector<double>& test) {
  std::vector<double> a = WithoutTails(train), b = WithoutTails(test);
  const double least = std::min(a.front(), b.front()), most = std::max(a.back(), b.back());
  if (least == most) return 0;
  for (auto* side : {&a, &b})
    for (double& value : *side) value = (value - least) / (most - least);
  return WassersteinDistance(a, b);
}

// Rare categories of train, and new ones, counted as one.
struct Contingency {
  std::vector<double> train, test;
};

Contingency PoolRare(const CategoryCounts& counts, double train_rows, double test_rows) {
  constexpr double kShareMin = 0.01;
  Contingency table;
  double other_train = 0, other_test = 0;
  for (size_t k = 0; k < counts.size(); ++k) {
    const double train = static_cast<double>(counts.reference[k]), test = static_cast<double>(counts.current[k]);
    if (train == 0 || train < kShareMin * train_rows) {
      other_train += train;
      other_test += test;
      continue;
    }
    table.train.push_back(train);
    table.test.push_back(test);
  }
  if (other_train > kShareMin * train_rows || other_test > kShareMin * test_rows) {
    table.train.push_back(other_train);
    table.test.push_back(other_test);
  }
  return table;
}

double Sum(const std::vector<double>& values) {
  double sum = 0;
  for (double value : values) sum += value;
  return sum;
}

// Pearson's statistic of independence; for 2 x 2 tables with Yates' correction.
double ChiSquare(const Contingency& table, double n, double m) {
  const double total = n + m;
  double statistic = 0;
  for (size_t k = 0; k < table.train.size(); ++k) {
    const double column = table.train[k] + table.test[k];
    for (const auto& [observed, row] : {std::pair(table.train[k], n), std::pair(table.test[k], m)}) {
      const double expected = column * row / total;
      double difference = std::abs(observed - expected);
      if (table.train.size() == 2) difference -= std::min(0.5, difference);
      statistic += difference * difference / expected;
    }
  }
  return statistic;
}

// Cramer's V with Bergsma's bias correction.
double CramersV(const CategoryCounts& counts, size_t train_rows, size_t test_rows) {
  const Contingency table = PoolRare(counts, static_cast<double>(train_rows), static_cast<double>(test_rows));
  const double k = static_cast<double>(table.train.size());
  if (k < 2) return 0;
  const double n = Sum(table.train), m = Sum(table.test), total = n + m;
  if (n == 0 || m == 0) return 0;
  const double phi = std::max(0.0, ChiSquare(table, n, m) / total - (k - 1) / (total - 1));
  const double rows = 2 - 1 / (total - 1), columns = k - (k - 1) * (k - 1) / (total - 1);
  return std::sqrt(phi / std::min(columns - 1, rows - 1));
}

struct Shift {
  std::string name;
  bool is_numeric = false;
  double score = 0;
  ColumnPair pair;
  bool has_few_values = false;

  std::string_view method() const { return is_numeric ? "Earth Mover's Distance" : "Cramer's V"; }
};

Shift CompareColumn(const Column& train, const Column& test, bool is_numeric) {
  Shift shift;
  shift.name = train.name;
  shift.is_numeric = is_numeric;
  shift.pair = MakeColumnPair(train, test, is_numeric ? FeatureKind::kNumeric : FeatureKind::kCategorical);
  shift.has_few_values = std::min(shift.pair.reference_rows, shift.pair.current_rows) < kValuesMin;
  if (shift.has_few_values) return shift;
  shift.score = is_numeric ? EarthMoversDistance(shift.pair.reference, shift.pair.current)
                           : CramersV(shift.pair.counts, shift.pair.reference_rows, shift.pair.current_rows);
  return shift;
}

Exhibit ExhibitOf(const Shift& shift) {
  return {fmt::format("{}: {} {:.4f}", shift.name, shift.method(), shift.score),
          DistributionChart{DistributionOf(shift.pair)}};
}

nlohmann::ordered_json ToJson(const Shift& shift) {
  return {{"Drift score", shift.score}, {"Method", shift.method()}, {"Importance", nullptr}};
}

// Scores of one kind, the highest first.
NamedValues ScoresOf(const std::vector<Shift>& shifts, bool is_numeric) {
  NamedValues scores;
  for (const Shift& shift : shifts)
    if (shift.is_numeric == is_numeric) scores.emplace_back(shift.name, shift.score);
  SortBySeverity(scores);
  return scores;
}

std::string PassedText(const std::vector<Shift>& shifts) {
  std::string text = fmt::format("Passed for {0} columns out of {0} columns.", shifts.size());
  for (bool is_numeric : {false, true})
    if (const auto scores = ScoresOf(shifts, is_numeric); !scores.empty())
      text += fmt::format("\nFound column \"{}\" has the highest {} drift score: {}", scores[0].first,
                          is_numeric ? "numerical" : "categorical", FormatNumber(scores[0].second));
  return text;
}

std::string FailedText(const std::vector<Shift>& shifts) {
  size_t failed = 0;
  std::string text;
  for (bool is_numeric : {false, true}) {
    std::vector<std::pair<std::string, std::string>> broken;
    for (const auto& [name, score] : ScoresOf(shifts, is_numeric))
      if (score >= (is_numeric ? kNumericMax : kCategoricalMax)) broken.emplace_back(name, FormatNumber(score));
    failed += broken.size();
    if (!broken.empty())
      text += fmt::format("\nFound {} {} columns with {} above threshold: {}", broken.size(),
                          is_numeric ? "numeric" : "categorical", is_numeric ? "Earth Mover's Distance" : "Cramer's V",
                          QuotedMap(broken));
  }
  return fmt::format("Failed for {} out of {} columns.", failed, shifts.size()) + text;
}

Condition FeatureCondition(const std::vector<Shift>& shifts) {
  Condition condition{"categorical drift score < 0.2 and numerical drift score < 0.1"};
  const bool is_broken = std::any_of(shifts.begin(), shifts.end(), [](const Shift& shift) {
    return shift.score >= (shift.is_numeric ? kNumericMax : kCategoricalMax);
  });
  condition.verdict = is_broken ? Verdict::kFail : Verdict::kPass;
  condition.details = is_broken ? FailedText(shifts) : PassedText(shifts);
  return condition;
}

void FindFeatureDrift(const CheckInput& input, CheckResult& result) {
  constexpr size_t kShownFeatures = 5;
  std::vector<Shift> shifts;
  for (const Column* column : input.train.features) {
    const bool is_categorical = input.train.is_categorical(*column);
    if (!is_categorical && !column->is_numeric()) continue;
    shifts.push_back(CompareColumn(*column, input.test.Same(*column), !is_categorical));
    if (shifts.back().has_few_values) {
      result.did_not_run =
          fmt::format("column '{}' has fewer than {} values in one of the tables", column->name, kValuesMin);
      return;
    }
  }
  if (shifts.empty()) {
    result.did_not_run = "the data have no numeric or categorical feature";
    return;
  }
  result.value = EmptyObject();
  for (const Shift& shift : shifts) result.value[shift.name] = ToJson(shift);
  result.conditions.push_back(FeatureCondition(shifts));
  std::stable_sort(shifts.begin(), shifts.end(), [](const Shift& a, const Shift& b) { return a.score > b.score; });
  for (size_t i = 0; i < std::min(kShownFeatures, shifts.size()); ++i) result.exhibits.push_back(ExhibitOf(shifts[i]));
}

void FindLabelDrift(const CheckInput& input, CheckResult& result) {
  const bool is_numeric = input.train.task == LabelTask::kRegression;
  const Shift shift = CompareColumn(*input.train.label, *input.test.label, is_numeric);
  if (shift.has_few_values) {
    result.did_not_run = fmt::format("the label has fewer than {} values in one of the tables", kValuesMin);
    return;
  }
  result.value = {{"Drift score", shift.score}, {"Method", shift.method()}};
  // Unlike features, a score at the limit passes.
  const bool is_broken = shift.score > (is_numeric ? kNumericMax : kCategoricalMax);
  result.conditions.push_back({"categorical drift score < 0.2 and numerical drift score < 0.1 for label drift",
                               is_broken ? Verdict::kFail : Verdict::kPass,
                               fmt::format("Label's drift score {} is {}", shift.method(), FormatNumber(shift.score))});
  result.exhibits.push_back(ExhibitOf(shift));
}

}  // namespace

const Check kFeatureDriftCheck = {"TrainTestFeatureDrift",
                                  "Train Test Feature Drift",
                                  "Features that are distributed differently in train and test.",
                                  {},
                                  FindFeatureDrift};
const Check kLabelDriftCheck = {"TrainTestLabelDrift",
                                "Train Test Label Drift",
                                "Whether the label is distributed differently in train and test.",
                                {.label = true},
                                FindLabelDrift};

}  // namespace slipway::stats
