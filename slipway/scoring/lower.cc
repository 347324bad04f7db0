#include "slipway/scoring/lower.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <unordered_map>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/model/linear_graph.h"
#include "slipway/scoring/reference/operators.h"

namespace slipway::scoring {
namespace {

using model::Attribute;
using model::ElementType;
using model::Node;
using model::Tensor;

// Integers beyond this are not all float32 numbers.
constexpr int64_t kExactInteger = int64_t{1} << 24;
constexpr size_t kMixOutputsMax = 4096;  // rows are laid out in time that grows with their square

// One column of a matrix [N, width] on its way to the trees.
struct Symbol {
  Feature feature;
  bool is_raw_text = false;                         // still a text: `feature.table` is not filled
  std::map<std::string, std::string> becomes = {};  // texts of a raw text that were replaced
  bool is_truncated = false;                        // an integer that was cut from a float
};

// A matrix of symbols, or a constant, or an output of the ensemble.
struct SymbolicValue {
  enum class Kind { kSymbols, kConstant, kLabel, kScores };
  Kind kind = Kind::kSymbols;
  ElementType type = ElementType::kFloat;
  int rank = 2;  // 3: [N, middle, width / middle], from a one-hot encoder
  size_t middle = 1;
  std::vector<Symbol> symbols = {};
  Tensor constant = {};
  bool is_map = false;       // kScores through ZipMap
  bool is_margin = false;    // kScores: the second class's alone
  bool sums_to_one = false;  // kScores through Normalizer
};

int64_t IntOf(const Node& node, std::string_view name, int64_t otherwise) {
  const Attribute* attribute = node.Find(name);
  return attribute == nullptr ? otherwise : attribute->integer;
}

const std::vector<float>& FloatsOf(const Node& node, std::string_view name) {
  static const std::vector<float> kNone;
  const Attribute* attribute = node.Find(name);
  return attribute == nullptr ? kNone : attribute->floats;
}

class Lowering {
 public:
  Lowering(const model::OnnxModel& model, const InputColumns& columns)
      : model_(model), columns_(columns), next_column_(columns.size()) {}

  Result<LoweredGraph> Run() {
    AddInputs();
    for (const Tensor& tensor : model_.graph.initializers) AddConstant(tensor.name, tensor);
    for (const Node& node : model_.graph.nodes) SLIPWAY_RETURN_IF_ERROR(LowerNode(node));
    if (!has_model_) return Unimplemented("there is no tree ensemble nor linear model");
    SLIPWAY_RETURN_IF_ERROR(ReadOutputs());
    return std::move(lowered_);
  }

 private:
  // --- values ---

  void AddInputs() {
    for (const GraphInput& input : columns_.graph_inputs()) {
      SymbolicValue value;
      value.type = input.element;
      value.rank = input.rank;
      for (size_t i = 0; i < input.width; ++i) {
        Symbol symbol;
        symbol.feature.column = input.first_column + i;
        symbol.feature.is_text = symbol.is_raw_text = input.element == ElementType::kString;
        value.symbols.push_back(std::move(symbol));
      }
      values_[input.name] = std::move(value);
    }
  }

  void AddConstant(const std::string& name, Tensor tensor) {
    SymbolicValue value;
    value.kind = SymbolicValue::Kind::kConstant;
    value.type = tensor.type;
    value.constant = std::move(tensor);
    values_[name] = std::move(value);
  }

  static Error Cannot(const Node& node, std::string_view why) {
    return Unimplemented(fmt::format("{}: {}", node.Describe(), why));
  }

  Result<const SymbolicValue*> Input(const Node& node, size_t index) const {
    if (index >= node.inputs.size()) return Cannot(node, fmt::format("input {} is missing", index));
    const auto found = values_.find(node.inputs[index]);
    if (found == values_.end()) return Cannot(node, fmt::format("there is no value '{}'", node.inputs[index]));
    return &found->second;
  }

  Result<const SymbolicValue*> Symbols(const Node& node, size_t index) const {
    SLIPWAY_ASSIGN_OR_RETURN(const SymbolicValue* value, Input(node, index));
    if (value->kind != SymbolicValue::Kind::kSymbols)
      return Cannot(node, fmt::format("'{}' does not come from columns", node.inputs[index]));
    return value;
  }

  Result<const Tensor*> Constant(const Node& node, size_t index) const {
    SLIPWAY_ASSIGN_OR_RETURN(const SymbolicValue* value, Input(node, index));
    if (value->kind != SymbolicValue::Kind::kConstant)
      return Cannot(node, fmt::format("'{}' is not constant", node.inputs[index]));
    return &value->constant;
  }

  Status Set(const Node& node, SymbolicValue value) {
    if (node.outputs.empty()) return Cannot(node, "it has no output");
    values_[node.outputs[0]] = std::move(value);
    return {};
  }

  // --- nodes ---

  using Rule = Status (Lowering::*)(const Node&);

  static const std::unordered_map<std::string_view, Rule>& Rules() {
    static const std::unordered_map<std::string_view, Rule> kRules = {
        {"Identity", &Lowering::LowerIdentity},
        {"Cast", &Lowering::LowerCast},
        {"Concat", &Lowering::LowerConcat},
        {"Reshape", &Lowering::LowerReshape},
        {"Flatten", &Lowering::LowerFlatten},
        {"Squeeze", &Lowering::LowerSqueeze},
        {"Unsqueeze", &Lowering::LowerUnsqueeze},
        {"Split", &Lowering::LowerSplit},
        {"ReduceSum", &Lowering::LowerSum},
        {"Gather", &Lowering::LowerGather},
        {"ArrayFeatureExtractor", &Lowering::LowerGather},
        {"Where", &Lowering::LowerWhere},
        {"Equal", &Lowering::LowerEqual},
        {"Add", &Lowering::LowerArithmetic},
        {"Sub", &Lowering::LowerArithmetic},
        {"Mul", &Lowering::LowerArithmetic},
        {"Div", &Lowering::LowerArithmetic},
        {"Imputer", &Lowering::LowerImputer},
        {"Clip", &Lowering::LowerClip},
        {"Scaler", &Lowering::LowerScaler},
        {"Binarizer", &Lowering::LowerBinarizer},
        {"MatMul", &Lowering::LowerProduct},
        {"Gemm", &Lowering::LowerProduct},
        {"OneHotEncoder", &Lowering::LowerOneHot},
        {"LabelEncoder", &Lowering::LowerLabelEncoder},
        {"FeatureVectorizer", &Lowering::LowerFeatureVectorizer},
        {"TreeEnsembleClassifier", &Lowering::LowerEnsemble},
        {"TreeEnsembleRegressor", &Lowering::LowerEnsemble},
        {"TreeEnsemble", &Lowering::LowerEnsemble},
        {"LinearClassifier", &Lowering::LowerLinear},
        {"LinearRegressor", &Lowering::LowerLinear},
        {"Normalizer", &Lowering::LowerNormalizer},
        {"ZipMap", &Lowering::LowerZipMap},
    };
    return kRules;
  }

