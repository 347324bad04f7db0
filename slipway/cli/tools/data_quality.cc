// data quality: the suites data_integrity and train_test_validation on tables, on this machine.
#include <algorithm>
#include <filesystem>
#include <thread>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/cli/context.h"
#include "slipway/cli/tools/named_inputs.h"
#include "slipway/cli/tools/tools.h"
#include "slipway/stats/quality/quality.h"
#include "slipway/stats/quality/quality_html.h"
#include "slipway/stats/quality/quality_json.h"

namespace slipway::cli {
namespace {

using nlohmann::ordered_json;
using stats::CheckResult;
using stats::QualityReport;

struct NamedReport {
  std::string name;  // "data_integrity"
  QualityReport report;
};

stats::QualityOptions OptionsOf(const Arguments& arguments) {
  stats::QualityOptions options;
  options.label = arguments.GetOr("target", "");
  options.index = arguments.GetOr("index", "");
  options.datetime = arguments.GetOr("time-column", "");
  options.categorical = arguments.Names("categorical");
  options.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  return options;
}

Result<std::vector<NamedReport>> MakeReports(Context& context, const Arguments& arguments) {
  const stats::QualityOptions options = OptionsOf(arguments);
  SLIPWAY_ASSIGN_OR_RETURN(const auto data, With(ReadNamedTable(context, *arguments.Get("data")), "--data"));
  std::vector<NamedReport> reports;
  SLIPWAY_ASSIGN_OR_RETURN(QualityReport integrity, With(stats::RunDataIntegrity(data, options), "--data"));
  reports.push_back({"data_integrity", std::move(integrity)});
  const auto test_name = arguments.Get("test");
  if (!test_name) return reports;
  SLIPWAY_ASSIGN_OR_RETURN(const auto test, With(ReadNamedTable(context, *test_name), "--test"));
  SLIPWAY_ASSIGN_OR_RETURN(QualityReport validation, stats::RunTrainTestValidation(data, test, options));
  reports.push_back({"train_test_validation", std::move(validation)});
  return reports;
}

// The condition that decided, and what was found.
ordered_json Row(const NamedReport& named, const CheckResult& check) {
  ordered_json row = {{"suite", named.name}, {"check", check.title}, {"verdict", ""}, {"found", ""}};
  if (!check.ran()) {
    row["verdict"] = "did not run";
    row["found"] = check.did_not_run;
    return row;
  }
  if (check.conditions.empty()) return row;
  row["verdict"] = stats::VerdictName(check.verdict());
  for (const stats::Condition& condition : check.conditions)
    if (condition.verdict == check.verdict()) {
      row["found"] = condition.details;
      break;
    }
  return row;
}

ordered_json Rows(const std::vector<NamedReport>& reports) {
  ordered_json rows = ordered_json::array();
  for (const NamedReport& named : reports)
    for (const CheckResult& check : named.report.checks) rows.push_back(Row(named, check));
  return rows;
}

Result<Output> Run(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto gate, With(stats::ParseGate(arguments.GetOr("fail-on", "none")), "--fail-on"));
  SLIPWAY_ASSIGN_OR_RETURN(const auto reports, MakeReports(context, arguments));
  ordered_json json;
  auto worst = stats::Severity::kNote;
  for (const NamedReport& named : reports) {
    json[named.name] = stats::QualityJson(named.report);
    worst = std::max(worst, stats::WorstOf(named.report));
    context.Note(fmt::format("{}: {} checks failed, {} warned, {} passed, {} did not run", named.name,
                             named.report.Count(stats::Verdict::kFail) + named.report.Count(stats::Verdict::kError),
                             named.report.Count(stats::Verdict::kWarning), named.report.Count(stats::Verdict::kPass),
                             named.report.not_run()));
    if (const auto folder = arguments.Get("html"))
      SLIPWAY_RETURN_IF_ERROR(With(WriteFileAtomic(std::filesystem::path(*folder) / (named.name + ".html"),
                                                   stats::QualityPage(named.report, context.clock().Now())),
                                   "--html"));
  }
  Output output = Output::Of(std::move(json));
  output.keeps_order = true;
  output.table_row = [rows = Rows(reports)](const ordered_json&) { return rows; };
  if (gate && worst >= *gate) output.exit_code = 1;
  return output;
}

}  // namespace

Command DataQualityCommand() {
  Command command;
  command.path = "data quality";
  command.summary = "Check the quality of a table, and whether test rows go with it.";
  command.flags = {{"data", 0, "The table: a file, a folder of files, an MLTable folder or a data asset.",
                    Flag::Takes::kValue, true},
                   {"test", 0, "Rows to judge by, to compare with it."},
                   {"target", 0, "The label column."},
                   {"index", 0, "The column that numbers the rows."},
                   {"time-column", 0, "The column that dates the rows."},
                   {"categorical", 0, "Categorical features, with commas between. Default: by what the columns hold.",
                    Flag::Takes::kValues},
                   {"html", 0, "Write the reports as pages to this folder, too."},
                   {.name = "fail-on",
                    .help = "Exit with 1 when a check is as bad as that. Default: none.",
                    .choices = {"none", "warning", "error"}}};
  command.run = Run;
  command.examples = {"slipway data quality --data train.csv --target default -o table",
                      "slipway data quality --data train.csv --test test.csv --html reports --fail-on error"};
  return command;
}

}  // namespace slipway::cli
