// Models of forms that are not fused: cells become the graph's input tensors, the graph runs node by node.
#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "slipway/scoring/json_model.h"
#include "slipway/scoring/reference/graph.h"
#include "slipway/scoring/reference/tensor_tools.h"

namespace slipway::scoring {
namespace {

using model::ElementType;
using model::Tensor;
using reference::Value;
using reference::Values;

// A column's cells in a list of the column's own type.
struct ColumnCells {
  std::vector<double> reals;
  std::vector<int64_t> integers;
  std::vector<std::string> texts;
};

class TensorScratch final : public BatchScratch, public CellSink {
 public:
  explicit TensorScratch(const InputColumns& columns) : columns_(columns), cells_(columns.size()) {}

  CellSink& cells() override { return *this; }
  void Clear() noexcept override {
    rows_ = 0;
    for (ColumnCells& column : cells_) {
      column.reals.clear();
      column.integers.clear();
      column.texts.clear();
    }
  }
  void AddRow() noexcept override {
    ++rows_;
    for (size_t i = 0; i < cells_.size(); ++i) {
      switch (columns_[i].kind) {
        case InputColumn::Kind::kReal:
          cells_[i].reals.push_back(0);
          break;
        case InputColumn::Kind::kText:
          cells_[i].texts.emplace_back();
          break;
        default:
          cells_[i].integers.push_back(0);
      }
    }
  }
  size_t rows() const noexcept override { return rows_; }
  void SetReal(size_t row, size_t column, double value) noexcept override { cells_[column].reals[row] = value; }
  void SetInteger(size_t row, size_t column, int64_t value) noexcept override { cells_[column].integers[row] = value; }
  void SetText(size_t row, size_t column, std::string_view value) noexcept override {
    cells_[column].texts[row] = value;
  }
  void SetMissing(size_t row, size_t column) noexcept override {
    if (columns_[column].kind == InputColumn::Kind::kReal)
      cells_[column].reals[row] = std::numeric_limits<double>::quiet_NaN();
  }

  // The tensors the graph takes.
  Values Inputs() const {
    Values values;
    for (const GraphInput& input : columns_.graph_inputs()) values.push_back({TensorOf(input)});
    return values;
  }

 private:
  Tensor TensorOf(const GraphInput& input) const {
    Tensor tensor;
    tensor.type = input.element;
    const auto rows = static_cast<int64_t>(rows_);
    tensor.dims =
        input.rank == 1 ? std::vector<int64_t>{rows} : std::vector<int64_t>{rows, static_cast<int64_t>(input.width)};
    for (size_t row = 0; row < rows_; ++row)
      for (size_t i = 0; i < input.width; ++i) AppendCell(row, input.first_column + i, tensor);
    return tensor;
  }

  void AppendCell(size_t row, size_t column, Tensor& tensor) const {
    const ColumnCells& cells = cells_[column];
    if (tensor.type == ElementType::kString) {
      tensor.strings.push_back(cells.texts[row]);
      return;
    }
    const bool is_real = columns_[column].kind == InputColumn::Kind::kReal;
    if (tensor.type == ElementType::kFloat) {
      tensor.floats.push_back(is_real ? static_cast<float>(cells.reals[row]) : static_cast<float>(cells.integers[row]));
    } else if (tensor.type == ElementType::kDouble) {
      tensor.doubles.push_back(is_real ? cells.reals[row] : static_cast<double>(cells.integers[row]));
    } else {
      tensor.ints.push_back(cells.integers[row]);
    }
  }