  Status LowerNode(const Node& node) {
    if (AllConstant(node)) return Fold(node);
    const auto rule = Rules().find(node.op_type);
    if (rule == Rules().end()) return Cannot(node, "it is not part of the fused form");
    return (this->*rule->second)(node);
  }

  bool AllConstant(const Node& node) const {
    return std::all_of(node.inputs.begin(), node.inputs.end(), [this](const std::string& name) {
      const auto found = values_.find(name);
      return name.empty() || (found != values_.end() && found->second.kind == SymbolicValue::Kind::kConstant);
    });
  }

  // What depends on no column is computed once.
  Status Fold(const Node& node) {
    SLIPWAY_ASSIGN_OR_RETURN(const reference::Operator operation, reference::MakeOperator(node, model_));
    std::vector<reference::Value> inputs;
    for (const std::string& name : node.inputs)
      inputs.push_back({name.empty() ? Tensor() : values_.at(name).constant, !name.empty(), {}});
    SLIPWAY_ASSIGN_OR_RETURN(auto outputs, reference::Run(operation, inputs));
    for (size_t i = 0; i < outputs.size() && i < node.outputs.size(); ++i)
      AddConstant(node.outputs[i], std::move(outputs[i].tensor));
    return {};
  }

  Status LowerIdentity(const Node& node) {
    SLIPWAY_ASSIGN_OR_RETURN(const SymbolicValue* input, Input(node, 0));
    return Set(node, *input);
  }

  Status LowerCast(const Node& node) {
    SLIPWAY_ASSIGN_OR_RETURN(const SymbolicValue* input, Input(node, 0));
    const auto to = static_cast<ElementType>(IntOf(node, "to", 0));
    SymbolicValue value = *input;
    value.type = to;
    if (input->kind == SymbolicValue::Kind::kLabel)
      return input->type == to ? Set(node, std::move(value)) : Cannot(node, "labels change their type");
    if (input->kind == SymbolicValue::Kind::kScores)
      return to == ElementType::kFloat ? Set(node, std::move(value)) : Cannot(node, "scores change their type");
    if (to == input->type) return Set(node, std::move(value));
    if (input->type == ElementType::kString || to == ElementType::kString)
      return Cannot(node, "a cast from or to text");
    for (Symbol& symbol : value.symbols) SLIPWAY_RETURN_IF_ERROR(CastSymbol(node, input->type, to, symbol));
    return Set(node, std::move(value));
  }

  static Status CastSymbol(const Node& node, ElementType from, ElementType to, Symbol& symbol) {
    const bool from_integer = from == ElementType::kInt64 || from == ElementType::kInt32 || from == ElementType::kBool;
    if (to == ElementType::kFloat && !symbol.is_truncated) return {};
    if (symbol.feature.is_text && from_integer && to == ElementType::kBool) {
      for (auto& [text, value] : symbol.feature.table) value = value != 0;
      symbol.feature.otherwise = symbol.feature.otherwise != 0;
      return {};
    }
    if (from_integer && to == ElementType::kInt64) return {};
    if (from == ElementType::kFloat && to == ElementType::kInt64 && !symbol.feature.is_text) {
      symbol.is_truncated = true;
      return {};
    }
    return Cannot(node, fmt::format("a cast from {} to {}", ElementTypeName(from), ElementTypeName(to)));
  }

  Status LowerConcat(const Node& node) {
    SLIPWAY_ASSIGN_OR_RETURN(const SymbolicValue* first, Symbols(node, 0));
    SymbolicValue value;
    value.type = first->type;
    value.rank = first->rank;
    const int64_t axis = IntOf(node, "axis", 1);
    if (first->rank < 2 || (axis != -1 && axis != first->rank - 1)) return Cannot(node, "not along the last axis");
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      SLIPWAY_ASSIGN_OR_RETURN(const SymbolicValue* part, Symbols(node, i));
      if (part->rank != value.rank || part->type != value.type || part->middle != 1)
        return Cannot(node, "its inputs differ in form");
      value.symbols.insert(value.symbols.end(), part->symbols.begin(), part->symbols.end());
    }
    return Set(node, std::move(value));
  }

  Status LowerReshape(const Node& node) {
    SLIPWAY_ASSIGN_OR_RETURN(const SymbolicValue* input, Input(node, 0));
    SLIPWAY_ASSIGN_OR_RETURN(const Tensor* shape, Constant(node, 1));
    const std::vector<int64_t>& dims = shape->ints;
    SymbolicValue value = *input;
    if (input->kind == SymbolicValue::Kind::kScores) {
      // One score a row, whatever way round.
      if (!IsColumn(dims) || (lowered_.outputs.width != 1 && !input->is_margin))
        return Cannot(node, "scores change their shape");
      return Set(node, std::move(value));
    }
    if (input->kind != SymbolicValue::Kind::kSymbols) return Cannot(node, "not of columns");
    const auto width = static_cast<int64_t>(input->symbols.size());
    const bool keeps_rows = dims.size() == 2 && ((dims[0] == -1 && dims[1] == width) ||
                                                 (dims[0] == 0 && (dims[1] == width || dims[1] == -1)));
    if (!keeps_rows && !(width == 1 && IsColumn(dims))) return Cannot(node, "rows do not stay rows");
    value.rank = static_cast<int>(dims.size());
    value.middle = 1;
    return Set(node, std::move(value));
  }

  static bool IsColumn(const std::vector<int64_t>& dims) {
    return dims == std::vector<int64_t>{-1} || dims == std::vector<int64_t>{-1, 1};
  }

  Status LowerFlatten(const Node& node) {
    SLIPWAY_ASSIGN_OR_RETURN(const SymbolicValue* input, Symbols(node, 0));
    if (IntOf(node, "axis", 1) != 1) return Cannot(node, "rows do not stay rows");
    SymbolicValue value = *input;
    value.rank = 2;
    value.middle = 1;
    return Set(node, std::move(value));
  }

