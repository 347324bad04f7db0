// All features at once: can a model tell test rows from train rows?
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <fmt/format.h>

#include "slipway/base/hash.h"
#include "slipway/stats/column_pair.h"
#include "slipway/stats/quality/check.h"
#include "slipway/stats/quality/domain_classifier.h"
#include "slipway/stats/quality/quality_text.h"
#include "slipway/stats/quality/sampling.h"

namespace slipway::stats {
namespace {

using tabular::Column;

constexpr size_t kRowsMax = 10'000, kRowsMin = 100;

// The sampled rows of both tables, train above test.
struct Sample {
  std::vector<uint32_t> train, test;
  size_t rows() const { return train.size() + test.size(); }
};

// Up to 254 quantiles cut numbers into bins; bin 0 is for missing ones.
BinnedFeature BinNumbers(const Column& train, const Column& test, const Sample& sample) {
  constexpr size_t kCuts = 254;
  std::vector<double> values;
  for (uint32_t row : sample.train) values.push_back(train.number(row));
  for (uint32_t row : sample.test) values.push_back(test.number(row));
  std::vector<double> sorted;
  for (double value : values)
    if (!std::isnan(value)) sorted.push_back(value);
  SortNumbers(sorted);
  std::vector<double> cuts;
  for (size_t i = 1; i <= kCuts && !sorted.empty(); ++i) cuts.push_back(sorted[i * (sorted.size() - 1) / (kCuts + 1)]);
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  BinnedFeature feature = {train.name, false, {}};
  for (double value : values) {
    const auto place = std::lower_bound(cuts.begin(), cuts.end(), value) - cuts.begin();
    feature.bins.push_back(std::isnan(value) ? 0 : static_cast<uint8_t>(place + 1));
  }
  return feature;
}

// Codes in the order of the texts; what is beyond 254 shares the last one. Missing is a category.
BinnedFeature BinCategories(const Column& train, const Column& test, const Sample& sample) {
  constexpr size_t kLast = 254;
  std::map<std::string, uint8_t> codes;
  const auto each = [&](const auto& visit) {
    for (uint32_t row : sample.train) visit(train, row);
    for (uint32_t row : sample.test) visit(test, row);
  };
  each([&](const Column& column, uint32_t row) {
    if (!column.is_null(row)) codes.emplace(column.text(row), 0);
  });
  size_t next = 1;
  for (auto& [text, code] : codes) code = static_cast<uint8_t>(std::min(next++, kLast));
  BinnedFeature feature = {train.name, true, {}};
  each([&](const Column& column, uint32_t row) {
    feature.bins.push_back(column.is_null(row) ? 0 : codes.find(column.text(row))->second);
  });
  return feature;
}

// 70 % of each table's rows to learn from, the rest to be asked about.
struct Halves {
  std::vector<uint32_t> learn, ask;
};

Halves SplitRows(const Sample& sample) {
  constexpr double kAskShare = 0.3;
  Halves halves;
  uint32_t first = 0;
  for (const auto* side : {&sample.train, &sample.test}) {
    const auto asked = static_cast<size_t>(std::llround(kAskShare * static_cast<double>(side->size())));
    const auto order = SampleRows(side->size(), side->size());
    for (size_t i = 0; i < order.size(); ++i) (i < asked ? halves.ask : halves.learn).push_back(first + order[i]);
    first += static_cast<uint32_t>(side->size());
  }
  return halves;
}

struct Domain {
  std::vector<BinnedFeature> features;
  std::vector<uint8_t> labels;  // 1: a row of test
  Halves halves;
  std::vector<uint8_t> asked_labels;
};

Domain MakeDomain(const CheckInput& input, size_t rows) {
  Sample sample = {SampleRows(input.train.rows(), rows), SampleRows(input.test.rows(), rows)};
  Domain domain;
  for (const Column* column : input.train.numeric)
    domain.features.push_back(BinNumbers(*column, input.test.Same(*column), sample));
  for (const Column* column : input.train.categorical)
    domain.features.push_back(BinCategories(*column, input.test.Same(*column), sample));
  domain.labels.assign(sample.rows(), 0);
  std::fill(domain.labels.begin() + static_cast<std::ptrdiff_t>(sample.train.size()), domain.labels.end(), 1);
  domain.halves = SplitRows(sample);
  for (uint32_t row : domain.halves.ask) domain.asked_labels.push_back(domain.labels[row]);
  return domain;
}

// How much worse the model does when one feature's values are dealt out at random: the mean of ten deals.
double PermutationLoss(const Domain& domain, const DomainClassifier& model, size_t feature, double auc) {
  constexpr int kRepeats = 10;
  SplitMix64 random(feature);
  std::vector<uint8_t> bins;
  for (uint32_t row : domain.halves.ask) bins.push_back(domain.features[feature].bins[row]);
  std::vector<double> scores(bins.size());
  double loss = 0;
  for (int repeat = 0; repeat < kRepeats; ++repeat) {
    for (size_t i = bins.size(); i-- > 1;) std::swap(bins[i], bins[random.NextBelow(i + 1)]);
    for (size_t i = 0; i < bins.size(); ++i)
      scores[i] = model.ScoreWith(domain.features, domain.halves.ask[i], feature, bins[i]);
    loss += auc - AreaUnderCurve(scores, domain.asked_labels);
  }
  return loss / kRepeats;
}

// Shares of the whole loss, the largest first.
NamedValues Importances(const Domain& domain, const DomainClassifier& model, double auc) {
  NamedValues values;
  double sum = 0;
  for (size_t f = 0; f < domain.features.size(); ++f) {
    values.emplace_back(domain.features[f].name,
                        model.Uses(f) ? std::max(0.0, PermutationLoss(domain, model, f, auc)) : 0);
    sum += values.back().second;
  }
  for (auto& [name, value] : values) value = sum > 0 ? value / sum : 0;
  SortBySeverity(values);
  return values;
}

void AddExhibits(const CheckInput& input, const NamedValues& importances, CheckResult& result) {
  constexpr double kWorthShowing = 0.05;
  constexpr size_t kShown = 3;
  BarChart chart;
  for (const auto& [name, value] : importances)
    if (value > kWorthShowing && chart.bars.size() < kShown) chart.bars.push_back({name, value, FormatPercent(value)});
  if (chart.bars.empty()) return;
  const auto bars = chart.bars;
  result.exhibits.push_back({"The features that give the rows away, by their share", std::move(chart)});
  for (const BarEntry& bar : bars) {
    const Column& train = *input.train.table->Find(bar.label);
    const bool is_categorical = input.train.is_categorical(train);
    const ColumnPair pair = MakeColumnPair(train, input.test.Same(train),
                                           is_categorical ? FeatureKind::kCategorical : FeatureKind::kNumeric);
    result.exhibits.push_back({bar.label, DistributionChart{DistributionOf(pair)}});
  }
}

void FindMultivariateDrift(const CheckInput& input, CheckResult& result) {
  constexpr double kScoreMax = 0.25, kWorthShowing = 0.05;
  const size_t rows = std::min({kRowsMax, input.train.rows(), input.test.rows()});
  if (rows < kRowsMin) {
    result.did_not_run = fmt::format("needs {} rows in each table", kRowsMin);
    return;
  }
  if (input.train.numeric.empty() && input.train.categorical.empty()) {
    result.did_not_run = "the data have no numeric or categorical feature";
    return;
  }
  NoteSampling(result, input.train.rows() + input.test.rows(), 2 * rows);
  const Domain domain = MakeDomain(input, rows);
  const auto model = DomainClassifier::Fit(domain.features, domain.labels, domain.halves.learn);
  std::vector<double> scores;
  for (uint32_t row : domain.halves.ask) scores.push_back(model.Score(domain.features, row));
  const double auc = AreaUnderCurve(scores, domain.asked_labels);
  const double score = std::max(2 * auc - 1, 0.0);
  const NamedValues importances = Importances(domain, model, auc);
  result.value = {{"domain_classifier_auc", auc}, {"domain_classifier_drift_score", score}};
  for (const auto& [name, value] : importances) result.value["domain_classifier_feature_importance"][name] = value;
  result.conditions.push_back({"Drift value is less than 0.25", score < kScoreMax ? Verdict::kPass : Verdict::kFail,
                               fmt::format("Found drift value of: {}, corresponding to a domain classifier AUC of: {}",
                                           FormatNumber(score), FormatNumber(auc))});
  if (score > kWorthShowing) AddExhibits(input, importances, result);
}

}  // namespace

const Check kMultivariateDriftCheck = {"MultivariateDrift",
                                       "Multivariate Drift",
                                       "Whether a model can tell test rows from train rows: all features at once.",
                                       {},
                                       FindMultivariateDrift};

}  // namespace slipway::stats
