// Texts that are far shorter or longer than the others of their column.
#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/stats/quality/check.h"
#include "slipway/stats/quality/quality_text.h"

namespace slipway::stats {
namespace {

using tabular::Column;
using tabular::ColumnType;

// A length and at which percentage of the sorted lengths it stands.
struct Percentile {
  double percent = 0;
  int64_t length = 0;
};

struct Section {
  int64_t first = 0, last = 0;
};

// Lengths are in code points.
int64_t LengthOf(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
}

std::vector<Percentile> PercentilesOf(const std::vector<int64_t>& sorted, size_t distinct) {
  constexpr size_t kDistinctMax = 1000;
  std::vector<Percentile> percentiles;
  const double rows = static_cast<double>(sorted.size());
  if (distinct < kDistinctMax) {
    for (size_t i = 0; i < sorted.size(); ++i)
      percentiles.push_back({100 * static_cast<double>(i + 1) / rows, sorted[i]});
    return percentiles;
  }
  for (int step = 0; step <= 1000; ++step) {
    const double percent = step / 10.0;
    percentiles.push_back({percent, sorted[static_cast<size_t>(std::nearbyint(percent / 100 * (rows - 1)))]});
  }
  return percentiles;
}

int64_t LengthAt(const std::vector<Percentile>& percentiles, double percent) {
  return std::min_element(percentiles.begin(), percentiles.end(),
                          [&](const Percentile& a, const Percentile& b) {
                            return std::abs(a.percent - percent) < std::abs(b.percent - percent);
                          })
      ->length;
}

struct LengthOutliers {
  Section normal;
  std::vector<Section> outlying;
};

// The points from the first to the last outlier of each side, as index ranges into `percentiles`.
struct Sides {
  size_t low_end = 0;  // [0, low_end) is the low section's hull; starts at low_begin
  size_t low_begin = 0;
  size_t high_begin = 0, high_end = 0;
};

Sides FindSides(const std::vector<Percentile>& percentiles) {
  constexpr double kOutlierFactor = 2;  // the original's 4, halved
  const int64_t upper = LengthAt(percentiles, 94), middle = LengthAt(percentiles, 50), lower = LengthAt(percentiles, 6);
  const double reach = kOutlierFactor * static_cast<double>(std::abs(upper - lower));
  Sides sides;
  for (size_t i = 0; i < percentiles.size(); ++i) {
    if (static_cast<double>(std::abs(percentiles[i].length - middle)) <= reach) continue;
    const bool is_low = percentiles[i].percent < 50;
    size_t& begin = is_low ? sides.low_begin : sides.high_begin;
    size_t& end = is_low ? sides.low_end : sides.high_end;
    if (end == 0) begin = i;
    end = i + 1;
  }
  return sides;
}

LengthOutliers FindOutliers(const std::vector<Percentile>& percentiles) {
  const Sides sides = FindSides(percentiles);
  LengthOutliers result;
  bool has_normal = false;
  for (size_t i = 0; i < percentiles.size(); ++i) {
    const bool is_outlying =
        (i >= sides.low_begin && i < sides.low_end) || (i >= sides.high_begin && i < sides.high_end);
    if (is_outlying) continue;
    if (!has_normal) result.normal.first = percentiles[i].length;
    result.normal.last = percentiles[i].length;
    has_normal = true;
  }
  // Sections keep a distance from what is normal.
  const double mean = static_cast<double>(result.normal.first + result.normal.last) / 2;
  const auto distance = static_cast<int64_t>(std::ceil(std::max(5.0, 0.5 * mean)));
  const auto add = [&](size_t begin, size_t end, int64_t first_min, int64_t last_max) {
    if (begin == end) return;
    const Section section = {std::max(percentiles[begin].length, first_min),
                             std::min(percentiles[end - 1].length, last_max)};
    if (section.first <= section.last) result.outlying.push_back(section);
  };
  add(sides.low_begin, sides.low_end, 0, result.normal.first - distance);
  add(sides.high_begin, sides.high_end, result.normal.last + distance, INT64_MAX);
  return result;
}

struct Texts {
  std::vector<int64_t> sorted_lengths;
  std::map<std::string, size_t> counts;
  size_t distinct_lengths = 0;
};

Texts TextsOf(const Column& column) {
  Texts texts;
  std::vector<int64_t> by_code;
  for (const std::string& text : column.dictionary) by_code.push_back(LengthOf(text));
  for (size_t row = 0; row < column.size(); ++row) {
    if (column.is_null(row)) continue;
    texts.sorted_lengths.push_back(by_code[column.codes[row]]);
    ++texts.counts[column.string_at(row)];
  }
  auto& lengths = texts.sorted_lengths;
  std::sort(lengths.begin(), lengths.end());
  for (size_t i = 0; i < lengths.size(); ++i) texts.distinct_lengths += i == 0 || lengths[i] != lengths[i - 1];
  return texts;
}

// Rows in the section, and three examples.
std::pair<size_t, std::vector<std::string>> TextsWithin(const Texts& texts, const Section& section) {
  constexpr size_t kExamples = 3, kExampleCharacters = 50;
  size_t rows = 0;
  std::vector<std::string> examples;
  for (const auto& [text, count] : texts.counts) {
    const int64_t length = LengthOf(text);
    if (length < section.first || length > section.last) continue;
    rows += count;
    if (examples.size() < kExamples) examples.push_back(Shortened(text, kExampleCharacters));
  }
  return {rows, examples};
}

// Fills value and table; returns how many rows are outliers.
size_t LookAt(const Column& column, nlohmann::ordered_json& value, TextTable& table) {
  const Texts texts = TextsOf(column);
  value = {{"outliers", nlohmann::ordered_json::array()}};
  if (texts.sorted_lengths.empty()) return 0;
  const LengthOutliers found = FindOutliers(PercentilesOf(texts.sorted_lengths, texts.distinct_lengths));
  size_t outlying = 0;
  for (const Section& section : found.outlying) {
    const auto [rows, examples] = TextsWithin(texts, section);
    outlying += rows;
    value["outliers"].push_back({{"range", {{"min", section.first}, {"max", section.last}}}, {"n_samples", rows}});
    table.rows.push_back({column.name, fmt::format("{} to {}", found.normal.first, found.normal.last),
                          fmt::format("{} to {}", section.first, section.last), FormatCount(rows),
                          Join(examples, "; ")});
  }
  if (!found.outlying.empty()) {
    value["normal_range"] = {{"min", found.normal.first}, {"max", found.normal.last}};
    value["n_samples"] = texts.sorted_lengths.size();
  }
  return outlying;
}

void FindOutOfBounds(const CheckInput& input, CheckResult& result) {
  TextTable table = {{{"Column"}, {"Normal lengths"}, {"Outlying lengths"}, {"Rows", true}, {"Examples"}}, {}};
  NamedValues broken;
  size_t looked_at = 0;
  result.value = EmptyObject();
  for (const Column& column : input.train.table->columns()) {
    if (column.type != ColumnType::kString || input.train.is_categorical(column)) continue;
    ++looked_at;
    const size_t outlying = LookAt(column, result.value[column.name], table);
    if (outlying > 0)
      broken.emplace_back(column.name,
                          static_cast<double>(outlying) / static_cast<double>(column.size() - column.null_count()));
  }
  SortBySeverity(broken);
  std::vector<std::pair<std::string, std::string>> reached;
  for (const auto& [name, share] : broken) reached.emplace_back(name, FormatPercent(share));
  result.conditions.push_back(
      {"Ratio of string length outliers is less or equal to 0%", broken.empty() ? Verdict::kPass : Verdict::kWarning,
       broken.empty() ? PassedFor(looked_at)
                      : FoundOutOf(broken.size(), looked_at, "relevant columns with outliers ratio above threshold: ") +
                            QuotedMap(reached)});
  Show(result, "", std::move(table));
}

}  // namespace

const Check kStringLengthCheck = {"StringLengthOutOfBounds",
                                  "String Length Out Of Bounds",
                                  "Texts far shorter or longer than the others of their column.",
                                  {},
                                  FindOutOfBounds};

}  // namespace slipway::stats
