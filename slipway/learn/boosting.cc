#include "slipway/learn/boosting.h"

#include <xgboost/c_api.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "slipway/base/hash.h"
#include "slipway/base/text.h"
#include "slipway/learn/feature_rows.h"

namespace slipway::learn {
namespace {

Status Check(int code) {
  if (code == 0) return {};
  const std::string_view message = XGBGetLastError();
  return Internal(fmt::format("libxgboost: {}", message.substr(0, message.find('\n'))));
}

// Rows of features with what they say.
class Data {
 public:
  Data() = default;
  Data(const Data&) = delete;
  Data& operator=(const Data&) = delete;
  ~Data() {
    if (handle_ != nullptr) XGDMatrixFree(handle_);
  }

  Status Fill(std::span<const FeatureColumn> columns, const Targets& targets, std::span<const uint32_t> rows) {
    const size_t features = FeatureCount(columns);
    std::vector<float> cells, row_features, labels, weights;
    cells.reserve(rows.size() * features);
    for (const uint32_t row : rows) {
      FillRow(columns, row, row_features);
      cells.insert(cells.end(), row_features.begin(), row_features.end());
      labels.push_back(targets.class_count > 0 ? static_cast<float>(targets.classes[row])
                                               : static_cast<float>(targets.values[row]));
      if (!targets.weights.empty()) weights.push_back(static_cast<float>(targets.weights[row]));
    }
    SLIPWAY_RETURN_IF_ERROR(Check(XGDMatrixCreateFromMat(cells.data(), rows.size(), features,
                                                         std::numeric_limits<float>::quiet_NaN(), &handle_)));
    SLIPWAY_RETURN_IF_ERROR(Check(XGDMatrixSetFloatInfo(handle_, "label", labels.data(), labels.size())));
    if (weights.empty()) return {};
    return Check(XGDMatrixSetFloatInfo(handle_, "weight", weights.data(), weights.size()));
  }

  DMatrixHandle handle() const { return handle_; }

 private:
  DMatrixHandle handle_ = nullptr;
};

class Booster {
 public:
  Booster() = default;
  Booster(const Booster&) = delete;
  Booster& operator=(const Booster&) = delete;
  ~Booster() {
    if (handle_ != nullptr) XGBoosterFree(handle_);
  }

  Status Create(const Data& data) {
    const DMatrixHandle handle = data.handle();
    return Check(XGBoosterCreate(&handle, 1, &handle_));
  }
  Status Set(const std::string& name, const std::string& value) {
    return Check(XGBoosterSetParam(handle_, name.c_str(), value.c_str()));
  }
  Status Update(int round, const Data& data) { return Check(XGBoosterUpdateOneIter(handle_, round, data.handle())); }

  // The last number of "[3]\tvalidation-logloss:0.31".
  Result<double> Loss(int round, const Data& data) {
    DMatrixHandle handle = data.handle();
    const char* names[] = {"validation"};
    const char* text = nullptr;
    SLIPWAY_RETURN_IF_ERROR(Check(XGBoosterEvalOneIter(handle_, round, &handle, names, 1, &text)));
    const std::string_view line = text;
    const auto loss = ParseDouble(Trim(line.substr(line.rfind(':') + 1)));
    if (!loss) return Internal(fmt::format("libxgboost: no loss in '{}'", line));
    return *loss;
  }

  Status KeepRounds(int rounds) {
    BoosterHandle kept = nullptr;
    SLIPWAY_RETURN_IF_ERROR(Check(XGBoosterSlice(handle_, 0, rounds, 1, &kept)));
    XGBoosterFree(std::exchange(handle_, kept));
    return {};
  }

  Result<model::BoostedModel> Trees() const {
    bst_ulong length = 0;
    const char* bytes = nullptr;
    SLIPWAY_RETURN_IF_ERROR(Check(XGBoosterSaveModelToBuffer(handle_, R"({"format": "json"})", &length, &bytes)));
    return model::ReadXgboostTrees({bytes, length});
  }

