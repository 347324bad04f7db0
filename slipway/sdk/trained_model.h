// Training of tabular models of every kind that Slipway knows, judged on rows they did not see.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "slipway/sdk/table.h"

namespace slipway::sdk {

struct TrainSettings {
  // random_forest, extra_trees, decision_tree, linear (with classes: logistic), gradient_boosting.
  std::string algorithm = "random_forest";
  std::string task = {};  // classification, regression; "": classes for texts, booleans and few whole numbers
  // By scikit-learn's names, as texts: {"n_estimators", "500"}, {"class_weight", "balanced"}, {"numeric_scaling",
  // "standard"}; docs/training.md lists them.
  std::map<std::string, std::string> parameters = {};
  std::vector<std::string> columns = {};   // features; empty: every other column
  std::vector<std::string> exclude = {};   // columns that are no features
  std::vector<std::string> segments = {};  // columns to judge by; empty: sex, age, education and the like
  std::string weights = {};                // a column of weights of the rows
  uint64_t random_state = 0;
  bool importances = true;  // which columns it hangs on; takes as long as many scores
};

// What a fit took; the memory is the most that this process has held resident until it ended, its table counts. 0
// where the system does not say.
struct FitCost {
  double seconds = 0;
  uint64_t peak_memory_bytes = 0;
};

// Immutable. Every failure throws Failure.
class TrainedModel {
 public:
  // Holds `test_share` of the rows out at random to judge by.
  static TrainedModel Fit(const Table& data, const std::string& target, const TrainSettings& settings,
                          double test_share = 0.2);
  static TrainedModel Fit(const Table& train, const Table& test, const std::string& target,
                          const TrainSettings& settings);

  // accuracy, roc_auc, f1_score, …, or rmse, mae, r2_score, …; those without a meaning are left out.
  std::map<std::string, double> Metrics() const;
  std::map<std::string, std::string> Parameters() const;
  // What its owner should know: "the coefficients did not settle in 100 iterations …".
  std::vector<std::string> Notes() const;
  FitCost Cost() const;
  std::string CostText() const;  // "the fit took 1.25 s; the process held at most 310 MB until then"
  // Metrics with their intervals, confusion, importances, segments.
  std::string EvaluationJson() const;
  // A page that stands alone.
  std::string CardHtml() const;
  // Writes an MLflow model directory with model_card.html and evaluation.json.
  void Save(const std::string& folder) const;

 private:
  struct Impl;
  explicit TrainedModel(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

}  // namespace slipway::sdk
