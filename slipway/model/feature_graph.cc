#include "slipway/model/feature_graph.h"

#include <limits>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::model {
namespace {

// Tree ensembles' classic operators are deprecated from ml opset 5 on; these versions are what every runtime reads.
constexpr int64_t kMainOpset = 15;
constexpr int64_t kMlOpset = 2;

// --- checks ---

bool IsNumberInput(ElementType type) {
  return type == ElementType::kFloat || type == ElementType::kDouble || type == ElementType::kInt64 ||
         type == ElementType::kBool;
}

Status CheckNumberColumn(const ColumnTransform& column) {
  if (!IsNumberInput(column.input_type))
    return InvalidArgument(fmt::format("a numeric input cannot be of type {}", ElementTypeName(column.input_type)));
  if (column.has_indicator && column.kind == ColumnTransform::Kind::kPassthrough)
    return InvalidArgument("a column that stays as it is has no indicator");
  return {};
}

Status CheckTextColumn(const ColumnTransform& column) {
  if (column.input_type != ElementType::kString) return InvalidArgument("a categorical input must be of type string");
  std::vector<std::string> texts = column.categories;
  texts.insert(texts.end(), column.infrequent.begin(), column.infrequent.end());
  SLIPWAY_RETURN_IF_ERROR(CheckDistinct(texts, "the category"));
  if (column.kind == ColumnTransform::Kind::kCategorical) return {};
  if (!column.infrequent.empty()) return InvalidArgument("an ordinal column has no infrequent categories");
  if (column.unknown == ColumnTransform::Unknown::kError)
    return Unimplemented(
        "an ordinal column that fails for unknown texts is not supported: ONNX has no such encoder; give unknown texts "
        "a code of their own");
  return {};
}

Status CheckColumn(const ColumnTransform& column) {
  if (column.name.empty()) return InvalidArgument("a column has no name");
  return With(column.takes_text() ? CheckTextColumn(column) : CheckNumberColumn(column),
              fmt::format("column '{}'", column.name));
}

Status CheckColumns(const std::vector<ColumnTransform>& columns, std::span<const std::string_view> outputs) {
  std::vector<std::string> names;
  for (const ColumnTransform& column : columns) {
    SLIPWAY_RETURN_IF_ERROR(CheckColumn(column));
    names.push_back(column.name);
    for (const std::string_view output : outputs)
      if (column.name == output)
        return InvalidArgument(
            fmt::format("a column cannot be named '{}': the graph's output has that name", column.name));
  }
  SLIPWAY_RETURN_IF_ERROR(CheckDistinct(names, "the column"));
  if (FeatureCount(columns) == 0) return InvalidArgument("the columns give no features");
  return {};
}

// --- numbers ---

std::string ToFloat(GraphBuilder& builder, const ColumnTransform& column) {
  if (column.input_type == ElementType::kFloat) return column.name;
  return builder.Add("Cast", "", {column.name}, {Attribute::Int("to", static_cast<int64_t>(ElementType::kFloat))});
}

std::vector<Attribute> ImputeNaN(std::vector<float> values) {
  return {Attribute::Floats("imputed_value_floats", std::move(values)),
          Attribute::Float("replaced_value_float", std::numeric_limits<float>::quiet_NaN())};
}

std::string AddScaler(GraphBuilder& builder, std::span<const ColumnTransform> columns, const std::string& input) {
  std::vector<float> offsets, factors;
  bool is_scaled = false;
  for (const ColumnTransform& column : columns) {
    offsets.push_back(column.offset);
    factors.push_back(column.factor);
    is_scaled = is_scaled || column.is_scaled();
  }
  if (!is_scaled) return input;
  return builder.Add("Scaler", kMlDomain, {input},
                     {Attribute::Floats("offset", std::move(offsets)), Attribute::Floats("scale", std::move(factors))});
}

// 1 for NaN, else 0: a number times 0 is 0, NaN stays and is imputed. Every runtime has these two operators for every
// form of column; IsNaN and a cast are not everywhere part of what is fused.
std::string AddNumberIndicator(GraphBuilder& builder, const std::string& number) {
  const std::string zero = builder.AddFloat("zero", 0);
  return builder.Add("Imputer", kMlDomain, {builder.Add("Mul", "", {number, zero}, {})}, ImputeNaN({1}));
}

// One imputer for a run of neighbouring numeric columns, as skl2onnx writes it for a SimpleImputer.
void AddNumericRun(GraphBuilder& builder, std::span<const ColumnTransform> run, std::vector<std::string>& parts) {
  std::vector<std::string> columns;
  std::vector<float> values;
  for (const ColumnTransform& column : run) {
    columns.push_back(ToFloat(builder, column));
    values.push_back(column.imputed_number);
  }
  const std::string last = columns.back();
  std::string merged = columns[0];
  if (run.size() > 1) merged = builder.Add("Concat", "", std::move(columns), {Attribute::Int("axis", 1)});
  const std::string imputed = builder.Add("Imputer", kMlDomain, {merged}, ImputeNaN(std::move(values)));
  parts.push_back(AddScaler(builder, run, imputed));
  if (run.back().has_indicator) parts.push_back(AddNumberIndicator(builder, last));
}

// --- texts ---

// The column with "" replaced: by a LabelEncoder where "" is looked for, and a Where.
std::string ReplaceMissing(GraphBuilder& builder, const ColumnTransform& column) {
  if (column.imputed_category.empty()) return column.name;
  const std::string zero = builder.AddInts("zero", {0});
  const std::string fill =
      builder.Add("LabelEncoder", kMlDomain, {zero},
                  {Attribute::Ints("keys_int64s", {0}), Attribute::Strings("values_strings", {column.imputed_category}),
                   Attribute::Text("default_string", column.imputed_category)});
  const std::string is_missing =
      builder.Add("LabelEncoder", kMlDomain, {column.name},
                  {Attribute::Strings("keys_strings", {""}), Attribute::Ints("values_int64s", {1}),
                   Attribute::Int("default_int64", 0)});
  const std::string condition =
      builder.Add("Cast", "", {is_missing}, {Attribute::Int("to", static_cast<int64_t>(ElementType::kBool))});
  return builder.Add("Where", "", {condition, fill, column.name}, {});
}

// Texts become numbers first: infrequent ones share the last.
std::string AddCodes(GraphBuilder& builder, const ColumnTransform& column, const std::string& filled) {
  std::vector<std::string> keys = column.categories;
  std::vector<int64_t> codes;
  for (size_t i = 0; i < keys.size(); ++i) codes.push_back(static_cast<int64_t>(i));
  const auto shared = static_cast<int64_t>(column.categories.size());
  keys.insert(keys.end(), column.infrequent.begin(), column.infrequent.end());
  codes.resize(keys.size(), shared);
  const bool joins = column.unknown == ColumnTransform::Unknown::kInfrequent;
  return builder.Add(
      "LabelEncoder", kMlDomain, {filled},
      {Attribute::Strings("keys_strings", std::move(keys)), Attribute::Ints("values_int64s", std::move(codes)),
       Attribute::Int("default_int64", joins ? shared : -1)});
}

std::vector<int64_t> FirstNumbers(size_t count) {
  std::vector<int64_t> numbers(count);
  for (size_t i = 0; i < count; ++i) numbers[i] = static_cast<int64_t>(i);
  return numbers;
}

// [N,1] texts → [N,1,C] of 0 and 1 → [N,C].
std::string AddOneHot(GraphBuilder& builder, const ColumnTransform& column) {
  const std::string filled = ReplaceMissing(builder, column);
  const Attribute zeros = Attribute::Int("zeros", column.unknown == ColumnTransform::Unknown::kError ? 0 : 1);
  const std::string encoded =
      column.infrequent.empty()
          ? builder.Add("OneHotEncoder", kMlDomain, {filled},
                        {Attribute::Strings("cats_strings", column.categories), zeros})
          : builder.Add("OneHotEncoder", kMlDomain, {AddCodes(builder, column, filled)},
                        {Attribute::Ints("cats_int64s", FirstNumbers(column.value_count())), zeros});
  const std::string shape = builder.AddInts("shape", {-1, static_cast<int64_t>(column.value_count())});
  return builder.Add("Reshape", "", {encoded, shape}, {});
}

std::string AddOrdinal(GraphBuilder& builder, const ColumnTransform& column) {
  std::vector<float> codes;
  for (size_t i = 0; i < column.categories.size(); ++i) codes.push_back(static_cast<float>(i));
  return builder.Add(
      "LabelEncoder", kMlDomain, {ReplaceMissing(builder, column)},
      {Attribute::Strings("keys_strings", column.categories), Attribute::Floats("values_floats", std::move(codes)),
       Attribute::Float("default_float", column.unknown_code)});
}

void AddText(GraphBuilder& builder, const ColumnTransform& column, std::vector<std::string>& parts) {
  // A column that was empty in training gives no feature.
  if (column.value_count() > 0)
    parts.push_back(column.kind == ColumnTransform::Kind::kOrdinal ? AddOrdinal(builder, column)
                                                                   : AddOneHot(builder, column));
  if (!column.has_indicator) return;
  parts.push_back(builder.Add("LabelEncoder", kMlDomain, {column.name},
                              {Attribute::Strings("keys_strings", {""}), Attribute::Floats("values_floats", {1}),
                               Attribute::Float("default_float", 0)}));
}

// --- the row ---

// Neighbouring numeric columns, ended by one with an indicator: that feature comes right after it.
size_t EndOfRun(const std::vector<ColumnTransform>& columns, size_t begin) {
  size_t end = begin;
  while (end < columns.size() && columns[end].kind == ColumnTransform::Kind::kNumeric)
    if (columns[end++].has_indicator) break;
  return end;
}

// The feature row of [N, features].
std::string AddColumns(GraphBuilder& builder, const std::vector<ColumnTransform>& columns) {
  std::vector<std::string> parts;
  for (size_t i = 0; i < columns.size();) {
    if (columns[i].kind == ColumnTransform::Kind::kNumeric) {
      const size_t end = EndOfRun(columns, i);
      AddNumericRun(builder, {&columns[i], end - i}, parts);
      i = end;
      continue;
    }
    if (columns[i].takes_text())
      AddText(builder, columns[i], parts);
    else
      parts.push_back(ToFloat(builder, columns[i]));
    ++i;
  }
  if (parts.size() == 1) return parts[0];
  return builder.Add("Concat", "", std::move(parts), {Attribute::Int("axis", 1)});
}

}  // namespace

