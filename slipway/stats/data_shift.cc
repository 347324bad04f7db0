#include "slipway/stats/data_shift.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <unordered_set>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/stats/column_pair.h"

namespace slipway::stats {
namespace {

using tabular::Column;
using tabular::ColumnType;
using tabular::ColumnTypeName;

constexpr size_t kNamedCategoriesMax = 5;
constexpr double kOneSidedZ = 3.09;  // p < 0.001

std::string Percent(double share) {
  return share > 0 && share < 0.001 ? "less than 0.1 %" : fmt::format("{:.1f} %", 100 * share);
}

double ShareOf(size_t part, size_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

Severity SeverityOf(double share, double error_from) {
  return share >= error_from ? Severity::kError : Severity::kWarning;
}

// Whole numbers and others are one kind; a column without a value is of any.
bool AreOfOneKind(const Column& a, const Column& b) {
  if (a.type == b.type || a.null_count() == a.size() || b.null_count() == b.size()) return true;
  return HoldsNumbers(a.type) && HoldsNumbers(b.type);
}

size_t CountMissing(const Column& column) {
  if (column.type != ColumnType::kFloat64) return column.null_count();
  size_t missing = 0;
  for (size_t row = 0; row < column.size(); ++row)
    missing += column.is_null(row) || !std::isfinite(column.doubles[row]);
  return missing;
}

std::optional<ShiftFinding> FindMissingValues(const Column& before, const Column& now, const ShiftLimits& limits) {
  const double was = ShareOf(CountMissing(before), before.size()), is = ShareOf(CountMissing(now), now.size());
  const double n = static_cast<double>(before.size()), m = static_cast<double>(now.size());
  const double pooled = (was * n + is * m) / (n + m);
  const double z = (is - was) / std::sqrt(pooled * (1 - pooled) * (1 / n + 1 / m));
  const bool is_chance = !(z > kOneSidedZ) && is < 1;
  if (is - was < limits.missing_warning || is_chance) return std::nullopt;
  return ShiftFinding{
      ShiftKind::kMissingValues,
      SeverityOf(is - was, limits.missing_error),
      now.name,
      is,
      fmt::format("{} of the values are missing, before {}", Percent(is), Percent(was)),
      "find the source that stopped to fill it; the model sees its stand-in for missing values instead"};
}

constexpr double kRare = 0.001;

// Of samples of one distribution each order of all rows is equally likely: so likely is it that `some` rows that have
// something in common are all among the current ones.
double ChanceOfAllNow(size_t some, size_t rows, size_t reference_rows) {
  double probability = 1;
  for (size_t i = 0; i < some && probability > 0; ++i)
    probability *= static_cast<double>(rows - i) / static_cast<double>(rows + reference_rows - i);
  return probability;
}

// A few rows of categories that are just rare are worth a note.
Severity SeverityOfNewCategories(double share, size_t new_rows, size_t rows, const Column& before,
                                 const ShiftLimits& limits) {
  const Severity severity = SeverityOf(share, limits.new_category_error);
  const bool is_chance = ChanceOfAllNow(new_rows, rows, before.size() - before.null_count()) > kRare;
  return severity == Severity::kWarning && is_chance ? Severity::kNote : severity;
}

std::optional<ShiftFinding> FindNewCategories(const Column& before, const Column& now, const ShiftLimits& limits) {
  if (before.type != ColumnType::kString || now.type != ColumnType::kString) return std::nullopt;
  const std::unordered_set<std::string_view> known(before.dictionary.begin(), before.dictionary.end());
  std::vector<size_t> counts(now.dictionary.size());
  size_t rows = 0, present = 0;
  for (size_t row = 0; row < now.size(); ++row) {
    if (now.is_null(row)) continue;
    ++present;
    if (known.contains(now.string_at(row))) continue;
    ++counts[now.codes[row]];
    ++rows;
  }
  const double share = ShareOf(rows, present);
  if (rows == 0 || share <= limits.new_category_warning) return std::nullopt;
  std::vector<std::pair<size_t, std::string>> found;
  for (size_t code = 0; code < counts.size(); ++code)
    if (counts[code] > 0) found.emplace_back(counts[code], now.dictionary[code]);
  std::sort(found.rbegin(), found.rend());
  std::vector<std::string> named;
  for (size_t i = 0; i < std::min(found.size(), kNamedCategoriesMax); ++i)
    named.push_back(fmt::format("'{}' ({})", found[i].second, found[i].first));
  const size_t more = found.size() - named.size();
  return ShiftFinding{ShiftKind::kNewCategories,
                      SeverityOfNewCategories(share, rows, present, before, limits),
                      now.name,
                      share,
                      fmt::format("{} of the values are of {} new categories: {}{}", Percent(share), found.size(),
                                  Join(named, ", "), more == 0 ? "" : fmt::format(" and {} more", more)),
                      "is it another spelling? mend it before the model; a category that is there to stay wants a "
                      "retraining, until then the model treats it as unknown"};
}

struct Range {
  double low, high;
};

std::optional<Range> RangeOf(const Column& column) {
  std::optional<Range> range;
  for (size_t row = 0; row < column.size(); ++row) {
    const double value = column.number(row);
    if (!std::isfinite(value)) continue;
    if (!range) range = Range{value, value};
    range->low = std::min(range->low, value);
    range->high = std::max(range->high, value);
  }
  return range;
}

// At most so likely is it that the `outside` outermost ones of all rows, however they are split between both ends, are
// rows of the current data.
bool IsChance(size_t outside, size_t rows, size_t reference_rows) {
  return static_cast<double>(outside + 1) * ChanceOfAllNow(outside, rows, reference_rows) > kRare;
}

std::optional<ShiftFinding> FindOutOfRange(const Column& before, const Column& now, const ShiftLimits& limits) {
  if (!HoldsNumbers(before.type) || !HoldsNumbers(now.type)) return std::nullopt;
  const auto range = RangeOf(before), current = RangeOf(now);
  if (!range || !current) return std::nullopt;
  size_t below = 0, above = 0, present = 0;
  for (size_t row = 0; row < now.size(); ++row) {
    const double value = now.number(row);
    if (!std::isfinite(value)) continue;
    ++present;
    below += value < range->low;
    above += value > range->high;
  }
  const double share = ShareOf(below + above, present);
  if (share < limits.out_of_range_warning || IsChance(below + above, present, before.size())) return std::nullopt;
  return ShiftFinding{
      ShiftKind::kOutOfRange,
      SeverityOf(share, limits.out_of_range_error),
      now.name,
      share,
      fmt::format("{} of the values are outside of {} to {}: {} below, {} above, now {} to {}", Percent(share),
                  FormatDouble(range->low), FormatDouble(range->high), below, above, FormatDouble(current->low),
                  FormatDouble(current->high)),
      "has the unit changed, or is it an error of entry? trees answer beyond their range as at its edge"};
}

bool Varies(const Column& column) {
  std::optional<std::string> first;
  for (size_t row = 0; row < column.size(); ++row) {
    if (column.is_null(row)) continue;
    std::string text = column.text(row);
    if (first && *first != text) return true;
    first = std::move(text);
  }
  return false;
}

std::optional<ShiftFinding> FindConstant(const Column& before, const Column& now) {
  constexpr size_t kRowsMin = 20;  // fewer rows may well agree by chance
  if (now.size() < kRowsMin || now.null_count() == now.size() || !Varies(before) || Varies(now)) return std::nullopt;
  return ShiftFinding{ShiftKind::kConstant,
                      Severity::kError,
                      now.name,
                      1,
                      "it varied before, and holds one value now",
                      "find the source that stopped to fill it, or the default that took its place"};
}

ShiftFinding TypeChange(const Column& before, const Column& now) {
  return {ShiftKind::kTypeChange,
          Severity::kError,
          now.name,
          1,
          fmt::format("it was of type {} and is of type {}", ColumnTypeName(before.type), ColumnTypeName(now.type)),
          "look at its first values for words among the numbers, decimal commas or another format of dates"};
}

ShiftFinding MissingColumn(const Column& before) {
  return {ShiftKind::kMissingColumn,
          Severity::kError,
          before.name,
          1,
          "the current data do not have it",
          "was it renamed? requests without it are refused, or scored as if it were missing"};
}

}  // namespace

std::string_view ShiftKindName(ShiftKind kind) {
  constexpr std::string_view kNames[] = {"missing_column", "new_column",     "type_change", "constant",
                                         "missing_values", "new_categories", "out_of_range"};
  return kNames[static_cast<size_t>(kind)];
}

std::vector<ShiftFinding> FindColumnShifts(const Column& before, const Column* now, const ShiftLimits& limits) {
  if (now == nullptr) return {MissingColumn(before)};
  std::vector<ShiftFinding> findings;
  if (!AreOfOneKind(before, *now)) findings.push_back(TypeChange(before, *now));
  if (before.size() == 0 || now->size() == 0) return findings;
  for (auto& found : {FindMissingValues(before, *now, limits), FindNewCategories(before, *now, limits),
                      FindOutOfRange(before, *now, limits), FindConstant(before, *now)})
    if (found) findings.push_back(*found);
  return findings;
}

ShiftFinding NewColumn(const std::string& name) {
  return {ShiftKind::kNewColumn,
          Severity::kNote,
          name,
          1,
          "the reference does not have it",
          "nothing, unless it is a known column under another name"};
}

void SortWorstFirst(std::vector<ShiftFinding>& findings) {
  std::stable_sort(findings.begin(), findings.end(), [](const ShiftFinding& a, const ShiftFinding& b) {
    return a.severity != b.severity ? a.severity > b.severity : a.share > b.share;
  });
}

std::vector<ShiftFinding> FindShifts(const tabular::Table& reference, const tabular::Table& current,
                                     const ShiftLimits& limits) {
  std::vector<ShiftFinding> findings;
  for (const Column& before : reference.columns())
    for (ShiftFinding& finding : FindColumnShifts(before, current.Find(before.name), limits))
      findings.push_back(std::move(finding));
  for (const Column& now : current.columns())
    if (reference.Find(now.name) == nullptr) findings.push_back(NewColumn(now.name));
  SortWorstFirst(findings);
  return findings;
}

}  // namespace slipway::stats