  // Axes and sizes: an attribute before version 13, an input from then on.
  Result<std::vector<int64_t>> IntegersOf(const Node& node, std::string_view attribute) const {
    if (const Attribute* integers = node.Find(attribute)) return integers->ints;
    SLIPWAY_ASSIGN_OR_RETURN(const Tensor* integers, Constant(node, 1));
    return integers->ints;
  }

  Status LowerSqueeze(const Node& node) {
    SLIPWAY_ASSIGN_OR_RETURN(const SymbolicValue* input, Symbols(node, 0));
    SLIPWAY_ASSIGN_OR_RETURN(const std::vector<int64_t> axes, IntegersOf(node, "axes"));
    SymbolicValue value = *input;
    const bool drops_middle = input->rank == 3 && input->middle == 1 && axes == std::vector<int64_t>{1};
    const bool drops_width = input->rank == 2 && input->symbols.size() == 1 &&
                             (axes == std::vector<int64_t>{1} || axes == std::vector<int64_t>{-1});
    if (!drops_middle && !drops_width) return Cannot(node, "another axis than that of one column");
    value.rank = input->rank - 1;
    return Set(node, std::move(value));
  }

  Status LowerUnsqueeze(const Node& node) {
    SLIPWAY_ASSIGN_OR_RETURN(const SymbolicValue* input, Symbols(node, 0));
    SLIPWAY_ASSIGN_OR_RETURN(const std::vector<int64_t> axes, IntegersOf(node, "axes"));
    if (input->rank != 1 || axes.size() != 1 || (axes[0] != 1 && axes[0] != -1))
      return Cannot(node, "another form than [N] to [N,1]");
    SymbolicValue value = *input;
    value.rank = 2;
    return Set(node, std::move(value));
  }

  Status LowerGather(const Node& node) {
    SLIPWAY_ASSIGN_OR_RETURN(const SymbolicValue* picked_from, Input(node, 0));
    if (picked_from->kind == SymbolicValue::Kind::kScores) return LowerMargin(node, *picked_from);
    SLIPWAY_ASSIGN_OR_RETURN(const SymbolicValue* input, Symbols(node, 0));
    SLIPWAY_ASSIGN_OR_RETURN(const Tensor* indices, Constant(node, 1));
    const bool is_gather = node.op_type == "Gather";
    const int64_t axis = is_gather ? IntOf(node, "axis", 0) : -1;
    const bool is_last = axis == -1 || axis == input->rank - 1;
    if (input->rank < 2 || !is_last || input->middle != 1 || (is_gather && indices->dims.size() != 1))
      return Cannot(node, "not columns by number");
    SymbolicValue value = *input;
    value.symbols.clear();
    const auto width = static_cast<int64_t>(input->symbols.size());
    for (int64_t index : indices->ints) {
      if (is_gather && index < 0) index += width;
      if (index < 0 || index >= width) return Cannot(node, fmt::format("there is no column {}", index));
      value.symbols.push_back(input->symbols[static_cast<size_t>(index)]);
    }
    return Set(node, std::move(value));
  }

  // Columns, or indicators of categories, in groups.
  Status LowerSplit(const Node& node) {
    SLIPWAY_ASSIGN_OR_RETURN(const SymbolicValue* input, Symbols(node, 0));
    const int64_t axis = IntOf(node, "axis", 0);
    if (input->rank < 2 || input->middle != 1 || (axis != -1 && axis != input->rank - 1))
      return Cannot(node, "not along the last axis");
    SLIPWAY_ASSIGN_OR_RETURN(const std::vector<int64_t> sizes, IntegersOf(node, "split"));
    if (sizes.size() != node.outputs.size()) return Cannot(node, "sizes and outputs differ in number");
    const SymbolicValue whole = *input;
    size_t first = 0;
    for (size_t i = 0; i < sizes.size(); ++i) {
      if (sizes[i] < 0 || static_cast<size_t>(sizes[i]) > whole.symbols.size() - first)
        return Cannot(node, "the parts are larger than the whole");
      SymbolicValue part = whole;
      const auto begin = whole.symbols.begin() + static_cast<std::ptrdiff_t>(first);
      part.symbols.assign(begin, begin + static_cast<std::ptrdiff_t>(sizes[i]));
      first += part.symbols.size();
      values_[node.outputs[i]] = std::move(part);
    }
    return {};
  }

  // Indicators of one text column's categories become the indicator of all of them, as for infrequent ones.
  Status LowerSum(const Node& node) {
    SLIPWAY_ASSIGN_OR_RETURN(const SymbolicValue* input, Symbols(node, 0));
    SLIPWAY_ASSIGN_OR_RETURN(const std::vector<int64_t> axes, IntegersOf(node, "axes"));
    const bool is_last = axes == std::vector<int64_t>{-1} || axes == std::vector<int64_t>{input->rank - 1};
    if (!is_last || input->rank < 2 || input->middle != 1 || IntOf(node, "keepdims", 1) == 0 || input->symbols.empty())
      return Cannot(node, "not of a row's values");
    SymbolicValue value = *input;
    value.symbols.resize(1);
    Feature& sum = value.symbols[0].feature;
    for (const Symbol& symbol : input->symbols)
      if (!symbol.feature.is_text || symbol.is_raw_text || symbol.feature.column != sum.column)
        return Cannot(node, "not of one text column's indicators");
    for (size_t i = 1; i < input->symbols.size(); ++i) sum = SumOf(sum, input->symbols[i].feature);
    return Set(node, std::move(value));
  }

  static Feature SumOf(const Feature& a, const Feature& b) {
    Feature sum = a;
    sum.otherwise = a.otherwise + b.otherwise;
    for (auto& [text, value] : sum.table) value += b.OfText(text);
    for (const auto& [text, value] : b.table) sum.table.try_emplace(text, a.otherwise + value);
    return sum;
  }

  // Of two classes that one linear machine tells apart, the score that speaks for the second: the first's is its
  // negative, and both stand in the answer.
  Status LowerMargin(const Node& node, const SymbolicValue& scores) {
    SLIPWAY_ASSIGN_OR_RETURN(const Tensor* indices, Constant(node, 1));
    const int64_t axis = node.op_type == "Gather" ? IntOf(node, "axis", 0) : -1;
    const bool takes_second = indices->ints == std::vector<int64_t>{1} && (axis == 1 || axis == -1);
    if (!takes_second || scores.is_map || scores.is_margin || !lowered_.linear || !lowered_.linear->is_mirrored())
      return Cannot(node, "a part of the scores");
    SymbolicValue value = scores;
    value.is_margin = true;
    return Set(node, std::move(value));
  }

