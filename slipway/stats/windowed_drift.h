// Drift over time, and a verdict that stays quiet unless it matters: a column alarms when its distance from the
// reference is more than chance makes of it, weighted by how much the model hangs on the column, in k of the last n
// windows. Windows with too few rows say so and count neither way. With `by_weekday` a window of a day is compared with
// the reference's rows of that weekday.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/stats/baseline.h"
#include "slipway/tabular/table.h"

namespace slipway::stats {

struct WindowOptions {
  // Windows of time by this column of datetimes; "": windows of rows, in their order.
  std::string time_column = {};
  Duration length = std::chrono::hours(24);
  size_t rows = 1000;       // a window, without a time column
  bool by_weekday = false;  // wants a time column on both sides
  std::vector<std::string> ignored = {};

  size_t rows_min = 100;
  // Population stability index beyond what chance makes, times the column's importance as a share of the largest one.
  double impact = 0.2;
  size_t bad_windows = 3, of_windows = 5;
  // By column, on any scale (permutation importances do); empty: all the same. A column that is not in it counts 0.
  std::map<std::string, double> importance = {};
};

enum class DriftState { kNotEnoughData, kQuiet, kWatch, kAlarm };
std::string_view DriftStateName(DriftState state);  // "not enough data", "quiet", "watch", "alarm"

struct ColumnWindow {
  DriftGauge gauge;
  double effect = 0;  // stability index of values or of missing ones beyond chance; 0 where chance explains it
  double impact = 0;  // effect times importance; NaN without enough rows
};

struct DriftWindow {
  std::string label;  // "2026-03-04" or "rows 1000 to 1999"
  size_t rows = 0;
  bool is_enough = false;
  std::vector<ColumnWindow> columns;  // by WindowedDrift::columns
};

struct ColumnVerdict {
  std::string name = {};
  double importance = 1;  // as a share of the largest
  DriftState state = DriftState::kNotEnoughData;
  size_t bad = 0, looked_at = 0;  // of the last windows with enough rows
  std::string reason = {};        // "beyond 0.2 in 4 of the last 5 windows, at most by 1.3 in 2026-03-04"
};

struct WindowedDrift {
  std::vector<ColumnVerdict> columns;
  std::vector<DriftWindow> windows;               // oldest first
  DriftState state = DriftState::kNotEnoughData;  // the worst column's
  std::string reason;
};

// kInvalidArgument for a time column that is missing or holds no times, for numbers that make no windows, and for
// tables without rows or without a column in common. Rows without a time are left out.
Result<WindowedDrift> CompareWindows(const tabular::Table& reference, const tabular::Table& current,
                                     const WindowOptions& options);

// One column's verdict from its impacts, oldest first, NaN for windows without enough rows. `name` of the window of the
// largest impact stands in the reason.
ColumnVerdict JudgeImpacts(const std::vector<double>& impacts, const std::vector<std::string>& labels,
                           const WindowOptions& options);

}  // namespace slipway::stats
