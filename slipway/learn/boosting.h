// Gradient boosted trees by libxgboost: trained there, kept as the plain trees that export and scoring take.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/learn/binning.h"
#include "slipway/learn/forest.h"
#include "slipway/model/boosted_trees.h"

namespace slipway::learn {

// By XGBoost's names and with its defaults, histograms for the splits.
struct BoostingOptions {
  int rounds = 100;  // n_estimators
  double learning_rate = 0.3;
  int max_depth = 6;
  double min_child_weight = 1;
  double subsample = 1;
  double colsample_bytree = 1;
  double lambda = 1, alpha = 0, gamma = 0;
  int max_bin = 256;
  // Stop when the loss of rows held out has not fallen for so many rounds, and keep the best round's trees. 0: never.
  int early_stopping_rounds = 0;
  double validation_share = 0.1;  // of the rows, held out when stopping early
  uint64_t seed = 0;
};
// Names the option that is out of its range.
Status CheckOptions(const BoostingOptions& options);

struct FittedBoosting {
  model::BoostedModel model;
  int rounds = 0;                         // whose trees were kept
  std::vector<double> validation_losses;  // a round, when rows were held out
};

// Classes (logistic for two, softmax for more) or values (squared error), by targets.class_count. Missing numbers (NaN)
// go the way that was better in training. Runs on one thread, so that a seed always gives the same trees. Memory: 4
// bytes a row and feature, one-hot columns written out, and as much again in libxgboost. kInvalidArgument for options,
// columns or targets that do not fit; kInternal with libxgboost's message.
Result<FittedBoosting> FitBoosting(std::span<const FeatureColumn> columns, const Targets& targets,
                                   const BoostingOptions& options);

}  // namespace slipway::learn
