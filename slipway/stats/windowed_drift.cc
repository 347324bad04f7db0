#include "slipway/stats/windowed_drift.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::stats {
namespace {

using tabular::Column;
using tabular::ColumnType;
using tabular::Table;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t kMicrosPerDay = 86'400'000'000;

// --- windows ---

struct WindowRows {
  std::string label;
  int weekday = 0;  // of its first day, 0 = Sunday
  std::vector<uint32_t> rows;
};

int WeekdayOf(int64_t micros) {
  const int64_t day = micros >= 0 ? micros / kMicrosPerDay : -((-micros + kMicrosPerDay - 1) / kMicrosPerDay);
  return static_cast<int>(((day + 4) % 7 + 7) % 7);  // 1970-01-01 was a Thursday
}

Result<const Column*> TimeColumn(const Table& table, const std::string& name, std::string_view side) {
  SLIPWAY_ASSIGN_OR_RETURN(const Column* column, With(table.Get(name), std::string(side)));
  if (column->type != ColumnType::kDatetime)
    return InvalidArgument(fmt::format("the column '{}' of the {} holds values of type {}, not times", name, side,
                                       tabular::ColumnTypeName(column->type)));
  return column;
}

std::string TimeLabel(int64_t micros, Duration length) {
  const std::string text = FormatTimestamp(Timestamp(Duration(micros)), 0);
  return length.count() % kMicrosPerDay == 0 ? text.substr(0, 10) : text;
}

std::vector<WindowRows> WindowsOfTime(const Column& times, Duration length) {
  std::map<int64_t, WindowRows> windows;
  for (size_t row = 0; row < times.size(); ++row) {
    if (times.is_null(row)) continue;
    const int64_t number =
        static_cast<int64_t>(std::floor(static_cast<double>(times.ints[row]) / static_cast<double>(length.count())));
    WindowRows& window = windows[number];
    window.rows.push_back(static_cast<uint32_t>(row));
    window.label = TimeLabel(number * length.count(), length);
    window.weekday = WeekdayOf(number * length.count());
  }
  std::vector<WindowRows> all;
  for (auto& [number, window] : windows) all.push_back(std::move(window));
  return all;
}

std::vector<WindowRows> WindowsOfRows(size_t rows, size_t size) {
  std::vector<WindowRows> windows;
  for (size_t first = 0; first < rows; first += size) {
    WindowRows window;
    const size_t end = std::min(rows, first + size);
    window.label = fmt::format("rows {} to {}", first, end - 1);
    for (size_t row = first; row < end; ++row) window.rows.push_back(static_cast<uint32_t>(row));
    windows.push_back(std::move(window));
  }
  return windows;
}

Result<std::vector<WindowRows>> MakeWindows(const Table& current, const WindowOptions& options) {
  if (options.time_column.empty()) return WindowsOfRows(current.rows(), options.rows);
  SLIPWAY_ASSIGN_OR_RETURN(const Column* times, TimeColumn(current, options.time_column, "current data"));
  return WindowsOfTime(*times, options.length);
}

// --- what they are compared with ---

// All rows of the reference, and by weekday those that are enough.
struct References {
  Baseline all;
  std::vector<std::optional<Baseline>> by_weekday = std::vector<std::optional<Baseline>>(7);
};

// The category of a value that is no text. Booleans go by the texts that JSON has for them, as in the baseline.
std::string CategoryOf(const Column& column, size_t row) {
  if (column.type == ColumnType::kBool) return column.ints[row] != 0 ? "true" : "false";
  return column.text(row);
}

void CountInto(const Column& column, const BaselineColumn& baseline, std::span<const uint32_t> rows,
               BinCounts& counts) {
  const bool is_text = column.type == ColumnType::kString;
  for (const uint32_t row : rows) {
    if (column.is_null(row) || column.type == ColumnType::kDatetime)
      counts.AddMissing();
    else if (baseline.kind == FeatureKind::kCategorical && is_text)
      counts.AddCategory(baseline, column.string_at(row));
    else if (baseline.kind == FeatureKind::kCategorical)
      counts.AddCategory(baseline, CategoryOf(column, row));
    else if (is_text)
      counts.AddMissing();  // no number any more
    else
      counts.AddNumber(baseline, column.number(row));
  }
}

BinCounts CountRows(const Table& table, const BaselineColumn& baseline, std::span<const uint32_t> rows) {
  BinCounts counts(baseline);
  if (const Column* column = table.Find(baseline.name))
    CountInto(*column, baseline, rows, counts);
  else
    counts.missing = rows.size();
  return counts;
}

// The bins of `all`, with the counts of some rows.
Baseline Recounted(const Baseline& all, const Table& table, std::span<const uint32_t> rows) {
  Baseline recounted = all;
  recounted.rows = rows.size();
  for (BaselineColumn& column : recounted.columns) {
    const BinCounts counts = CountRows(table, column, rows);
    column.counts = counts.counts;
    column.missing = counts.missing;
  }
  return recounted;
}

Result<References> DescribeReference(const Table& reference, const WindowOptions& options) {
  std::vector<std::string> left_out = options.ignored;
  if (!options.time_column.empty()) left_out.push_back(options.time_column);
  References references;
  SLIPWAY_ASSIGN_OR_RETURN(references.all, With(DescribeTable(reference, left_out), "the reference"));
  if (!options.by_weekday) return references;
  SLIPWAY_ASSIGN_OR_RETURN(const Column* times, TimeColumn(reference, options.time_column, "reference"));
  std::vector<std::vector<uint32_t>> rows(7);
  for (size_t row = 0; row < times->size(); ++row)
    if (!times->is_null(row))
      rows[static_cast<size_t>(WeekdayOf(times->ints[row]))].push_back(static_cast<uint32_t>(row));
  for (size_t day = 0; day < rows.size(); ++day)
    if (rows[day].size() >= options.rows_min)
      references.by_weekday[day] = Recounted(references.all, reference, rows[day]);
  return references;
}

// --- effects ---

// Of a stability index in `bins` bins: what is beyond its mean without drift, when it is by more than three deviations.
double BeyondChance(double psi, size_t bins, uint64_t before, uint64_t now) {
  const double expected = ExpectedStabilityIndex(bins, before, now);
  const double deviation = bins < 2 ? 0 : expected * std::sqrt(2 / static_cast<double>(bins - 1));
  return psi > expected + 3 * deviation ? psi - expected : 0;
}

double MissingEffect(const BaselineColumn& column, const BinCounts& counts) {
  const uint64_t before[] = {column.present(), column.missing}, now[] = {counts.present(), counts.missing};
  const double psi = PopulationStabilityIndex(SharesOfCounts(before, now));
  return BeyondChance(psi, 2, column.present() + column.missing, counts.rows());
}

ColumnWindow Compare(const BaselineColumn& column, const BinCounts& counts, double importance, bool is_enough) {
  ColumnWindow compared;
  compared.gauge = MeasureGauge(column, counts);
  if (!is_enough) {
    compared.impact = kNaN;
    return compared;
  }
  compared.effect = std::max(MissingEffect(column, counts), BeyondChance(compared.gauge.psi, column.counts.size(),
                                                                         column.present(), counts.present()));
  compared.impact = compared.effect * importance;
  return compared;
}

std::vector<double> Importances(const Baseline& baseline, const std::map<std::string, double>& given) {
  double largest = 0;
  for (const auto& [name, value] : given) largest = std::max(largest, value);
  std::vector<double> shares;
  for (const BaselineColumn& column : baseline.columns) {
    const auto found = given.find(column.name);
    const double value = found == given.end() ? 0 : std::max(0.0, found->second);
    shares.push_back(given.empty() || largest <= 0 ? 1 : value / largest);
  }
  return shares;
}

Status CheckOptions(const Table& current, const WindowOptions& options) {
  if (current.rows() == 0) return InvalidArgument("the current data have no rows");
  if (options.rows == 0 || options.length <= Duration(0)) return InvalidArgument("a window has to hold something");
  if (options.bad_windows == 0 || options.bad_windows > options.of_windows)
    return InvalidArgument(fmt::format("{} bad windows of {} make no rule: from 1 to {} do", options.bad_windows,
                                       options.of_windows, options.of_windows));
  if (options.by_weekday && options.time_column.empty()) return InvalidArgument("weekdays want a column of times");
  if (options.by_weekday && options.length != std::chrono::hours(24))
    return InvalidArgument("weekdays want windows of one day");
  return {};
}

void Judge(WindowedDrift& drift, const WindowOptions& options) {
  std::vector<std::string> labels;
  for (const DriftWindow& window : drift.windows) labels.push_back(window.label);
  for (size_t i = 0; i < drift.columns.size(); ++i) {
    std::vector<double> impacts;
    for (const DriftWindow& window : drift.windows) impacts.push_back(window.columns[i].impact);
    ColumnVerdict verdict = JudgeImpacts(impacts, labels, options);
    verdict.name = drift.columns[i].name;
    verdict.importance = drift.columns[i].importance;
    if (verdict.state > drift.state) {
      drift.state = verdict.state;
      drift.reason = verdict.name + ": " + verdict.reason;
    }
    drift.columns[i] = std::move(verdict);
  }
  if (drift.state == DriftState::kNotEnoughData) drift.reason = fmt::format("no window has {} rows", options.rows_min);
}

}  // namespace

