// What fused and reference models share: requests and tables come in as cells, scores go out as JSON or Predictions.
#pragma once

#include <memory>
#include <vector>

#include "slipway/scoring/cell_sink.h"
#include "slipway/scoring/compiled_model.h"
#include "slipway/scoring/input_columns.h"
#include "slipway/scoring/request_decoder.h"
#include "slipway/scoring/response_encoder.h"
#include "slipway/scoring/tensor_decoder.h"
#include "slipway/scoring/tensor_encoder.h"

namespace slipway::scoring {

// Where the rows of a batch and its scores stand.
class BatchScratch : public Scratch {
 public:
  virtual CellSink& cells() = 0;

  RequestDecoder decoder;
  TensorDecoder tensor_decoder;
  TensorRequest tensor_request;
  std::vector<uint32_t> labels;  // a row, for a classifier
  std::vector<float> scores;     // rows × OutputShape::width
};

class JsonModel : public CompiledModel {
 public:
  const model::Signature& signature() const final { return signature_; }
  Status ScoreJson(std::string_view request, Scratch& scratch, std::string& response) const final;
  Status ScoreMlflow(std::string_view request, Scratch& scratch, std::string& response) const final;
  Status ScoreCsv(std::string_view csv, Scratch& scratch, std::string& response) const final;
  Status ScoreTensors(std::string_view request, const ModelIdentity& identity, Scratch& scratch,
                      std::string& response) const final;
  std::string DescribeTensors(const ModelIdentity& identity) const final;
  Result<Predictions> ScoreTable(const tabular::Table& table) const final;
  Status ExplainJson(std::string_view request, Scratch& scratch, std::string& response) const final;
  Result<Explanations> ExplainTable(const tabular::Table& table) const final;

 protected:
  JsonModel(model::Signature signature, InputColumns columns, OutputShape outputs);

  // Scores the cells of `batch` into its labels and scores.
  virtual Status Run(BatchScratch& batch) const = 0;
  // After Run: explains the rows of `batch`.
  virtual Result<Explanations> ExplainRows(BatchScratch& batch) const = 0;

  // Run, with the observer told before and after.
  Status RunObserved(BatchScratch& batch) const;

  const InputColumns& columns() const { return columns_; }
  const OutputShape& outputs() const { return outputs_; }

 private:
  model::Signature signature_;
  InputColumns columns_;
  OutputShape outputs_;
  ResponseEncoder encoder_;
  TensorEncoder tensor_encoder_;
};

// Copies the columns of `table` that the model takes into `cells`, by name (in order for a matrix without names).
// kInvalidArgument for a missing or ill-typed column, with the row for a value.
Status ReadTable(const tabular::Table& table, const InputColumns& columns, CellSink& cells);

// The two kinds of model; both take a graph whose inputs were bound to `columns`.
Result<std::shared_ptr<const CompiledModel>> MakeFusedModel(const model::OnnxModel& onnx, model::Signature signature,
                                                            InputColumns columns);
Result<std::shared_ptr<const CompiledModel>> MakeReferenceModel(const model::OnnxModel& onnx,
                                                                model::Signature signature, InputColumns columns,
                                                                std::string why);

}  // namespace slipway::scoring