 private:
  BoosterHandle handle_ = nullptr;
};

double MeanOf(const Targets& targets, std::span<const uint32_t> rows) {
  double sum = 0, total = 0;
  for (const uint32_t row : rows) {
    const double weight = targets.weights.empty() ? 1 : targets.weights[row];
    sum += weight * targets.values[row];
    total += weight;
  }
  return total > 0 ? sum / total : 0;
}

Status SetUp(const BoostingOptions& options, const Targets& targets, std::span<const uint32_t> rows, Booster& booster) {
  std::vector<std::pair<std::string, std::string>> parameters = {
      {"verbosity", "0"},
      {"nthread", "1"},
      {"tree_method", "hist"},
      {"seed", std::to_string(options.seed % (uint64_t{1} << 31))},
      {"eta", FormatDouble(options.learning_rate)},
      {"max_depth", std::to_string(options.max_depth)},
      {"min_child_weight", FormatDouble(options.min_child_weight)},
      {"subsample", FormatDouble(options.subsample)},
      {"colsample_bytree", FormatDouble(options.colsample_bytree)},
      {"lambda", FormatDouble(options.lambda)},
      {"alpha", FormatDouble(options.alpha)},
      {"gamma", FormatDouble(options.gamma)},
      {"max_bin", std::to_string(options.max_bin)}};
  if (targets.class_count == 0) {
    // Where the sums start from: later versions of XGBoost begin with the mean, too.
    parameters.emplace_back("objective", "reg:squarederror");
    parameters.emplace_back("base_score", FormatDouble(MeanOf(targets, rows)));
  } else if (targets.class_count == 2) {
    parameters.emplace_back("objective", "binary:logistic");
  } else {
    parameters.emplace_back("objective", "multi:softprob");
    parameters.emplace_back("num_class", std::to_string(targets.class_count));
  }
  for (const auto& [name, value] : parameters) SLIPWAY_RETURN_IF_ERROR(booster.Set(name, value));
  return {};
}

// All rows, the ones to hold out last.
std::vector<uint32_t> ShuffledRows(size_t rows, uint64_t seed) {
  std::vector<uint32_t> order(rows);
  std::iota(order.begin(), order.end(), 0);
  SplitMix64 random(seed);
  for (size_t i = rows; i > 1; --i) std::swap(order[i - 1], order[random.NextBelow(i)]);
  return order;
}

Status CheckData(std::span<const FeatureColumn> columns, const Targets& targets) {
  if (columns.empty() || FeatureCount(columns) == 0) return InvalidArgument("the columns give no features");
  if (targets.size() == 0) return InvalidArgument("there are no rows");
  if (targets.class_count == 1) return InvalidArgument("a classifier needs two classes; there is 1");
  for (const FeatureColumn& column : columns)
    if (column.size() != targets.size())
      return InvalidArgument(fmt::format("there are {} rows and {} labels", column.size(), targets.size()));
  return {};
}

Status TrainUntilBest(const BoostingOptions& options, const Data& training, const Data& held_out, Booster& booster,
                      FittedBoosting& fitted) {
  int best = 0;
  for (int round = 0; round < options.rounds && round - best <= options.early_stopping_rounds; ++round) {
    SLIPWAY_RETURN_IF_ERROR(booster.Update(round, training));
    SLIPWAY_ASSIGN_OR_RETURN(const double loss, booster.Loss(round, held_out));
    fitted.validation_losses.push_back(loss);
    if (loss < fitted.validation_losses[static_cast<size_t>(best)]) best = round;
  }
  fitted.rounds = best + 1;
  return booster.KeepRounds(fitted.rounds);
}

}  // namespace

Status CheckOptions(const BoostingOptions& options) {
  const auto refuse = [](std::string_view name, double value, std::string_view rule) {
    return InvalidArgument(fmt::format("{} is {}; it has to be {}", name, FormatDouble(value), rule));
  };
  const auto is_share = [](double value) { return value > 0 && value <= 1; };
  if (options.rounds < 1) return refuse("n_estimators", options.rounds, "at least 1");
  if (!is_share(options.learning_rate)) return refuse("learning_rate", options.learning_rate, "above 0 and at most 1");
  if (options.max_depth < 1 || options.max_depth > 30)
    return refuse("max_depth", options.max_depth, "between 1 and 30");
  if (!is_share(options.subsample)) return refuse("subsample", options.subsample, "above 0 and at most 1");
  if (!is_share(options.colsample_bytree))
    return refuse("colsample_bytree", options.colsample_bytree, "above 0 and at most 1");
  for (const auto& [name, value] : {std::pair("min_child_weight", options.min_child_weight),
                                    {"lambda", options.lambda},
                                    {"alpha", options.alpha},
                                    {"gamma", options.gamma}})
    if (!(value >= 0)) return refuse(name, value, "at least 0");
  if (options.max_bin < 2) return refuse("max_bin", options.max_bin, "at least 2");
  if (options.early_stopping_rounds < 0)
    return refuse("early_stopping_rounds", options.early_stopping_rounds, "at least 0");
  if (!(options.validation_share > 0 && options.validation_share < 1))
    return refuse("validation_fraction", options.validation_share, "between 0 and 1");
  return {};
}

Result<FittedBoosting> FitBoosting(std::span<const FeatureColumn> columns, const Targets& targets,
                                   const BoostingOptions& options) {
  SLIPWAY_RETURN_IF_ERROR(CheckOptions(options));
  SLIPWAY_RETURN_IF_ERROR(CheckData(columns, targets));
  const std::vector<uint32_t> rows = ShuffledRows(targets.size(), options.seed);
  const bool stops_early = options.early_stopping_rounds > 0;
  const auto held = stops_early
                        ? static_cast<size_t>(std::ceil(options.validation_share * static_cast<double>(rows.size())))
                        : size_t{0};
  if (held >= rows.size())
    return InvalidArgument(fmt::format("{} rows are too few to hold {} out for stopping early", rows.size(), held));
  const std::span<const uint32_t> seen = std::span(rows).first(rows.size() - held);
  Data training, held_out;
  SLIPWAY_RETURN_IF_ERROR(training.Fill(columns, targets, seen));
  if (stops_early) SLIPWAY_RETURN_IF_ERROR(held_out.Fill(columns, targets, std::span(rows).last(held)));
  Booster booster;
  SLIPWAY_RETURN_IF_ERROR(booster.Create(training));
  SLIPWAY_RETURN_IF_ERROR(SetUp(options, targets, seen, booster));
  FittedBoosting fitted;
  fitted.rounds = options.rounds;
  if (stops_early) {
    SLIPWAY_RETURN_IF_ERROR(TrainUntilBest(options, training, held_out, booster, fitted));
  } else {
    for (int round = 0; round < options.rounds; ++round) SLIPWAY_RETURN_IF_ERROR(booster.Update(round, training));
  }
  SLIPWAY_ASSIGN_OR_RETURN(fitted.model, booster.Trees());
  fitted.model.features.clear();
  return fitted;
}

}  // namespace slipway::learn
