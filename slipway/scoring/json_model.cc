#include "slipway/scoring/json_model.h"

#include <cmath>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/scoring/json_reader.h"
#include "slipway/tabular/csv.h"

namespace slipway::scoring {
namespace {

tabular::ColumnType TableType(InputColumn::Kind kind) {
  switch (kind) {
    case InputColumn::Kind::kReal:
      return tabular::ColumnType::kFloat64;
    case InputColumn::Kind::kInteger:
      return tabular::ColumnType::kInt64;
    case InputColumn::Kind::kBoolean:
      return tabular::ColumnType::kBool;
    case InputColumn::Kind::kText:
      break;
  }
  return tabular::ColumnType::kString;
}

// Named columns are read as the model's types; without names what a column is shows in its values.
tabular::CsvOptions CsvOptionsOf(const InputColumns& columns) {
  tabular::CsvOptions options;
  options.infer_datetimes = false;
  options.types_may_be_missing = true;
  for (const InputColumn& column : columns.columns())
    if (!column.name.empty()) options.types[column.name] = TableType(column.kind);
  return options;
}

// A table may hold infinite numbers, a request may not.
Status CheckFinite(const tabular::Table& table, const InputColumns& columns) {
  for (size_t i = 0; i < columns.size(); ++i) {
    const tabular::Column* column = table.Find(columns[i].name);
    if (column == nullptr || column->type != tabular::ColumnType::kFloat64) continue;
    for (size_t row = 0; row < column->size(); ++row)
      if (!column->is_null(row) && std::isinf(column->number(row)))
        return InvalidArgument(fmt::format("row {}, {}: {} is not a finite number (a missing value is an empty field)",
                                           row, columns[i].Describe(i), column->number(row)));
  }
  return {};
}

UnknownColumns PolicyOf(const Scratch& scratch) {
  return scratch.refuses_unknown_columns ? UnknownColumns::kRefuse : UnknownColumns::kIgnore;
}

Status CheckKnown(const tabular::Table& table, const InputColumns& columns) {
  if (!columns.is_named()) return {};
  for (const std::string& name : table.names())
    if (!columns.Find(name))
      return InvalidArgument(fmt::format("the table has '{}', a column that the model does not know{}", Shortened(name),
                                         DidYouMean(name, columns.names())));
  return {};
}

}  // namespace

JsonModel::JsonModel(model::Signature signature, InputColumns columns, OutputShape outputs)
    : signature_(std::move(signature)),
      columns_(std::move(columns)),
      outputs_(std::move(outputs)),
      encoder_(outputs_),
      tensor_encoder_(outputs_) {}

Status JsonModel::RunObserved(BatchScratch& batch) const {
  if (batch.observer) batch.observer->Decoded();
  SLIPWAY_RETURN_IF_ERROR(Run(batch));
  if (batch.observer) batch.observer->Scored();
  return {};
}

Status JsonModel::ScoreJson(std::string_view request, Scratch& scratch, std::string& response) const {
  auto& batch = static_cast<BatchScratch&>(scratch);
  SLIPWAY_ASSIGN_OR_RETURN(const RequestForm form,
                           batch.decoder.Decode(request, columns_, batch.cells(), PolicyOf(batch)));
  SLIPWAY_RETURN_IF_ERROR(RunObserved(batch));
  encoder_.Encode(form, batch.cells().rows(), batch.labels, batch.scores, response);
  return {};
}

Status JsonModel::ScoreMlflow(std::string_view request, Scratch& scratch, std::string& response) const {
  auto& batch = static_cast<BatchScratch&>(scratch);
  SLIPWAY_ASSIGN_OR_RETURN(const RequestForm form,
                           batch.decoder.Decode(request, columns_, batch.cells(), PolicyOf(batch)));
  if (form != RequestForm::kMlflow)
    return InvalidArgument(
        "The input must be a JSON dictionary with exactly one of the input fields 'dataframe_split', "
        "'dataframe_records', 'instances', 'inputs'");
  SLIPWAY_RETURN_IF_ERROR(RunObserved(batch));
  encoder_.Encode(form, batch.cells().rows(), batch.labels, batch.scores, response);
  return {};
}

Status JsonModel::ScoreCsv(std::string_view csv, Scratch& scratch, std::string& response) const {
  auto& batch = static_cast<BatchScratch&>(scratch);
  SLIPWAY_ASSIGN_OR_RETURN(const tabular::Table table, tabular::ParseCsv(csv, CsvOptionsOf(columns_)));
  SLIPWAY_RETURN_IF_ERROR(CheckFinite(table, columns_));
  if (batch.refuses_unknown_columns) SLIPWAY_RETURN_IF_ERROR(CheckKnown(table, columns_));
  batch.cells().Clear();
  SLIPWAY_RETURN_IF_ERROR(ReadTable(table, columns_, batch.cells()));
  SLIPWAY_RETURN_IF_ERROR(RunObserved(batch));
  encoder_.Encode(RequestForm::kMlflow, batch.cells().rows(), batch.labels, batch.scores, response);
  return {};
}

Status JsonModel::ScoreTensors(std::string_view request, const ModelIdentity& identity, Scratch& scratch,
                               std::string& response) const {
  auto& batch = static_cast<BatchScratch&>(scratch);
  SLIPWAY_RETURN_IF_ERROR(batch.tensor_decoder.Decode(request, columns_, batch.cells(), batch.tensor_request));
  SLIPWAY_RETURN_IF_ERROR(RunObserved(batch));
  return tensor_encoder_.Encode(identity, batch.tensor_request, batch.cells().rows(), batch.labels, batch.scores,
                                response);
}

std::string JsonModel::DescribeTensors(const ModelIdentity& identity) const {
  return tensor_encoder_.Describe(identity, columns_);
}

Result<Predictions> JsonModel::ScoreTable(const tabular::Table& table) const {
  const std::unique_ptr<Scratch> scratch = MakeScratch();
  auto& batch = static_cast<BatchScratch&>(*scratch);
  batch.cells().Clear();
  SLIPWAY_RETURN_IF_ERROR(ReadTable(table, columns_, batch.cells()));
  SLIPWAY_RETURN_IF_ERROR(Run(batch));
  Predictions predictions;
  predictions.classes = outputs_.classes;
  predictions.rows = batch.cells().rows();
  predictions.labels = std::move(batch.labels);
  predictions.scores = std::move(batch.scores);
  return predictions;
}

Status JsonModel::ExplainJson(std::string_view request, Scratch& scratch, std::string& response) const {
  SLIPWAY_RETURN_IF_ERROR(CheckExplainable());
  SLIPWAY_RETURN_IF_ERROR(ScoreJson(request, scratch, response));
  SLIPWAY_ASSIGN_OR_RETURN(const Explanations explanations, ExplainRows(static_cast<BatchScratch&>(scratch)));
  AppendExplanations(explanations, response);
  return {};
}

Result<Explanations> JsonModel::ExplainTable(const tabular::Table& table) const {
  SLIPWAY_RETURN_IF_ERROR(CheckExplainable());
  const std::unique_ptr<Scratch> scratch = MakeScratch();
  auto& batch = static_cast<BatchScratch&>(*scratch);
  batch.cells().Clear();
  SLIPWAY_RETURN_IF_ERROR(ReadTable(table, columns_, batch.cells()));
  SLIPWAY_RETURN_IF_ERROR(Run(batch));
  return ExplainRows(batch);
}

}  // namespace slipway::scoring
