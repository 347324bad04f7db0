#include "slipway/runner/trial_table.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/base/time.h"
#include "slipway/domain/search_space.h"
#include "slipway/runner/plan/children.h"
#include "slipway/runner/plan/outcome.h"
#include "slipway/stats/html_writer.h"
#include "slipway/stats/parallel_coordinates.h"

namespace slipway::runner {
namespace {

using domain::Job;
using domain::SweepSpec;

std::optional<double> SecondsOf(const TrialRow& row) {
  if (!row.started_at || !row.ended_at) return std::nullopt;
  return std::chrono::duration<double>(*row.ended_at - *row.started_at).count();
}

std::string NumberText(const std::optional<double>& number) {
  return number ? FormatDouble(*number) : "";
}

std::string ValueText(const TrialRow& row, const std::string& parameter) {
  return row.values.count(parameter) > 0 ? ShownValue(row.values, parameter).text : "";
}

std::string CsvCell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return fmt::format("\"{}\"", ReplaceAll(text, "\"", "\"\""));
}

std::string CsvLine(const std::vector<std::string>& cells) {
  std::vector<std::string> quoted;
  for (const std::string& cell : cells) quoted.push_back(CsvCell(cell));
  return Join(quoted, ",") + "\n";
}

// A choice is drawn by its values, in the order of the search space.
stats::ParallelAxis AxisOf(const SweepSpec& sweep, const std::string& parameter) {
  const auto& distribution = sweep.search_space.at(parameter);
  stats::ParallelAxis axis{
      domain::SearchPlaceholder(parameter), {}, distribution.type.find("log") != std::string::npos};
  for (size_t i = 0; i < distribution.values.size(); ++i) {
    std::vector<std::string> names;
    for (const auto& [name, nested] : domain::NestedIn(sweep.search_space, parameter, i)) names.push_back(name);
    axis.categories.push_back(names.empty() ? distribution.values[i].text : fmt::format("{{{}}}", Join(names, ", ")));
  }
  return axis;
}

std::optional<double> PositionOf(const SweepSpec& sweep, const std::string& parameter, const TrialRow& row) {
  const auto found = row.values.find(parameter);
  if (found == row.values.end()) return std::nullopt;
  const auto& choices = sweep.search_space.at(parameter).values;
  if (choices.empty()) return ParseDouble(found->second.text);
  const auto choice =
      std::find_if(choices.begin(), choices.end(), [&](const auto& each) { return each.text == found->second.text; });
  if (choice == choices.end()) return std::nullopt;
  return static_cast<double>(choice - choices.begin());
}

// 1 for the best of the trials, 0 for the worst.
double StrengthOf(const TrialTable& table, const TrialRow& row) {
  if (!row.best) return 0;
  size_t valued = 0, worse = 0;
  for (const TrialRow& other : table.rows) {
    if (!other.best || &other == &row) continue;
    ++valued;
    worse += table.maximize ? *other.best < *row.best : *other.best > *row.best;
  }
  return valued == 0 ? 1 : static_cast<double>(worse) / static_cast<double>(valued);
}

stats::Html Chart(const TrialTable& table, const SweepSpec& sweep) {
  std::vector<stats::ParallelAxis> axes;
  for (const std::string& parameter : table.parameters) axes.push_back(AxisOf(sweep, parameter));
  axes.push_back({table.primary_metric, {}, false});
  std::vector<stats::ParallelLine> lines;
  for (const TrialRow& row : table.rows) {
    stats::ParallelLine line;
    line.label = fmt::format("{}: {} = {}", row.name, table.primary_metric, row.best ? FormatDouble(*row.best) : "–");
    for (const std::string& parameter : table.parameters) line.values.push_back(PositionOf(sweep, parameter, row));
    line.values.push_back(row.best);
    line.strength = StrengthOf(table, row);
    line.is_emphasized = row.name == table.best_child;
    lines.push_back(std::move(line));
  }
  return stats::ParallelCoordinates(axes, lines);
}

stats::Html Rows(const TrialTable& table) {
  std::vector<stats::TableColumn> columns = {{"Trial", false}, {"Status", false}};
  for (const std::string& parameter : table.parameters) columns.push_back({domain::SearchPlaceholder(parameter), true});
  columns.push_back({table.primary_metric, true});
  columns.push_back({"Seconds", true});
  std::vector<std::vector<stats::TableCell>> rows;
  for (const TrialRow& row : table.rows) {
    const bool is_best = row.name == table.best_child;
    const auto tone = is_best ? stats::Tone::kGood : stats::Tone::kNeutral;
    std::vector<stats::TableCell> cells = {
        {stats::Name(row.name), ""}, {stats::Badge(tone, is_best ? "best" : domain::JobStatusName(row.status)), ""}};
    for (const std::string& parameter : table.parameters) {
      cells.push_back({stats::CellText(ValueText(row, parameter)), ""});
    }
    const auto seconds = SecondsOf(row);
    cells.push_back({stats::Text(NumberText(row.best)), ""});
    cells.push_back({stats::Text(seconds ? fmt::format("{:.1f}", *seconds) : ""), ""});
    rows.push_back(std::move(cells));
  }
  return stats::HtmlTable("trials", columns, rows);
}

}  // namespace

