#include "slipway/training/model_card.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/stats/html_writer.h"
#include "slipway/stats/svg_charts.h"
#include "slipway/training/line_chart.h"

namespace slipway::training {
namespace {

using stats::Html;
using stats::HtmlPage;
using stats::HtmlTable;
using stats::TableCell;
using stats::Text;
using stats::Tone;
using Rows = std::vector<std::vector<TableCell>>;

constexpr size_t kCurvePoints = 200;
constexpr size_t kImportancesMax = 20;
// Differences between segments that are worth a look.
constexpr double kWideGap = 0.1;

std::string Number(double value) {
  return std::isnan(value) ? "–" : fmt::format("{:.4g}", value);
}

std::string Share(double value) {
  return std::isnan(value) ? "–" : fmt::format("{:.1f} %", 100 * value);
}

TableCell NumberCell(double value) {
  return {Text(Number(value)), std::isnan(value) ? " " : FormatDouble(value)};
}

TableCell ShareCell(double value) {
  return {Text(Share(value)), std::isnan(value) ? " " : FormatDouble(value)};
}

TableCell CountCell(uint64_t count) {
  return {Text(stats::FormatCount(count)), std::to_string(count)};
}

std::string_view MainMetric(const Evaluation& evaluation) {
  return evaluation.classes.empty() ? "r2_score" : "roc_auc";
}

void AddHead(HtmlPage& page, const Trained& trained) {
  const Evaluation& evaluation = trained.evaluation;
  if (const metrics::Measured* metric = evaluation.Find(MainMetric(evaluation))) {
    const std::string interval = std::isnan(metric->low) ? ""
                                                         : fmt::format(", between {} and {} with 95 % confidence",
                                                                       Number(metric->low), Number(metric->high));
    page.Banner(Tone::kNeutral, fmt::format("{} is {} on {} rows that the model did not see{}.", metric->name,
                                            Number(metric->value), stats::FormatCount(evaluation.rows), interval));
  }
  for (const std::string& note : trained.model.notes) page.Note("Note: " + note + ".");
  size_t features = 0;
  for (const InputDescription& input : trained.inputs) features += input.features;
  page.Counters({{stats::FormatCount(trained.train_rows), "rows learnt from"},
                 {stats::FormatCount(evaluation.rows), "rows held out"},
                 {fmt::format("{}", trained.inputs.size()), "columns"},
                 {stats::FormatCount(features), "features"}});
  std::string what = evaluation.classes.empty() ? fmt::format("Predicts the number '{}'.", trained.model.target)
                                                : fmt::format("Predicts '{}', one of: {}.", trained.model.target,
                                                              stats::Shortened(Join(evaluation.classes, ", "), 300));
  page.Paragraph(Text(what));
  Rows rows;
  for (const auto& [name, value] : trained.parameters) rows.push_back({{Text(name), ""}, {Text(value), ""}});
  if (trained.model.oob_score)
    rows.push_back({{Text("out-of-bag score"), ""}, {Text(Number(*trained.model.oob_score)), ""}});
  page.Add(HtmlTable("", {{"Parameter"}, {"Value"}}, rows));
}

void AddMetrics(HtmlPage& page, const Evaluation& evaluation) {
  page.Heading("Metrics", "metrics");
  Rows rows;
  for (const metrics::Measured& metric : evaluation.metrics)
    rows.push_back(
        {{Text(metric.name), ""},
         NumberCell(metric.value),
         {Text(std::isnan(metric.low) ? "–" : fmt::format("{} to {}", Number(metric.low), Number(metric.high))), ""}});
  page.Add(HtmlTable("", {{"Metric"}, {"Value", true}, {"95 % interval", true}}, rows));
  page.Note("Intervals are percentiles of 200 bootstrap resamples of the held-out rows.");
}

void AddConfusion(HtmlPage& page, const Evaluation& evaluation) {
  constexpr size_t kClassesShown = 20;
  if (evaluation.classes.empty()) return;
  if (evaluation.classes.size() <= kClassesShown) {
    page.Caption("Confusion: true classes down, predicted ones across");
    std::vector<stats::TableColumn> columns = {{""}};
    for (const std::string& label : evaluation.classes) columns.push_back({"said " + label, true});
    Rows rows;
    for (size_t truth = 0; truth < evaluation.classes.size(); ++truth) {
      auto& row = rows.emplace_back();
      row.push_back({Text("is " + evaluation.classes[truth]), ""});
      for (const uint64_t count : evaluation.confusion[truth]) row.push_back(CountCell(count));
    }
    page.Add(HtmlTable("", columns, rows));
  }
  page.Caption("By class");
  Rows rows;
  for (const ClassRow& of_class : evaluation.by_class)
    rows.push_back({{Text(of_class.label), ""},
                    CountCell(of_class.rows),
                    ShareCell(of_class.precision),
                    ShareCell(of_class.recall),
                    NumberCell(of_class.f1)});
  page.Add(
      HtmlTable("classes", {{"Class"}, {"Rows", true}, {"Precision", true}, {"Recall", true}, {"F1", true}}, rows));
}

void AddCurves(HtmlPage& page, const Evaluation& evaluation) {
  if (evaluation.curve.empty()) return;
  page.Heading("Curves", "curves");
  std::vector<ChartPoint> roc, precision, calibration, gain = {{0, 0}};
  for (const auto& point : metrics::Thinned(evaluation.curve, kCurvePoints)) {
    roc.push_back({point.false_positive_rate, point.recall});
    precision.push_back({point.recall, point.precision});
  }
  for (const auto& bin : evaluation.calibration) calibration.push_back({bin.mean_probability, bin.share_positive});
  double rows = 0;
  for (const auto& part : evaluation.lift) {
    rows += static_cast<double>(part.rows);
    gain.push_back({rows / static_cast<double>(evaluation.rows), part.captured});
  }
  const std::string positive = evaluation.classes[1];
  const Html charts[] = {
      LineChart({"ROC", "false positive rate", "true positive rate"}, roc, true, false),
      LineChart({"Precision and recall", "recall", "precision"}, precision, false, false),
      LineChart({fmt::format("Calibration (error {:.3f})", metrics::CalibrationError(evaluation.calibration)),
                 "predicted probability", "share of '" + stats::Shortened(positive, 16) + "'"},
                calibration, true, true),
      LineChart(
          {"Captured by the highest scores", "share of rows", "share of '" + stats::Shortened(positive, 16) + "'"},
          gain, true, true)};
  std::string grid = "<div style=\"display:flex;flex-wrap:wrap;gap:18px\">";
  for (const Html& chart : charts) grid += chart.text;
  page.Add({grid + "</div>\n"});
  Rows lift;
  for (size_t i = 0; i < evaluation.lift.size(); ++i) {
    const auto& part = evaluation.lift[i];
    lift.push_back({{Text(fmt::format("{}", i + 1)), ""},
                    CountCell(part.rows),
                    ShareCell(part.share_positive),
                    NumberCell(part.lift),
                    ShareCell(part.captured)});
  }
  page.Caption("Lift: rows by falling score, in tenths");
  page.Add(HtmlTable("", {{"Tenth", true}, {"Rows", true}, {"Share", true}, {"Lift", true}, {"Captured", true}}, lift));
}

void AddSample(HtmlPage& page, const Trained& trained) {
  if (trained.sample.empty()) return;
  page.Heading("Predictions", "predictions");
  std::vector<ChartPoint> points;
  for (const auto& [truth, prediction] : trained.sample) points.push_back({truth, prediction});
  page.Add(ScatterChart({"Held-out rows", "truth", "prediction"}, points));
}

void AddBars(HtmlPage& page, const std::string& caption, const std::vector<ColumnImportance>& importances) {
  if (importances.empty()) return;
  page.Caption(caption);
  std::vector<stats::BarEntry> bars;
  for (size_t i = 0; i < std::min(kImportancesMax, importances.size()); ++i)
    bars.push_back({importances[i].column, std::max(0.0, importances[i].value), Number(importances[i].value)});
  page.Add(stats::HorizontalBars(bars, std::max(1e-12, importances[0].value)));
  if (importances.size() > kImportancesMax)
    page.Note(fmt::format("The {} largest of {} columns.", kImportancesMax, importances.size()));
}

void AddImportances(HtmlPage& page, const Trained& trained) {
  if (trained.permutation.empty() && trained.shap.empty()) return;
  page.Heading("What it hangs on", "importance");
  AddBars(page,
          fmt::format("Fall of {} when a column is shuffled", PermutationMetric(trained.evaluation.classes.size())),
          trained.permutation);
  AddBars(page, "Mean absolute SHAP value", trained.shap);
  if (!trained.why_no_shap.empty()) page.Note("No SHAP values: " + trained.why_no_shap + ".");
}

std::vector<TableCell> SegmentCells(const Segment& segment, const Evaluation& evaluation) {
  std::vector<TableCell> cells = {{stats::Name(segment.label), segment.label}, CountCell(segment.rows)};
  if (evaluation.classes.empty()) {
    for (const double value : {segment.mean_truth, segment.mean_prediction, segment.rmse, segment.mae})
      cells.push_back(NumberCell(value));
    return cells;
  }
  if (evaluation.classes.size() == 2)
    for (const double value : {segment.share_positive, segment.share_said_positive, segment.recall,
                               segment.false_positive_rate, segment.precision})
      cells.push_back(ShareCell(value));
  cells.push_back(ShareCell(segment.accuracy));
  cells.push_back(NumberCell(segment.score));
  return cells;
}

std::vector<stats::TableColumn> SegmentColumns(const Evaluation& evaluation) {
  std::vector<stats::TableColumn> columns = {{"Segment"}, {"Rows", true}};
  std::vector<std::string> titles = {"Accuracy", "ROC AUC"};
  if (evaluation.classes.empty()) titles = {"Mean truth", "Mean prediction", "RMSE", "MAE"};
  if (evaluation.classes.size() == 2)
    titles = {"Positive", "Said positive", "Recall", "False positives", "Precision", "Accuracy", "ROC AUC"};
  for (const std::string& title : titles) columns.push_back({title, true});
  return columns;
}

void AddSegments(HtmlPage& page, const Trained& trained) {
  if (trained.segments.empty()) return;
  page.Heading("For whom", "segments");
  if (trained.evaluation.classes.size() == 2)
    page.Paragraph(Text(fmt::format("'{}' is the positive class. Segments of fewer than {} rows say little.",
                                    trained.evaluation.classes[1], kSegmentRows)));
  for (size_t i = 0; i < trained.segments.size(); ++i) {
    const SegmentedColumn& column = trained.segments[i];
    const bool is_wide = column.parity_gap > kWideGap || column.odds_gap > kWideGap;
    const Html summary[] = {Text(column.column), stats::Badge(is_wide ? Tone::kWarning : Tone::kGood,
                                                              is_wide ? "segments differ" : "segments are alike")};
    const bool has_gaps = trained.evaluation.classes.size() == 2;
    page.BeginDetails(has_gaps ? stats::JoinHtml(summary, " ") : summary[0], fmt::format("segment-{}", i), true);
    if (has_gaps)
      page.Note(
          fmt::format("Said positive: up to {} apart (demographic parity). Recall or false positives: up to {} "
                      "apart (equalised odds).",
                      Share(column.parity_gap), Share(column.odds_gap)));
    Rows rows;
    for (const Segment& segment : column.segments) rows.push_back(SegmentCells(segment, trained.evaluation));
    page.Add(HtmlTable(fmt::format("segment-{}-rows", i), SegmentColumns(trained.evaluation), rows));
    page.EndDetails();
  }
}

void AddInputs(HtmlPage& page, const Trained& trained) {
  page.Heading("Columns it takes", "columns");
  Rows rows;
  for (const InputDescription& input : trained.inputs)
    rows.push_back({{stats::Name(input.name), input.name},
                    {Text(input.type), ""},
                    {stats::CellText(input.treatment), ""},
                    CountCell(input.features)});
  page.Add(HtmlTable("inputs", {{"Column"}, {"Type"}, {"Treatment"}, {"Features", true}}, rows));
  page.Note("Scored as: " + trained.plan + ".");
}

}  // namespace

std::string ModelCard(const Trained& trained, Timestamp now) {
  HtmlPage page("Model card: " + trained.model.target,
                fmt::format("{}, {}", trained.parameters.at("algorithm"), FormatTimestamp(now, 0)));
  AddHead(page, trained);
  AddMetrics(page, trained.evaluation);
  AddConfusion(page, trained.evaluation);
  AddCurves(page, trained.evaluation);
  AddSample(page, trained);
  AddImportances(page, trained);
  AddSegments(page, trained);
  AddInputs(page, trained);
  return std::move(page).Finish();
}

}  // namespace slipway::training
