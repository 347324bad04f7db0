// drift: two tables compared column by column, on this machine.
#include <algorithm>
#include <thread>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/cli/context.h"
#include "slipway/cli/tools/named_inputs.h"
#include "slipway/cli/tools/tools.h"
#include "slipway/stats/drift_html.h"
#include "slipway/stats/drift_study.h"
#include "slipway/stats/drift_text.h"
#include "slipway/stats/json_number.h"
#include "slipway/tabular/column_source.h"
#include "slipway/training/drift_study.h"

namespace slipway::cli {
namespace {

using nlohmann::ordered_json;
using stats::ColumnDrift;
using stats::NumberOrNull;

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

Result<stats::WindowOptions> WindowsOf(const Arguments& arguments) {
  stats::WindowOptions windows;
  windows.time_column = arguments.GetOr("time-column", "");
  windows.by_weekday = arguments.Has("weekdays");
  SLIPWAY_RETURN_IF_ERROR(With(training::SetWindow(windows, arguments.GetOr("every", "1d")), "--every"));
  SLIPWAY_RETURN_IF_ERROR(
      With(training::SetPersistence(windows, arguments.GetOr("bad-windows", "3/5")), "--bad-windows"));
  if (const auto path = arguments.Get("importance")) {
    SLIPWAY_ASSIGN_OR_RETURN(windows.importance, With(training::ReadImportances(*path), "--importance"));
  }
  return windows;
}

Result<double> ThresholdOf(const Arguments& arguments) {
  const auto threshold = ParseDouble(arguments.GetOr("threshold", "0.5"));
  if (!threshold)
    return InvalidArgument(fmt::format("--threshold is a number, not '{}'", arguments.GetOr("threshold", "")));
  return *threshold;
}

// --score a=A b=B and --score a=A,b=B say the same.
Result<training::EstimateColumns> EstimateOf(const Arguments& arguments) {
  training::EstimateColumns estimate;
  SLIPWAY_RETURN_IF_ERROR(With(training::SetScores(estimate, Join(arguments.All("score"), ",")), "--score"));
  SLIPWAY_ASSIGN_OR_RETURN(estimate.threshold, ThresholdOf(arguments));
  return estimate;
}

Result<training::StudyOptions> OptionsOf(const Arguments& arguments) {
  training::StudyOptions options;
  options.drift.numeric = arguments.Names("numeric");
  options.drift.categorical = arguments.Names("categorical");
  options.drift.ignored = arguments.Names("ignore");
  options.drift.target = arguments.GetOr("target", "");
  options.drift.prediction = arguments.GetOr("prediction", "");
  options.drift.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  SLIPWAY_RETURN_IF_ERROR(AddTests(arguments, options.drift));
  if (arguments.Has("together")) options.together = training::DomainDriftOptions{};
  if (arguments.Has("every") || arguments.Has("time-column")) {
    SLIPWAY_ASSIGN_OR_RETURN(options.windows, WindowsOf(arguments));
  }
  if (arguments.Has("score")) {
    SLIPWAY_ASSIGN_OR_RETURN(options.estimate, EstimateOf(arguments));
  }
  return options;
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

Output Printed(const stats::DriftStudy& study) {
  ordered_json json = ReportJson(study.report);
  json.update(stats::StudyToJson(study));
  Output output = Output::Of(std::move(json));
  output.keeps_order = true;
  output.table_row = [rows = TableRows(study.report)](const ordered_json&) { return rows; };
  return output;
}

void SayWhatWasFound(Context& context, const stats::DriftStudy& study) {
  constexpr size_t kFindingsMax = 5;
  const stats::DriftReport& report = study.report;
  context.Note(fmt::format("{} of {} columns drifted ({:.1f} %): {}", report.drifted, report.tested,
                           100 * report.drifted_share,
                           report.is_drifted ? "the data set drifted" : "no drift of the data set"));
  for (size_t i = 0; i < std::min(kFindingsMax, study.findings.size()); ++i) {
    const stats::ShiftFinding& finding = study.findings[i];
    context.Note(fmt::format("{}: {}: {}", stats::SeverityName(finding.severity), finding.column, finding.what));
  }
  if (study.findings.size() > kFindingsMax)
    context.Note(fmt::format("and {} more findings", study.findings.size() - kFindingsMax));
  if (study.together)
    context.Note(fmt::format("all columns together: {}, AUC {:.3f}", stats::DomainVerdictName(study.together->verdict),
                             study.together->auc));
  if (study.over_time)
    context.Note(
        fmt::format("over time: {}: {}", stats::DriftStateName(study.over_time->state), study.over_time->reason));
  if (study.performance)
    context.Note(study.performance->alarm.value_or("the estimated performance is as it was in the reference"));
}

Result<stats::DriftStudy> StudyTables(Context& context, const std::string& reference_path,
                                      const std::string& current_path, const training::StudyOptions& options) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto reference, With(ReadNamedTable(context, reference_path), "--reference"));
  SLIPWAY_ASSIGN_OR_RETURN(const auto current, With(ReadNamedTable(context, current_path), "--current"));
  return training::StudyDrift(reference, current, options);
}

// Of Parquet files, column by column: they may be larger than memory.
Result<stats::DriftStudy> StudyStreamed(Context& context, const std::string& reference_path,
                                        const std::string& current_path, const training::StudyOptions& options) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto reference, With(tabular::OpenParquet(reference_path), "--reference"));
  SLIPWAY_ASSIGN_OR_RETURN(const auto current, With(tabular::OpenParquet(current_path), "--current"));
  size_t told = 0;
  return training::StudySources(*reference, *current, options, [&](size_t done, size_t columns) {
    const size_t percent = 100 * done / std::max<size_t>(1, columns);
    if (percent / 5 == told / 5) return;
    told = percent;
    context.Progress(fmt::format("{} of {} columns compared", done, columns));
  });
}