  // Where(text is one of some, other text, text).
  Status LowerWhere(const Node& node) {
    SLIPWAY_ASSIGN_OR_RETURN(const SymbolicValue* condition, Symbols(node, 0));
    SLIPWAY_ASSIGN_OR_RETURN(const Tensor* filling, Constant(node, 1));
    SLIPWAY_ASSIGN_OR_RETURN(const SymbolicValue* text, Symbols(node, 2));
    const size_t width = text->symbols.size();
    const size_t fillings = filling->strings.size();
    if (condition->type != ElementType::kBool || condition->symbols.size() != width || text->rank != condition->rank ||
        (fillings != 1 && (fillings != width || text->rank != 2)))
      return Cannot(node, "not a text in place of another");
    SymbolicValue value = *text;
    for (size_t i = 0; i < width; ++i) {
      const Feature& test = condition->symbols[i].feature;
      Symbol& symbol = value.symbols[i];
      if (!symbol.is_raw_text || !symbol.becomes.empty() || !test.is_text || condition->symbols[i].is_raw_text ||
          test.column != symbol.feature.column || test.otherwise != 0)
        return Cannot(node, "not a text in place of another");
      for (const auto& [from, is_replaced] : test.table)
        if (is_replaced != 0) symbol.becomes[from] = filling->strings[fillings == 1 ? 0 : i];
    }
    return Set(node, std::move(value));
  }

  // A text column compared with one text.
  Status LowerEqual(const Node& node) {
    SLIPWAY_ASSIGN_OR_RETURN(const SymbolicValue* left, Input(node, 0));
    const bool is_swapped = left->kind == SymbolicValue::Kind::kConstant;
    SLIPWAY_ASSIGN_OR_RETURN(const SymbolicValue* text, Symbols(node, is_swapped ? 1 : 0));
    SLIPWAY_ASSIGN_OR_RETURN(const Tensor* constant, Constant(node, is_swapped ? 0 : 1));
    if (text->type != ElementType::kString || constant->strings.size() != 1 || constant->dims.size() > 2)
      return Cannot(node, "not a text column and one text");
    SymbolicValue value = *text;
    value.type = ElementType::kBool;
    for (Symbol& symbol : value.symbols) Encode({{constant->strings[0], 1.0f}}, 0, symbol);
    return Set(node, std::move(value));
  }

  // A raw text becomes a number by table; what was replaced before is looked up as what it became.
  static void Encode(const std::map<std::string, float>& table, float otherwise, Symbol& symbol) {
    symbol.is_raw_text = false;
    symbol.feature.otherwise = otherwise;
    symbol.feature.table = table;
    for (const auto& [from, to] : symbol.becomes) {
      const auto found = table.find(to);
      symbol.feature.table[from] = found == table.end() ? otherwise : found->second;
    }
    symbol.becomes.clear();
  }

  static void AddStep(const NumberStep& step, Symbol& symbol) {
    if (!symbol.feature.is_text) {
      symbol.feature.steps.push_back(step);
      return;
    }
    for (auto& [text, value] : symbol.feature.table) value = Apply(step, value);
    symbol.feature.otherwise = Apply(step, symbol.feature.otherwise);
  }

  Status LowerArithmetic(const Node& node) {
    SLIPWAY_ASSIGN_OR_RETURN(const SymbolicValue* left, Input(node, 0));
    const bool is_swapped = left->kind == SymbolicValue::Kind::kConstant;
    SLIPWAY_ASSIGN_OR_RETURN(const SymbolicValue* input, Symbols(node, is_swapped ? 1 : 0));
    SLIPWAY_ASSIGN_OR_RETURN(const Tensor* constant, Constant(node, is_swapped ? 0 : 1));
    const size_t width = input->symbols.size();
    const std::vector<float>& numbers = constant->floats;
    const bool is_row = numbers.size() == width && !constant->dims.empty() &&
                        constant->dims.back() == static_cast<int64_t>(width) && constant->dims.size() <= 2;
    const bool fits = numbers.size() == 1 ? constant->dims.size() <= 2 : is_row;
    if (input->type != ElementType::kFloat || input->rank != 2 || !fits)
      return Cannot(node, "not float columns and one constant a column");
    SymbolicValue value = *input;
    for (size_t i = 0; i < width; ++i)
      AddStep({StepOf(node.op_type, is_swapped), numbers[numbers.size() == 1 ? 0 : i], 0}, value.symbols[i]);
    return Set(node, std::move(value));
  }

  static NumberStep::Kind StepOf(std::string_view op, bool is_swapped) {
    using Kind = NumberStep::Kind;
    if (op == "Add") return Kind::kAdd;
    if (op == "Mul") return Kind::kMultiply;
    if (op == "Sub") return is_swapped ? Kind::kSubtractFrom : Kind::kSubtract;
    return is_swapped ? Kind::kDivideInto : Kind::kDivide;
  }

  Status LowerImputer(const Node& node) {
    SLIPWAY_ASSIGN_OR_RETURN(const SymbolicValue* input, Symbols(node, 0));
    const std::vector<float>& values = FloatsOf(node, "imputed_value_floats");
    const size_t width = input->symbols.size();
    if (input->type != ElementType::kFloat || (values.size() != 1 && values.size() != width) || input->rank == 3 ||
        (input->rank == 1 && values.size() != 1))
      return Cannot(node, "not of float columns");
    const Attribute* replaced = node.Find("replaced_value_float");
    const float from = replaced == nullptr ? 0 : replaced->number;
    SymbolicValue value = *input;
    for (size_t i = 0; i < width; ++i) {
      const float to = values[values.size() == 1 ? 0 : i];
      const auto kind = std::isnan(from) ? NumberStep::Kind::kReplaceNaN : NumberStep::Kind::kReplace;
      AddStep({kind, std::isnan(from) ? 0 : from, to}, value.symbols[i]);
    }
    return Set(node, std::move(value));
  }

