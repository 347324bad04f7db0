#include "slipway/learn/fitted_classifier.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/learn/feature_rows.h"
#include "slipway/learn/transforms.h"
#include "slipway/model/input_example.h"

namespace slipway::learn {
namespace {

using tabular::Column;
using tabular::ColumnType;

constexpr size_t kExampleRows = 5;

// Codes in ascending order of the values. `value_of(row)` is what is compared.
template <typename Value, typename ValueOf>
std::vector<Value> CodeValues(size_t rows, const ValueOf& value_of, std::vector<uint32_t>& codes) {
  std::map<Value, uint32_t> index;
  for (size_t row = 0; row < rows; ++row) index.emplace(value_of(row), 0);
  std::vector<Value> values;
  for (auto& [value, code] : index) {
    code = static_cast<uint32_t>(values.size());
    values.push_back(value);
  }
  for (size_t row = 0; row < rows; ++row) codes.push_back(index.at(value_of(row)));
  return values;
}

void EncodeIntegers(const Column& target, ClassLabels& out) {
  out.are_integers = true;
  const auto value_of = [&](size_t row) {
    return target.type == ColumnType::kFloat64 ? static_cast<int64_t>(target.doubles[row]) : target.ints[row];
  };
  for (const int64_t value : CodeValues<int64_t>(target.size(), value_of, out.codes)) {
    out.labels.push_back(std::to_string(value));
  }
}

bool IsWhole(double value) {
  return std::abs(value) < 0x1p53 && value == std::trunc(value);
}

Status CheckTarget(const Column& target) {
  const size_t nulls = target.type == ColumnType::kFloat64
                           ? static_cast<size_t>(std::count_if(target.doubles.begin(), target.doubles.end(),
                                                               [](double x) { return std::isnan(x); }))
                           : 0;
  if (const size_t missing = std::max(nulls, target.null_count()); missing > 0) {
    return InvalidArgument(fmt::format("the target '{}' is missing in {} of {} rows; leave those rows out", target.name,
                                       missing, target.size()));
  }
  if (target.type == ColumnType::kDatetime) {
    return InvalidArgument(fmt::format("the target '{}' holds dates; a classifier learns classes", target.name));
  }
  if (target.type == ColumnType::kFloat64 && !std::all_of(target.doubles.begin(), target.doubles.end(), IsWhole)) {
    return InvalidArgument(
        fmt::format("the target '{}' holds fractions; a classifier learns classes, given as texts, "
                    "booleans or whole numbers",
                    target.name));
  }
  return {};
}

Status CheckClassCount(const Column& target, const std::vector<std::string>& labels) {
  if (labels.size() == 1) {
    return InvalidArgument(
        fmt::format("the target '{}' is '{}' in every row; a classifier needs two classes", target.name, labels[0]));
  }
  if (labels.size() > kClassesMax) {
    return InvalidArgument(
        fmt::format("the target '{}' has {} different values; a classifier learns at most {} classes", target.name,
                    labels.size(), kClassesMax));
  }
  return {};
}

model::Signature MakeSignature(const tabular::Table& features, const ClassLabels& labels) {
  const model::DataType type = labels.are_integers ? model::DataType::kLong : model::DataType::kString;
  return {InputSpecs(features), {model::ColumnSpec{.name = "", .type = type}}};
}

// Features of neighbouring rows, so that a tree stays in the cache while they walk down.
constexpr size_t kRowsPerBlock = 512;

// Adds the leaves' fractions of every tree, tree by tree, to the sums of a block of rows.
void AddFractions(const FittedClassifier& classifier, const std::vector<std::vector<float>>& rows, double* sums) {
  const model::FlatForest& forest = classifier.forest;
  const size_t classes = classifier.labels.size();
  const size_t outputs = classes == 2 ? 1 : classes;
  for (const uint32_t root : forest.tree_begin) {
    for (size_t row = 0; row < rows.size(); ++row) {
      const double* fractions = &forest.fractions[LeafOf(forest, root, rows[row]) * outputs];
      double* row_sums = sums + row * classes + (classes == 2 ? 1 : 0);
      for (size_t k = 0; k < outputs; ++k) row_sums[k] += fractions[k];
    }
  }
}

// Sums become means; class 0 of two is the complement of class 1.
void FinishRow(double* sums, size_t classes, size_t trees) {
  for (size_t k = 0; k < classes; ++k) sums[k] /= static_cast<double>(trees);
  if (classes == 2) sums[0] = 1 - sums[1];
}

}  // namespace

Result<ClassLabels> EncodeLabels(const Column& target) {
  SLIPWAY_RETURN_IF_ERROR(CheckTarget(target));
  ClassLabels labels;
  if (target.type == ColumnType::kString) {
    const auto value_of = [&](size_t row) -> const std::string& { return target.string_at(row); };
    labels.labels = CodeValues<std::string>(target.size(), value_of, labels.codes);
  } else {
    EncodeIntegers(target, labels);
  }
  SLIPWAY_RETURN_IF_ERROR(CheckClassCount(target, labels.labels));
  return labels;
}

Result<FittedClassifier> FitClassifier(const tabular::Table& train, const std::string& target,
                                       const ForestOptions& options) {
  SLIPWAY_RETURN_IF_ERROR(CheckOptions(options));
  SLIPWAY_ASSIGN_OR_RETURN(const Column* target_column, With(train.Get(target), "the target"));
  if (train.rows() == 0) return InvalidArgument("the training table has no rows");
  const tabular::Table features = train.Without(target);
  if (features.width() == 0) {
    return InvalidArgument(fmt::format("the training table has no column beside the target '{}'", target));
  }
  SLIPWAY_ASSIGN_OR_RETURN(ClassLabels labels, EncodeLabels(*target_column));
  FittedClassifier fitted;
  fitted.target = target;
  SLIPWAY_ASSIGN_OR_RETURN(fitted.columns, FitTransforms(features));
  SLIPWAY_ASSIGN_OR_RETURN(const std::vector<FeatureColumn> columns, Transform(fitted.columns, features));
  SLIPWAY_ASSIGN_OR_RETURN(
      fitted.forest, GrowForest(columns, {.classes = labels.codes, .class_count = labels.labels.size()}, options));
  fitted.signature = MakeSignature(features, labels);
  fitted.input_example = model::SplitJson(features.Head(kExampleRows));
  fitted.labels = std::move(labels.labels);
  fitted.has_integer_labels = labels.are_integers;
  return fitted;
}

Result<model::OnnxModel> ToOnnx(const FittedClassifier& classifier) {
  return model::TabularClassifierGraph(classifier.columns, classifier.forest, classifier.labels,
                                       classifier.has_integer_labels);
}

Result<std::vector<double>> PredictProbabilities(const FittedClassifier& classifier, const tabular::Table& table) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::vector<FeatureColumn> columns, Transform(classifier.columns, table));
  const size_t classes = classifier.labels.size();
  std::vector<double> probabilities(table.rows() * classes, 0.0);
  std::vector<std::vector<float>> block;
  for (size_t begin = 0; begin < table.rows(); begin += kRowsPerBlock) {
    block.resize(std::min(kRowsPerBlock, table.rows() - begin));
    for (size_t i = 0; i < block.size(); ++i) FillRow(columns, begin + i, block[i]);
    AddFractions(classifier, block, &probabilities[begin * classes]);
  }
  for (size_t row = 0; row < table.rows(); ++row) {
    FinishRow(&probabilities[row * classes], classes, classifier.forest.tree_count());
  }
  return probabilities;
}

std::vector<uint32_t> LikeliestClasses(const std::vector<double>& probabilities, size_t classes) {
  std::vector<uint32_t> likeliest;
  for (size_t begin = 0; begin < probabilities.size(); begin += classes) {
    const auto first = probabilities.begin() + static_cast<ptrdiff_t>(begin);
    const auto best = std::max_element(first, first + static_cast<ptrdiff_t>(classes));
    likeliest.push_back(static_cast<uint32_t>(best - first));
  }
  return likeliest;
}

}  // namespace slipway::learn
