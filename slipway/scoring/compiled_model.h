// A model ready to score: the ONNX graph lowered to one fused, immutable plan; graphs of other forms run operator by
// operator, with the same answers and slower. Loading checks everything: what cannot be scored is refused here, by
// operator or attribute name, never at the first request.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/model/onnx_graph.h"
#include "slipway/model/signature.h"
#include "slipway/scoring/explanation.h"
#include "slipway/scoring/tensor_encoder.h"
#include "slipway/tabular/table.h"

namespace slipway::scoring {

// Is told as a request gets on, by those who time its stages.
class StageObserver {
 public:
  virtual void Decoded() = 0;  // its rows stand in the buffers
  virtual void Scored() = 0;   // what follows is writing the answer

 protected:
  ~StageObserver() = default;
};

// Buffers of one scoring thread; grows to the largest request seen, then allocates no more.
class Scratch {
 public:
  virtual ~Scratch() = default;
  StageObserver* observer = nullptr;     // must outlive the calls; may be absent
  bool refuses_unknown_columns = false;  // of requests; else columns that the model does not know are ignored
};

// Labels and probabilities of a batch, or the values of a regressor.
struct Predictions {
  std::vector<std::string> classes;  // class labels as text; empty for a regressor
  std::vector<uint32_t> labels;      // per row, index into `classes`; empty for a regressor
  std::vector<float> scores;         // rows × classes probabilities, or one value a row
  size_t rows = 0;
};

// Immutable; scored by any number of threads at once, each with its own Scratch.
class CompiledModel {
 public:
  // `path`: a model directory (MLmodel beside model.onnx), a folder that holds one, or an .onnx file; or a model of
  // XGBoost (.json, .ubj) or LightGBM (.txt), or MLflow's directory of one. kUnimplemented names an operator, attribute
  // or objective that is not supported; kDataLoss a damaged file.
  static Result<std::shared_ptr<const CompiledModel>> Load(const std::filesystem::path& path);
  enum class Path { kBest, kReference };
  // The same from a graph in memory. kReference: on the reference operators, whatever its form (for comparisons).
  static Result<std::shared_ptr<const CompiledModel>> Make(const model::OnnxModel& onnx, model::Signature signature,
                                                           bool signature_from_graph, Path path = Path::kBest);
  virtual ~CompiledModel() = default;

  virtual const model::Signature& signature() const = 0;
  // Which way rows take: "fused: 500 trees, …" or "reference operators: 12 nodes, not fused because …".
  virtual std::string plan_description() const = 0;
  virtual std::unique_ptr<Scratch> MakeScratch() const = 0;

  // Reads a JSON request in any of the dialect's forms, {"data":[{…}]}, {"input_data":{"columns","index","data"}},
  // {"input_data":[[…]]}, [{…}], {"dataframe_split":…}, {"dataframe_records":…}, {"instances":…}, {"inputs":…}; checks
  // it against the signature; scores; writes the JSON answer (forms: request_decoder.h, response_encoder.h).
  // kInvalidArgument says row and column. Replaces `response`. `scratch` comes from MakeScratch of this model.
  virtual Status ScoreJson(std::string_view request, Scratch& scratch, std::string& response) const = 0;

  // The same by the rules of MLflow's scoring server: its four JSON forms alone, or CSV with a header line (an empty
  // field is a missing value).
  virtual Status ScoreMlflow(std::string_view request, Scratch& scratch, std::string& response) const = 0;
  virtual Status ScoreCsv(std::string_view csv, Scratch& scratch, std::string& response) const = 0;
  // The same for a request of the Open Inference Protocol (forms: tensor_decoder.h, tensor_encoder.h).
  virtual Status ScoreTensors(std::string_view request, const ModelIdentity& identity, Scratch& scratch,
                              std::string& response) const = 0;
  // The model's tensors as that protocol describes them.
  virtual std::string DescribeTensors(const ModelIdentity& identity) const = 0;

  // Scores a table by column names; extra columns are ignored, missing or ill-typed ones refused.
  virtual Result<Predictions> ScoreTable(const tabular::Table& table) const = 0;

  // Whether this model can be explained; the Error says why it cannot: kFailedPrecondition for trees without training
  // weights, kUnimplemented for graphs that are not fused.
  virtual Status CheckExplainable() const = 0;
  // ScoreJson with `explanations` (explanation.h) in the answer. SHAP values are exact; an answer where those of
  // trees do not add up to the score within 1e-5 is not given (kInternal).
  virtual Status ExplainJson(std::string_view request, Scratch& scratch, std::string& response) const = 0;
  virtual Result<Explanations> ExplainTable(const tabular::Table& table) const = 0;
};

}  // namespace slipway::scoring
