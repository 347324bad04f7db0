// drift: two tables compared column by column, on this machine.
#include <cmath>
#include <thread>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/cli/context.h"
#include "slipway/cli/tools/tools.h"
#include "slipway/stats/drift.h"
#include "slipway/stats/drift_html.h"
#include "slipway/stats/drift_text.h"
#include "slipway/tabular/read.h"

namespace slipway::cli {
namespace {

using nlohmann::ordered_json;
using stats::ColumnDrift;

// "--numeric a,b --numeric c" and "--numeric a b c" name the same columns.
std::vector<std::string> Names(const Arguments& arguments, std::string_view flag) {
  std::vector<std::string> names;
  for (const std::string& value : arguments.All(flag))
    for (std::string_view name : Split(value, ','))
      if (!Trim(name).empty()) names.emplace_back(Trim(name));
  return names;
}

// COLUMN=TEST; a TEST alone is for every column. Names of columns may hold '='.
Status AddTests(const Arguments& arguments, stats::DriftOptions& options) {
  for (const std::string& value : arguments.All("test")) {
    const size_t equals = value.rfind('=');
    if (equals == std::string::npos)
      options.test = value;
    else if (equals == 0 || equals + 1 == value.size())
      return InvalidArgument(fmt::format("--test takes COLUMN=TEST or TEST, not '{}'", value));
    else
      options.test_by_column[value.substr(0, equals)] = value.substr(equals + 1);
  }
  return {};
}

Result<stats::DriftOptions> OptionsOf(const Arguments& arguments) {
  stats::DriftOptions options;
  options.numeric = Names(arguments, "numeric");
  options.categorical = Names(arguments, "categorical");
  options.ignored = Names(arguments, "ignore");
  options.target = arguments.GetOr("target", "");
  options.prediction = arguments.GetOr("prediction", "");
  options.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  SLIPWAY_RETURN_IF_ERROR(AddTests(arguments, options));
  return options;
}

ordered_json NumberOrNull(double number) {
  return std::isfinite(number) ? ordered_json(number) : ordered_json(nullptr);
}

ordered_json ColumnJson(const ColumnDrift& column) {
  ordered_json json = {{"column", column.name}, {"kind", stats::FeatureKindName(column.kind)}};
  if (!column.problem.empty()) {
    json["problem"] = column.problem;
    return json;
  }
  json["test"] = column.test;
  json["score"] = NumberOrNull(column.score);
  json["threshold"] = column.threshold;
  json["drifted"] = column.is_drifted;
  return json;
}

ordered_json ReportJson(const stats::DriftReport& report) {
  ordered_json json = {{"dataset_drift", report.is_drifted},        {"n_features", report.tested},
                       {"n_drifted_features", report.drifted},      {"share_drifted_features", report.drifted_share},
                       {"reference_rows", report.reference_rows},   {"current_rows", report.current_rows},
                       {"only_in_current", report.only_in_current}, {"columns", ordered_json::array()}};
  for (const ColumnDrift* column : stats::MostDriftedFirst(report)) json["columns"].push_back(ColumnJson(*column));
  return json;
}

// Every row has every cell: columns of the table come from the first one.
ordered_json TableRows(const stats::DriftReport& report) {
  ordered_json rows = ordered_json::array();
  for (const ColumnDrift* column : stats::MostDriftedFirst(report)) {
    const bool is_tested = column->problem.empty();
    rows.push_back({{"column", column->name},
                    {"kind", stats::FeatureKindName(column->kind)},
                    {"test", column->test},
                    {"score", is_tested ? stats::ScoreText(column->score) : ""},
                    {"threshold", is_tested ? fmt::format("{:.4g}", column->threshold) : ""},
                    {"drifted", is_tested ? (column->is_drifted ? "yes" : "no") : column->problem}});
  }
  return rows;
}

Result<Output> Run(Context& context, const Arguments& arguments) {
  const std::string reference_path = *arguments.Get("reference"), current_path = *arguments.Get("current");
  SLIPWAY_ASSIGN_OR_RETURN(const stats::DriftOptions options, OptionsOf(arguments));
  SLIPWAY_ASSIGN_OR_RETURN(const auto reference, With(tabular::ReadTable(reference_path), "--reference"));
  SLIPWAY_ASSIGN_OR_RETURN(const auto current, With(tabular::ReadTable(current_path), "--current"));
  SLIPWAY_ASSIGN_OR_RETURN(const stats::DriftReport report, stats::CompareTables(reference, current, options));
  if (const auto html = arguments.Get("html")) {
    const stats::DriftPageOptions page = {"Data drift", reference_path, current_path};
    SLIPWAY_RETURN_IF_ERROR(
        With(WriteFileAtomic(*html, stats::DriftPage(report, context.clock().Now(), page)), "--html"));
  }
  context.Note(fmt::format("{} of {} columns drifted ({:.1f} %): {}", report.drifted, report.tested,
                           100 * report.drifted_share,
                           report.is_drifted ? "the data set drifted" : "no drift of the data set"));
  Output output = Output::Of(ReportJson(report));
  output.keeps_order = true;
  output.table_row = [rows = TableRows(report)](const ordered_json&) { return rows; };
  return output;
}

}  // namespace

Command DriftCommand() {
  Command command;
  command.path = "drift";
  command.summary = "Compare two tables column by column: which columns drifted?";
  command.flags = {
      {"reference", 0, "The table to compare with: a file, a folder of files or an MLTable folder.",
       Flag::Takes::kValue, true},
      {"current", 0, "The table to look at.", Flag::Takes::kValue, true},
      {"numeric", 0, "Numeric features, with commas between. Default: every column of numbers.", Flag::Takes::kValues},
      {"categorical", 0, "Categorical features, with commas between. Default: every column of texts or booleans.",
       Flag::Takes::kValues},
      {"ignore", 0, "Columns to leave out, with commas between.", Flag::Takes::kValues},
      {"target", 0, "The column with the true labels."},
      {"prediction", 0, "The column with the model's predictions."},
      {"test", 0, "COLUMN=TEST, or TEST for every column. Default: by kind, rows and distinct values.",
       Flag::Takes::kValues},
      {"html", 0, "Write a report to this file, too."}};
  command.needs_workspace = false;
  command.run = Run;
  command.examples = {"slipway drift --reference train.csv --current last-week.csv -o table",
                      "slipway drift --reference train.csv --current last-week.csv --test age=ks --html drift.html"};
  return command;
}

}  // namespace slipway::cli
