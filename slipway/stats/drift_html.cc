#include "slipway/stats/drift_html.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

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

// --- the other parts of a study ---

Tone ToneOf(Severity severity) {
  switch (severity) {
    case Severity::kNote:
      return Tone::kNeutral;
    case Severity::kWarning:
      return Tone::kWarning;
    case Severity::kError:
      return Tone::kBad;
  }
  return Tone::kNeutral;
}

Tone ToneOf(DriftState state) {
  switch (state) {
    case DriftState::kNotEnoughData:
      return Tone::kNeutral;
    case DriftState::kQuiet:
      return Tone::kGood;
    case DriftState::kWatch:
      return Tone::kWarning;
    case DriftState::kAlarm:
      return Tone::kBad;
  }
  return Tone::kNeutral;
}

void AddAlarms(HtmlPage& page, const DriftStudy& study) {
  if (study.performance && study.performance->alarm)
    page.Banner(Tone::kBad, fmt::format("Performance alarm: {}.", *study.performance->alarm));
  if (study.together && study.together->verdict == DomainVerdict::kDrifted)
    page.Banner(Tone::kBad,
                fmt::format("A model tells current rows from reference rows with an AUC of {:.3f}, mostly by "
                            "'{}'.",
                            study.together->auc, study.together->contributions.front().column));
  if (study.over_time && study.over_time->state == DriftState::kAlarm)
    page.Banner(Tone::kBad, fmt::format("Lasting drift that matters: {}.", study.over_time->reason));
}

std::string ShareText(double share) {
  return share > 0 && share < 0.0005 ? "< 0.1 %" : fmt::format("{:.1f} %", 100 * share);
}

void AddFindings(HtmlPage& page, const std::vector<ShiftFinding>& findings) {
  if (findings.empty()) return;
  page.Heading("What else changed", "findings");
  std::vector<std::vector<TableCell>> rows;
  for (const ShiftFinding& finding : findings)
    rows.push_back({{Badge(ToneOf(finding.severity), SeverityName(finding.severity)), ""},
                    {Name(finding.column), finding.column},
                    {Text(ShareText(finding.share)), FormatDouble(finding.share)},
                    {WholeText(finding.what), ""},
                    {WholeText(finding.advice), ""}});
  page.Add(HtmlTable("findings-table", {{"Severity"}, {"Column"}, {"Rows", true}, {"What"}, {"What to do"}}, rows));
}

Series SeriesOf(const PerformanceEstimate& estimate, size_t metric) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  Series series;
  series.name = fmt::format("estimated {}", PerformanceMetrics()[metric].name);
  series.dots_name = "realised";
  series.limit_low = estimate.limits[metric].low;
  series.limit_high = estimate.limits[metric].high;
  for (const EstimatedChunk& chunk : estimate.chunks) {
    const bool is_enough = !chunk.metrics.empty();
    series.labels.push_back(fmt::format("from {}", FormatCount(chunk.first_row)));
    series.values.push_back(is_enough ? chunk.metrics[metric].estimated : kNone);
    series.low.push_back(is_enough ? chunk.metrics[metric].low : kNone);
    series.high.push_back(is_enough ? chunk.metrics[metric].high : kNone);
    series.dots.push_back(is_enough ? chunk.metrics[metric].realised : kNone);
  }
  return series;
}

void AddPerformance(HtmlPage& page, const PerformanceEstimate& estimate) {
  page.Heading("Estimated performance", "performance");
  page.Paragraph(Text(fmt::format(
      "How well the model should do on the current rows, estimated without their labels from its {} (CBPE). {}Bars "
      "hold 95 % of what may come out; dashed lines are where the metric lay in the reference. The estimate sees "
      "shifts of the inputs; it cannot see that labels came to follow from them in another way.",
      estimate.is_calibrated ? "scores, made probabilities by isotonic regression" : "probabilities",
      estimate.classes.empty()
          ? ""
          : fmt::format("All but accuracy are means over the {} classes. ", estimate.classes.size()))));
  for (size_t metric = 0; metric < PerformanceMetrics().size(); ++metric) {
    const std::string_view name = PerformanceMetrics()[metric].name;
    const bool is_alarming = std::any_of(
        estimate.chunks.begin(), estimate.chunks.end(),
        [&](const EstimatedChunk& chunk) { return !chunk.metrics.empty() && chunk.metrics[metric].is_alarming; });
    const Html parts[] = {Badge(is_alarming ? Tone::kBad : Tone::kGood, is_alarming ? "Outside" : "As before"),
                          Text(name)};
    page.BeginDetails(JoinHtml(parts, " "), fmt::format("performance-{}", name), is_alarming || name == "roc_auc");
    page.Add(SeriesChart(SeriesOf(estimate, metric)));
    page.EndDetails();
  }
}

