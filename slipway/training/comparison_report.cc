// A comparison as JSON, as text and as a page.
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/stats/html_writer.h"
#include "slipway/stats/json_number.h"
#include "slipway/training/comparison.h"

namespace slipway::training {
namespace {

using metrics::Measured;
using nlohmann::ordered_json;
using stats::HtmlPage;
using stats::HtmlTable;
using stats::NumberOrNull;
using stats::TableCell;
using stats::Text;
using stats::Tone;

// --- JSON ---

void AddMetric(const MetricPair& metric, ordered_json& json) {
  json["champion"] = NumberOrNull(metric.champion);
  json["challenger"] = NumberOrNull(metric.challenger);
  json["improvement"] = NumberOrNull(metric.improvement.value);
  json["low"] = NumberOrNull(metric.improvement.low);
  json["high"] = NumberOrNull(metric.improvement.high);
}

ordered_json AgreementJson(const Agreement& agreement) {
  return {{"share_same", NumberOrNull(agreement.share_same)}, {"mean_distance", NumberOrNull(agreement.mean_distance)}};
}

ordered_json TrafficJson(const TrafficView& traffic, const std::string& name) {
  ordered_json json = {{"data", name}, {"rows", traffic.rows}, {"agreement", AgreementJson(traffic.agreement)}};
  for (const EstimatedPair& each : traffic.estimates)
    json["estimated"][each.metric] = {{"champion", NumberOrNull(each.champion)},
                                      {"challenger", NumberOrNull(each.challenger)}};
  if (!traffic.why_no_estimates.empty()) json["not_estimated"] = traffic.why_no_estimates;
  return json;
}

// --- text ---

std::string Number(double value) {
  return std::isnan(value) ? "–" : fmt::format("{:.4f}", value);
}

std::string Change(double value) {
  return std::isnan(value) ? "–" : fmt::format("{:+.4f}", value);
}

std::string Interval(const Measured& improvement) {
  return std::isnan(improvement.low) ? "–" : Change(improvement.low) + " to " + Change(improvement.high);
}

std::string AgreementText(const Agreement& agreement) {
  std::string text;
  if (!std::isnan(agreement.share_same))
    text = fmt::format("the same class for {:.1f} % of the rows", 100 * agreement.share_same);
  if (!std::isnan(agreement.mean_distance))
    text += fmt::format("{}scores {:.4g} apart in the mean", text.empty() ? "" : ", ", agreement.mean_distance);
  return text;
}

// Of the metric that decides, where there is an estimate of it.
std::string TrafficText(const Comparison& comparison) {
  std::string text = AgreementText(comparison.traffic->agreement);
  if (!comparison.traffic->why_no_estimates.empty())
    return text + "; performance is not estimated: " + comparison.traffic->why_no_estimates;
  if (const EstimatedPair* estimate = comparison.traffic->Find(comparison.metric))
    text += fmt::format("; {} is estimated (CBPE) to be {:.4f} of the champion, {:.4f} of the challenger",
                        estimate->metric, estimate->champion, estimate->challenger);
  return text;
}

// --- page ---

Tone ToneOf(Verdict verdict) {
  if (verdict == Verdict::kBetter) return Tone::kGood;
  return verdict == Verdict::kNotBetter ? Tone::kBad : Tone::kWarning;
}

void AddCells(const MetricPair& metric, std::vector<TableCell>& cells) {
  for (const double value : {metric.champion, metric.challenger}) cells.push_back({Text(Number(value)), ""});
  cells.push_back({Text(Change(metric.improvement.value)), ""});
  cells.push_back({Text(Interval(metric.improvement)), ""});
}

std::vector<stats::TableColumn> WithMetricColumns(std::vector<stats::TableColumn> columns) {
  for (const char* title : {"Champion", "Challenger", "Improvement", "Interval"}) columns.push_back({title, true});
  return columns;
}

void AddMetricsTable(HtmlPage& page, const Comparison& comparison) {
  page.Heading("Metrics", "metrics");
  std::vector<std::vector<TableCell>> rows;
  for (const MetricPair& metric : comparison.metrics) {
    auto& cells = rows.emplace_back();
    cells.push_back({Text(metric.improvement.name), ""});
    AddCells(metric, cells);
  }
  page.Add(HtmlTable("", WithMetricColumns({{"Metric"}}), rows));
  page.Note(fmt::format(
      "Improvement: positive where the challenger is better. Intervals: paired bootstrap, {} resamples, {:.4g} %.",
      comparison.options.interval.resamples, 100 * comparison.options.interval.level));
}

void AddSegmentsTable(HtmlPage& page, const Comparison& comparison) {
  if (comparison.segments.empty()) return;
  page.Heading(fmt::format("{} by segments", comparison.metric), "segments");
  std::vector<std::vector<TableCell>> rows;
  for (const SegmentPair& segment : comparison.segments) {
    auto& cells = rows.emplace_back();
    cells.push_back({stats::CellText(segment.column), ""});
    cells.push_back({stats::Name(segment.label), segment.label});
    cells.push_back({Text(stats::FormatCount(segment.rows)), std::to_string(segment.rows)});
    AddCells(segment.metric, cells);
    cells.push_back({segment.regressed ? stats::Badge(Tone::kBad, "worse") : Text(""), segment.regressed ? "0" : "1"});
  }
  auto columns = WithMetricColumns({{"Column"}, {"Segment"}, {"Rows", true}});
  columns.push_back({"Regression"});
  page.Add(HtmlTable("segment-rows", columns, rows));
  page.Note("Intervals are corrected for the number of segments (Bonferroni).");
}

}  // namespace

std::string ComparisonJson(const Comparison& comparison, const ComparedNames& names) {
  ordered_json json = {{"verdict", VerdictName(comparison.decision.verdict)},
                       {"reason", comparison.decision.reason},
                       {"metric", comparison.metric},
                       {"margin", comparison.options.margin}};
  AddMetric(comparison.chosen(), json);
  json.update({{"level", comparison.options.interval.level},
               {"resamples", comparison.options.interval.resamples},
               {"seed", comparison.options.interval.seed},
               {"rows", comparison.rows},
               {"min_rows", comparison.options.min_rows},
               {"target", comparison.target},
               {"champion_model", names.champion},
               {"challenger_model", names.challenger},
               {"data", names.data}});
  if (!names.job.empty()) json["job"] = names.job;
  for (const MetricPair& metric : comparison.metrics) AddMetric(metric, json["metrics"][metric.improvement.name]);
  json["segments"] = ordered_json::array();
  for (const SegmentPair& segment : comparison.segments) {
    ordered_json& each = json["segments"].emplace_back(
        ordered_json{{"column", segment.column}, {"segment", segment.label}, {"rows", segment.rows}});
    AddMetric(segment.metric, each);
    each["regressed"] = segment.regressed;
  }
  json["agreement"] = AgreementJson(comparison.agreement);
  if (comparison.traffic) json["traffic"] = TrafficJson(*comparison.traffic, names.traffic);
  // Names of columns need not be UTF-8.
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string ComparisonText(const Comparison& comparison) {
  std::string text = fmt::format("{}: {}\n", VerdictName(comparison.decision.verdict), comparison.decision.reason);
  for (const MetricPair& metric : comparison.metrics)
    text += fmt::format("{:<22} {:>10} {:>10} {:>10}   {}\n", metric.improvement.name, Number(metric.champion),
                        Number(metric.challenger), Change(metric.improvement.value), Interval(metric.improvement));
  for (const SegmentPair* segment : comparison.Regressions())
    text += fmt::format("worse where {} is {}: {} rows, {} {}\n", segment->column, segment->label, segment->rows,
                        comparison.metric, Change(segment->metric.improvement.value));
  text += "on the held-out rows: " + AgreementText(comparison.agreement) + "\n";
  if (comparison.traffic)
    text += fmt::format("on {} rows of traffic: {}\n", comparison.traffic->rows, TrafficText(comparison));
  return text;
}

std::string ComparisonPage(const Comparison& comparison, const ComparedNames& names, Timestamp now) {
  HtmlPage page("Champion and challenger: " + comparison.target, FormatTimestamp(now, 0));
  page.Banner(ToneOf(comparison.decision.verdict),
              fmt::format("{}: {}.", VerdictName(comparison.decision.verdict), comparison.decision.reason));
  page.Paragraph(Text(
      fmt::format("Champion: {}. Challenger: {}. Held-out rows: {}.", names.champion, names.challenger, names.data)));
  const size_t regressions = comparison.Regressions().size();
  page.Counters(
      {{stats::FormatCount(comparison.rows), "rows held out"},
       {stats::FormatCount(comparison.segments.size()), "segments looked at"},
       {stats::FormatCount(regressions), "segments became worse", regressions > 0 ? Tone::kBad : Tone::kGood}});
  AddMetricsTable(page, comparison);
  AddSegmentsTable(page, comparison);
  page.Heading("Agreement", "agreement");
  page.Paragraph(Text("On the held-out rows: " + AgreementText(comparison.agreement) + "."));
  if (comparison.traffic)
    page.Paragraph(Text(fmt::format("On {} rows of {}: {}.", stats::FormatCount(comparison.traffic->rows),
                                    names.traffic, TrafficText(comparison))));
  return std::move(page).Finish();
}

}  // namespace slipway::training