  const InputColumns& columns_;
  std::vector<ColumnCells> cells_;
  size_t rows_ = 0;
};

// Which outputs of the graph are what.
struct OutputPlaces {
  int label = -1;
  std::vector<int> scores;  // one matrix or maps, or one list a class
};

bool IsLabel(const model::ValueInfo& output) {
  return output.kind == model::ValueInfo::Kind::kTensor &&
         (output.element == ElementType::kString || output.element == ElementType::kInt64 ||
          output.element == ElementType::kInt32);
}

const model::Node* MakerOf(const model::OnnxGraph& graph, const std::string& value) {
  for (const model::Node& node : graph.nodes)
    if (std::find(node.outputs.begin(), node.outputs.end(), value) != node.outputs.end()) return &node;
  return nullptr;
}

bool KeepsElements(const model::Node& node) {
  static constexpr std::string_view kOperators[] = {"Identity", "Cast", "Reshape", "Squeeze", "Unsqueeze", "Flatten"};
  return std::find(std::begin(kOperators), std::end(kOperators), node.op_type) != std::end(kOperators);
}

// The constant list that a label is picked from, as graphs without a classifier operator have it (dense layers, naive
// Bayes); empty when it is made in another way.
ClassLabels LabelsBehind(const model::OnnxGraph& graph, const std::string& label) {
  const model::Node* node = MakerOf(graph, label);
  while (node != nullptr && KeepsElements(*node) && !node->inputs.empty()) node = MakerOf(graph, node->inputs[0]);
  const bool picks = node != nullptr && (node->op_type == "ArrayFeatureExtractor" || node->op_type == "Gather");
  if (!picks || node->inputs.empty()) return {};
  for (const Tensor& constant : graph.initializers)
    if (constant.name == node->inputs[0]) return {constant.ints, constant.strings};
  return {};
}

// What the output's labels are picked from, else the labels that the last classifier of the graph knows.
Result<ClassLabels> LabelsOfGraph(const model::OnnxModel& onnx) {
  for (const model::ValueInfo& output : onnx.graph.outputs) {
    ClassLabels picked = IsLabel(output) ? LabelsBehind(onnx.graph, output.name) : ClassLabels();
    if (picked.size() > 0) return picked;
  }
  ClassLabels labels;
  for (const model::Node& node : onnx.graph.nodes) {
    SLIPWAY_ASSIGN_OR_RETURN(ClassLabels found, ParseClassLabels(node));
    if (found.size() > 0) labels = std::move(found);
  }
  return labels;
}

class ReferenceModel final : public JsonModel {
 public:
  ReferenceModel(model::Signature signature, InputColumns columns, OutputShape shape, OutputPlaces places,
                 reference::Graph graph, std::string why)
      : JsonModel(std::move(signature), std::move(columns), std::move(shape)),
        places_(std::move(places)),
        graph_(std::move(graph)),
        why_(std::move(why)) {}

  std::unique_ptr<Scratch> MakeScratch() const override { return std::make_unique<TensorScratch>(columns()); }

  // One row of zeros and empty texts: forms that an operator does not support show themselves before the first request.
  // What such a row may not hold is no matter here.
  Status Try() const {
    TensorScratch scratch(columns());
    scratch.AddRow();
    const Status tried = Run(scratch);
    const bool is_form =
        !tried && (tried.error().code() == Code::kUnimplemented || tried.error().code() == Code::kInternal);
    return is_form ? tried : Status();
  }

  std::string plan_description() const override {
    return fmt::format("reference operators: {} nodes, not fused because: {}", graph_.nodes(), why_);
  }

 private:
  Status CheckExplainable() const override {
    return Unimplemented("explanations are not supported for this model, whose graph is not fused because: " + why_);
  }
  Result<Explanations> ExplainRows(BatchScratch&) const override { return CheckExplainable().error(); }

  Status Run(BatchScratch& batch) const override {
    auto& scratch = static_cast<TensorScratch&>(batch);
    batch.labels.clear();
    batch.scores.clear();
    if (scratch.rows() == 0) return {};
    SLIPWAY_ASSIGN_OR_RETURN(const Values results, graph_.Run(scratch.Inputs()));
    SLIPWAY_RETURN_IF_ERROR(TakeScores(results, scratch.rows(), batch.scores));
    if (outputs().classes.empty()) return {};
    return TakeLabels(results, scratch.rows(), batch);
  }

  Status TakeScores(const Values& results, size_t rows, std::vector<float>& scores) const {
    const size_t width = outputs().width;
    scores.assign(rows * width, 0);
    const bool by_class = places_.scores.size() > 1;
    for (size_t i = 0; i < places_.scores.size(); ++i) {
      SLIPWAY_ASSIGN_OR_RETURN(const std::vector<float> numbers,
                               reference::AsFloats(results[static_cast<size_t>(places_.scores[i])].tensor));
      if (IsMargin(numbers.size(), rows)) {
        SpreadMargins(numbers, scores);
        return {};
      }
      if (numbers.size() != (by_class ? rows : rows * width))
        return Internal(fmt::format("the graph gave {} scores for {} rows", numbers.size(), rows));
      for (size_t at = 0; at < numbers.size(); ++at) scores[by_class ? at * width + i : at] = numbers[at];
    }
    return {};
  }

  // Of two classes linear support vectors and ridge classifiers give one number a row, which speaks for the second.
  bool IsMargin(size_t numbers, size_t rows) const {
    return outputs().classes.size() == 2 && places_.scores.size() == 1 && numbers == rows;
  }

