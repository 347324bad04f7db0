#include "slipway/scoring/json_model.h"

namespace slipway::scoring {

JsonModel::JsonModel(model::Signature signature, InputColumns columns, OutputShape outputs)
    : signature_(std::move(signature)),
      columns_(std::move(columns)),
      outputs_(std::move(outputs)),
      encoder_(outputs_) {}

Status JsonModel::ScoreJson(std::string_view request, Scratch& scratch, std::string& response) const {
  auto& batch = static_cast<BatchScratch&>(scratch);
  SLIPWAY_ASSIGN_OR_RETURN(const RequestForm form, batch.decoder.Decode(request, columns_, batch.cells()));
  SLIPWAY_RETURN_IF_ERROR(Run(batch));
  encoder_.Encode(form, batch.cells().rows(), batch.labels, batch.scores, response);
  return {};
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

}  // namespace slipway::scoring
