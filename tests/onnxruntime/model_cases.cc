// Operators that predict.
#include <algorithm>
#include <cmath>
#include <limits>

#include "operator_cases.h"
#include "random_trees.h"

namespace slipway::ort_cases {
namespace {

using model::Attribute;
using model::ElementType;
using model::Tensor;
using Attributes = std::vector<Attribute>;

constexpr double kFloatTolerance = 2e-5;

Tensor Rows(Random& random, size_t rows, size_t width, ElementType type, bool has_missing) {
  std::vector<float> cells = random.Numbers(rows * width);
  for (float& cell : cells)
    if (has_missing && random.Chance(6)) cell = std::numeric_limits<float>::quiet_NaN();
  return NumbersOf(type, {static_cast<int64_t>(rows), static_cast<int64_t>(width)}, cells);
}

// --- trees ---

std::string AnyTransform(Random& random) {
  return random.Of(std::vector<std::string>{"NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO"});
}

Case TreeRegressor(Random& random) {
  const size_t targets = random.Chance(2) ? 1 : 1 + random.Below(3);
  TreeShape shape{.trees = 1 + random.Below(4), .features = 1 + random.Below(4), .outputs = targets};
  // A target without a vote loses its base value in the runtime; the specification says no such thing.
  shape.votes_everywhere = true;
  Attributes attributes = RandomTrees(random, shape, "target_");
  attributes.push_back(Attribute::Int("n_targets", static_cast<int64_t>(targets)));
  const std::string aggregate = random.Of(std::vector<std::string>{"SUM", "SUM", "AVERAGE", "MIN", "MAX"});
  attributes.push_back(Attribute::Text("aggregate_function", aggregate));
  if (random.Chance(2)) attributes.push_back(Attribute::Floats("base_values", random.Numbers(targets)));
  attributes.push_back(Attribute::Text("post_transform", AnyTransform(random)));
  const ElementType type = random.Chance(4) ? ElementType::kDouble : ElementType::kFloat;
  return OneNode("TreeEnsembleRegressor", 3, {Rows(random, 1 + random.Below(20), shape.features, type, true)},
                 std::move(attributes), {ElementType::kFloat}, kFloatTolerance);
}

Case TreeClassifier(Random& random) {
  const size_t classes = 2 + random.Below(3);
  // Two classes have votes for the second, for the first, or for both.
  TreeShape shape{.trees = 1 + random.Below(4), .features = 1 + random.Below(4), .outputs = classes};
  if (classes == 2 && !random.Chance(3)) shape.only_output = static_cast<int64_t>(random.Below(2));
  shape.positive_weights = random.Chance(2);
  shape.votes_everywhere = true;
  Attributes attributes = RandomTrees(random, shape, "class_");
  attributes.push_back(Attribute::Text("post_transform", AnyTransform(random)));
  const bool is_text = random.Chance(3);
  std::vector<int64_t> labels;
  std::vector<std::string> texts;
  for (size_t i = 0; i < classes; ++i) {
    labels.push_back(static_cast<int64_t>(i));
    texts.push_back(std::string(1, static_cast<char>('c' + i)));
  }
  attributes.push_back(is_text ? Attribute::Strings("classlabels_strings", texts)
                               : Attribute::Ints("classlabels_int64s", labels));
  if (random.Chance(3))
    attributes.push_back(Attribute::Floats("base_values", random.Numbers(shape.only_output >= 0 ? 1 : classes)));
  const ElementType type = NumberTypeOfTrees(random);
  return OneNode("TreeEnsembleClassifier", 1 + 2 * static_cast<int64_t>(random.Below(2)),
                 {Rows(random, 1 + random.Below(20), shape.features, type, type == ElementType::kFloat)},
                 std::move(attributes), {is_text ? ElementType::kString : ElementType::kInt64, ElementType::kFloat},
                 kFloatTolerance);
}

Case UnifiedTrees(Random& random) {
  const size_t targets = 1 + random.Below(2), features = 1 + random.Below(4);
  Attributes attributes = RandomUnifiedTrees(random, 1 + random.Below(4), features, targets);
  return OneNode("TreeEnsemble", 5, {Rows(random, 1 + random.Below(20), features, ElementType::kFloat, true)},
                 std::move(attributes), {ElementType::kFloat}, kFloatTolerance);
}

// --- linear models ---

Case LinearRegressor(Random& random) {
  const size_t targets = 1 + random.Below(3), width = 1 + random.Below(5);
  Attributes attributes = {Attribute::Floats("coefficients", random.Numbers(targets * width)),
                           Attribute::Int("targets", static_cast<int64_t>(targets))};
  if (random.Chance(2)) attributes.push_back(Attribute::Floats("intercepts", random.Numbers(targets)));
  return OneNode("LinearRegressor", 1, {Rows(random, 1 + random.Below(6), width, ElementType::kFloat, false)},
                 std::move(attributes), {ElementType::kFloat}, kFloatTolerance);
}

Case LinearClassifier(Random& random) {
  const size_t classes = 2 + random.Below(3), width = 1 + random.Below(5);
  const size_t machines = classes == 2 && random.Chance(2) ? 1 : classes;
  const bool is_text = random.Chance(2);
  std::vector<std::string> texts = {"no", "yes", "maybe", "never"};
  texts.resize(classes);
  std::vector<int64_t> labels = {10, 3, 7, 5};
  labels.resize(classes);
  const Attributes attributes = {
      Attribute::Floats("coefficients", random.Numbers(machines * width)),
      Attribute::Floats("intercepts", random.Numbers(machines)),
      Attribute::Text("post_transform", random.Of(std::vector<std::string>{"NONE", "LOGISTIC", "SOFTMAX"})),
      Attribute::Int("multi_class", 0),
      is_text ? Attribute::Strings("classlabels_strings", texts) : Attribute::Ints("classlabels_ints", labels)};
  const ElementType type = random.Chance(3) ? ElementType::kInt64 : ElementType::kFloat;
  return OneNode("LinearClassifier", 1, {Rows(random, 1 + random.Below(6), width, type, false)}, attributes,
                 {is_text ? ElementType::kString : ElementType::kInt64, ElementType::kFloat}, kFloatTolerance);
}

// --- support vectors ---

// Small numbers: powers and exponentials stay in range.
std::vector<float> SmallNumbers(Random& random, size_t count) {
  std::vector<float> numbers = random.Numbers(count);
  for (float& number : numbers) number /= 8;
  return numbers;
}

void AddKernel(Random& random, Attributes& attributes, bool is_linear) {
  const std::vector<std::string> kernels = {"LINEAR", "POLY", "RBF", "SIGMOID"};
  const std::string kernel = is_linear ? kernels[0] : random.Of(kernels);
  attributes.push_back(Attribute::Text("kernel_type", kernel));
  attributes.push_back(Attribute::Floats("kernel_params", {0.5f, 0.25f, 2}));
}

Tensor SmallRows(Random& random, size_t width) {
  const size_t rows = 1 + random.Below(8);
  return Floats({static_cast<int64_t>(rows), static_cast<int64_t>(width)}, SmallNumbers(random, rows * width));
}

Case SvmRegressor(Random& random) {
  const size_t width = 1 + random.Below(4), supports = random.Chance(4) ? 0 : 1 + random.Below(4);
  Attributes attributes = {Attribute::Floats("coefficients", SmallNumbers(random, supports == 0 ? width : supports)),
                           Attribute::Floats("rho", {random.Number()}),
                           Attribute::Int("n_supports", static_cast<int64_t>(supports))};
  if (supports > 0) attributes.push_back(Attribute::Floats("support_vectors", SmallNumbers(random, supports * width)));
  if (random.Chance(4)) attributes.push_back(Attribute::Int("one_class", 1));
  AddKernel(random, attributes, supports == 0);
  return OneNode("SVMRegressor", 1, {SmallRows(random, width)}, std::move(attributes), {ElementType::kFloat},
                 kFloatTolerance);
}

Case SvmClassifier(Random& random) {
  const size_t width = 1 + random.Below(4), classes = 2 + random.Below(3), pairs = classes * (classes - 1) / 2;
  const bool is_linear = random.Chance(4);
  std::vector<int64_t> counts, labels = {4, 1, 9, 2};
  labels.resize(classes);
  size_t vectors = 0;
  for (size_t i = 0; i < classes; ++i) vectors += static_cast<size_t>(counts.emplace_back(1 + random.Below(3)));
  Attributes attributes = {Attribute::Ints("classlabels_ints", labels)};
  if (is_linear) {
    attributes.push_back(Attribute::Floats("coefficients", SmallNumbers(random, classes * width)));
    attributes.push_back(Attribute::Floats("rho", {random.Number()}));
    AddKernel(random, attributes, true);
  } else {
    attributes.push_back(Attribute::Ints("vectors_per_class", counts));
    attributes.push_back(Attribute::Floats("support_vectors", SmallNumbers(random, vectors * width)));
    attributes.push_back(Attribute::Floats("coefficients", SmallNumbers(random, vectors * (classes - 1))));
    attributes.push_back(Attribute::Floats("rho", SmallNumbers(random, pairs)));
    AddKernel(random, attributes, false);
    if (random.Chance(2)) {
      attributes.push_back(Attribute::Floats("prob_a", SmallNumbers(random, pairs)));
      attributes.push_back(Attribute::Floats("prob_b", SmallNumbers(random, pairs)));
    }
  }
  attributes.push_back(
      Attribute::Text("post_transform", random.Of(std::vector<std::string>{"NONE", "NONE", "LOGISTIC", "SOFTMAX"})));
  return OneNode("SVMClassifier", 1, {SmallRows(random, width)}, std::move(attributes),
                 {ElementType::kInt64, ElementType::kFloat}, kFloatTolerance);
}

}  // namespace

void AddModelCases(Random& random, std::vector<Case>& cases) {
  constexpr int kRounds = 60;
  for (const auto make :
       {TreeRegressor, TreeClassifier, UnifiedTrees, LinearRegressor, LinearClassifier, SvmRegressor, SvmClassifier})
    for (int round = 0; round < kRounds; ++round) cases.push_back(make(random));
}

}  // namespace slipway::ort_cases