  static void SpreadMargins(const std::vector<float>& margins, std::vector<float>& scores) {
    for (size_t row = 0; row < margins.size(); ++row) {
      scores[2 * row] = -margins[row];
      scores[2 * row + 1] = margins[row];
    }
  }

  Status TakeLabels(const Values& results, size_t rows, BatchScratch& batch) const {
    const Tensor* tensor = places_.label < 0 ? nullptr : &results[static_cast<size_t>(places_.label)].tensor;
    if (tensor != nullptr && tensor->strings.size() + tensor->ints.size() != rows)
      return Internal(fmt::format("the graph gave {} labels of type {} for {} rows", tensor->size(),
                                  ElementTypeName(tensor->type), rows));
    for (size_t row = 0; row < rows; ++row) {
      if (tensor == nullptr) {
        batch.labels.push_back(BestOf(batch, row));
        continue;
      }
      const std::string text = tensor->ints.empty() ? tensor->strings[row] : std::to_string(tensor->ints[row]);
      const auto found = std::find(outputs().classes.begin(), outputs().classes.end(), text);
      if (found == outputs().classes.end())
        return Internal(fmt::format("the graph gave the label '{}', which no classifier in it has", text));
      batch.labels.push_back(static_cast<uint32_t>(found - outputs().classes.begin()));
    }
    return {};
  }

  uint32_t BestOf(const BatchScratch& batch, size_t row) const {
    const auto first = batch.scores.begin() + static_cast<std::ptrdiff_t>(row * outputs().width);
    return static_cast<uint32_t>(std::max_element(first, first + static_cast<std::ptrdiff_t>(outputs().width)) - first);
  }

  OutputPlaces places_;
  reference::Graph graph_;
  std::string why_;
};

Status ReadOutputs(const model::OnnxModel& onnx, OutputShape& shape, OutputPlaces& places) {
  SLIPWAY_ASSIGN_OR_RETURN(const ClassLabels labels, LabelsOfGraph(onnx));
  const auto& outputs = onnx.graph.outputs;
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (IsLabel(outputs[i]) && labels.size() > 0 && places.label < 0) {
      places.label = static_cast<int>(i);
      shape.label_name = outputs[i].name;
      continue;
    }
    if (IsLabel(outputs[i]))
      return Unimplemented(fmt::format(
          "the output '{}' of type {} is not supported: which labels it may hold shows in no classifier nor "
          "list of classes of the graph",
          outputs[i].name, ElementTypeName(outputs[i].element)));
    if (places.scores.empty()) shape.score_name = outputs[i].name;
    places.scores.push_back(static_cast<int>(i));
    shape.scores_by_label |= outputs[i].kind == model::ValueInfo::Kind::kMaps;
  }
  shape.classes = labels.texts();
  shape.integer_labels = labels.strings.empty();
  if (places.scores.empty()) return Unimplemented("a graph without scores among its outputs is not supported yet");
  if (labels.size() > 0) {
    shape.width = labels.size();
    if (places.scores.size() != 1 && places.scores.size() != labels.size())
      return Unimplemented(
          fmt::format("{} outputs of scores for {} classes are not supported", places.scores.size(), labels.size()));
    return {};
  }
  const model::ValueInfo& first = outputs[static_cast<size_t>(places.scores[0])];
  if (places.scores.size() > 1) return Unimplemented("several outputs of a regressor are not supported yet");
  shape.width = first.shape.size() == 2 && first.shape[1] > 0 ? static_cast<size_t>(first.shape[1]) : 1;
  return {};
}

}  // namespace

Result<std::shared_ptr<const CompiledModel>> MakeReferenceModel(const model::OnnxModel& onnx,
                                                                model::Signature signature, InputColumns columns,
                                                                std::string why) {
  SLIPWAY_ASSIGN_OR_RETURN(reference::Graph graph, reference::Graph::Make(onnx));
  OutputShape shape;
  OutputPlaces places;
  SLIPWAY_RETURN_IF_ERROR(ReadOutputs(onnx, shape, places));
  auto reference = std::make_shared<ReferenceModel>(std::move(signature), std::move(columns), std::move(shape),
                                                    std::move(places), std::move(graph), std::move(why));
  SLIPWAY_RETURN_IF_ERROR(reference->Try());
  return std::shared_ptr<const CompiledModel>(std::move(reference));
}

}  // namespace slipway::scoring
