// From a labelled table to a model that is judged: split, fit, export, and everything its card says, by the scores that
// serving will give.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/learn/fitted_model.h"
#include "slipway/model/onnx_graph.h"
#include "slipway/scoring/compiled_model.h"
#include "slipway/stats/baseline.h"
#include "slipway/tabular/table.h"
#include "slipway/training/evaluation.h"
#include "slipway/training/fit_cost.h"
#include "slipway/training/importance.h"

namespace slipway::training {

struct TrainOptions {
  learn::FitOptions fit;
  double test_share = 0.2;            // of the rows, drawn at random and held out for the judgement
  uint64_t seed = 0;                  // of the split, the intervals and the shuffles; the estimator has its own
  std::vector<std::string> segments;  // columns to judge by; empty: FairnessColumns
  bool find_importances = true;
  size_t shap_rows = 100;
};

// A column as its card describes it.
struct InputDescription {
  std::string name;
  std::string type;       // as in the signature
  std::string treatment;  // "missing: median 30.5; standardised"
  size_t features = 0;
};

struct Trained {
  learn::FittedModel model;
  model::OnnxModel onnx;
  std::string plan;  // how scoring runs it
  std::map<std::string, std::string> parameters;
  std::vector<InputDescription> inputs;
  stats::Baseline baseline;  // of the features it learned from, and of the scores of the rows it was judged by
  size_t train_rows = 0;
  FitCost fit_cost;  // of the fit alone, without what judges the model
  Evaluation evaluation;
  std::vector<std::pair<double, double>> sample;  // of values: some (truth, prediction)
  std::vector<SegmentedColumn> segments;
  std::vector<ColumnImportance> permutation, shap;
  std::string why_no_shap;  // where it could not be computed
};

// Takes a while. `table` is given up: its two parts are copies. Errors as learn::FitModel; kInvalidArgument where the
// held-out rows hold a class that the others do not.
Result<Trained> Train(tabular::Table table, const std::string& target, const TrainOptions& options);
// The same with rows to judge by that are there already; test_share is not looked at.
Result<Trained> Train(tabular::Table train, const tabular::Table& test, const std::string& target,
                      const TrainOptions& options);

// The algorithm's parameters by the names users know, as texts.
std::map<std::string, std::string> ParametersOf(const learn::FitOptions& options);

struct SaveOptions {
  std::string model_uuid;  // 32 hex digits
  std::string run_id = {};
  Timestamp now = {};
};
// MLflow's directory, with model_card.html, evaluation.json and baseline.json beside the model. Errors as
// model::WriteModelDirectory.
Status Save(const Trained& trained, const std::string& folder, const SaveOptions& options);

// What evaluation.json holds.
std::string EvaluationJson(const Trained& trained);

}  // namespace slipway::training