TrialTable MakeTrialTable(const Job& job, const std::vector<const Job*>& trials,
                          const std::map<std::string, TrialMetrics>& metrics) {
  const auto& sweep = std::get<SweepSpec>(job.spec.body);
  TrialTable table{job.name, sweep.objective.primary_metric, sweep.objective.maximize, job.best_child, {}, {}};
  for (const auto& [name, distribution] : sweep.search_space) table.parameters.push_back(name);
  for (const Job* trial : trials) {
    TrialRow row;
    row.name = trial->name;
    row.status = trial->status;
    row.status_reason = trial->status_reason;
    row.values = SampledValuesOf(sweep, *trial);
    row.started_at = trial->started_at;
    row.ended_at = trial->ended_at;
    row.resources = trial->resources;
    if (const auto found = metrics.find(trial->name); found != metrics.end()) {
      row.best = BestReport(sweep, found->second);
      row.report_count = found->second.reports.size();
      if (row.report_count > 0) row.last = found->second.reports.back();
    }
    table.rows.push_back(std::move(row));
  }
  std::stable_sort(table.rows.begin(), table.rows.end(),
                   [](const TrialRow& a, const TrialRow& b) { return TrialNumber(a.name) < TrialNumber(b.name); });
  return table;
}

std::string TrialTableCsv(const TrialTable& table) {
  std::vector<std::string> header = {"trial", "status"};
  for (const std::string& parameter : table.parameters) header.push_back(domain::SearchPlaceholder(parameter));
  header.insert(header.end(), {table.primary_metric, "is_best", "seconds"});
  std::string csv = CsvLine(header);
  for (const TrialRow& row : table.rows) {
    std::vector<std::string> cells = {row.name, std::string(domain::JobStatusName(row.status))};
    for (const std::string& parameter : table.parameters) cells.push_back(ValueText(row, parameter));
    cells.push_back(NumberText(row.best));
    cells.push_back(row.name == table.best_child ? "true" : "false");
    cells.push_back(NumberText(SecondsOf(row)));
    csv += CsvLine(cells);
  }
  return csv;
}

std::string TrialTableHtml(const TrialTable& table, const SweepSpec& sweep) {
  stats::HtmlPage page(fmt::format("Sweep {}", table.sweep),
                       fmt::format("{} trials by {} sampling, to {} {}", table.rows.size(), sweep.sampling.type,
                                   table.maximize ? "maximize" : "minimize", table.primary_metric));
  const auto best = std::find_if(table.rows.begin(), table.rows.end(),
                                 [&](const TrialRow& row) { return row.name == table.best_child; });
  const bool has_best = best != table.rows.end();
  page.Counters({{has_best ? NumberText(best->best) : "–", "best " + table.primary_metric, stats::Tone::kGood},
                 {has_best ? best->name : "–", "best trial", stats::Tone::kNeutral},
                 {fmt::format("{}", table.rows.size()), "trials", stats::Tone::kNeutral}});
  page.Heading("Parameters and metric");
  page.Note("A line a trial; the darker, the better its metric. The best is drawn in red.");
  page.Add(Chart(table, sweep));
  page.Heading("Trials");
  page.Add(Rows(table));
  return std::move(page).Finish();
}

}  // namespace slipway::runner