void AddTogether(HtmlPage& page, const DomainDrift& drift) {
  constexpr size_t kShownMax = 10;
  page.Heading("All columns together", "together");
  if (drift.verdict == DomainVerdict::kNotEnoughData)
    return page.Paragraph(Text(fmt::format("Not enough data: {} reference rows and {} current rows.",
                                           FormatCount(drift.reference_rows), FormatCount(drift.current_rows))));
  page.Paragraph(
      Text(fmt::format("A random forest that has to tell current rows from reference rows reaches an AUC of {:.3f} ± "
                       "{:.3f} on rows held out "
                       "(0.5: it cannot tell them apart; 1: it can tell every one). What it goes by, as the loss of "
                       "AUC when a column is "
                       "shuffled:",
                       drift.auc, 1.96 * drift.standard_error)));
  std::vector<BarEntry> bars;
  for (size_t i = 0; i < std::min(kShownMax, drift.contributions.size()); ++i)
    bars.push_back({drift.contributions[i].column, drift.contributions[i].value,
                    fmt::format("{:.4f}", drift.contributions[i].value)});
  page.Add(HorizontalBars(bars, drift.contributions.empty() ? 1 : drift.contributions.front().value));
}

Series ImpactsOf(const WindowedDrift& drift, size_t column) {
  Series series;
  series.name = fmt::format("impact of {}", drift.columns[column].name);
  for (const DriftWindow& window : drift.windows) {
    series.labels.push_back(window.label);
    series.values.push_back(window.columns[column].impact);
  }
  return series;
}

void AddOverTime(HtmlPage& page, const WindowedDrift& drift) {
  constexpr size_t kDrawnMax = 3;
  page.Heading("Over time", "over-time");
  page.Paragraph(
      Text(fmt::format("{}: {}. The impact is the stability index beyond what chance makes of it, times how much "
                       "the model hangs on the column; windows with too few rows count neither way.",
                       DriftStateName(drift.state), drift.reason)));
  std::vector<size_t> order(drift.columns.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    const ColumnVerdict &x = drift.columns[a], &y = drift.columns[b];
    return x.state != y.state ? x.state > y.state : x.bad > y.bad;
  });
  std::vector<std::vector<TableCell>> rows;
  for (const size_t i : order) {
    const ColumnVerdict& column = drift.columns[i];
    rows.push_back({{Badge(ToneOf(column.state), DriftStateName(column.state)), ""},
                    {Name(column.name), column.name},
                    {Text(fmt::format("{:.3f}", column.importance)), ""},
                    {Text(fmt::format("{} of {}", column.bad, column.looked_at)), ""},
                    {CellText(column.reason), ""}});
  }
  page.Add(HtmlTable("windows-table", {{"Verdict"}, {"Column"}, {"Importance", true}, {"Bad windows"}, {"Why"}}, rows));
  for (size_t k = 0; k < std::min(kDrawnMax, order.size()); ++k)
    if (drift.columns[order[k]].bad > 0) page.Add(SeriesChart(ImpactsOf(drift, order[k])));
}

}  // namespace

std::string DriftPage(const DriftStudy& study, Timestamp now, const DriftPageOptions& options) {
  const DriftReport& report = study.report;
  HtmlPage page(options.title, fmt::format("{} against {}, {}", options.current_name, options.reference_name,
                                           FormatTimestamp(now, 0)));
  AddAlarms(page, study);
  AddVerdict(page, report);
  if (report.current_rows < kFewRows)
    page.Banner(Tone::kWarning,
                fmt::format("Only {} current rows: below some {} rows, samples of one and the same distribution often "
                            "exceed the thresholds by chance.",
                            report.current_rows, kFewRows));
  AddFindings(page, study.findings);
  if (study.performance) AddPerformance(page, *study.performance);
  if (study.together) AddTogether(page, *study.together);
  if (study.over_time) AddOverTime(page, *study.over_time);
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
