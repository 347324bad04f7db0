#include "slipway/stats/quality/quality_html.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/stats/html_writer.h"
#include "slipway/stats/quality/advice.h"
#include "slipway/stats/quality/quality_text.h"
#include "slipway/stats/svg_charts.h"

namespace slipway::stats {
namespace {

constexpr size_t kDetailsCharacters = 300;

Tone ToneOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return Tone::kGood;
    case Verdict::kWarning:
      return Tone::kWarning;
    case Verdict::kFail:
    case Verdict::kError:
      return Tone::kBad;
  }
  return Tone::kBad;
}

std::string_view LabelOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "✓ Passed";
    case Verdict::kWarning:
      return "! Warning";
    case Verdict::kFail:
      return "✕ Failed";
    case Verdict::kError:
      return "‼ Error";
  }
  return "";
}

Html VerdictBadge(Verdict verdict) {
  return Badge(ToneOf(verdict), LabelOf(verdict));
}

Html LinkTo(const CheckResult& check) {
  return {fmt::format("<a class=name href=\"#{}\">{}</a>", HtmlEscape(check.name), HtmlEscape(check.title))};
}

std::string Count(size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

void AddVerdict(HtmlPage& page, const QualityReport& report) {
  const size_t failed = report.Count(Verdict::kFail) + report.Count(Verdict::kError);
  const size_t warned = report.Count(Verdict::kWarning), passed = report.Count(Verdict::kPass);
  if (failed > 0)
    page.Banner(Tone::kBad, fmt::format("{} of {} failed{}.", failed, Count(failed + warned + passed, "check"),
                                        warned > 0 ? ", " + Count(warned, "warning") : ""));
  else if (warned > 0)
    page.Banner(Tone::kWarning, fmt::format("No check failed, {}.", Count(warned, "warning")));
  else
    page.Banner(Tone::kGood, fmt::format("All {} passed.", Count(passed, "check")));
  std::vector<Counter> counters = {
      {fmt::format("{}", failed), "failed", failed > 0 ? Tone::kBad : Tone::kNeutral},
      {fmt::format("{}", warned), "warnings", warned > 0 ? Tone::kWarning : Tone::kNeutral},
      {fmt::format("{}", passed), "passed", passed > 0 ? Tone::kGood : Tone::kNeutral},
      {fmt::format("{}", report.not_run()), "did not run"}};
  counters.push_back({FormatCount(report.rows), report.test_rows > 0 ? "train rows" : "rows"});
  if (report.test_rows > 0) counters.push_back({FormatCount(report.test_rows), "test rows"});
  page.Counters(counters);
}

// All conditions, the worst first.
void AddConditions(HtmlPage& page, const QualityReport& report) {
  std::vector<std::pair<const CheckResult*, const Condition*>> all;
  for (const CheckResult& check : report.checks)
    for (const Condition& condition : check.conditions) all.emplace_back(&check, &condition);
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.second->verdict < b.second->verdict; });
  std::vector<std::vector<TableCell>> rows;
  for (const auto& [check, condition] : all)
    rows.push_back(
        {{VerdictBadge(condition->verdict), fmt::format("{}", static_cast<int>(condition->verdict))},
         {LinkTo(*check), check->title},
         {WholeText(condition->name), ""},
         {condition->details.empty() ? Html() : WholeText(Shortened(condition->details, kDetailsCharacters)), ""}});
  page.Heading("Conditions");
  page.Add(HtmlTable("conditions", {{"Status"}, {"Check"}, {"Condition"}, {"More"}}, rows));
}

Html Draw(const TextTable& table) {
  std::vector<TableColumn> columns;
  for (const TextColumn& column : table.columns) columns.push_back({column.title, column.is_number});
  std::vector<std::vector<TableCell>> rows;
  for (const auto& row : table.rows) {
    auto& cells = rows.emplace_back();
    for (const std::string& text : row) cells.push_back({CellText(text), ""});
  }
  return HtmlTable("", columns, rows);
}

Html Draw(const BarChart& chart) {
  return HorizontalBars(chart.bars, chart.full);
}

Html Draw(const HeatMapChart& chart) {
  return HeatMap(chart.names, chart.values);
}

Html Draw(const DistributionChart& chart) {
  return PairedBars(chart.histogram, "Train", "Test");
}

void AddCheck(HtmlPage& page, const CheckResult& check) {
  const bool has_conditions = !check.conditions.empty();
  const Html parts[] = {has_conditions ? VerdictBadge(check.verdict()) : Badge(Tone::kNeutral, "No condition"),
                        Text(check.title)};
  page.BeginDetails(JoinHtml(parts, " "), check.name, has_conditions && check.verdict() != Verdict::kPass);
  page.Paragraph(Text(check.summary));
  for (const Condition& condition : check.conditions) {
    const Html line[] = {VerdictBadge(condition.verdict), Text(condition.name + ".")};
    page.Paragraph(JoinHtml(line, " "));
    if (!condition.details.empty()) page.Note(condition.details);
  }
  if (const auto advice = AdviceFor(check); !advice.empty())
    page.Paragraph(Text(fmt::format("What to do: {}", advice)));
  for (const Exhibit& exhibit : check.exhibits) {
    if (!exhibit.caption.empty()) page.Caption(exhibit.caption);
    page.Add(std::visit([](const auto& content) { return Draw(content); }, exhibit.content));
  }
  if (check.exhibits.empty()) page.Note("Nothing found.");
  if (!check.sampling.empty()) page.Note(fmt::format("Sampled: {}.", check.sampling));
  page.EndDetails();
}

void AddChecks(HtmlPage& page, const QualityReport& report, bool with_conditions) {
  const bool any = std::any_of(report.checks.begin(), report.checks.end(), [&](const CheckResult& check) {
    return check.ran() && check.conditions.empty() != with_conditions;
  });
  if (!any) return;
  page.Heading(with_conditions ? "Checks" : "Checks without a condition");
  for (const CheckResult& check : report.checks)
    if (check.ran() && check.conditions.empty() != with_conditions) AddCheck(page, check);
}

void AddNotRun(HtmlPage& page, const QualityReport& report) {
  if (report.not_run() == 0) return;
  std::vector<std::vector<TableCell>> rows;
  for (const CheckResult& check : report.checks)
    if (!check.ran()) rows.push_back({{Text(check.title), ""}, {Text(check.did_not_run), ""}});
  page.Heading("Checks that did not run");
  page.Add(HtmlTable("", {{"Check"}, {"Reason"}}, rows));
}

}  // namespace

std::string QualityPage(const QualityReport& report, Timestamp now) {
  HtmlPage page(report.suite, FormatTimestamp(now, 0));
  AddVerdict(page, report);
  AddConditions(page, report);
  AddChecks(page, report, true);
  AddChecks(page, report, false);
  AddNotRun(page, report);
  return std::move(page).Finish();
}

}  // namespace slipway::stats
