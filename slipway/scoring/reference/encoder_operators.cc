// ai.onnx.ml operators that prepare features.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "slipway/scoring/reference/tensor_tools.h"

namespace slipway::scoring::reference {
namespace {

// --- Imputer ---

template <typename T>
Result<Values> Impute(const Tensor& input, const std::vector<T>& imputed, T replaced) {
  const size_t width = input.dims.empty() ? 1 : static_cast<size_t>(input.dims.back());
  if (imputed.size() != 1 && imputed.size() != width)
    return InvalidArgument(fmt::format("{} imputed values for {} columns", imputed.size(), width));
  Tensor output = input;
  auto& values = Data<T>(output);
  for (size_t i = 0; i < values.size(); ++i) {
    const bool replaces_nan = replaced != replaced;
    const bool is_missing = replaces_nan ? values[i] != values[i] : values[i] == replaced;
    if (is_missing) values[i] = imputed[imputed.size() == 1 ? 0 : i % width];
  }
  return One(std::move(output));
}

// Numbers with a fraction have the attributes of floats, others those of integers.
Result<Values> Imputer(const Context& context, Inputs inputs) {
  const Tensor& input = inputs[0].tensor;
  const auto& floats = FloatsAttribute(context, "imputed_value_floats");
  const float replaced = FloatAttribute(context, "replaced_value_float", 0);
  switch (input.type) {
    case ElementType::kFloat:
      return Impute<float>(input, floats, replaced);
    case ElementType::kDouble:
      return Impute<double>(input, {floats.begin(), floats.end()}, static_cast<double>(replaced));
    case ElementType::kInt64:
    case ElementType::kInt32:
      return Impute<int64_t>(input, IntsAttribute(context, "imputed_value_int64s"),
                             IntAttribute(context, "replaced_value_int64", 0));
    default:
      return Unimplemented(fmt::format("inputs of type {} are not supported", ElementTypeName(input.type)));
  }
}

// --- OneHotEncoder ---

// Numbers are cut to integers; NaN is no category.
std::optional<int64_t> CategoryOf(const Tensor& input, size_t i) {
  if (IsInteger(input.type)) return input.ints[i];
  const double value = input.type == ElementType::kFloat ? input.floats[i] : input.doubles[i];
  if (!(std::abs(value) < 0x1p63)) return std::nullopt;
  return static_cast<int64_t>(value);
}

Result<Values> OneHotEncoder(const Context& context, Inputs inputs) {
  const Tensor& input = inputs[0].tensor;
  const auto& texts = TextsAttribute(context, "cats_strings");
  const auto& integers = IntsAttribute(context, "cats_int64s");
  const bool is_text = input.type == ElementType::kString;
  const size_t categories = is_text ? texts.size() : integers.size();
  if (categories == 0) return InvalidArgument("there are no categories of the input's type");
  // Of equal categories the last one counts.
  std::map<std::string, size_t> text_index;
  std::map<int64_t, size_t> integer_index;
  for (size_t i = 0; i < categories; ++i) is_text ? text_index[texts[i]] = i : integer_index[integers[i]] = i;
  Dims dims = input.dims;
  dims.push_back(static_cast<int64_t>(categories));
  Tensor output = MakeTensor(ElementType::kFloat, dims);
  for (size_t i = 0; i < input.size(); ++i) {
    std::optional<size_t> found;
    if (is_text) {
      const auto at = text_index.find(input.strings[i]);
      if (at != text_index.end()) found = at->second;
    } else if (const auto category = CategoryOf(input, i)) {
      const auto at = integer_index.find(*category);
      if (at != integer_index.end()) found = at->second;
    }
    if (found) output.floats[i * categories + *found] = 1;
    if (!found && IntAttribute(context, "zeros", 1) == 0)
      return InvalidArgument(fmt::format("element {}: an unknown category, and zeros is 0", i));
  }
  return One(std::move(output));
}

// --- LabelEncoder, CategoryMapper ---

// Keys in order; of equal keys the first one counts.
template <typename Key>
struct KeyOrder {
  bool operator()(const Key& a, const Key& b) const { return a < b; }
};
// One NaN equals another and comes last.
template <>
struct KeyOrder<float> {
  bool operator()(float a, float b) const { return std::isnan(b) ? !std::isnan(a) : a < b; }
};
template <>
struct KeyOrder<double> {
  bool operator()(double a, double b) const { return std::isnan(b) ? !std::isnan(a) : a < b; }
};

struct LabelTable {
  Tensor keys, values, otherwise;  // lists; `otherwise` has one element
  bool matches_nan = true;
};

template <typename Key, typename Mapped>
Tensor MapLabels(const Tensor& input, const LabelTable& table) {
  std::map<Key, size_t, KeyOrder<Key>> index;
  const auto& keys = Data<Key>(table.keys);
  for (size_t i = 0; i < keys.size(); ++i) index.emplace(keys[i], i);
  Tensor output = MakeTensor(table.values.type, input.dims);
  const auto& from = Data<Key>(input);
  for (size_t i = 0; i < from.size(); ++i) {
    const auto found = index.find(from[i]);
    bool is_known = found != index.end();
    if constexpr (std::is_floating_point_v<Key>) is_known = is_known && (table.matches_nan || !std::isnan(from[i]));
    Data<Mapped>(output)[i] = is_known ? Data<Mapped>(table.values)[found->second] : Data<Mapped>(table.otherwise)[0];
  }
  return output;
}

Result<Values> MapLabels(const Tensor& input, const LabelTable& table) {
  if (input.type != table.keys.type)
    return InvalidArgument(
        fmt::format("keys of type {} for {}", ElementTypeName(table.keys.type), ElementTypeName(input.type)));
  if (table.keys.size() != table.values.size()) return InvalidArgument("keys and values differ in number");
  if (table.otherwise.type != table.values.type || table.otherwise.size() == 0)
    return InvalidArgument("default_tensor is empty or of another type than the values");
  return One(VisitType(input.type, [&](auto key) {
    return VisitType(table.values.type, [&](auto mapped) {
      return MapLabels<typename decltype(key)::type, typename decltype(mapped)::type>(input, table);
    });
  }));
}

// "keys" or "values" in whatever type they are given.
Tensor LabelList(const Context& context, const std::string& prefix) {
  const auto size = [](const auto& list) { return Dims{static_cast<int64_t>(list.size())}; };
  if (const auto* tensor = context.node.Find(prefix + "_tensor")) return tensor->tensor;
  if (const auto& texts = TextsAttribute(context, prefix + "_strings"); !texts.empty())
    return TextTensor(size(texts), texts);
  if (const auto& floats = FloatsAttribute(context, prefix + "_floats"); !floats.empty())
    return FloatTensor(size(floats), floats);
  const auto& ints = IntsAttribute(context, prefix + "_int64s");
  return IntTensor(size(ints), ints);
}

Tensor LabelDefault(const Context& context, const Tensor& values) {
  if (const auto* tensor = context.node.Find("default_tensor")) return tensor->tensor;
  switch (values.type) {
    case ElementType::kString:
      return TextTensor({1}, {TextAttribute(context, "default_string", "_Unused")});
    case ElementType::kFloat:
      return FloatTensor({1}, {FloatAttribute(context, "default_float", -0.0f)});
    case ElementType::kDouble: {
      Tensor zero = MakeTensor(ElementType::kDouble, {1});
      zero.doubles[0] = -0.0;
      return zero;
    }
    default:
      return IntTensor({1}, {IntAttribute(context, "default_int64", -1)}, values.type);
  }
}

// Texts and integers, either way round: LabelEncoder's first version (integers are positions) and CategoryMapper.
Result<Values> MapBetween(const Context& context, const Tensor& input, const std::vector<std::string>& texts,
                          std::vector<int64_t> integers) {
  const Dims dims = {static_cast<int64_t>(texts.size())};
  Tensor text_list = TextTensor(dims, texts), integer_list = IntTensor(dims, std::move(integers));
  LabelTable table;
  const bool from_text = input.type == ElementType::kString;
  table.keys = from_text ? text_list : integer_list;
  table.values = from_text ? integer_list : text_list;
  table.otherwise = LabelDefault(context, table.values);
  return MapLabels(input, table);
}

Result<Values> LabelEncoder(const Context& context, Inputs inputs) {
  if (const auto& classes = TextsAttribute(context, "classes_strings"); !classes.empty()) {
    std::vector<int64_t> positions(classes.size());
    for (size_t i = 0; i < classes.size(); ++i) positions[i] = static_cast<int64_t>(i);
    return MapBetween(context, inputs[0].tensor, classes, std::move(positions));
  }
  LabelTable table{LabelList(context, "keys"), LabelList(context, "values"), {}, context.version >= 4};
  table.otherwise = LabelDefault(context, table.values);
  return MapLabels(inputs[0].tensor, table);
}

Result<Values> CategoryMapper(const Context& context, Inputs inputs) {
  const auto& texts = TextsAttribute(context, "cats_strings");
  const auto& integers = IntsAttribute(context, "cats_int64s");
  if (texts.size() != integers.size()) return InvalidArgument("cats_strings and cats_int64s differ in number");
  return MapBetween(context, inputs[0].tensor, texts, integers);
}

// --- Scaler, Normalizer, Binarizer ---

Result<Values> Scaler(const Context& context, Inputs inputs) {
  const auto &offset = FloatsAttribute(context, "offset"), &scale = FloatsAttribute(context, "scale");
  const MatrixShape shape = MatrixOf(inputs[0].tensor);
  const auto fits = [&](size_t size) { return size == 1 || size == shape.width; };
  if (!fits(offset.size()) || !fits(scale.size()))
    return InvalidArgument(
        fmt::format("{} offsets and {} scales for {} columns", offset.size(), scale.size(), shape.width));
  SLIPWAY_ASSIGN_OR_RETURN(std::vector<float> values, AsFloats(inputs[0].tensor));
  for (size_t i = 0; i < values.size(); ++i) {
    const size_t column = i % shape.width;
    values[i] = (values[i] - offset[offset.size() == 1 ? 0 : column]) * scale[scale.size() == 1 ? 0 : column];
  }
  return One(FloatTensor(inputs[0].tensor.dims, std::move(values)));
}

// MAX divides by the largest value with its sign, as the runtime does; the specification's text has magnitudes.
Result<float> RowNorm(std::string_view norm, std::span<const float> row) {
  float sum = 0, squares = 0, top = std::numeric_limits<float>::lowest();
  for (const float value : row) {
    sum += std::abs(value);
    squares += value * value;
    top = std::max(top, value);
  }
  if (norm == "MAX") return top;
  if (norm == "L1") return sum;
  if (norm == "L2") return std::sqrt(squares);
  return Unimplemented(fmt::format("norm '{}' is not supported", norm));
}

Result<Values> Normalizer(const Context& context, Inputs inputs) {
  const std::string norm = TextAttribute(context, "norm", "MAX");
  const MatrixShape shape = MatrixOf(inputs[0].tensor);
  SLIPWAY_ASSIGN_OR_RETURN(std::vector<float> values, AsFloats(inputs[0].tensor));
  for (size_t row = 0; row < shape.rows; ++row) {
    const std::span<float> cells(values.data() + row * shape.width, shape.width);
    SLIPWAY_ASSIGN_OR_RETURN(const float divisor, RowNorm(norm, cells));
    if (divisor == 0) continue;
    for (float& cell : cells) cell /= divisor;
  }
  return One(FloatTensor(inputs[0].tensor.dims, std::move(values)));
}

Result<Values> Binarizer(const Context& context, Inputs inputs) {
  const float threshold = FloatAttribute(context, "threshold", 0);
  Tensor output = inputs[0].tensor;
  for (float& value : output.floats) {
    if (std::isnan(value)) return InvalidArgument("NaN cannot be made binary");
    value = value > threshold ? 1.0f : 0.0f;
  }
  for (double& value : output.doubles) value = value > static_cast<double>(threshold) ? 1 : 0;
  for (int64_t& value : output.ints) value = static_cast<float>(value) > threshold ? 1 : 0;
  return One(std::move(output));
}

// --- columns ---

// Each input takes its declared width: padded with zeros or cut.
Result<Values> FeatureVectorizer(const Context& context, Inputs inputs) {
  const auto& widths = IntsAttribute(context, "inputdimensions");
  if (widths.size() != inputs.size()) return InvalidArgument("inputdimensions and inputs differ in number");
  const size_t rows = MatrixOf(inputs[0].tensor).rows;
  int64_t total = 0;
  for (const int64_t width : widths) total += width;
  Tensor output = MakeTensor(ElementType::kFloat, {static_cast<int64_t>(rows), total});
  size_t first = 0;
  for (size_t i = 0; i < inputs.size(); ++i) {
    SLIPWAY_ASSIGN_OR_RETURN(const std::vector<float> values, AsFloats(inputs[i].tensor));
    const MatrixShape shape = MatrixOf(inputs[i].tensor);
    if (shape.rows != rows) return InvalidArgument("inputs differ in their number of rows");
    const size_t used = std::min(shape.width, static_cast<size_t>(widths[i]));
    for (size_t row = 0; row < rows; ++row)
      std::copy_n(values.data() + row * shape.width, used,
                  output.floats.data() + row * static_cast<size_t>(total) + first);
    first += static_cast<size_t>(widths[i]);
  }
  return One(std::move(output));
}

// X[…, Y] along the last axis; of a list [1, count].
Result<Values> ArrayFeatureExtractor(const Context&, Inputs inputs) {
  const Tensor& input = inputs[0].tensor;
  const std::vector<int64_t>& wanted = inputs[1].tensor.ints;
  const int64_t width = input.dims.empty() ? 1 : input.dims.back();
  const size_t rows = width == 0 ? 0 : input.size() / static_cast<size_t>(width);
  std::vector<size_t> indices;
  for (size_t row = 0; row < rows; ++row) {
    for (const int64_t index : wanted) {
      if (index < 0 || index >= width) return InvalidArgument(fmt::format("there is no column {} of {}", index, width));
      indices.push_back(row * static_cast<size_t>(width) + static_cast<size_t>(index));
    }
  }
  Dims dims = input.dims;
  if (dims.size() <= 1) dims = {1, 1};
  dims.back() = static_cast<int64_t>(wanted.size());
  return One(Take(input, std::move(dims), indices));
}

Result<Values> ZipMap(const Context& context, Inputs inputs) {
  SLIPWAY_ASSIGN_OR_RETURN(ClassLabels labels, ParseClassLabels(context.node));
  const MatrixShape shape = MatrixOf(inputs[0].tensor);
  if (labels.size() == 0 || labels.size() != shape.width)
    return InvalidArgument(fmt::format("{} labels for {} columns", labels.size(), shape.width));
  Values output = One(inputs[0].tensor);
  output[0].tensor.dims = {static_cast<int64_t>(shape.rows), static_cast<int64_t>(shape.width)};
  output[0].map_labels = std::move(labels);
  return output;
}

}  // namespace

void AddEncoderOperators(Registry& registry) {
  registry.Add(kMlDomain, "Imputer", 1, Imputer);
  registry.Add(kMlDomain, "OneHotEncoder", 1, OneHotEncoder);
  registry.Add(kMlDomain, "LabelEncoder", 1, LabelEncoder);
  registry.Add(kMlDomain, "CategoryMapper", 1, CategoryMapper);
  registry.Add(kMlDomain, "Scaler", 1, Scaler);
  registry.Add(kMlDomain, "Normalizer", 1, Normalizer);
  registry.Add(kMlDomain, "Binarizer", 1, Binarizer);
  registry.Add(kMlDomain, "FeatureVectorizer", 1, FeatureVectorizer);
  registry.Add(kMlDomain, "ArrayFeatureExtractor", 2, ArrayFeatureExtractor);
  registry.Add(kMlDomain, "ZipMap", 1, ZipMap);
}

}  // namespace slipway::scoring::reference