std::string GraphBuilder::Add(std::string_view op, std::string_view domain, std::vector<std::string> inputs,
                              std::vector<Attribute> attributes) {
  Node node;
  node.op_type = op;
  node.domain = domain;
  node.name = fmt::format("{}_{}", op, graph_.nodes.size());
  node.inputs = std::move(inputs);
  node.attributes = std::move(attributes);
  std::string output = NewName(ToLower(op));
  node.outputs = {output};
  graph_.nodes.push_back(std::move(node));
  return output;
}

std::string GraphBuilder::AddInts(std::string_view hint, std::vector<int64_t> values) {
  std::string name = NewName(hint);
  const int64_t size = static_cast<int64_t>(values.size());
  graph_.initializers.push_back(Tensor::Of(name, {size}, std::move(values)));
  return name;
}

std::string GraphBuilder::AddFloat(std::string_view hint, float value) {
  Tensor tensor;
  tensor.name = NewName(hint);
  tensor.type = ElementType::kFloat;
  tensor.dims = {1};
  tensor.floats = {value};
  std::string name = tensor.name;
  graph_.initializers.push_back(std::move(tensor));
  return name;
}

std::string GraphBuilder::NewName(std::string_view hint) {
  std::string name;
  do {
    name = fmt::format("{}_{}", hint, ++counter_);
  } while (!taken_.insert(name).second);
  return name;
}

