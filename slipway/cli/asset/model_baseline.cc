// model baseline: what a registered model's inputs and scores looked like when it was trained, for live drift.
#include <fmt/format.h>

#include "slipway/cli/asset/asset_commands.h"
#include "slipway/cli/commands.h"
#include "slipway/cli/tools/named_inputs.h"
#include "slipway/client/workspace.h"
#include "slipway/stats/baseline.h"
#include "slipway/training/baseline.h"

namespace slipway::cli {
namespace {

struct ModelVersion {
  std::string name, version;
};

Result<ModelVersion> FindModel(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(const Json arm, FetchAsset(context, domain::AssetKind::kModel, arguments));
  SLIPWAY_ASSIGN_OR_RETURN(const Json printed, PrintedAsset(domain::AssetKind::kModel, arm));
  return ModelVersion{printed.value("name", ""), printed.value("version", "")};
}

// The model's inputs, and its scores of the rows. A model that cannot be scored here has none: every column counts.
Result<stats::Baseline> Describe(Context& context, const ModelVersion& version, const tabular::Table& table,
                                 const std::vector<std::string>& left_out) {
  const auto named = LoadNamedModel(context, fmt::format("azureml:{}:{}", version.name, version.version));
  if (!named) {
    context.Note(fmt::format("a baseline without scores: {}", named.error().message()));
    return stats::DescribeTable(table, left_out);
  }
  std::vector<std::string> inputs;
  for (const auto& input : named->model->signature().inputs)
    if (table.Find(input.name) != nullptr) inputs.push_back(input.name);
  if (inputs.empty())
    return InvalidArgument(fmt::format("the data have none of the inputs of '{}:{}'", version.name, version.version));
  SLIPWAY_ASSIGN_OR_RETURN(const tabular::Table features, table.Select(inputs));
  SLIPWAY_ASSIGN_OR_RETURN(auto baseline, stats::DescribeTable(features, left_out));
  const auto predictions = named->model->ScoreTable(table);
  if (predictions)
    baseline.score = training::DescribePredictions(*predictions);
  else
    context.Note(fmt::format("a baseline without scores: {}", predictions.error().message()));
  return baseline;
}

Json Printed(const ModelVersion& model, const Json& baseline) {
  Json columns = Json::array();
  for (const Json& column : baseline["columns"])
    columns.push_back({{"column", column["name"]},
                       {"kind", column["kind"]},
                       {"bins", column["counts"].size()},
                       {"missing", column["missing"]}});
  return {{"name", model.name},
          {"version", model.version},
          {"rows", baseline["rows"]},
          {"has_scores", baseline.contains("score")},
          {"columns", std::move(columns)}};
}

Result<Output> Run(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const ModelVersion model, FindModel(context, arguments));
  const std::string path = server->Path(fmt::format("/slipway/baselines/{}/{}", client::Workspace::Segment(model.name),
                                                    client::Workspace::Segment(model.version)));
  if (arguments.Has("remove")) {
    SLIPWAY_RETURN_IF_ERROR(server->connection().Delete(path));
    return Output::Nothing();
  }
  const auto data = arguments.Get("data");
  if (!data) {
    SLIPWAY_ASSIGN_OR_RETURN(const Json baseline, server->connection().Get(path));
    return Output::Of(Printed(model, baseline));
  }
  SLIPWAY_ASSIGN_OR_RETURN(const tabular::Table table, With(ReadNamedTable(context, *data), "--data"));
  const std::vector<std::string> left_out = arguments.Names("ignore");
  SLIPWAY_ASSIGN_OR_RETURN(const stats::Baseline baseline, Describe(context, model, table, left_out));
  SLIPWAY_ASSIGN_OR_RETURN(const Json stored,
                           server->connection().Put(path, Json::parse(stats::BaselineToJson(baseline).dump())));
  return Output::Of(Printed(model, stored));
}

}  // namespace

std::vector<Command> ModelBaselineCommands() {
  Command command;
  command.path = "model baseline";
  command.summary = "Show what live drift compares a model's traffic with, or set it from its training data.";
  command.flags = {
      NameFlag(true),
      VersionFlag(),
      {"data", 0, "The rows it was trained on, or rows like them: a path or a data asset."},
      {"ignore", 0, "Columns to leave out, with commas between.", Flag::Takes::kValues},
      {"remove", 0, "Forget what was set: the baseline among the model's files counts again.", Flag::Takes::kNothing}};
  command.run = Run;
  command.examples = {"slipway model baseline --name loans --version 3 --data train.csv",
                      "slipway model baseline --name loans -o table"};
  return {command};
}

}  // namespace slipway::cli