std::string_view DriftStateName(DriftState state) {
  constexpr std::string_view kNames[] = {"not enough data", "quiet", "watch", "alarm"};
  return kNames[static_cast<size_t>(state)];
}

ColumnVerdict JudgeImpacts(const std::vector<double>& impacts, const std::vector<std::string>& labels,
                           const WindowOptions& options) {
  ColumnVerdict verdict;
  size_t worst = impacts.size();
  bool is_newest_bad = false;
  for (size_t i = impacts.size(); i > 0 && verdict.looked_at < options.of_windows; --i) {
    const double impact = impacts[i - 1];
    if (std::isnan(impact)) continue;
    const bool is_bad = impact >= options.impact;
    if (verdict.looked_at == 0) is_newest_bad = is_bad;
    ++verdict.looked_at;
    verdict.bad += is_bad;
    if (worst == impacts.size() || impact > impacts[worst]) worst = i - 1;
  }
  if (verdict.looked_at == 0) {
    verdict.reason = "not enough data";
    return verdict;
  }
  verdict.state = verdict.bad >= options.bad_windows ? DriftState::kAlarm
                  : is_newest_bad                    ? DriftState::kWatch
                                                     : DriftState::kQuiet;
  if (impacts[worst] <= 0) {
    verdict.reason = fmt::format("never beyond chance in the last {} windows", verdict.looked_at);
    return verdict;
  }
  verdict.reason = fmt::format("beyond {:.4g} in {} of the last {} windows, at most by {:.3g} in {}", options.impact,
                               verdict.bad, verdict.looked_at, impacts[worst], labels[worst]);
  return verdict;
}

