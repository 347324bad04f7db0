// Operators that prepare features.
#include <cmath>
#include <limits>

#include "operator_cases.h"

namespace slipway::ort_cases {
namespace {

using model::Attribute;
using model::ElementType;
using model::Tensor;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
using Attributes = std::vector<Attribute>;
using Dims = std::vector<int64_t>;

// A matrix's dims and its number of elements.
Dims Matrix(Random& random, size_t& rows, size_t& width) {
  rows = 1 + random.Below(4);
  width = 1 + random.Below(5);
  return {static_cast<int64_t>(rows), static_cast<int64_t>(width)};
}

Case Imputer(Random& random) {
  size_t rows = 0, width = 0;
  const Dims dims = Matrix(random, rows, width);
  const size_t values = random.Chance(2) ? 1 : width;
  if (random.Chance(3))
    return OneNode("Imputer", 1, {Integers(dims, random.Integers(rows * width, 4))},
                   {Attribute::Ints("imputed_value_int64s", random.Integers(values, 100)),
                    Attribute::Int("replaced_value_int64", static_cast<int64_t>(random.Below(4)))},
                   {ElementType::kInt64});
  std::vector<float> cells = random.Numbers(rows * width);
  const float replaced = random.Chance(2) ? kNaN : cells[0];
  for (float& cell : cells)
    if (random.Chance(3)) cell = random.Chance(2) ? kNaN : replaced;
  return OneNode("Imputer", 1, {Floats(dims, std::move(cells))},
                 {Attribute::Floats("imputed_value_floats", random.Numbers(values)),
                  Attribute::Float("replaced_value_float", replaced)},
                 {ElementType::kFloat});
}

Case OneHotEncoder(Random& random) {
  size_t rows = 0, width = 0;
  Dims dims = Matrix(random, rows, width);
  if (random.Chance(3)) dims = {static_cast<int64_t>(rows * width)};
  const size_t categories = 1 + random.Below(5);
  if (random.Chance(2))
    return OneNode("OneHotEncoder", 1, {Texts(dims, random.Texts(rows * width))},
                   {Attribute::Strings("cats_strings", random.Texts(categories)), Attribute::Int("zeros", 1)},
                   {ElementType::kFloat});
  const ElementType type =
      random.Of(std::vector<ElementType>{ElementType::kInt64, ElementType::kFloat, ElementType::kDouble});
  return OneNode("OneHotEncoder", 1, {NumbersOf(type, dims, random.Numbers(rows * width))},
                 {Attribute::Ints("cats_int64s", random.Integers(categories, 6))}, {ElementType::kFloat});
}

Case LabelEncoderOfClasses(Random& random) {
  size_t rows = 0, width = 0;
  const Dims dims = Matrix(random, rows, width);
  const Attributes attributes = {Attribute::Strings("classes_strings", {"a", "b", "Bee"}),
                                 Attribute::Int("default_int64", -7), Attribute::Text("default_string", "other")};
  if (random.Chance(2))
    return OneNode("LabelEncoder", 1, {Texts(dims, random.Texts(rows * width))}, attributes, {ElementType::kInt64});
  return OneNode("LabelEncoder", 1, {Integers(dims, random.Integers(rows * width, 5))}, attributes,
                 {ElementType::kString});
}

Attribute ListOf(Random& random, const std::string& prefix, ElementType type, size_t count) {
  if (type == ElementType::kString) return Attribute::Strings(prefix + "_strings", random.Texts(count));
  if (type == ElementType::kFloat) return Attribute::Floats(prefix + "_floats", random.Numbers(count));
  return Attribute::Ints(prefix + "_int64s", random.Integers(count, 8));
}

Tensor InputOf(Random& random, ElementType type, const Dims& dims, size_t count) {
  if (type == ElementType::kString) return Texts(dims, random.Texts(count));
  std::vector<float> numbers = random.Numbers(count);
  if (type == ElementType::kFloat && random.Chance(3)) numbers[0] = kNaN;
  return NumbersOf(type, dims, numbers);
}

Case LabelEncoder(Random& random) {
  size_t rows = 0, width = 0;
  const Dims dims = Matrix(random, rows, width);
  const std::vector<std::pair<ElementType, ElementType>> pairs = {
      {ElementType::kString, ElementType::kInt64},  {ElementType::kString, ElementType::kFloat},
      {ElementType::kString, ElementType::kString}, {ElementType::kInt64, ElementType::kFloat},
      {ElementType::kInt64, ElementType::kInt64},   {ElementType::kInt64, ElementType::kString},
      {ElementType::kFloat, ElementType::kInt64},   {ElementType::kFloat, ElementType::kFloat},
      {ElementType::kFloat, ElementType::kString}};
  const auto [from, to] = random.Of(pairs);
  const size_t count = 1 + random.Below(6);
  Attributes attributes = {ListOf(random, "keys", from, count), ListOf(random, "values", to, count)};
  if (random.Chance(2)) {
    attributes.push_back(Attribute::Text("default_string", "else"));
    attributes.push_back(Attribute::Int("default_int64", 77));
    attributes.push_back(Attribute::Float("default_float", 7.5f));
  }
  return OneNode("LabelEncoder", 2, {InputOf(random, from, dims, rows * width)}, std::move(attributes), {to});
}

// Version 4 has tensors of double and of any integers.
Case LabelEncoderOfTensors(Random& random) {
  size_t rows = 0, width = 0;
  const Dims dims = Matrix(random, rows, width);
  const bool is_double = random.Chance(2);
  const Dims list = {4};
  const Tensor keys = is_double ? Doubles(list, {1.5f, -2, 0.25f, 4}) : Integers(list, {1, 2, 3, 4});
  const Tensor values = is_double ? Doubles(list, random.Numbers(4)) : Integers(list, random.Integers(4, 9));
  Attributes attributes = {TensorAttribute("keys_tensor", keys), TensorAttribute("values_tensor", values)};
  attributes.push_back(TensorAttribute("default_tensor", is_double ? Doubles({1}, {-1}) : Integers({1}, {-1})));
  const ElementType type = is_double ? ElementType::kDouble : ElementType::kInt64;
  return OneNode("LabelEncoder", 4, {NumbersOf(type, dims, random.Numbers(rows * width))}, std::move(attributes),
                 {type});
}

Case CategoryMapper(Random& random) {
  size_t rows = 0, width = 0;
  const Dims dims = Matrix(random, rows, width);
  const Attributes attributes = {Attribute::Strings("cats_strings", {"a", "b", "none"}),
                                 Attribute::Ints("cats_int64s", {3, 0, 5}), Attribute::Int("default_int64", -2),
                                 Attribute::Text("default_string", "?")};
  if (random.Chance(2))
    return OneNode("CategoryMapper", 1, {Texts(dims, random.Texts(rows * width))}, attributes, {ElementType::kInt64});
  return OneNode("CategoryMapper", 1, {Integers(dims, random.Integers(rows * width, 7))}, attributes,
                 {ElementType::kString});
}

ElementType NumberType(Random& random) {
  return random.Of(
      std::vector<ElementType>{ElementType::kFloat, ElementType::kDouble, ElementType::kInt64, ElementType::kInt32});
}

Case Scaler(Random& random) {
  size_t rows = 0, width = 0;
  const Dims dims = Matrix(random, rows, width);
  const size_t values = random.Chance(3) ? 1 : width;
  return OneNode(
      "Scaler", 1, {NumbersOf(NumberType(random), dims, random.Numbers(rows * width))},
      {Attribute::Floats("offset", random.Numbers(values)), Attribute::Floats("scale", random.Numbers(values))},
      {ElementType::kFloat});
}

Case Normalizer(Random& random) {
  size_t rows = 0, width = 0;
  Dims dims = Matrix(random, rows, width);
  if (random.Chance(4)) dims = {static_cast<int64_t>(rows * width)};
  const std::string norm = random.Of(std::vector<std::string>{"MAX", "L1", "L2"});
  return OneNode("Normalizer", 1, {NumbersOf(NumberType(random), dims, random.Numbers(rows * width))},
                 {Attribute::Text("norm", norm)}, {ElementType::kFloat}, 1e-6);
}

Case Binarizer(Random& random) {
  size_t rows = 0, width = 0;
  const Dims dims = Matrix(random, rows, width);
  return OneNode("Binarizer", 1, {Floats(dims, random.Numbers(rows * width))},
                 {Attribute::Float("threshold", random.Number())}, {ElementType::kFloat});
}

Case FeatureVectorizer(Random& random) {
  const size_t rows = 1 + random.Below(4), parts = 1 + random.Below(3);
  const ElementType type = NumberType(random);
  std::vector<Tensor> inputs;
  std::vector<int64_t> widths;
  for (size_t i = 0; i < parts; ++i) {
    const size_t width = 1 + random.Below(3);
    inputs.push_back(
        NumbersOf(type, {static_cast<int64_t>(rows), static_cast<int64_t>(width)}, random.Numbers(rows * width)));
    // Wider ones are padded, narrower ones cut.
    widths.push_back(static_cast<int64_t>(random.Chance(4) ? 1 + random.Below(4) : width));
  }
  return OneNode("FeatureVectorizer", 1, std::move(inputs), {Attribute::Ints("inputdimensions", widths)},
                 {ElementType::kFloat});
}

Case ArrayFeatureExtractor(Random& random) {
  size_t rows = 0, width = 0;
  const Dims dims = Matrix(random, rows, width);
  const size_t count = 1 + random.Below(4);
  const ElementType type =
      random.Of(std::vector<ElementType>{ElementType::kFloat, ElementType::kInt64, ElementType::kString});
  return OneNode("ArrayFeatureExtractor", 1,
                 {InputOf(random, type, dims, rows * width),
                  Integers({static_cast<int64_t>(count)}, random.Integers(count, width))},
                 {}, {type});
}

}  // namespace

void AddEncoderCases(Random& random, std::vector<Case>& cases) {
  constexpr int kRounds = 25;
  for (const auto make : {Imputer, OneHotEncoder, LabelEncoderOfClasses, LabelEncoder, LabelEncoderOfTensors,
                          CategoryMapper, Scaler, Normalizer, Binarizer, FeatureVectorizer, ArrayFeatureExtractor})
    for (int round = 0; round < kRounds; ++round) cases.push_back(make(random));
}

}  // namespace slipway::ort_cases
