// train: from a labelled table to a model directory with its card, on this machine, without a server.
#include <cmath>
#include <thread>

#include <fmt/format.h>

#include "slipway/base/hash.h"
#include "slipway/base/text.h"
#include "slipway/cli/context.h"
#include "slipway/cli/tools/named_inputs.h"
#include "slipway/cli/tools/tools.h"
#include "slipway/stats/json_number.h"
#include "slipway/tabular/csv.h"
#include "slipway/tabular/read.h"
#include "slipway/training/parameters.h"
#include "slipway/training/schema.h"
#include "slipway/training/train.h"

namespace slipway::cli {
namespace {

using nlohmann::ordered_json;
using stats::NumberOrNull;
using training::Trained;
using training::TrainOptions;

Result<tabular::Table> ReadData(const std::filesystem::path& path, const training::Schema& schema) {
  const std::string ending = ToLower(path.extension().string());
  if (ending != ".csv" && ending != ".tsv") return tabular::ReadTable(path);
  tabular::CsvOptions options;
  if (ending == ".tsv") options.delimiter = '\t';
  options.types = schema.types;
  return tabular::ReadCsvFile(path, options);
}

Result<learn::Task> TaskOf(const Arguments& arguments, const tabular::Column& target) {
  const std::string task = arguments.GetOr("task", "");
  if (task.empty()) return learn::LooksLikeClasses(target) ? learn::Task::kClassification : learn::Task::kRegression;
  return task == "regression" ? learn::Task::kRegression : learn::Task::kClassification;
}

Status SetParameters(const Arguments& arguments, learn::FitOptions& fit) {
  for (const std::string& setting : arguments.All("set")) {
    const size_t equals = setting.find('=');
    if (equals == std::string::npos || equals == 0)
      return InvalidArgument(fmt::format("--set takes NAME=VALUE, not '{}'", setting));
    SLIPWAY_RETURN_IF_ERROR(
        With(training::SetParameter(fit, setting.substr(0, equals), setting.substr(equals + 1)), "--set"));
  }
  return {};
}

Result<double> ShareOf(const Arguments& arguments) {
  const std::string text = arguments.GetOr("test-size", "0.2");
  const auto share = ParseDouble(text);
  if (!share || !(*share > 0 && *share < 1))
    return InvalidArgument(fmt::format("--test-size is a share of the rows between 0 and 1, not '{}'", text));
  return *share;
}

Result<uint64_t> SeedOf(const Arguments& arguments) {
  const auto seed = ParseInt(arguments.GetOr("seed", "0"));
  if (!seed || *seed < 0)
    return InvalidArgument(fmt::format("--seed is a whole number from 0 on, not '{}'", arguments.GetOr("seed", "")));
  return static_cast<uint64_t>(*seed);
}

Result<TrainOptions> OptionsOf(const Arguments& arguments, const training::Schema& schema, const tabular::Table& table,
                               const std::string& target) {
  SLIPWAY_ASSIGN_OR_RETURN(const tabular::Column* column, With(table.Get(target), "--target"));
  SLIPWAY_ASSIGN_OR_RETURN(const learn::Task task, TaskOf(arguments, *column));
  SLIPWAY_ASSIGN_OR_RETURN(const learn::Algorithm algorithm,
                           learn::ParseAlgorithm(arguments.GetOr("algorithm", "random_forest")));
  TrainOptions options;
  SLIPWAY_ASSIGN_OR_RETURN(options.seed, SeedOf(arguments));
  SLIPWAY_ASSIGN_OR_RETURN(options.test_share, ShareOf(arguments));
  options.fit = learn::DefaultOptions(algorithm, task);
  options.fit.forest.seed = options.fit.boosting.seed = options.seed;
  options.fit.weight_column = arguments.GetOr("weights", "");
  options.fit.transforms.columns = arguments.Names("columns");
  options.fit.transforms.left_out = arguments.Names("exclude");
  SLIPWAY_RETURN_IF_ERROR(SetParameters(arguments, options.fit));
  SLIPWAY_RETURN_IF_ERROR(training::ApplySchema(schema, table, options.fit));
  options.segments = arguments.Names("segments");
  options.find_importances = !arguments.Has("no-importances");
  return options;
}

ordered_json ReportJson(const Trained& trained, const std::string& folder) {
  ordered_json json = {{"target", trained.model.target},
                       {"task", trained.evaluation.classes.empty() ? "regression" : "classification"},
                       {"train_rows", trained.train_rows},
                       {"test_rows", trained.evaluation.rows}};
  for (const auto& [name, value] : trained.parameters) json["parameters"][name] = value;
  for (const auto& metric : trained.evaluation.metrics)
    json["metrics"][metric.name] = {
        {"value", NumberOrNull(metric.value)}, {"low", NumberOrNull(metric.low)}, {"high", NumberOrNull(metric.high)}};
  json["fit"] = {{"seconds", trained.fit_cost.seconds}, {"peak_memory_bytes", trained.fit_cost.peak_bytes}};
  if (trained.model.oob_score) json["oob_score"] = *trained.model.oob_score;
  if (!folder.empty()) {
    json["model"] = folder;
    json["model_card"] = (std::filesystem::path(folder) / "model_card.html").string();
  }
  return json;
}

ordered_json TableRows(const Trained& trained) {
  ordered_json rows = ordered_json::array();
  const auto text = [](double value) { return std::isfinite(value) ? fmt::format("{:.4f}", value) : std::string(); };
  for (const auto& metric : trained.evaluation.metrics)
    rows.push_back({{"metric", metric.name},
                    {"value", text(metric.value)},
                    {"low", text(metric.low)},
                    {"high", text(metric.high)}});
  return rows;
}

void SayWhatWasDone(Context& context, const Trained& trained, const std::string& folder) {
  for (const std::string& note : trained.model.notes) context.Note(note);
  context.Note(fmt::format("{} on {} rows and {} columns, judged on {} other rows", trained.parameters.at("algorithm"),
                           trained.train_rows, trained.inputs.size(), trained.evaluation.rows));
  context.Note(training::FitCostText(trained.fit_cost));
  if (!folder.empty())
    context.Note(fmt::format("the model is in '{}'; its card is {}", folder,
                             (std::filesystem::path(folder) / "model_card.html").string()));
}

Result<Output> Run(Context& context, const Arguments& arguments) {
  const std::string path = arguments.GetOr("data", ""), target = arguments.GetOr("target", "");
  training::Schema schema;
  if (const auto file = arguments.Get("schema")) {
    SLIPWAY_ASSIGN_OR_RETURN(schema, With(training::ReadSchema(*file), "--schema"));
  }
  SLIPWAY_ASSIGN_OR_RETURN(
      tabular::Table table,
      With(ReadNamedTable(context, path, [&](const std::filesystem::path& file) { return ReadData(file, schema); }),
           "--data"));
  SLIPWAY_ASSIGN_OR_RETURN(const TrainOptions options, OptionsOf(arguments, schema, table, target));
  context.Progress(fmt::format("training on {} rows", table.rows()));
  SLIPWAY_ASSIGN_OR_RETURN(const Trained trained, training::Train(std::move(table), target, options));
  const std::string folder = arguments.GetOr("model", "");
  if (!folder.empty())
    SLIPWAY_RETURN_IF_ERROR(
        With(training::Save(trained, folder,
                            {.model_uuid = ReplaceAll(RandomUuid(), "-", ""), .now = context.clock().Now()}),
             "--model"));
  SayWhatWasDone(context, trained, folder);
  Output output = Output::Of(ReportJson(trained, folder));
  output.keeps_order = true;
  output.table_row = [rows = TableRows(trained)](const ordered_json&) { return rows; };
  return output;
}

}  // namespace

Command TrainCommand() {
  Command command;
  command.path = "train";
  command.summary = "Train a model on a labelled table, judge it on rows it did not see, and write it with its card.";
  command.flags = {
      {"data", 0, "The labelled table: a file, a folder of files, an MLTable folder or a data asset.",
       Flag::Takes::kValue, true},
      {"target", 0, "The column to predict.", Flag::Takes::kValue, true},
      {"model", 'm', "The folder to write the model and its card to. Default: they are not kept."},
      {.name = "algorithm",
       .help = "random_forest, extra_trees, decision_tree, linear or gradient_boosting. Default: random_forest."},
      {.name = "task",
       .help = "What the target is. Default: classes for texts, booleans and few whole numbers.",
       .choices = {"classification", "regression"}},
      {.name = "set",
       .help = "NAME=VALUE: a parameter by scikit-learn's name (n_estimators, max_depth, class_weight, C, …), or "
               "numeric_… and categorical_… for the columns' treatment.",
       .takes = Flag::Takes::kValues},
      {"schema", 0, "A YAML file that says how columns are read and treated."},
      {"columns", 0, "The features, with commas between. Default: every other column.", Flag::Takes::kValues},
      {"exclude", 0, "Columns that are no features, with commas between.", Flag::Takes::kValues},
      {"weights", 0, "A column of weights of the rows; it is no feature then."},
      {"segments", 0, "Columns to judge the model by. Default: sex, age, education and the like.",
       Flag::Takes::kValues},
      {"test-size", 0, "The share of rows to judge by, held out at random. Default: 0.2."},
      {"seed", 0, "Makes split and model repeatable. Default: 0."},
      {.name = "no-importances",
       .help = "Do not look at which columns the model hangs on, which takes as long as many scores.",
       .takes = Flag::Takes::kNothing}};
  command.needs_workspace = false;
  command.run = Run;
  command.examples = {
      "slipway train --data loans.csv --target default --model loans-model -o table",
      "slipway train --data loans.csv --target default --algorithm gradient_boosting --set early_stopping_rounds=20",
      "slipway train --data houses.csv --target price --algorithm linear --set penalty=l2 alpha=10"};
  return command;
}

}  // namespace slipway::cli
