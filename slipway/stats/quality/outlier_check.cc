// Rows unlike all others.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>

#include <fmt/format.h>

#include "slipway/stats/quality/check.h"
#include "slipway/stats/quality/outlier_scores.h"
#include "slipway/stats/quality/quality_text.h"
#include "slipway/stats/quality/sampling.h"

namespace slipway::stats {
namespace {

using tabular::Column;

constexpr size_t kRowsMax = 5000, kRowsMin = 100, kShownRows = 5;

GowerFeature NumberFeature(const Column& column, const std::vector<uint32_t>& rows) {
  double least = HUGE_VAL, most = -HUGE_VAL;
  for (uint32_t row : rows) {
    const double value = column.number(row);
    if (!std::isfinite(value)) continue;
    least = std::min(least, value);
    most = std::max(most, value);
  }
  const double range = most > least ? most - least : 1;
  GowerFeature feature;
  for (uint32_t row : rows) {
    const double value = column.number(row);
    feature.values.push_back(std::isfinite(value) ? static_cast<float>((value - least) / range) : NAN);
  }
  return feature;
}

GowerFeature CategoryFeature(const Column& column, const std::vector<uint32_t>& rows) {
  GowerFeature feature;
  feature.is_category = true;
  std::unordered_map<std::string, float> codes;
  for (uint32_t row : rows)
    feature.values.push_back(
        column.is_null(row) ? -1 : codes.emplace(column.text(row), static_cast<float>(codes.size())).first->second);
  return feature;
}

// Rows that have a label (all of them where there are no labels), sampled.
std::vector<uint32_t> SampledRows(const Dataset& data) {
  const bool has_labels = data.label != nullptr && data.label->null_count() < data.rows();
  std::vector<uint32_t> labelled;
  for (uint32_t row = 0; row < data.rows(); ++row)
    if (!has_labels || !data.label->is_null(row)) labelled.push_back(row);
  std::vector<uint32_t> rows;
  for (uint32_t place : SampleRows(labelled.size(), kRowsMax)) rows.push_back(labelled[place]);
  return rows;
}

// The value that `share` of the scores stay below or reach: no interpolation, rounded up.
double QuantileAbove(const std::vector<double>& sorted, double share) {
  return sorted[static_cast<size_t>(std::ceil(share * static_cast<double>(sorted.size() - 1)))];
}

nlohmann::ordered_json ValueOf(const std::vector<double>& scores, const std::vector<uint32_t>& order,
                               const std::vector<uint32_t>& rows) {
  std::vector<double> sorted = scores;
  std::sort(sorted.begin(), sorted.end());
  nlohmann::ordered_json value = {{"n_quantiles", 1000}};
  for (int permille : {500, 900, 950, 990, 995, 999})
    value[fmt::format("q{}", permille)] = QuantileAbove(sorted, permille / 1000.0);
  for (size_t i = 0; i < kShownRows; ++i) {
    value["top5_scores"].push_back(scores[order[i]]);
    value["top5_rows"].push_back(rows[order[i]]);
  }
  return value;
}

void FindOutliers(const CheckInput& input, CheckResult& result) {
  const Dataset& data = input.train;
  const auto rows = SampledRows(data);
  if (rows.size() < kRowsMin) {
    result.did_not_run = fmt::format("needs {} rows; there are {}", kRowsMin, rows.size());
    return;
  }
  NoteSampling(result, data.rows(), rows.size());
  std::vector<GowerFeature> features;
  for (const Column* column : data.numeric) features.push_back(NumberFeature(*column, rows));
  for (const Column* column : data.categorical) features.push_back(CategoryFeature(*column, rows));
  if (features.empty()) {
    result.did_not_run = "the data have no numeric or categorical feature";
    return;
  }
  const size_t neighbours = std::max<size_t>(5, rows.size() / 100);
  const auto scores = OutlierScores(features, rows.size(), neighbours, input.threads);
  std::vector<uint32_t> order(rows.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return scores[a] > scores[b]; });
  result.value = ValueOf(scores, order, rows);
  TextTable table = {{{"Row", true}, {"Outlier score", true}}, {}};
  for (const Column* column : data.features) table.columns.push_back({column->name, column->is_numeric()});
  for (size_t i = 0; i < kShownRows; ++i) {
    auto& cells = table.rows.emplace_back();
    cells = {fmt::format("{}", rows[order[i]]), fmt::format("{:.3f}", scores[order[i]])};
    for (const Column* column : data.features) cells.push_back(Shortened(column->text(rows[order[i]]), 60));
  }
  Show(result, "The rows most unlike their neighbours (1: surely an outlier)", std::move(table));
}

}  // namespace

const Check kOutlierCheck = {"OutlierSampleDetection",
                             "Outlier Sample Detection",
                             "Rows unlike all others, by their distance to their nearest neighbours (LoOP).",
                             {},
                             FindOutliers};

}  // namespace slipway::stats
