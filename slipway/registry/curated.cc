#include "slipway/registry/curated.h"

#include <vector>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::registry {
namespace {

using domain::AssetKind;
using domain::AssetVersion;
using domain::CommandComponent;
using domain::InputPort;
using domain::Literal;

constexpr std::string_view kEnvironment = "steps";

// Anything that a table is read from: a file, a folder, an MLTable.
constexpr const char* kTable = "table";

InputPort Data(std::string type, std::string description, bool optional = false) {
  InputPort port;
  port.type = std::move(type);
  port.description = std::move(description);
  port.optional = optional;
  return port;
}

InputPort Needed(std::string description) {
  InputPort port;
  port.description = std::move(description);
  return port;
}

InputPort Text(std::string value, std::string description) {
  InputPort port = Needed(std::move(description));
  port.default_value = Literal{Literal::Kind::kString, std::move(value)};
  return port;
}

InputPort Whole(int value, std::string description) {
  InputPort port = Needed(std::move(description));
  port.type = "integer";
  port.default_value = Literal{Literal::Kind::kInteger, std::to_string(value)};
  return port;
}

InputPort Boolean(bool value, std::string description) {
  InputPort port = Needed(std::move(description));
  port.type = "boolean";
  port.default_value = Literal{Literal::Kind::kBoolean, value ? "true" : "false"};
  return port;
}

// Of what reports find.
InputPort Gate() {
  InputPort port = Text("none", "Fail when the report has something as bad: none, warning or error.");
  port.choices = {"none", "warning", "error"};
  return port;
}

InputPort Number(std::string value, std::string description, double min) {
  InputPort port = Needed(std::move(description));
  port.type = "number";
  port.min = min;
  port.default_value = Literal{Literal::Kind::kNumber, std::move(value)};
  return port;
}

InputPort Share(std::string value, std::string description) {
  InputPort port = Number(std::move(value), std::move(description), 0);
  port.max = 1;
  return port;
}

// The program reads inputs and outputs from the variables that every step gets (AZURE_ML_INPUT_…), so that no value has
// to survive a shell.
CommandComponent Component(std::string name, std::string description, std::map<std::string, InputPort> inputs,
                           std::map<std::string, domain::OutputPort> outputs, bool is_deterministic = true) {
  CommandComponent component;
  component.command = "slipway-step " + name;
  component.name = std::move(name);
  component.version = kCuratedVersion;
  component.display_name = component.name;
  component.description = std::move(description);
  component.is_deterministic = is_deterministic;
  component.inputs = std::move(inputs);
  component.outputs = std::move(outputs);
  component.environment = fmt::format("azureml://registries/{}/environments/{}/versions/{}", kCuratedRegistry,
                                      kEnvironment, kCuratedVersion);
  return component;
}

CommandComponent Split() {
  return Component("split", "Parts a table into rows to learn from and rows to judge by.",
                   {{"data", Data(kTable, "The labelled table.")},
                    {"more", Data(kTable, "Further labelled rows, parted by themselves.", true)},
                    {"test_size", Share("0.2", "The share of rows to judge by.")},
                    {"random_state", Whole(0, "The same number splits the same way.")}},
                   {{"train", {}}, {"test", {}}});
}

CommandComponent DataQuality() {
  return Component("data-quality", "Reports on the quality of training data; a gate where max_failed_checks is set.",
                   {{"train", Data(kTable, "Rows to learn from.")},
                    {"test", Data(kTable, "Rows to judge by.")},
                    {"target", Text("", "The label column.")},
                    {"max_failed_checks", Whole(-1, "Fail beyond so many failed checks; -1: never.")},
                    {"fail_on", Gate()}},
                   {{"report", {}}});
}

CommandComponent TrainTabular() {
  domain::OutputPort model;
  model.type = "mlflow_model";
  return Component(
      "train-tabular", "Trains a model on a table, judges it and writes it with its card.",
      {{"train", Data(kTable, "The labelled table, or the rows to learn from.")},
       {"test", Data(kTable, "Rows to judge by; without them a fifth of the others is held out.", true)},
       {"target", Needed("The column to predict.")},
       {"algorithm", Text("random_forest", "random_forest, extra_trees, decision_tree, linear or gradient_boosting.")},
       {"task", Text("auto", "classification, regression, or auto: as the target looks.")},
       {"parameters", Text("", "NAME=VALUE with spaces between: n_estimators=500 max_depth=12.")},
       {"exclude", Text("", "Columns that are no features, with commas between.")},
       {"segments", Text("", "Columns to judge the model by; sex, age, education and the like when empty.")},
       {"random_state", Whole(0, "The same number gives the same model.")}},
      {{"model", model}});
}

CommandComponent Compare() {
  return Component(
      "compare", "Says whether a new model is better than the one in use, on the same held-out rows.",
      {{"champion", Data("mlflow_model", "The model in use.")},
       {"challenger", Data("mlflow_model", "The new model.")},
       {"data", Data(kTable, "Labelled rows that neither has seen.")},
       {"target", Needed("The column to predict.")},
       {"traffic", Data(kTable, "Recent rows whose truth is not known.", true)},
       {"metric", Text("auto", "What decides: roc_auc, f1_score, log_loss, rmse …; auto: roc_auc or rmse.")},
       {"margin", Number("0.002", "By how much the new model has to be better.", 0)},
       {"min_rows", Whole(500, "With fewer held-out rows nothing is decided.")},
       {"segments", Text("", "Columns to look for regressions by; sex, age, education and the like when empty.")},
       {"refuse_segment_regressions", Boolean(false, "A model that is worse for a segment is not better.")},
       {"random_state", Whole(0, "The same number gives the same intervals.")}},
      {{"verdict", {}}});
}

CommandComponent Register() {
  return Component(
      "register", "Registers a model as the next version of a name, or only if it is better than the one in use.",
      {{"model", Data("mlflow_model", "What train-tabular wrote.")},
       {"name", Needed("The model's name.")},
       {"verdict", Data("uri_folder", "What compare wrote: registers nothing unless it says better.", true)}},
      {}, false);
}

CommandComponent Drift() {
  return Component("drift",
                   "Compares what a model was trained on with what it is asked now; sends the figures to the logs.",
                   {{"reference", Data(kTable, "What the model was trained on.")},
                    {"current", Data(kTable, "What it is asked now.")},
                    {"model_name", Needed("The name under which the figures stand in the logs.")},
                    {"exclude", Text("", "Columns of the reference to leave out (the label), with commas between.")},
                    {"target", Text("", "The label column, where it is to be looked at.")},
                    {"prediction", Text("", "The column of predictions.")},
                    {"together", Boolean(false, "Whether a model can tell current rows from reference rows.")},
                    {"every", Text("", "Windows over time: 1d, 12h, or a number of rows.")},
                    {"time_column", Text("", "The column of times for windows.")},
                    {"weekdays", Boolean(false, "Compare days with days of the same weekday.")},
                    {"bad_windows", Text("3/5", "Alarm when so many of the last windows are bad.")},
                    {"model", Data("mlflow_model", "What train-tabular wrote: columns count by importance.", true)},
                    {"score", Text("", "To estimate performance by: scores of the positive class, or CLASS=COLUMN,….")},
                    {"fail_on", Gate()}},
                   {{"report", {}}}, false);
}

CommandComponent Export() {
  return Component("export", "Collects the rows of a query over the logs as a table.",
                   {{"query", Needed("The query (KQL).")},
                    {"exclude", Text("", "Columns of the answer to leave out, with commas between.")}},
                   {{"data", {}}}, false);
}

std::vector<CommandComponent> Components() {
  return {Split(), DataQuality(), TrainTabular(), Compare(), Register(), Drift(), Export()};
}

AssetVersion Version(AssetKind kind, std::string name, std::string description, domain::AssetBody body) {
  AssetVersion asset;
  asset.kind = kind;
  asset.name = std::move(name);
  asset.version = kCuratedVersion;
  asset.description = std::move(description);
  asset.body = std::move(body);
  asset.context.created_by = asset.context.last_modified_by = kCuratedRegistry;
  return asset;
}

domain::AssetContainer ContainerOf(const AssetVersion& asset) {
  domain::AssetContainer container;
  container.kind = asset.kind;
  container.name = asset.name;
  container.description = asset.description;
  container.latest_version = asset.version;
  container.context = asset.context;
  return container;
}

std::vector<AssetVersion> Assets(AssetKind kind) {
  std::vector<AssetVersion> assets;
  if (kind == AssetKind::kComponent)
    for (CommandComponent& component : Components())
      assets.push_back(Version(kind, component.name, component.description, component));
  if (kind == AssetKind::kEnvironment) {
    domain::EnvironmentBody body;
    body.native = domain::NativeProvider{};
    body.native->provider = "native";
    body.native->programs = {"slipway-step"};
    assets.push_back(Version(kind, std::string(kEnvironment), "what the components of this registry run in", body));
  }
  return assets;
}

Status CheckVersion(const domain::AssetReference& reference) {
  const bool is_newest = reference.label.empty() || reference.label == "latest";
  if (is_newest && (reference.version.empty() || reference.version == kCuratedVersion)) return {};
  return NotFound(
      fmt::format("the registry '{}' has version {} of '{}' alone", kCuratedRegistry, kCuratedVersion, reference.name));
}

}  // namespace

