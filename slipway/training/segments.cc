// Metrics by segments of the rows: who is served how well.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/training/evaluation.h"

namespace slipway::training {
namespace {

using tabular::Column;
using tabular::ColumnType;

constexpr size_t kValuesMax = 12;
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

using Parts = std::vector<SegmentRows>;

// The largest segments; the others as one.
Parts LargestParts(std::map<std::string, std::vector<uint32_t>> by_text) {
  Parts parts;
  for (auto& [text, rows] : by_text) parts.push_back({text.empty() ? "(missing)" : text, std::move(rows)});
  if (parts.size() <= kValuesMax) return parts;
  std::stable_sort(parts.begin(), parts.end(),
                   [](const auto& a, const auto& b) { return a.rows.size() > b.rows.size(); });
  SegmentRows rest{fmt::format("({} others)", parts.size() - kValuesMax), {}};
  for (size_t i = kValuesMax; i < parts.size(); ++i)
    rest.rows.insert(rest.rows.end(), parts[i].rows.begin(), parts[i].rows.end());
  parts.resize(kValuesMax);
  parts.push_back(std::move(rest));
  return parts;
}

Parts PartsByText(const Column& column) {
  std::map<std::string, std::vector<uint32_t>> by_text;
  for (uint32_t row = 0; row < column.size(); ++row) by_text[column.text(row)].push_back(row);
  return LargestParts(std::move(by_text));
}

bool IsAge(const std::string& name) {
  return ToLower(name) == "age" || ToLower(name).ends_with("_age");
}

// Upper borders of all bands but the last: values below belong to the band.
std::vector<double> Borders(const Column& column) {
  if (IsAge(column.name)) return {25, 35, 45, 55, 65};
  std::vector<double> values;
  for (size_t row = 0; row < column.size(); ++row)
    if (const double value = column.number(row); !std::isnan(value)) values.push_back(value);
  std::sort(values.begin(), values.end());
  std::vector<double> borders;
  for (const size_t quarter : {1, 2, 3}) {
    if (values.empty()) break;
    const double border = values[quarter * (values.size() - 1) / 4];
    if (border > values.front() && (borders.empty() || border > borders.back())) borders.push_back(border);
  }
  return borders;
}

Parts PartsByNumber(const Column& column) {
  const std::vector<double> borders = Borders(column);
  Parts parts(borders.size() + 1);
  for (size_t i = 0; i < parts.size(); ++i) {
    if (borders.empty())
      parts[i].label = "all";
    else if (i == 0)
      parts[i].label = fmt::format("below {:.6g}", borders[0]);
    else if (i == borders.size())
      parts[i].label = fmt::format("{:.6g} and above", borders.back());
    else
      parts[i].label = fmt::format("{:.6g} to {:.6g}", borders[i - 1], borders[i]);
  }
  SegmentRows missing{"(missing)", {}};
  for (uint32_t row = 0; row < column.size(); ++row) {
    const double value = column.number(row);
    if (std::isnan(value)) {
      missing.rows.push_back(row);
      continue;
    }
    const auto band = std::upper_bound(borders.begin(), borders.end(), value) - borders.begin();
    parts[static_cast<size_t>(band)].rows.push_back(row);
  }
  if (!missing.rows.empty()) parts.push_back(std::move(missing));
  std::erase_if(parts, [](const SegmentRows& part) { return part.rows.empty(); });
  return parts;
}

double Share(double part, double whole) {
  return whole > 0 ? part / whole : kNone;
}

void MeasureBinarySegment(const Judged& judged, Segment& segment) {
  double hits = 0, misses = 0, false_alarms = 0, rest = 0;
  for (size_t row = 0; row < judged.rows(); ++row) {
    const bool is = judged.true_classes[row] == 1, said = judged.predicted_classes[row] == 1;
    (is ? (said ? hits : misses) : (said ? false_alarms : rest)) += 1;
  }
  const double all = static_cast<double>(judged.rows());
  segment.share_positive = Share(hits + misses, all);
  segment.share_said_positive = Share(hits + false_alarms, all);
  segment.recall = Share(hits, hits + misses);
  segment.false_positive_rate = Share(false_alarms, false_alarms + rest);
  segment.precision = Share(hits, hits + false_alarms);
}

double MetricOf(const std::vector<metrics::Measured>& measured, std::string_view name) {
  for (const auto& metric : measured)
    if (metric.name == name) return metric.value;
  return kNone;
}

Result<Segment> MeasureSegment(const Judged& judged, const std::string& label) {
  Segment segment;
  segment.label = label;
  segment.rows = judged.rows();
  SLIPWAY_ASSIGN_OR_RETURN(const auto measured, Measure(judged, {.resamples = 0}));
  segment.accuracy = MetricOf(measured, "accuracy");
  segment.score = MetricOf(measured, "roc_auc");
  segment.rmse = MetricOf(measured, "rmse");
  segment.mae = MetricOf(measured, "mae");
  if (judged.is_binary()) MeasureBinarySegment(judged, segment);
  if (judged.is_classifier()) return segment;
  const double rows = static_cast<double>(judged.rows());
  segment.mean_truth = std::accumulate(judged.true_values.begin(), judged.true_values.end(), 0.0) / rows;
  segment.mean_prediction = std::accumulate(judged.predicted_values.begin(), judged.predicted_values.end(), 0.0) / rows;
  return segment;
}

// Largest minus smallest among the segments with enough rows.
double Gap(const std::vector<Segment>& segments, double Segment::*field) {
  double least = INFINITY, most = -INFINITY;
  for (const Segment& segment : segments) {
    if (segment.rows < kSegmentRows || std::isnan(segment.*field)) continue;
    least = std::min(least, segment.*field);
    most = std::max(most, segment.*field);
  }
  return most >= least ? most - least : 0;
}

}  // namespace

Result<std::vector<SegmentRows>> SegmentRowsOf(const tabular::Table& table, const std::string& name) {
  SLIPWAY_ASSIGN_OR_RETURN(const Column* column, table.Get(name));
  const bool by_number = column->is_numeric() && column->type != ColumnType::kBool;
  return by_number ? PartsByNumber(*column) : PartsByText(*column);
}

Result<SegmentedColumn> EvaluateSegments(const Judged& judged, const tabular::Table& table, const std::string& name) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::vector<SegmentRows> parts, SegmentRowsOf(table, name));
  SegmentedColumn segmented;
  segmented.column = name;
  for (const SegmentRows& part : parts) {
    SLIPWAY_ASSIGN_OR_RETURN(Segment segment, MeasureSegment(judged.TakeRows(part.rows), part.label));
    segmented.segments.push_back(std::move(segment));
  }
  if (judged.is_binary()) {
    segmented.parity_gap = Gap(segmented.segments, &Segment::share_said_positive);
    segmented.odds_gap =
        std::max(Gap(segmented.segments, &Segment::recall), Gap(segmented.segments, &Segment::false_positive_rate));
  }
  return segmented;
}

std::vector<std::string> FairnessColumns(const tabular::Table& table) {
  static constexpr std::string_view kTraits[] = {"sex",      "gender",         "age",       "race",   "ethnicity",
                                                 "marriage", "marital_status", "education", "region", "nationality",
                                                 "religion", "disability"};
  std::vector<std::string> found;
  for (const std::string& name : table.names())
    for (const std::string_view trait : kTraits)
      if (ToLower(name) == trait) found.push_back(name);
  return found;
}

}  // namespace slipway::training
