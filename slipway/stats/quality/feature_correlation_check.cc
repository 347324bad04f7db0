// Pairs of features that say the same.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_map>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/stats/quality/check.h"
#include "slipway/stats/quality/quality_text.h"
#include "slipway/stats/quality/sampling.h"

namespace slipway::stats {
namespace {

using tabular::Column;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr size_t kRowsMax = 10'000;

// A feature on the sampled rows.
struct Feature {
  std::string name;
  bool is_numeric = false;
  std::vector<double> numbers;  // NaN = missing
  std::vector<double> ranks;    // of numbers without missing ones
  std::vector<int> codes;       // -1 = missing
  int categories = 0;
  bool has_missing = false;
};

// Ranks from 1; equal values share the mean of theirs.
std::vector<double> AverageRanks(const std::vector<double>& values) {
  std::vector<uint32_t> order(values.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (size_t i = 0, end = 0; i < order.size(); i = end) {
    while (end < order.size() && values[order[end]] == values[order[i]]) ++end;
    for (size_t j = i; j < end; ++j) ranks[order[j]] = static_cast<double>(i + end + 1) / 2;
  }
  return ranks;
}

Feature NumericFeature(const Column& column, const std::vector<uint32_t>& rows) {
  Feature feature;
  feature.name = column.name;
  feature.is_numeric = true;
  for (uint32_t row : rows) {
    feature.numbers.push_back(column.number(row));
    feature.has_missing |= std::isnan(feature.numbers.back());
  }
  if (!feature.has_missing) feature.ranks = AverageRanks(feature.numbers);
  return feature;
}

Feature CategoricalFeature(const Column& column, const std::vector<uint32_t>& rows) {
  Feature feature;
  feature.name = column.name;
  std::unordered_map<std::string, int> codes;
  std::vector<int> by_dictionary(column.dictionary.size(), -1);
  const auto code_of = [&](const std::string& text) { return codes.emplace(text, feature.categories).first->second; };
  for (uint32_t row : rows) {
    int code = -1;
    if (column.type == tabular::ColumnType::kString && !column.is_null(row)) {
      int& known = by_dictionary[column.codes[row]];
      if (known < 0) known = code_of(column.string_at(row));
      code = known;
    } else if (!column.is_null(row)) {
      code = code_of(column.text(row));
    }
    feature.categories = static_cast<int>(codes.size());
    feature.has_missing |= code < 0;
    feature.codes.push_back(code);
  }
  return feature;
}

double Pearson(const std::vector<double>& a, const std::vector<double>& b) {
  const double n = static_cast<double>(a.size());
  const double mean_a = std::accumulate(a.begin(), a.end(), 0.0) / n;
  const double mean_b = std::accumulate(b.begin(), b.end(), 0.0) / n;
  double ab = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double x = a[i] - mean_a, y = b[i] - mean_b;
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa == 0 || bb == 0 ? kNaN : std::clamp(ab / std::sqrt(aa * bb), -1.0, 1.0);
}

double Spearman(const Feature& a, const Feature& b) {
  if (!a.has_missing && !b.has_missing) return Pearson(a.ranks, b.ranks);
  std::vector<double> x, y;
  for (size_t i = 0; i < a.numbers.size(); ++i) {
    if (std::isnan(a.numbers[i]) || std::isnan(b.numbers[i])) continue;
    x.push_back(a.numbers[i]);
    y.push_back(b.numbers[i]);
  }
  return x.empty() ? kNaN : Pearson(AverageRanks(x), AverageRanks(y));
}

double Entropy(const std::vector<double>& counts, double total) {
  double sum = 0;
  for (double count : counts)
    if (count > 0) sum -= count / total * std::log(count / total);
  return sum;
}

// 2 I(X;Y) / (H(X) + H(Y)).
double SymmetricUncertainty(const Feature& a, const Feature& b) {
  const auto width = static_cast<size_t>(b.categories);
  std::vector<double> both(static_cast<size_t>(a.categories) * width), of_a(static_cast<size_t>(a.categories)),
      of_b(width);
  double total = 0;
  for (size_t i = 0; i < a.codes.size(); ++i) {
    if (a.codes[i] < 0 || b.codes[i] < 0) continue;
    const auto x = static_cast<size_t>(a.codes[i]), y = static_cast<size_t>(b.codes[i]);
    ++both[x * width + y];
    ++of_a[x];
    ++of_b[y];
    ++total;
  }
  if (total == 0) return kNaN;
  const double entropy_a = Entropy(of_a, total), entropy_b = Entropy(of_b, total);
  if (entropy_a + entropy_b == 0) return 1;
  return 2 * (entropy_a + entropy_b - Entropy(both, total)) / (entropy_a + entropy_b);
}

// eta: the share of the number's spread that the category explains, as a root.
double CorrelationRatio(const Feature& number, const Feature& category) {
  std::vector<double> sums(static_cast<size_t>(category.categories)), counts(sums.size());
  double total = 0, rows = 0;
  const auto each = [&](const auto& visit) {
    for (size_t i = 0; i < number.numbers.size(); ++i)
      if (!std::isnan(number.numbers[i]) && category.codes[i] >= 0)
        visit(static_cast<size_t>(category.codes[i]), number.numbers[i]);
  };
  each([&](size_t code, double value) {
    sums[code] += value;
    ++counts[code];
    total += value;
    ++rows;
  });
  const double mean = total / rows;
  double between = 0, all = 0;
  for (size_t code = 0; code < sums.size(); ++code)
    if (counts[code] > 0) between += counts[code] * std::pow(sums[code] / counts[code] - mean, 2);
  each([&](size_t, double value) { all += (value - mean) * (value - mean); });
  return all == 0 || rows == 0 ? 0 : std::sqrt(between / all);
}

double Association(const Feature& a, const Feature& b) {
  if (a.is_numeric && b.is_numeric) return Spearman(a, b);
  if (a.is_numeric) return CorrelationRatio(a, b);
  return b.is_numeric ? CorrelationRatio(b, a) : SymmetricUncertainty(a, b);
}

using Matrix = std::vector<std::vector<double>>;

Matrix MatrixOf(const std::vector<Feature>& features) {
  Matrix matrix(features.size(), std::vector<double>(features.size()));
  for (size_t i = 0; i < features.size(); ++i)
    for (size_t j = i; j < features.size(); ++j) matrix[i][j] = matrix[j][i] = Association(features[i], features[j]);
  return matrix;
}

// Names in alphabetic order within a pair; the strongest pair first.
struct Pair {
  std::string first, second;
  double value = 0;
};

std::vector<Pair> StrongestPairs(const std::vector<Feature>& features, const Matrix& matrix) {
  std::vector<Pair> pairs;
  for (size_t i = 0; i < features.size(); ++i)
    for (size_t j = i + 1; j < features.size(); ++j)
      if (!std::isnan(matrix[i][j]))
        pairs.push_back(
            {std::min(features[i].name, features[j].name), std::max(features[i].name, features[j].name), matrix[i][j]});
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const Pair& a, const Pair& b) { return std::abs(a.value) > std::abs(b.value); });
  return pairs;
}

Condition PairCondition(const std::vector<Pair>& pairs) {
  constexpr double kMax = 0.9;
  std::vector<std::string> broken;
  // Signed, as in the original: a strong negative correlation passes.
  for (const Pair& pair : pairs)
    if (pair.value > kMax) broken.push_back(fmt::format("('{}', '{}')", pair.first, pair.second));
  std::sort(broken.begin(), broken.end());
  Condition condition{"Not more than 0 pairs are correlated above 0.9"};
  condition.details = "All correlations are less than 0.9";
  if (broken.empty()) return condition;
  condition.verdict = Verdict::kFail;
  condition.details = fmt::format("Correlation is greater than 0.9 for pairs [{}]", Join(broken, ", "));
  return condition;
}

// The features of the strongest pairs, in the matrix' order.
HeatMapChart HeatMapOf(const std::vector<Feature>& features, const Matrix& matrix, const std::vector<Pair>& pairs) {
  constexpr size_t kShownFeatures = 10;
  std::vector<std::string> wanted;
  const auto want = [&](const std::string& name) {
    if (wanted.size() < kShownFeatures && std::find(wanted.begin(), wanted.end(), name) == wanted.end())
      wanted.push_back(name);
  };
  for (const Pair& pair : pairs) {
    want(pair.first);
    want(pair.second);
  }
  std::vector<size_t> shown;
  for (size_t i = 0; i < features.size(); ++i)
    if (std::find(wanted.begin(), wanted.end(), features[i].name) != wanted.end()) shown.push_back(i);
  HeatMapChart chart;
  for (size_t i : shown) {
    chart.names.push_back(features[i].name);
    auto& row = chart.values.emplace_back();
    for (size_t j : shown) row.push_back(matrix[i][j]);
  }
  return chart;
}

void FindCorrelatedFeatures(const CheckInput& input, CheckResult& result) {
  const auto rows = SampleRows(input.train.rows(), kRowsMax);
  NoteSampling(result, input.train.rows(), rows.size());
  std::vector<Feature> features;
  for (const Column* column : input.train.numeric) features.push_back(NumericFeature(*column, rows));
  for (const Column* column : input.train.categorical) features.push_back(CategoricalFeature(*column, rows));
  const Matrix matrix = MatrixOf(features);
  auto names = nlohmann::ordered_json::array();
  for (const Feature& feature : features) names.push_back(feature.name);
  result.value = {{"index", names}, {"columns", names}, {"data", nlohmann::ordered_json::array()}};
  for (const auto& row : matrix) {
    auto cells = nlohmann::ordered_json::array();
    for (double cell : row) cells.push_back(std::isnan(cell) ? nlohmann::ordered_json() : nlohmann::ordered_json(cell));
    result.value["data"].push_back(std::move(cells));
  }
  const auto pairs = StrongestPairs(features, matrix);
  result.conditions.push_back(PairCondition(pairs));
  if (!pairs.empty())
    result.exhibits.push_back({"The features of the strongest pairs", HeatMapOf(features, matrix, pairs)});
}

}  // namespace

const Check kFeatureCorrelationCheck = {
    "FeatureFeatureCorrelation",
    "Feature-Feature Correlation",
    "Pairs of features that say the same: Spearman's correlation of numbers, Theil's U of categories, and the "
    "correlation ratio between a number and a category.",
    {},
    FindCorrelatedFeatures};

}  // namespace slipway::stats
