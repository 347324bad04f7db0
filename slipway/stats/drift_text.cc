#include "slipway/stats/drift_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/stats/drift_tests.h"

namespace slipway::stats {
namespace {

using When = DriftTest::DriftWhen;
using Row = std::array<std::string, 6>;

// How far the score is on the drifted side of its threshold, on a scale that all tests share.
double Excess(const ColumnDrift& column) {
  constexpr double kTiny = 1e-300;
  const auto test = FindDriftTest(column.test);
  const bool is_p_value = test && ((*test)->drift_when == When::kBelow || (*test)->drift_when == When::kAtMost);
  const double ratio = std::log(std::max(column.score, kTiny) / std::max(column.threshold, kTiny));
  return is_p_value ? -ratio : ratio;
}

// Smaller comes first.
std::tuple<int, double> Place(const ColumnDrift& column) {
  if (!column.problem.empty()) return {4, 0};
  const bool has_answer = std::isfinite(column.score);
  if (column.role != ColumnRole::kFeature) return {0, column.role == ColumnRole::kTarget ? 0 : 1};
  if (!has_answer) return {3, 0};
  return {column.is_drifted ? 1 : 2, -Excess(column)};
}

// One column a code point.
size_t Width(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string RoleText(const ColumnDrift& column) {
  switch (column.role) {
    case ColumnRole::kTarget:
      return column.name + " (target)";
    case ColumnRole::kPrediction:
      return column.name + " (prediction)";
    case ColumnRole::kFeature:
      break;
  }
  return column.name;
}

Row RowOf(const ColumnDrift& column) {
  const std::string name = RoleText(column), kind(FeatureKindName(column.kind));
  if (!column.problem.empty()) return {name, kind, column.test, "", "", "not tested: " + column.problem};
  return {name,
          kind,
          column.test,
          ScoreText(column.score),
          fmt::format("{:.4g}", column.threshold),
          column.is_drifted ? "yes" : "no"};
}

// Scores and thresholds stand to the right, the rest to the left; nothing is padded at the end of a line.
std::string Aligned(const std::vector<Row>& rows) {
  std::array<size_t, 6> widths{};
  for (const Row& row : rows)
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i]));
  std::string out;
  for (const Row& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - Width(row[i]), ' ');
      const bool is_number = i == 3 || i == 4, is_last = i + 1 == row.size();
      out += is_number ? padding + row[i] : is_last ? row[i] : row[i] + padding;
      out += is_last ? "\n" : "  ";
    }
  }
  return out;
}

}  // namespace

std::vector<const ColumnDrift*> MostDriftedFirst(const DriftReport& report) {
  std::vector<const ColumnDrift*> columns;
  for (const ColumnDrift& column : report.columns) columns.push_back(&column);
  std::stable_sort(columns.begin(), columns.end(),
                   [](const ColumnDrift* a, const ColumnDrift* b) { return Place(*a) < Place(*b); });
  return columns;
}

std::string_view FeatureKindName(FeatureKind kind) {
  return kind == FeatureKind::kNumeric ? "numeric" : "categorical";
}

std::string ScoreText(double score) {
  if (!std::isfinite(score)) return "none";
  if (score > 0 && score < 1e-6) return "< 0.000001";
  return fmt::format("{:.6f}", score);
}

std::string DriftText(const DriftReport& report) {
  std::vector<Row> rows = {{"column", "kind", "test", "score", "threshold", "drifted"}};
  for (const ColumnDrift* column : MostDriftedFirst(report)) rows.push_back(RowOf(*column));
  std::string out = Aligned(rows);
  if (!report.only_in_current.empty())
    out += fmt::format("Only in the current data, not compared: {}\n", Join(report.only_in_current, ", "));
  out +=
      fmt::format("{} of {} columns drifted ({:.1f} %): {}\n", report.drifted, report.tested,
                  100 * report.drifted_share, report.is_drifted ? "the data set drifted" : "no drift of the data set");
  return out;
}

}  // namespace slipway::stats
