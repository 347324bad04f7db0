#include "slipway/stats/drift_html.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/stats/drift_text.h"
#include "slipway/stats/html_writer.h"
#include "slipway/stats/svg_charts.h"

namespace slipway::stats {
namespace {

// Random samples of one distribution look drifted below this many rows, by every test with a fixed threshold.
constexpr size_t kFewRows = 500;

Html Verdict(const ColumnDrift& column) {
  if (!column.problem.empty()) return Badge(Tone::kNeutral, "Not tested");
  return column.is_drifted ? Badge(Tone::kBad, "Detected") : Badge(Tone::kGood, "Not detected");
}

std::string Anchor(size_t index) {
  return fmt::format("column-{}", index);
}

Html NameCell(const ColumnDrift& column, size_t index) {
  Html cell = Name(column.name, Anchor(index));
  if (column.role == ColumnRole::kTarget) cell.text += " " + Badge(Tone::kNeutral, "target").text;
  if (column.role == ColumnRole::kPrediction) cell.text += " " + Badge(Tone::kNeutral, "prediction").text;
  return cell;
}

Html SummaryTable(const std::vector<const ColumnDrift*>& columns) {
  std::vector<std::vector<TableCell>> rows;
  for (size_t i = 0; i < columns.size(); ++i) {
    const ColumnDrift& column = *columns[i];
    rows.push_back({{NameCell(column, i), column.name},
                    {Text(column.kind == FeatureKind::kNumeric ? "num" : "cat"), ""},
                    {Sparkline(column.reference_histogram.heights, Side::kReference), " "},
                    {Sparkline(column.current_histogram.heights, Side::kCurrent), " "},
                    {Verdict(column), ""},
                    {Text(column.test_title), ""},
                    {Text(ScoreText(column.score)), std::isfinite(column.score) ? FormatDouble(column.score) : " "},
                    {Text(column.test.empty() ? "" : fmt::format("{:.4g}", column.threshold)), ""}});
  }
  return HtmlTable(
      "columns",
      {{"Column"}, {"Type"}, {"Reference"}, {"Current"}, {"Drift"}, {"Test"}, {"Score", true}, {"Threshold", true}},
      rows);
}

std::string MissingText(size_t missing, size_t usable) {
  const size_t rows = missing + usable;
  return rows == 0 ? "no rows"
                   : fmt::format("{} of {} values missing ({:.2f} %)", FormatCount(missing), FormatCount(rows),
                                 100.0 * static_cast<double>(missing) / static_cast<double>(rows));
}

void AddColumn(HtmlPage& page, const ColumnDrift& column, size_t index, const DriftPageOptions& options) {
  constexpr size_t kOpenAtFirst = 3;
  const Html parts[] = {Verdict(column), Name(column.name)};
  page.BeginDetails(JoinHtml(parts, " "), Anchor(index), column.is_drifted && index < kOpenAtFirst);
  if (!column.problem.empty())
    page.Paragraph(Text(fmt::format("Not tested: {}.", column.problem)));
  else
    page.Paragraph(Text(fmt::format("{}: score {}, threshold {}.", column.test_title, ScoreText(column.score),
                                    FormatDouble(column.threshold))));
  page.Add(PairedBars(column.distribution, options.reference_name, options.current_name));
  if (column.reference_rows + column.reference_missing > 0)
    page.Note(fmt::format("{}: {}. {}: {}.", options.reference_name,
                          MissingText(column.reference_missing, column.reference_rows), options.current_name,
                          MissingText(column.current_missing, column.current_rows)));
  page.EndDetails();
}

void AddVerdict(HtmlPage& page, const DriftReport& report) {
  page.Banner(report.is_drifted ? Tone::kBad : Tone::kGood,
              fmt::format("Dataset drift is {}: {} of {} columns drifted ({:.1f} %); the limit is {:.4g} %.",
                          report.is_drifted ? "detected" : "not detected", report.drifted, report.tested,
                          100 * report.drifted_share, 100 * report.drift_share_threshold));
  const size_t untested = report.columns.size() - report.tested;
  std::vector<Counter> counters = {
      {fmt::format("{}", report.tested), "columns tested"},
      {fmt::format("{}", report.drifted), "columns drifted", report.drifted > 0 ? Tone::kBad : Tone::kGood},
      {fmt::format("{:.3f}", report.drifted_share), "share of drifted columns"},
      {FormatCount(report.reference_rows), "reference rows"},
      {FormatCount(report.current_rows), "current rows"}};
  if (untested > 0) counters.push_back({fmt::format("{}", untested), "columns not tested", Tone::kWarning});
  page.Counters(counters);
}

}  // namespace

std::string DriftPage(const DriftReport& report, Timestamp now, const DriftPageOptions& options) {
  HtmlPage page(options.title, fmt::format("{} against {}, {}", options.current_name, options.reference_name,
                                           FormatTimestamp(now, 0)));
  AddVerdict(page, report);
  if (report.current_rows < kFewRows)
    page.Banner(Tone::kWarning,
                fmt::format("Only {} current rows: below some {} rows, samples of one and the same distribution often "
                            "exceed the thresholds by chance.",
                            report.current_rows, kFewRows));
  page.Heading("Data drift summary");
  const auto columns = MostDriftedFirst(report);
  page.Add(SummaryTable(columns));
  if (!report.only_in_current.empty())
    page.Note(fmt::format("Only in the current data, not compared: {}.", Join(report.only_in_current, ", ")));
  page.Heading("Columns");
  for (size_t i = 0; i < columns.size(); ++i) AddColumn(page, *columns[i], i, options);
  return std::move(page).Finish();
}

}  // namespace slipway::stats
