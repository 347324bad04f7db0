// score: a model on the rows of a file, in this process, without a server.
#include <cmath>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/cli/context.h"
#include "slipway/cli/tools/named_inputs.h"
#include "slipway/cli/tools/tools.h"
#include "slipway/scoring/compiled_model.h"

namespace slipway::cli {
namespace {

using nlohmann::ordered_json;
using scoring::CompiledModel;
using scoring::Explain;
using scoring::Explanations;
using scoring::Predictions;

// Numbers as scoring writes them: the shortest text of the float32.
ordered_json NumberJson(float number) {
  return ordered_json::parse(fmt::format("{}", number), nullptr, false);
}

ordered_json RowJson(const Predictions& predictions, size_t row) {
  const size_t width = predictions.scores.size() / predictions.rows;
  const float* scores = predictions.scores.data() + row * width;
  ordered_json json;
  if (predictions.classes.empty()) {
    for (size_t i = 0; i < width; ++i)
      json[width == 1 ? "prediction" : fmt::format("prediction_{}", i)] = NumberJson(scores[i]);
    return json;
  }
  json["prediction"] = predictions.classes[predictions.labels[row]];
  for (size_t i = 0; i < width; ++i) json["probability_" + predictions.classes[i]] = NumberJson(scores[i]);
  return json;
}

ordered_json RowsJson(const Predictions& predictions) {
  ordered_json rows = ordered_json::array();
  for (size_t row = 0; row < predictions.rows; ++row) rows.push_back(RowJson(predictions, row));
  return rows;
}

// Adds base_value and shap_<column> to every row; with several outputs base_value_<class> and shap_<class>_<column>.
void AddExplanations(const Explanations& explanations, ordered_json& rows) {
  const size_t outputs = explanations.base_values.size(), columns = explanations.columns.size();
  const double* value = explanations.values.data();
  for (ordered_json& row : rows) {
    for (size_t output = 0; output < outputs; ++output) {
      std::string name;
      if (outputs > 1) name = explanations.outputs.empty() ? std::to_string(output) : explanations.outputs[output];
      row[name.empty() ? "base_value" : "base_value_" + name] = explanations.base_values[output];
      const std::string prefix = name.empty() ? "shap_" : "shap_" + name + "_";
      for (size_t i = 0; i < columns; ++i) row[prefix + explanations.columns[i]] = *value++;
    }
  }
}

Result<ordered_json> ScoreRows(const CompiledModel& model, const tabular::Table& table, Explain explain) {
  SLIPWAY_ASSIGN_OR_RETURN(const Predictions predictions, model.ScoreTable(table));
  ordered_json rows = RowsJson(predictions);
  if (explain == Explain::kNone) return rows;
  SLIPWAY_ASSIGN_OR_RETURN(const Explanations explanations, model.ExplainTable(table));
  AddExplanations(explanations, rows);
  return rows;
}

// One row of the same columns.
Result<tabular::Table> SampleRow(const tabular::Table& table) {
  std::vector<tabular::Column> columns;
  for (const tabular::Column& column : table.columns()) {
    tabular::ColumnBuilder builder(column.name, column.type);
    if (column.type == tabular::ColumnType::kString)
      builder.AddString("");
    else if (column.type == tabular::ColumnType::kFloat64)
      builder.AddDouble(0);
    else
      builder.AddInt(0);
    columns.push_back(std::move(builder).Build());
  }
  return tabular::Table::Make(std::move(columns));
}

// A JSON file that is an object is a request as an endpoint takes it; its answer is printed as the endpoint gives it.
Result<std::optional<ordered_json>> ScoreRequest(const CompiledModel& model, const std::filesystem::path& path,
                                                 Explain explain) {
  if (ToLower(path.extension().string()) != ".json") return std::nullopt;
  SLIPWAY_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  if (!Trim(text).starts_with('{')) return std::nullopt;
  std::string response;
  const auto scratch = model.MakeScratch();
  const Status status = explain == Explain::kNone ? model.ScoreJson(text, *scratch, response)
                                                  : model.ExplainJson(text, *scratch, response);
  SLIPWAY_RETURN_IF_ERROR(With(status, fmt::format("'{}'", path.string())));
  return ordered_json::parse(response);
}

std::string CsvField(const ordered_json& value) {
  const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return "\"" + ReplaceAll(text, "\"", "\"\"") + "\"";
}

// `like` has the columns of every row.
std::string CsvText(const ordered_json& like, const ordered_json& rows) {
  std::string text;
  const auto add_line = [&text](const std::vector<std::string>& fields) { text += Join(fields, ",") + "\n"; };
  std::vector<std::string> fields;
  for (const auto& [key, value] : like.items()) fields.push_back(CsvField(key));
  add_line(fields);
  for (const ordered_json& row : rows) {
    fields.clear();
    for (const auto& [key, value] : row.items()) fields.push_back(CsvField(value));
    add_line(fields);
  }
  return text;
}

// Where there are no rows, the header is that of the answer to any row.
Result<Output> CsvOutput(const CompiledModel& model, const tabular::Table& table, Explain explain,
                         const ordered_json& rows) {
  if (!rows.empty()) return Output::Text(CsvText(rows[0], rows));
  SLIPWAY_ASSIGN_OR_RETURN(const tabular::Table sample, SampleRow(table));
  SLIPWAY_ASSIGN_OR_RETURN(const ordered_json answer,
                           With(ScoreRows(model, sample, explain), "a row made up, to tell the columns of the answer"));
  return Output::Text(CsvText(answer[0], rows));
}

Result<Output> Run(Context& context, const Arguments& arguments) {
  const std::filesystem::path input = arguments.GetOr("input", "");
  const bool as_csv = EqualsIgnoreCase(arguments.GetOr("output", ""), "csv");
  SLIPWAY_ASSIGN_OR_RETURN(const Explain explain, scoring::ParseExplain(arguments.GetOr("explain", "")));
  SLIPWAY_ASSIGN_OR_RETURN(const auto model, CompiledModel::Load(arguments.GetOr("model", "")));
  context.Progress(model->plan_description());
  if (explain == Explain::kShap) SLIPWAY_RETURN_IF_ERROR(model->CheckExplainable());
  SLIPWAY_ASSIGN_OR_RETURN(auto answer, ScoreRequest(*model, input, explain));
  if (answer && as_csv) return InvalidArgument("-o csv takes rows (CSV, JSON lines, a JSON list), not a request");
  Output output;
  if (answer) {
    output = Output::Of(std::move(*answer));
  } else {
    SLIPWAY_ASSIGN_OR_RETURN(const tabular::Table table, ReadRows(input, model->signature()));
    SLIPWAY_ASSIGN_OR_RETURN(const ordered_json rows,
                             With(ScoreRows(*model, table, explain), fmt::format("'{}'", input.string())));
    if (!as_csv) {
      output = Output::Of(rows);
    } else {
      SLIPWAY_ASSIGN_OR_RETURN(output, CsvOutput(*model, table, explain, rows));
    }
  }
  output.table_row = [](const ordered_json& row) { return row; };
  output.keeps_order = true;
  return output;
}

}  // namespace

Command ScoreCommand() {
  Command command;
  command.path = "score";
  command.summary = "Score the rows of a file with a model, without a server.";
  command.flags = {
      {.name = "model",
       .short_name = 'm',
       .help = "A model folder (MLmodel), an .onnx file, or a file of XGBoost (.json, .ubj) or LightGBM (.txt).",
       .required = true},
      {.name = "input",
       .short_name = 'i',
       .help = "Rows: CSV, JSON lines, a JSON list of records; or a JSON request as an endpoint takes it.",
       .required = true},
      {.name = "explain", .help = "shap: add the mean (base_value) and what each column added to it (shap_COLUMN)."}};
  command.needs_workspace = false;
  command.extra_outputs = {"csv"};
  command.run = Run;
  command.examples = {"slipway score --model outputs/model --input rows.csv -o table",
                      "slipway score --model model.onnx --input sample.json",
                      "slipway score --model outputs/model --input rows.csv --explain shap -o csv"};
  return command;
}

}  // namespace slipway::cli