  Status LowerScaler(const Node& node) {
    SLIPWAY_ASSIGN_OR_RETURN(const SymbolicValue* input, Symbols(node, 0));
    const std::vector<float>&offset = FloatsOf(node, "offset"), &scale = FloatsOf(node, "scale");
    const size_t width = input->symbols.size();
    const auto fits = [width](size_t size) { return size == 1 || size == width; };
    const bool is_whole = input->type == ElementType::kInt64 || input->type == ElementType::kInt32;
    const bool is_cut = std::any_of(input->symbols.begin(), input->symbols.end(),
                                    [](const Symbol& symbol) { return symbol.is_truncated; });
    if ((input->type != ElementType::kFloat && !is_whole) || is_cut || input->rank != 2 || !fits(offset.size()) ||
        !fits(scale.size()))
      return Cannot(node, "not of columns of numbers");
    SymbolicValue value = *input;
    value.type = ElementType::kFloat;
    for (size_t i = 0; i < width; ++i) {
      AddStep({NumberStep::Kind::kSubtract, offset[offset.size() == 1 ? 0 : i], 0}, value.symbols[i]);
      AddStep({NumberStep::Kind::kMultiply, scale[scale.size() == 1 ? 0 : i], 0}, value.symbols[i]);
    }
    return Set(node, std::move(value));
  }

  // Bounds: attributes before version 11, inputs from then on.
  Status LowerClip(const Node& node) {
    SLIPWAY_ASSIGN_OR_RETURN(const SymbolicValue* input, FloatMatrix(node));
    SymbolicValue value = *input;
    const std::pair<const char*, NumberStep::Kind> bounds[] = {{"min", NumberStep::Kind::kAtLeast},
                                                               {"max", NumberStep::Kind::kAtMost}};
    for (size_t i = 0; i < std::size(bounds); ++i) {
      SLIPWAY_ASSIGN_OR_RETURN(const std::optional<float> bound, BoundOf(node, bounds[i].first, i + 1));
      if (!bound) continue;
      for (Symbol& symbol : value.symbols) AddStep({bounds[i].second, *bound, 0}, symbol);
    }
    return Set(node, std::move(value));
  }

  Result<std::optional<float>> BoundOf(const Node& node, std::string_view attribute, size_t input) const {
    if (const Attribute* bound = node.Find(attribute)) return std::optional<float>(bound->number);
    if (node.inputs.size() <= input || node.inputs[input].empty()) return std::optional<float>();
    SLIPWAY_ASSIGN_OR_RETURN(const Tensor* bound, Constant(node, input));
    if (bound->floats.size() != 1 || std::isnan(bound->floats[0])) return Cannot(node, "a bound that is no number");
    return std::optional<float>(bound->floats[0]);
  }

  // Where nothing can be missing a step of each column; NaN is refused.
  Status LowerBinarizer(const Node& node) {
    SLIPWAY_ASSIGN_OR_RETURN(const SymbolicValue* input, FloatMatrix(node));
    const Attribute* attribute = node.Find("threshold");
    const float threshold = attribute == nullptr ? 0 : attribute->number;
    const auto& symbols = input->symbols;
    const bool is_safe = std::all_of(symbols.begin(), symbols.end(),
                                     [](const Symbol& symbol) { return IsNeverMissing(symbol.feature); });
    if (!is_safe) {
      Mix mix = MixOf(node, Mix::Kind::kBinarize, *input, symbols.size());
      mix.threshold = threshold;
      return SetMix(node, std::move(mix));
    }
    SymbolicValue value = *input;
    for (Symbol& symbol : value.symbols) AddStep({NumberStep::Kind::kIsAbove, threshold, 0}, symbol);
    return Set(node, std::move(value));
  }

  // --- numbers of several columns ---

  Result<const SymbolicValue*> FloatMatrix(const Node& node) const {
    SLIPWAY_ASSIGN_OR_RETURN(const SymbolicValue* input, Symbols(node, 0));
    if (input->type != ElementType::kFloat || input->rank != 2 || input->symbols.empty())
      return Cannot(node, "not of float columns");
    return input;
  }

  static Mix MixOf(const Node& node, Mix::Kind kind, const SymbolicValue& input, size_t outputs) {
    Mix mix{.kind = kind, .node = node.Describe(), .inputs = {}, .outputs = outputs};
    for (const Symbol& symbol : input.symbols) mix.inputs.push_back(symbol.feature);
    return mix;
  }

  Status SetMix(const Node& node, Mix mix) {
    if (mix.outputs == 0 || mix.outputs > kMixOutputsMax) return Cannot(node, fmt::format("{} outputs", mix.outputs));
    mix.first_column = next_column_;
    SymbolicValue value;
    for (size_t i = 0; i < mix.outputs; ++i) {
      Symbol symbol;
      symbol.feature.column = next_column_++;
      value.symbols.push_back(std::move(symbol));
    }
    lowered_.mixes.push_back(std::move(mix));
    return Set(node, std::move(value));
  }

  // MatMul, and Gemm, whose alpha and C are steps of the products.
  Status LowerProduct(const Node& node) {
    SLIPWAY_ASSIGN_OR_RETURN(const SymbolicValue* input, FloatMatrix(node));
    SLIPWAY_ASSIGN_OR_RETURN(const Tensor* weights, Constant(node, 1));
    const bool is_gemm = node.op_type == "Gemm";
    const bool is_turned = is_gemm && IntOf(node, "transB", 0) != 0;
    const auto width = static_cast<int64_t>(input->symbols.size());
    const bool fits = weights->type == ElementType::kFloat && weights->dims.size() == 2 &&
                      weights->dims[is_turned ? 1 : 0] == width && !(is_gemm && IntOf(node, "transA", 0) != 0);
    if (!fits) return Cannot(node, "not columns times a constant float matrix of their number of rows");
    const auto outputs = static_cast<size_t>(weights->dims[is_turned ? 0 : 1]);
    Mix mix = MixOf(node, Mix::Kind::kProduct, *input, outputs);
    mix.weights = weights->floats;
    if (is_turned) mix.weights = Turned(weights->floats, outputs, input->symbols.size());
    SLIPWAY_RETURN_IF_ERROR(SetMix(node, std::move(mix)));
    return is_gemm ? FinishGemm(node, values_[node.outputs[0]]) : Status();
  }

  static std::vector<float> Turned(const std::vector<float>& matrix, size_t rows, size_t columns) {
    std::vector<float> turned(matrix.size());
    for (size_t row = 0; row < rows; ++row)
      for (size_t column = 0; column < columns; ++column) turned[column * rows + row] = matrix[row * columns + column];
    return turned;
  }

