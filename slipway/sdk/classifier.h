// Training and scoring of tabular classifiers.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/sdk/table.h"

namespace slipway::learn {
struct FittedModel;
}
namespace slipway::scoring {
class CompiledModel;
}

namespace slipway::sdk {

// scikit-learn's RandomForestClassifier, by the same names and with the same defaults.
struct RandomForest {
  int n_estimators = 100;
  int max_depth = 0;               // 0: until the leaves are pure
  std::string criterion = "gini";  // gini, entropy, log_loss
  int min_samples_split = 2;
  int min_samples_leaf = 1;
  uint64_t random_state = 0;
  int n_jobs = 0;  // threads; 0: every core
};

// Numbers get the median where they are missing, categories become one-hot columns (an unknown one is all zeros), then
// the forest. The fitted classifier is an ONNX model bit for bit.
class Classifier {
 public:
  // `target` names the label column; every other column is a feature.
  static Classifier Fit(const Table& train, const std::string& target, const RandomForest& options);

  // "accuracy", "precision", "recall", "f1_score", "roc_auc", "log_loss" on a labelled table (binary labels), or the
  // macro averages (several classes). The scores of this table become the model's baseline for live drift, which Save
  // keeps: evaluate on rows that it did not learn from.
  std::map<std::string, double> Evaluate(const Table& labelled) const;

  // Writes an MLflow model directory (MLmodel, model.onnx, signature, input example from the training data), with the
  // baseline for live drift.
  void Save(const std::string& folder) const;

 private:
  struct Impl;
  explicit Classifier(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<Impl> impl_;
};

// A saved model, ready to score; immutable and thread-safe.
class Model {
 public:
  // A model directory, a folder that holds one, or an .onnx file; XGBoost's .json or .ubj, LightGBM's .txt.
  static Model Load(const std::string& path);

  // Takes any request form of the dialect ({"data":[…]}, {"input_data":…}, …) and returns the JSON answer. Throws
  // InvalidRequest when the request does not fit the model's signature.
  std::string ScoreJson(std::string_view request) const;
  // The same with "explanations" in the answer: the mean over the training rows and exact SHAP values by column. Throws
  // Failure for a model that carries no training weights (those that Slipway trains do).
  std::string ExplainJson(std::string_view request) const;
  std::map<std::string, double> Evaluate(const Table& labelled, const std::string& target) const;

 private:
  explicit Model(std::shared_ptr<const scoring::CompiledModel> model) : model_(std::move(model)) {}
  std::shared_ptr<const scoring::CompiledModel> model_;
};

}  // namespace slipway::sdk
