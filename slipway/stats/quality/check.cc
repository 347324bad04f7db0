#include "slipway/stats/quality/check.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/stats/quality/quality_text.h"

namespace slipway::stats {

void Show(CheckResult& result, std::string caption, TextTable table) {
  if (!table.rows.empty()) result.exhibits.push_back({std::move(caption), std::move(table)});
}

void NoteSampling(CheckResult& result, size_t rows, size_t used) {
  if (used < rows)
    result.sampling = fmt::format("running on {} samples out of {}", FormatCount(used), FormatCount(rows));
}

double ShareOf(size_t count, size_t rows) {
  return static_cast<double>(count) / static_cast<double>(rows);
}

std::vector<size_t> CountTexts(const tabular::Column& column) {
  std::vector<size_t> counts(column.dictionary.size());
  for (size_t row = 0; row < column.size(); ++row)
    if (!column.is_null(row)) ++counts[column.codes[row]];
  return counts;
}

std::string PassedFor(size_t columns) {
  if (columns == 0) return "No relevant columns to check were found";
  return fmt::format("Passed for {} relevant column{}", columns, columns == 1 ? "" : "s");
}

std::string FoundOutOf(size_t found, size_t all, std::string_view noun) {
  return fmt::format("Found {} out of {} {}", found, all, noun);
}

void SortBySeverity(NamedValues& values) {
  std::stable_sort(values.begin(), values.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
}

std::vector<std::string> NamesOf(const NamedValues& values) {
  std::vector<std::string> names;
  for (const auto& [name, value] : values) names.push_back(name);
  return names;
}

}  // namespace slipway::stats