  Status FinishGemm(const Node& node, SymbolicValue& product) const {
    const Attribute *alpha = node.Find("alpha"), *beta = node.Find("beta");
    if (alpha != nullptr && alpha->number != 1)
      for (Symbol& symbol : product.symbols) AddStep({NumberStep::Kind::kMultiply, alpha->number, 0}, symbol);
    if (node.inputs.size() < 3 || node.inputs[2].empty()) return {};
    SLIPWAY_ASSIGN_OR_RETURN(const Tensor* added, Constant(node, 2));
    const size_t count = added->floats.size(), width = product.symbols.size();
    const bool is_row = added->dims.size() <= 1 || (added->dims.size() == 2 && added->dims[0] == 1);
    if (!is_row || (count != 1 && count != width)) return Cannot(node, "C is not one constant a column");
    for (size_t i = 0; i < width; ++i) {
      const float addend = (beta == nullptr ? 1.0f : beta->number) * added->floats[count == 1 ? 0 : i];
      AddStep({NumberStep::Kind::kAdd, addend, 0}, product.symbols[i]);
    }
    return {};
  }

  Status NormalizeColumns(const Node& node) {
    SLIPWAY_ASSIGN_OR_RETURN(const SymbolicValue* input, FloatMatrix(node));
    const Attribute* norm = node.Find("norm");
    const std::string name = norm == nullptr ? "MAX" : norm->text;
    if (name != "MAX" && name != "L1" && name != "L2") return Cannot(node, fmt::format("norm '{}'", name));
    const auto kind = name == "MAX"  ? Mix::Kind::kNormalizeMax
                      : name == "L1" ? Mix::Kind::kNormalizeL1
                                     : Mix::Kind::kNormalizeL2;
    return SetMix(node, MixOf(node, kind, *input, input->symbols.size()));
  }

  Status LowerOneHot(const Node& node) {
    SLIPWAY_ASSIGN_OR_RETURN(const SymbolicValue* input, Symbols(node, 0));
    if (input->rank == 3) return Cannot(node, "not of columns");
    SymbolicValue value;
    value.type = ElementType::kFloat;
    value.rank = input->rank + 1;
    value.middle = input->rank == 2 ? input->symbols.size() : 1;
    const Attribute *texts = node.Find("cats_strings"), *integers = node.Find("cats_int64s");
    for (const Symbol& symbol : input->symbols) {
      if (symbol.is_raw_text && texts != nullptr) {
        OneHotTexts(texts->strings, symbol, value.symbols);
      } else if (!symbol.is_raw_text && integers != nullptr) {
        SLIPWAY_RETURN_IF_ERROR(OneHotIntegers(node, integers->ints, symbol, value.symbols));
      } else {
        return Cannot(node, "categories of another type than the column's");
      }
    }
    if (IntOf(node, "zeros", 1) == 0) SLIPWAY_RETURN_IF_ERROR(RequireCategories(node, *input, value));
    return Set(node, std::move(value));
  }

  // Unknown categories fail: of each column's indicators one has to be set.
  Status RequireCategories(const Node& node, const SymbolicValue& input, const SymbolicValue& encoded) {
    const size_t categories = encoded.symbols.size() / std::max<size_t>(1, input.symbols.size());
    if (categories == 0) return Cannot(node, "it knows no category");
    for (size_t i = 0; i < input.symbols.size(); ++i) {
      CategoryCheck check{node.Describe(), {}, KnownCategories(node)};
      for (size_t c = 0; c < categories; ++c) AddIndicator(encoded.symbols[i * categories + c].feature, check);
      lowered_.checks.push_back(std::move(check));
    }
    return {};
  }

  // All texts of a column are looked up at once.
  static void AddIndicator(const Feature& indicator, CategoryCheck& check) {
    if (!indicator.is_text || check.indicators.empty()) {
      check.indicators.push_back(indicator);
      return;
    }
    Feature& all = check.indicators.front();
    for (const auto& [text, is_set] : indicator.table) all.table[text] = std::max(all.OfText(text), is_set);
    all.otherwise = std::max(all.otherwise, indicator.otherwise);
  }

  static std::string KnownCategories(const Node& node) {
    constexpr size_t kNamedMax = 20;
    std::vector<std::string> names;
    if (const Attribute* texts = node.Find("cats_strings"))
      for (const std::string& text : texts->strings) names.push_back("'" + text + "'");
    if (const Attribute* integers = node.Find("cats_int64s"))
      for (const int64_t integer : integers->ints) names.push_back(std::to_string(integer));
    const size_t count = names.size();
    names.resize(std::min(count, kNamedMax));
    return Join(names, ", ") + (count > kNamedMax ? fmt::format(" and {} more", count - kNamedMax) : "");
  }

  // Of equal categories the last one counts.
  static void OneHotTexts(const std::vector<std::string>& texts, const Symbol& symbol, std::vector<Symbol>& out) {
    std::map<std::string, size_t> last;
    for (size_t i = 0; i < texts.size(); ++i) last[texts[i]] = i;
    for (size_t i = 0; i < texts.size(); ++i) {
      Symbol indicator = symbol;
      Encode(last[texts[i]] == i ? std::map<std::string, float>{{texts[i], 1.0f}} : std::map<std::string, float>(), 0,
             indicator);
      std::erase_if(indicator.feature.table, [](const auto& entry) { return entry.second == 0; });
      out.push_back(std::move(indicator));
    }
  }

  static Status OneHotIntegers(const Node& node, const std::vector<int64_t>& integers, const Symbol& symbol,
                               std::vector<Symbol>& out) {
    for (size_t i = 0; i < integers.size(); ++i) {
      if (std::abs(integers[i]) >= kExactInteger) return Cannot(node, "categories that are no float32");
      const bool is_last = std::find(integers.begin() + static_cast<std::ptrdiff_t>(i) + 1, integers.end(),
                                     integers[i]) == integers.end();
      Symbol indicator = symbol;
      indicator.is_truncated = false;
      const float category = is_last ? static_cast<float>(integers[i]) : std::numeric_limits<float>::quiet_NaN();
      AddStep({NumberStep::Kind::kIsInteger, category, 0}, indicator);
      out.push_back(std::move(indicator));
    }
    return {};
  }

