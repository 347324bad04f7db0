#include "slipway/stats/baseline.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/text.h"
#include "slipway/stats/column_pair.h"

namespace slipway::stats {
namespace {

using nlohmann::ordered_json;
using tabular::Column;
using tabular::ColumnType;

constexpr size_t kQuantileBins = 10;
constexpr size_t kBinsByValueMax = 20;
constexpr size_t kCategoriesMax = 100;
constexpr int kFormatVersion = 1;

uint64_t Sum(std::span<const uint64_t> counts) {
  return std::accumulate(counts.begin(), counts.end(), uint64_t{0});
}

BaselineColumn DescribeNumbers(std::string name, std::span<const double> sorted) {
  BaselineColumn described;
  described.name = std::move(name);
  described.cuts = EqualCountCuts(sorted);
  described.counts.assign(described.cuts.size() + 1, 0);
  for (const double value : sorted) ++described.counts[BinOf(described.cuts, value)];
  described.minimum = sorted.front();
  described.maximum = sorted.back();
  return described;
}

// Texts and booleans, by the texts that JSON rows have for them.
std::vector<std::pair<std::string, uint64_t>> CountCategories(const Column& column) {
  std::vector<uint64_t> counts(column.type == ColumnType::kBool ? 2 : column.dictionary.size());
  for (size_t row = 0; row < column.size(); ++row)
    if (!column.is_null(row))
      ++counts[column.type == ColumnType::kBool ? static_cast<size_t>(column.ints[row] != 0) : column.codes[row]];
  std::vector<std::pair<std::string, uint64_t>> categories;
  for (size_t code = 0; code < counts.size(); ++code)
    if (counts[code] > 0)
      categories.emplace_back(
          column.type == ColumnType::kBool ? (code == 0 ? "false" : "true") : column.dictionary[code], counts[code]);
  std::sort(categories.begin(), categories.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  return categories;
}

BaselineColumn DescribeCategories(const Column& column) {
  auto categories = CountCategories(column);
  BaselineColumn described;
  described.name = column.name;
  described.kind = FeatureKind::kCategorical;
  described.has_every_category = categories.size() <= kCategoriesMax;
  uint64_t others = 0;
  for (auto& [category, count] : categories) {
    if (described.categories.size() == kCategoriesMax) {
      others += count;
      continue;
    }
    described.categories.push_back(std::move(category));
    described.counts.push_back(count);
  }
  described.counts.push_back(others);
  return described;
}

// --- JSON ---

ordered_json ColumnToJson(const BaselineColumn& column) {
  ordered_json json = {{"name", column.name}};
  if (column.kind == FeatureKind::kNumeric) {
    json["kind"] = "numeric";
    json["minimum"] = column.minimum;
    json["maximum"] = column.maximum;
    json["cuts"] = column.cuts;
  } else {
    json["kind"] = "categorical";
    json["categories"] = column.categories;
    json["has_every_category"] = column.has_every_category;
  }
  json["counts"] = column.counts;
  json["missing"] = column.missing;
  return json;
}

Status CheckColumn(const BaselineColumn& column) {
  const bool is_numeric = column.kind == FeatureKind::kNumeric;
  if (column.counts.size() != (is_numeric ? column.cuts.size() : column.categories.size()) + 1)
    return InvalidArgument(fmt::format("'{}' has {} counts for {} {}", column.name, column.counts.size(),
                                       is_numeric ? column.cuts.size() : column.categories.size(),
                                       is_numeric ? "cuts: one more is right" : "categories: one more is right"));
  if (!std::is_sorted(column.cuts.begin(), column.cuts.end()))
    return InvalidArgument(fmt::format("the cuts of '{}' do not rise", column.name));
  return {};
}

Result<BaselineColumn> ColumnFromJson(const ordered_json& json) {
  BaselineColumn column;
  column.name = json.at("name").get<std::string>();
  const auto kind = json.at("kind").get<std::string>();
  if (kind == "numeric") {
    column.minimum = json.at("minimum").get<double>();
    column.maximum = json.at("maximum").get<double>();
    column.cuts = json.at("cuts").get<std::vector<double>>();
  } else if (kind == "categorical") {
    column.kind = FeatureKind::kCategorical;
    column.categories = json.at("categories").get<std::vector<std::string>>();
    column.has_every_category = json.at("has_every_category").get<bool>();
  } else {
    return InvalidArgument(fmt::format("'{}' is of the kind '{}', not numeric or categorical", column.name, kind));
  }
  column.counts = json.at("counts").get<std::vector<uint64_t>>();
  column.missing = json.at("missing").get<uint64_t>();
  SLIPWAY_RETURN_IF_ERROR(CheckColumn(column));
  return column;
}

Result<Baseline> ReadBaseline(const ordered_json& json) {
  if (const int version = json.at("version").get<int>(); version != kFormatVersion)
    return Unimplemented(fmt::format("a baseline of version {} is not supported: this Slipway reads version {}",
                                     version, kFormatVersion));
  Baseline baseline;
  baseline.rows = json.at("rows").get<uint64_t>();
  for (const ordered_json& column : json.at("columns")) {
    SLIPWAY_ASSIGN_OR_RETURN(BaselineColumn read, ColumnFromJson(column));
    baseline.columns.push_back(std::move(read));
  }
  if (json.contains("score")) {
    SLIPWAY_ASSIGN_OR_RETURN(baseline.score, ColumnFromJson(json["score"]));
  }
  return baseline;
}

GaugeVerdict VerdictOf(const DriftGauge& gauge, const GaugeLimits& limits) {
  if (gauge.rows < limits.rows_min) return GaugeVerdict::kNotEnoughData;
  const bool is_far = gauge.psi >= limits.psi && gauge.psi >= limits.chance_factor * gauge.expected_psi;
  const bool is_missing = gauge.missing_share >= gauge.missing_share_before + limits.missing_points;
  return is_far || is_missing ? GaugeVerdict::kDrifted : GaugeVerdict::kStable;
}

double ShareOf(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

std::vector<double> EqualCountCuts(std::span<const double> sorted) {
  std::vector<double> cuts;
  if (sorted.empty()) return cuts;
  const size_t distinct = CountDistinct(sorted, kBinsByValueMax + 1);
  const auto add = [&](double value) {
    if (value < sorted.back() && (cuts.empty() || value > cuts.back())) cuts.push_back(value);
  };
  if (distinct <= kBinsByValueMax)
    std::for_each(sorted.begin(), sorted.end(), add);
  else
    for (size_t bin = 1; bin < kQuantileBins; ++bin) add(sorted[(sorted.size() - 1) * bin / kQuantileBins]);
  return cuts;
}

size_t BinOf(std::span<const double> cuts, double value) {
  return static_cast<size_t>(std::lower_bound(cuts.begin(), cuts.end(), value) - cuts.begin());
}

Shares SharesOfCounts(std::span<const uint64_t> reference, std::span<const uint64_t> current) {
  const auto shares = [](std::span<const uint64_t> counts) {
    const double sum = static_cast<double>(Sum(counts));
    std::vector<double> all;
    for (const uint64_t count : counts) all.push_back(std::max(static_cast<double>(count), 0.5) / sum);
    return all;
  };
  return {shares(reference), shares(current)};
}

double ExpectedStabilityIndex(size_t bins, uint64_t reference_rows, uint64_t current_rows) {
  if (bins < 2 || reference_rows == 0 || current_rows == 0) return 0;
  return static_cast<double>(bins - 1) *
         (1 / static_cast<double>(reference_rows) + 1 / static_cast<double>(current_rows));
}

size_t BaselineColumn::bin_of_category(std::string_view category) const {
  return static_cast<size_t>(std::find(categories.begin(), categories.end(), category) - categories.begin());
}

uint64_t BaselineColumn::present() const {
  return Sum(counts);
}

std::optional<BaselineColumn> DescribeColumn(const Column& column) {
  if (column.type == ColumnType::kDatetime || column.null_count() == column.size()) return std::nullopt;
  std::optional<BaselineColumn> described;
  if (column.type == ColumnType::kString || column.type == ColumnType::kBool) {
    described = DescribeCategories(column);
  } else {
    const auto sorted = SortedNumbers(column);
    if (sorted.empty()) return std::nullopt;
    described = DescribeNumbers(column.name, sorted);
  }
  described->missing = column.size() - described->present();
  return described;
}

Result<Baseline> DescribeTable(const tabular::Table& table, std::span<const std::string> left_out) {
  if (table.rows() == 0) return InvalidArgument("a table without rows gives no baseline");
  Baseline baseline;
  baseline.rows = table.rows();
  for (const Column& column : table.columns()) {
    if (std::find(left_out.begin(), left_out.end(), column.name) != left_out.end()) continue;
    if (auto described = DescribeColumn(column)) baseline.columns.push_back(std::move(*described));
  }
  return baseline;
}

std::optional<BaselineColumn> DescribeScores(std::vector<double> scores) {
  std::erase_if(scores, [](double score) { return !std::isfinite(score); });
  if (scores.empty()) return std::nullopt;
  SortNumbers(scores);
  return DescribeNumbers("score", scores);
}

ordered_json BaselineToJson(const Baseline& baseline) {
  ordered_json json = {{"version", kFormatVersion}, {"rows", baseline.rows}, {"columns", ordered_json::array()}};
  for (const BaselineColumn& column : baseline.columns) json["columns"].push_back(ColumnToJson(column));
  if (baseline.score) json["score"] = ColumnToJson(*baseline.score);
  return json;
}

Result<Baseline> BaselineFromJson(std::string_view text) {
  try {
    return With(ReadBaseline(ordered_json::parse(text)), "the baseline");
  } catch (const ordered_json::exception& error) {
    return InvalidArgument(fmt::format("the baseline is not readable: {}", error.what()));
  }
}

void BinCounts::AddNumber(const BaselineColumn& column, double value) {
  if (!std::isfinite(value)) return AddMissing();
  ++counts[BinOf(column.cuts, value)];
  unseen += value < column.minimum || value > column.maximum;
}

void BinCounts::AddCategory(const BaselineColumn& column, std::string_view category) {
  const size_t bin = column.bin_of_category(category);
  ++counts[bin];
  unseen += column.has_every_category && bin == column.categories.size();
}

BinCounts& BinCounts::operator+=(const BinCounts& other) {
  for (size_t bin = 0; bin < counts.size(); ++bin) counts[bin] += other.counts[bin];
  missing += other.missing;
  unseen += other.unseen;
  return *this;
}

uint64_t BinCounts::present() const {
  return Sum(counts);
}

std::string_view GaugeVerdictName(GaugeVerdict verdict) {
  switch (verdict) {
    case GaugeVerdict::kNotEnoughData:
      return "not enough data";
    case GaugeVerdict::kStable:
      return "stable";
    case GaugeVerdict::kDrifted:
      return "drifted";
  }
  return "";
}

DriftGauge MeasureGauge(const BaselineColumn& column, const BinCounts& counts, const GaugeLimits& limits) {
  DriftGauge gauge;
  const uint64_t present = counts.present(), before = column.present();
  gauge.rows = present + counts.missing;
  gauge.missing_share = ShareOf(counts.missing, gauge.rows);
  gauge.missing_share_before = ShareOf(column.missing, before + column.missing);
  gauge.unseen_share = ShareOf(counts.unseen, present);
  if (present > 0 && before > 0) {
    const Shares shares = SharesOfCounts(column.counts, counts.counts);
    gauge.psi = PopulationStabilityIndex(shares);
    gauge.jensen_shannon = JensenShannonDistance(shares);
    gauge.expected_psi = ExpectedStabilityIndex(column.counts.size(), before, present);
  }
  gauge.verdict = VerdictOf(gauge, limits);
  return gauge;
}

}  // namespace slipway::stats