Result<WindowedDrift> CompareWindows(const Table& reference, const Table& current, const WindowOptions& options) {
  SLIPWAY_RETURN_IF_ERROR(CheckOptions(current, options));
  SLIPWAY_ASSIGN_OR_RETURN(const References references, DescribeReference(reference, options));
  if (references.all.columns.empty()) return InvalidArgument("the reference has no column to compare");
  SLIPWAY_ASSIGN_OR_RETURN(const auto windows, MakeWindows(current, options));
  const auto importances = Importances(references.all, options.importance);
  WindowedDrift drift;
  for (size_t i = 0; i < importances.size(); ++i)
    drift.columns.push_back({.name = references.all.columns[i].name, .importance = importances[i]});
  for (const WindowRows& rows : windows) {
    DriftWindow window{rows.label, rows.rows.size(), rows.rows.size() >= options.rows_min, {}};
    const auto& same_day = references.by_weekday[static_cast<size_t>(rows.weekday)];
    const Baseline& baseline = options.by_weekday && same_day ? *same_day : references.all;
    for (size_t i = 0; i < baseline.columns.size(); ++i)
      window.columns.push_back(Compare(baseline.columns[i], CountRows(current, baseline.columns[i], rows.rows),
                                       importances[i], window.is_enough));
    drift.windows.push_back(std::move(window));
  }
  Judge(drift, options);
  return drift;
}

}  // namespace slipway::stats