  Status LowerLabelEncoder(const Node& node) {
    SLIPWAY_ASSIGN_OR_RETURN(const SymbolicValue* input, Symbols(node, 0));
    if (node.Find("keys_int64s") != nullptr || node.Find("keys_floats") != nullptr)
      return LowerNumberTable(node, *input);
    const Attribute* keys = node.Find("keys_strings");
    const Attribute *integers = node.Find("values_int64s"), *floats = node.Find("values_floats");
    if (keys == nullptr || (integers == nullptr) == (floats == nullptr) || node.Find("classes_strings") != nullptr)
      return Cannot(node, "not from texts to numbers");
    const size_t count = integers != nullptr ? integers->ints.size() : floats->floats.size();
    if (count != keys->strings.size()) return Cannot(node, "keys and values differ in number");
    std::map<std::string, float> table;
    for (size_t i = 0; i < count; ++i) {
      if (integers != nullptr && std::abs(integers->ints[i]) >= kExactInteger)
        return Cannot(node, "values that are no float32");
      // Of equal keys the first one counts.
      table.emplace(keys->strings[i], integers != nullptr ? static_cast<float>(integers->ints[i]) : floats->floats[i]);
    }
    const Attribute* unknown = node.Find(integers != nullptr ? "default_int64" : "default_float");
    float otherwise = integers != nullptr ? -1.0f : -0.0f;
    if (unknown != nullptr) otherwise = integers != nullptr ? static_cast<float>(unknown->integer) : unknown->number;
    SymbolicValue value = *input;
    value.type = integers != nullptr ? ElementType::kInt64 : ElementType::kFloat;
    for (Symbol& symbol : value.symbols) {
      if (!symbol.is_raw_text) return Cannot(node, "not from texts to numbers");
      Encode(table, otherwise, symbol);
    }
    return Set(node, std::move(value));
  }

  // From numbers to numbers, as OrdinalEncoder has it of number columns.
  Status LowerNumberTable(const Node& node, const SymbolicValue& input) {
    SLIPWAY_ASSIGN_OR_RETURN(const std::vector<float> keys, NumbersOf(node, "keys"));
    SLIPWAY_ASSIGN_OR_RETURN(const std::vector<float> values, NumbersOf(node, "values"));
    const bool of_integers = input.type == ElementType::kInt64, to_integers = node.Find("values_int64s") != nullptr;
    const bool is_fit = input.type == ElementType::kFloat || of_integers;
    if (!is_fit || of_integers != (node.Find("keys_int64s") != nullptr) || input.rank > 2 || input.symbols.empty() ||
        keys.size() != values.size())
      return Cannot(node, "not from the column's numbers to numbers");
    Mix mix = MixOf(node, Mix::Kind::kLookUp, input, input.symbols.size());
    for (size_t i = 0; i < mix.inputs.size(); ++i)
      if (input.symbols[i].is_truncated) return Cannot(node, "of numbers that were cut to integers");
    // Of equal keys the first one counts.
    for (size_t i = 0; i < keys.size(); ++i) mix.table.emplace(keys[i], values[i]);
    const Attribute* unknown = node.Find(to_integers ? "default_int64" : "default_float");
    mix.otherwise = to_integers ? -1.0f : -0.0f;
    if (unknown != nullptr) mix.otherwise = to_integers ? static_cast<float>(unknown->integer) : unknown->number;
    SLIPWAY_RETURN_IF_ERROR(SetMix(node, std::move(mix)));
    SymbolicValue& made = values_[node.outputs[0]];
    made.type = to_integers ? ElementType::kInt64 : ElementType::kFloat;
    made.rank = input.rank;
    return {};
  }

  // "keys" or "values" of a LabelEncoder that are all float32 numbers.
  static Result<std::vector<float>> NumbersOf(const Node& node, const std::string& prefix) {
    std::vector<float> numbers = FloatsOf(node, prefix + "_floats");
    if (const Attribute* integers = node.Find(prefix + "_int64s"))
      for (const int64_t integer : integers->ints) {
        if (integer <= -kExactInteger || integer >= kExactInteger) return Cannot(node, prefix + " that are no float32");
        numbers.push_back(static_cast<float>(integer));
      }
    for (const float number : numbers)
      if (std::isnan(number)) return Cannot(node, "NaN among the " + prefix);
    return numbers;
  }

  Status LowerFeatureVectorizer(const Node& node) {
    const Attribute* dimensions = node.Find("inputdimensions");
    SymbolicValue value;
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      SLIPWAY_ASSIGN_OR_RETURN(const SymbolicValue* part, Symbols(node, i));
      const bool fits = dimensions != nullptr && i < dimensions->ints.size() &&
                        dimensions->ints[i] == static_cast<int64_t>(part->symbols.size());
      const bool is_number = part->type == ElementType::kFloat || part->type == ElementType::kInt64;
      if (!fits || !is_number || part->rank != 2) return Cannot(node, "columns are padded, cut or no numbers");
      for (const Symbol& symbol : part->symbols) {
        if (symbol.is_truncated) return Cannot(node, "cut numbers");
        value.symbols.push_back(symbol);
      }
    }
    return Set(node, std::move(value));
  }

  // --- the model and what follows it ---

  Result<const SymbolicValue*> ModelInput(const Node& node) {
    SLIPWAY_ASSIGN_OR_RETURN(const SymbolicValue* input, Symbols(node, 0));
    if (has_model_) return Cannot(node, "a second model");
    if (input->type != ElementType::kFloat || input->rank != 2) return Cannot(node, "its input is no float matrix");
    for (const Symbol& symbol : input->symbols) lowered_.features.push_back(symbol.feature);
    has_model_ = true;
    return input;
  }

  Status LowerLinear(const Node& node) {
    SLIPWAY_ASSIGN_OR_RETURN(const SymbolicValue* input, ModelInput(node));
    SLIPWAY_ASSIGN_OR_RETURN(lowered_.linear, LinearModel::Read(node, input->symbols.size()));
    lowered_.linear->feature_means = FeatureMeans(input->symbols.size());
    lowered_.outputs.width = lowered_.linear->outputs();
    return SetOutputs(node, lowered_.linear->is_classifier, lowered_.linear->labels);
  }

  // As training writes them; empty when the model carries none for these features.
  std::vector<float> FeatureMeans(size_t features) const {
    const auto found = model_.metadata.find(std::string(model::kFeatureMeansKey));
    if (found == model_.metadata.end()) return {};
    std::vector<float> means;
    for (const std::string_view text : Split(found->second, ',')) {
      const auto mean = ParseDouble(text);
      if (!mean || !std::isfinite(*mean)) return {};
      means.push_back(static_cast<float>(*mean));
    }
    return means.size() == features ? means : std::vector<float>();
  }