Result<Output> Run(Context& context, const Arguments& arguments) {
  const std::string reference_path = *arguments.Get("reference"), current_path = *arguments.Get("current");
  SLIPWAY_ASSIGN_OR_RETURN(const training::StudyOptions options, OptionsOf(arguments));
  SLIPWAY_ASSIGN_OR_RETURN(const auto gate, With(stats::ParseGate(arguments.GetOr("fail-on", "none")), "--fail-on"));
  const bool takes_rows = options.together || options.windows || options.estimate;
  const bool is_streamed = !takes_rows && tabular::IsParquet(reference_path) && tabular::IsParquet(current_path);
  SLIPWAY_ASSIGN_OR_RETURN(const stats::DriftStudy study,
                           is_streamed ? StudyStreamed(context, reference_path, current_path, options)
                                       : StudyTables(context, reference_path, current_path, options));
  if (const auto html = arguments.Get("html")) {
    const stats::DriftPageOptions page = {"Data drift", reference_path, current_path};
    SLIPWAY_RETURN_IF_ERROR(
        With(WriteFileAtomic(*html, stats::DriftPage(study, context.clock().Now(), page)), "--html"));
  }
  SayWhatWasFound(context, study);
  Output output = Printed(study);
  if (gate && stats::WorstOf(study) >= *gate) output.exit_code = 1;
  return output;
}

}  // namespace

Command DriftCommand() {
  Command command;
  command.path = "drift";
  command.summary = "Compare two tables column by column: which columns drifted?";
  command.flags = {
      {"reference", 0, "The table to compare with: a file, a folder of files, an MLTable folder or a data asset.",
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
      {"together", 0, "Look at all columns together, too: can a model tell current rows from reference rows?",
       Flag::Takes::kNothing},
      {"every", 0,
       "Look at windows, too: of a time (1d, 12h, 30m), or of so many rows. Default with a time column: 1d."},
      {"time-column", 0, "The column of times for windows."},
      {"weekdays", 0, "Compare days with the reference's days of the same weekday.", Flag::Takes::kNothing},
      {"bad-windows", 0, "K/N: alarm when K of the last N windows are bad. Default: 3/5."},
      {"importance", 0, "A model's folder or evaluation.json: columns count by how much the model hangs on them."},
      {"score", 0,
       "The column of scores of the positive class, or CLASS=COLUMN for each class: estimate how well the model does "
       "now. Takes --target.",
       Flag::Takes::kValues},
      {"threshold", 0, "The score from which on an answer is positive, of two classes. Default: 0.5."},
      {"html", 0, "Write a report to this file, too."},
      {.name = "fail-on",
       .help = "Exit with 1 when there is something as bad as that. Default: none.",
       .choices = {"none", "warning", "error"}}};
  command.needs_workspace = false;
  command.run = Run;
  command.examples = {"slipway drift --reference train.csv --current last-week.csv -o table",
                      "slipway drift --reference train.csv --current last-week.csv --test age=ks --html drift.html",
                      "slipway drift --reference azureml:loans --current week.csv --together --fail-on error",
                      "slipway drift --reference scored.csv --current week.csv --target default --score probability",
                      "slipway drift --reference scored.csv --current week.csv --target kind --score "
                      "a=probability_a,b=probability_b,c=probability_c"};
  return command;
}

}  // namespace slipway::cli
