// What a model's inputs and scores looked like when it was trained, small enough to keep beside it (baseline.json), and
// the distance of newer rows from that. Rows are counted into the baseline's bins one by one, so memory depends on the
// number of columns alone.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "slipway/base/result.h"
#include "slipway/stats/distances.h"
#include "slipway/stats/drift.h"
#include "slipway/tabular/table.h"

namespace slipway::stats {

// The name of the file in a model's directory.
inline constexpr std::string_view kBaselineFile = "baseline.json";

// Cut points that part `sorted` into ten parts of equal size, fewer where values repeat; values of at most twenty
// distinct ones get a bin each. Bin i holds (cuts[i-1], cuts[i]], the outer ones are open. Empty for a constant.
std::vector<double> EqualCountCuts(std::span<const double> sorted);
size_t BinOf(std::span<const double> cuts, double value);

// Counts as shares of their sums; an empty bin counts as half a row, so that a small sample does not look infinitely
// far away. Both of equal length, with a row each.
Shares SharesOfCounts(std::span<const uint64_t> reference, std::span<const uint64_t> current);
// What a population stability index is between two samples of one distribution, in the mean: (bins - 1) (1/n + 1/m).
double ExpectedStabilityIndex(size_t bins, uint64_t reference_rows, uint64_t current_rows);

struct BaselineColumn {
  std::string name;
  FeatureKind kind = FeatureKind::kNumeric;
  std::vector<double> cuts;             // kNumeric
  std::vector<std::string> categories;  // kCategorical: the most frequent ones; the last bin is for all others
  std::vector<uint64_t> counts;         // rows a bin
  uint64_t missing = 0;
  double minimum = 0, maximum = 0;  // kNumeric
  bool has_every_category = true;   // kCategorical: `categories` are all that there were
  size_t bin_of_category(std::string_view category) const;
  uint64_t present() const;  // rows with a value
};

struct Baseline {
  uint64_t rows = 0;
  std::vector<BaselineColumn> columns;
  std::optional<BaselineColumn> score;  // of the model's answers: the last class's probability, or the prediction
};

// A column without any value, and columns of times, have no baseline.
std::optional<BaselineColumn> DescribeColumn(const tabular::Column& column);
// Of all columns but `left_out`. kInvalidArgument for a table without rows.
Result<Baseline> DescribeTable(const tabular::Table& table, std::span<const std::string> left_out = {});
// NaN is left out; nullopt when nothing is left.
std::optional<BaselineColumn> DescribeScores(std::vector<double> scores);

nlohmann::ordered_json BaselineToJson(const Baseline& baseline);
// kInvalidArgument says where `text` is no baseline.
Result<Baseline> BaselineFromJson(std::string_view text);

// Newer rows in the bins of a column. A value type; sums and differences are those of its numbers.
struct BinCounts {
  std::vector<uint64_t> counts;
  uint64_t missing = 0;
  uint64_t unseen = 0;  // outside of the baseline's range, or of no category that it had; they are in `counts` too

  explicit BinCounts(const BaselineColumn& column) : counts(column.counts.size()) {}
  void AddNumber(const BaselineColumn& column, double value);  // not finite: missing
  void AddCategory(const BaselineColumn& column, std::string_view category);
  void AddMissing() { ++missing; }
  BinCounts& operator+=(const BinCounts& other);
  uint64_t present() const;
  uint64_t rows() const { return present() + missing; }
};

enum class GaugeVerdict { kNotEnoughData, kStable, kDrifted };
std::string_view GaugeVerdictName(GaugeVerdict verdict);  // "not enough data", "stable", "drifted"

// How far newer rows are from the baseline.
struct DriftGauge {
  uint64_t rows = 0;
  double psi = 0;             // population stability index
  double expected_psi = 0;    // what it would be without drift, by chance
  double jensen_shannon = 0;  // distance, natural logarithm
  double missing_share = 0, missing_share_before = 0;
  double unseen_share = 0;
  GaugeVerdict verdict = GaugeVerdict::kNotEnoughData;
};

struct GaugeLimits {
  uint64_t rows_min = 200;
  double psi = 0.2;             // drifted from here on,
  double chance_factor = 3;     // where it is that many times what chance makes of it as well
  double missing_points = 0.1;  // or where the share of missing values rose by this much
};

// Without a value on a side the distances are 0.
DriftGauge MeasureGauge(const BaselineColumn& column, const BinCounts& counts, const GaugeLimits& limits = {});

}  // namespace slipway::stats