  // Of columns; or over scores: they add up to 1.
  Status LowerNormalizer(const Node& node) {
    SLIPWAY_ASSIGN_OR_RETURN(const SymbolicValue* input, Input(node, 0));
    if (input->kind == SymbolicValue::Kind::kSymbols) return NormalizeColumns(node);
    const Attribute* norm = node.Find("norm");
    const bool is_sum = norm != nullptr && norm->text == "L1";
    if (input->kind != SymbolicValue::Kind::kScores || !is_sum || !lowered_.linear || input->is_map || input->is_margin)
      return Cannot(node, "not of a linear model's scores, to the sum 1");
    if (lowered_.linear->sums_to_one) return Cannot(node, "a second one");
    lowered_.linear->sums_to_one = true;
    SymbolicValue value = *input;
    value.sums_to_one = true;
    return Set(node, std::move(value));
  }

  Status LowerEnsemble(const Node& node) {
    SLIPWAY_ASSIGN_OR_RETURN(const SymbolicValue* input, ModelInput(node));
    SLIPWAY_ASSIGN_OR_RETURN(lowered_.ensemble, TreeEnsemble::Read(node));
    const TreeEnsemble& ensemble = lowered_.ensemble;
    if (ensemble.features > input->symbols.size())
      return InvalidArgument(fmt::format("{}: it asks for feature {} of {}", node.Describe(), ensemble.features - 1,
                                         input->symbols.size()));
    lowered_.outputs.width = ensemble.targets;
    if (ensemble.is_classifier) SLIPWAY_RETURN_IF_ERROR(CheckClassifier(node));
    return SetOutputs(node, ensemble.is_classifier, ensemble.labels);
  }

  // The scores of a regressor, or a label and scores.
  Status SetOutputs(const Node& node, bool is_classifier, const ClassLabels& labels) {
    SymbolicValue scores;
    scores.kind = SymbolicValue::Kind::kScores;
    if (!is_classifier) return Set(node, std::move(scores));
    lowered_.outputs.classes = labels.texts();
    lowered_.outputs.integer_labels = labels.strings.empty();
    SymbolicValue label;
    label.kind = SymbolicValue::Kind::kLabel;
    label.type = lowered_.outputs.integer_labels ? ElementType::kInt64 : ElementType::kString;
    if (node.outputs.size() < 2) return Cannot(node, "it has no scores");
    values_[node.outputs[1]] = std::move(scores);
    return Set(node, std::move(label));
  }

  // Label rules that depend on which classes a row got votes for are left to the reference operator.
  Status CheckClassifier(const Node& node) const {
    const TreeEnsemble& ensemble = lowered_.ensemble;
    const ClassifierRule rule(ensemble);
    if (rule.is_binary()) return {};
    const bool is_literal = ensemble.labels.ints.empty() || ensemble.labels.ints == std::vector<int64_t>{0, 1};
    if (rule.has_literal_labels() && !is_literal) return Cannot(node, "two voted classes whose labels are not 0 and 1");
    if (ensemble.targets > 2 && !ensemble.base_values.empty()) return {};
    std::vector<bool> must(ensemble.targets, ensemble.targets > 2);
    for (const Vote& vote : ensemble.votes) must[vote.target] = true;
    const std::vector<bool> always = AlwaysVoted(ensemble);
    for (size_t i = 0; i < must.size(); ++i)
      if (must[i] && !always[i]) return Cannot(node, "a class that may get no vote");
    return {};
  }

  // Classes that every leaf of some tree votes for.
  static std::vector<bool> AlwaysVoted(const TreeEnsemble& ensemble) {
    std::vector<bool> always(ensemble.targets);
    for (const uint32_t root : ensemble.roots) {
      std::vector<bool> common(ensemble.targets, true), seen(ensemble.nodes.size());
      VisitLeaves(ensemble, root, seen, common);
      for (size_t i = 0; i < always.size(); ++i) always[i] = always[i] || common[i];
      if (std::find(always.begin(), always.end(), false) == always.end()) break;
    }
    return always;
  }

  static void VisitLeaves(const TreeEnsemble& ensemble, uint32_t root, std::vector<bool>& seen,
                          std::vector<bool>& common) {
    std::vector<uint32_t> stack = {root};
    while (!stack.empty()) {
      const TreeNode& node = ensemble.nodes[stack.back()];
      const uint32_t at = stack.back();
      stack.pop_back();
      if (seen[at]) continue;
      seen[at] = true;
      if (node.mode != TreeNode::Mode::kLeaf) {
        stack.push_back(node.true_child);
        stack.push_back(node.false_child);
        continue;
      }
      std::vector<bool> votes(common.size());
      for (uint32_t i = 0; i < node.vote_count; ++i) votes[ensemble.votes[node.first_vote + i].target] = true;
      for (size_t i = 0; i < common.size(); ++i) common[i] = common[i] && votes[i];
    }
  }

  Status LowerZipMap(const Node& node) {
    SLIPWAY_ASSIGN_OR_RETURN(const SymbolicValue* input, Input(node, 0));
    if (input->kind != SymbolicValue::Kind::kScores || input->is_margin)
      return Cannot(node, "not of the scores of all classes");
    SLIPWAY_ASSIGN_OR_RETURN(const ClassLabels labels, ParseClassLabels(node));
    if (labels.texts() != lowered_.outputs.classes) return Cannot(node, "other labels than the classifier's");
    SymbolicValue value = *input;
    value.is_map = true;
    return Set(node, std::move(value));
  }

  Status ReadOutputs() {
    for (const model::ValueInfo& output : model_.graph.outputs) {
      const auto found = values_.find(output.name);
      if (found == values_.end()) return Unimplemented(fmt::format("there is no value '{}'", output.name));
      const SymbolicValue& value = found->second;
      if (value.kind == SymbolicValue::Kind::kLabel) {
        lowered_.outputs.label_name = output.name;
      } else if (value.kind == SymbolicValue::Kind::kScores) {
        if (lowered_.linear && lowered_.linear->sums_to_one != value.sums_to_one)
          return Unimplemented(fmt::format("the output '{}' is scores that do not add up to 1 yet", output.name));
        lowered_.outputs.score_name = output.name;
        lowered_.outputs.scores_by_label = value.is_map;
      } else {
        return Unimplemented(fmt::format("the output '{}' is not the ensemble's", output.name));
      }
    }
    return {};
  }

  const model::OnnxModel& model_;
  const InputColumns& columns_;
  std::unordered_map<std::string, SymbolicValue> values_;
  LoweredGraph lowered_;
  size_t next_column_;  // for what mixes make: behind the request's columns
  bool has_model_ = false;
};

}  // namespace

Result<LoweredGraph> LowerGraph(const model::OnnxModel& model, const InputColumns& columns) {
  return Lowering(model, columns).Run();
}

}  // namespace slipway::scoring