size_t FeatureCount(const std::vector<ColumnTransform>& columns) {
  size_t count = 0;
  for (const ColumnTransform& column : columns) count += column.feature_count();
  return count;
}

Status CheckDistinct(const std::vector<std::string>& names, std::string_view what) {
  std::unordered_set<std::string_view> seen;
  for (const std::string& name : names) {
    if (!seen.insert(name).second) return InvalidArgument(fmt::format("{} '{}' stands twice", what, name));
  }
  return {};
}

Result<Attribute> ClassLabelAttribute(const std::vector<std::string>& labels, bool integer_labels) {
  if (labels.size() < 2)
    return InvalidArgument(fmt::format("a classifier needs two classes; there are {}", labels.size()));
  SLIPWAY_RETURN_IF_ERROR(CheckDistinct(labels, "the class label"));
  if (!integer_labels) return Attribute::Strings("classlabels_strings", labels);
  std::vector<int64_t> numbers;
  for (const std::string& label : labels) {
    const std::optional<long long> number = ParseInt(label);
    if (!number) return InvalidArgument(fmt::format("the class label '{}' is not an integer", label));
    numbers.push_back(*number);
  }
  return Attribute::Ints("classlabels_int64s", std::move(numbers));
}

void AddClassifierOutputs(size_t classes, bool integer_labels, OnnxGraph& graph) {
  graph.outputs = {
      {.name = "label", .element = integer_labels ? ElementType::kInt64 : ElementType::kString, .shape = {-1}},
      {.name = "probabilities", .shape = {-1, static_cast<int64_t>(classes)}}};
}

void AddRegressorOutput(OnnxGraph& graph) {
  graph.outputs = {{.name = "variable", .shape = {-1, 1}}};
}

Result<std::string> BuildFeatures(const std::vector<ColumnTransform>& columns,
                                  std::span<const std::string_view> outputs, OnnxModel& model) {
  SLIPWAY_RETURN_IF_ERROR(CheckColumns(columns, outputs));
  model.opsets = {{"", kMainOpset}, {std::string(kMlDomain), kMlOpset}};
  GraphBuilder builder(model.graph);
  for (const std::string_view output : outputs) builder.Reserve(std::string(output));
  for (const ColumnTransform& column : columns) {
    builder.Reserve(column.name);
    model.graph.inputs.push_back({.name = column.name, .element = column.input_type, .shape = {-1, 1}});
  }
  return AddColumns(builder, columns);
}

}  // namespace slipway::model