bool IsCurated(std::string_view registry) {
  return EqualsIgnoreCase(registry, kCuratedRegistry);
}

domain::AssetRegistry CuratedRegistry() {
  domain::AssetRegistry registry;
  registry.scope.registry = kCuratedRegistry;
  registry.display_name = "Slipway";
  registry.description = "what comes with Slipway: components for pipelines without code, and what they run in";
  registry.context.created_by = registry.context.last_modified_by = kCuratedRegistry;
  return registry;
}

std::vector<domain::AssetContainer> ListCurated(AssetKind kind, domain::ListView view) {
  std::vector<domain::AssetContainer> containers;
  if (view == domain::ListView::kArchivedOnly) return containers;
  for (const AssetVersion& asset : Assets(kind)) containers.push_back(ContainerOf(asset));
  return containers;
}

Result<domain::AssetContainer> FindCuratedContainer(const std::string& name, AssetKind kind) {
  domain::AssetReference reference;
  reference.name = name;
  SLIPWAY_ASSIGN_OR_RETURN(const AssetVersion asset, FindCurated(reference, kind));
  return ContainerOf(asset);
}

Result<AssetVersion> FindCurated(const domain::AssetReference& reference, AssetKind kind) {
  for (AssetVersion& asset : Assets(kind)) {
    if (asset.name != reference.name) continue;
    SLIPWAY_RETURN_IF_ERROR(CheckVersion(reference));
    return std::move(asset);
  }
  std::vector<std::string> names;
  for (const AssetVersion& asset : Assets(kind)) names.push_back(asset.name);
  return NotFound(fmt::format("the registry '{}' has no {} '{}'{}{}", kCuratedRegistry, domain::AssetKindName(kind),
                              reference.name, names.empty() ? "" : "; it has " + Join(names, ", "),
                              DidYouMean(reference.name, names)));
}

}  // namespace slipway::registry
