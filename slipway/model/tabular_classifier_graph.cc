#include "slipway/model/tabular_classifier_graph.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_set>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::model {
namespace {

constexpr std::string_view kMl = "ai.onnx.ml";
// TreeEnsembleClassifier is deprecated from ml opset 5 on; these versions are what every runtime reads.
constexpr int64_t kMainOpset = 15;
constexpr int64_t kMlOpset = 2;

// --- checks ---

Status CheckLengths(const FlatForest& forest, size_t outputs) {
  const size_t nodes = forest.node_count();
  if (nodes == 0 || forest.tree_count() == 0) return InvalidArgument("the forest has no trees");
  if (forest.right.size() != nodes || forest.feature.size() != nodes || forest.threshold.size() != nodes) {
    return InvalidArgument("the forest's arrays differ in length");
  }
  if (forest.fractions.size() != nodes * outputs) {
    return InvalidArgument(fmt::format("the forest has {} fractions for {} nodes, {} a node expected",
                                       forest.fractions.size(), nodes, outputs));
  }
  if (!forest.cover.empty() && forest.cover.size() != nodes) {
    return InvalidArgument(fmt::format("the forest has {} covers for {} nodes", forest.cover.size(), nodes));
  }
  if (forest.tree_begin[0] != 0) return InvalidArgument("the first tree must begin at node 0");
  for (size_t tree = 0; tree < forest.tree_count(); ++tree) {
    const size_t end = tree + 1 < forest.tree_count() ? forest.tree_begin[tree + 1] : nodes;
    if (forest.tree_begin[tree] >= end) return InvalidArgument(fmt::format("tree {} has no nodes", tree));
  }
  return {};
}

// Children come after their parent, so that a walk always ends.
Status CheckNode(const FlatForest& forest, size_t begin, size_t end, size_t node, size_t features) {
  const int32_t left = forest.left[node], right = forest.right[node];
  if (left < 0 && right < 0) return {};
  const auto is_below = [&](int32_t child) {
    return child > static_cast<int64_t>(node - begin) && static_cast<size_t>(child) < end - begin;
  };
  if (!is_below(left) || !is_below(right)) {
    return InvalidArgument(
        fmt::format("node {} of the forest has the children {} and {}; both must come after it in its "
                    "tree of {} nodes",
                    node, left, right, end - begin));
  }
  if (forest.feature[node] >= features) {
    return InvalidArgument(
        fmt::format("node {} of the forest asks feature {} of {}", node, forest.feature[node], features));
  }
  return {};
}

Status CheckForest(const FlatForest& forest, size_t features, size_t outputs) {
  SLIPWAY_RETURN_IF_ERROR(CheckLengths(forest, outputs));
  for (size_t tree = 0; tree < forest.tree_count(); ++tree) {
    const size_t begin = forest.tree_begin[tree];
    const size_t end = tree + 1 < forest.tree_count() ? forest.tree_begin[tree + 1] : forest.node_count();
    for (size_t node = begin; node < end; ++node) {
      SLIPWAY_RETURN_IF_ERROR(CheckNode(forest, begin, end, node, features));
    }
  }
  return {};
}

template <typename Names>
Status CheckDistinct(const Names& names, std::string_view what) {
  std::unordered_set<std::string_view> seen;
  for (const std::string& name : names) {
    if (!seen.insert(name).second) return InvalidArgument(fmt::format("{} '{}' stands twice", what, name));
  }
  return {};
}

bool IsNumberInput(ElementType type) {
  return type == ElementType::kFloat || type == ElementType::kDouble || type == ElementType::kInt64 ||
         type == ElementType::kBool;
}

Status CheckColumn(const ColumnTransform& column) {
  if (column.name.empty()) return InvalidArgument("a column has no name");
  if (column.kind != ColumnTransform::Kind::kCategorical) {
    if (IsNumberInput(column.input_type)) return {};
    return InvalidArgument(fmt::format("column '{}': a numeric input cannot be of type {}", column.name,
                                       ElementTypeName(column.input_type)));
  }
  if (column.input_type != ElementType::kString) {
    return InvalidArgument(fmt::format("column '{}': a categorical input must be of type string", column.name));
  }
  return With(CheckDistinct(column.categories, "the category"), fmt::format("column '{}'", column.name));
}

Status CheckColumns(const std::vector<ColumnTransform>& columns) {
  std::vector<std::string> names;
  for (const ColumnTransform& column : columns) {
    SLIPWAY_RETURN_IF_ERROR(CheckColumn(column));
    names.push_back(column.name);
  }
  return CheckDistinct(names, "the column");
}

// --- building ---

// Adds nodes one after another and invents names for the values between them that no column can have.
class GraphBuilder {
 public:
  explicit GraphBuilder(OnnxGraph& graph) : graph_(graph) {}

  // One node with one output; returns the output's name.
  std::string Add(std::string_view op, std::string_view domain, std::vector<std::string> inputs,
                  std::vector<Attribute> attributes) {
    Node node;
    node.op_type = op;
    node.domain = domain;
    node.name = fmt::format("{}_{}", op, graph_.nodes.size());
    node.inputs = std::move(inputs);
    node.attributes = std::move(attributes);
    std::string output = Fresh(ToLower(op));
    node.outputs = {output};
    graph_.nodes.push_back(std::move(node));
    return output;
  }

  std::string AddInts(std::string_view hint, std::vector<int64_t> values) {
    std::string name = Fresh(hint);
    const int64_t size = static_cast<int64_t>(values.size());
    graph_.initializers.push_back(Tensor::Of(name, {size}, std::move(values)));
    return name;
  }

  void Reserve(const std::string& name) { taken_.insert(name); }

  std::string Fresh(std::string_view hint) {
    std::string name;
    do {
      name = fmt::format("{}_{}", hint, ++counter_);
    } while (!taken_.insert(name).second);
    return name;
  }

 private:
  OnnxGraph& graph_;
  std::unordered_set<std::string> taken_;
  size_t counter_ = 0;
};

std::string ToFloat(GraphBuilder& builder, const ColumnTransform& column) {
  if (column.input_type == ElementType::kFloat) return column.name;
  return builder.Add("Cast", "", {column.name}, {Attribute::Int("to", static_cast<int64_t>(ElementType::kFloat))});
}

std::vector<Attribute> ImputeNaN(std::vector<float> values) {
  return {Attribute::Floats("imputed_value_floats", std::move(values)),
          Attribute::Float("replaced_value_float", std::numeric_limits<float>::quiet_NaN())};
}

// One imputer for a run of neighbouring numeric columns, as skl2onnx writes it for a SimpleImputer.
std::string AddNumericRun(GraphBuilder& builder, const ColumnTransform* first, size_t count) {
  std::vector<std::string> columns;
  std::vector<float> values;
  for (size_t i = 0; i < count; ++i) {
    columns.push_back(ToFloat(builder, first[i]));
    values.push_back(first[i].imputed_number);
  }
  std::string merged = columns[0];
  if (count > 1) merged = builder.Add("Concat", "", std::move(columns), {Attribute::Int("axis", 1)});
  return builder.Add("Imputer", kMl, {merged}, ImputeNaN(std::move(values)));
}

// The column with "" replaced: by a LabelEncoder where "" is looked for, and a Where.
std::string ReplaceMissing(GraphBuilder& builder, const ColumnTransform& column) {
  if (column.imputed_category.empty()) return column.name;
  const std::string zero = builder.AddInts("zero", {0});
  const std::string fill =
      builder.Add("LabelEncoder", kMl, {zero},
                  {Attribute::Ints("keys_int64s", {0}), Attribute::Strings("values_strings", {column.imputed_category}),
                   Attribute::Text("default_string", column.imputed_category)});
  const std::string is_missing =
      builder.Add("LabelEncoder", kMl, {column.name},
                  {Attribute::Strings("keys_strings", {""}), Attribute::Ints("values_int64s", {1}),
                   Attribute::Int("default_int64", 0)});
  const std::string condition =
      builder.Add("Cast", "", {is_missing}, {Attribute::Int("to", static_cast<int64_t>(ElementType::kBool))});
  return builder.Add("Where", "", {condition, fill, column.name}, {});
}

// [N,1] texts → [N,1,C] of 0 and 1 → [N,C].
std::string AddCategorical(GraphBuilder& builder, const ColumnTransform& column) {
  const std::string filled = ReplaceMissing(builder, column);
  const std::string encoded =
      builder.Add("OneHotEncoder", kMl, {filled},
                  {Attribute::Strings("cats_strings", column.categories), Attribute::Int("zeros", 1)});
  const std::string shape = builder.AddInts("shape", {-1, static_cast<int64_t>(column.categories.size())});
  return builder.Add("Reshape", "", {encoded, shape}, {});
}

// The feature row of [N, features].
std::string AddColumns(GraphBuilder& builder, const std::vector<ColumnTransform>& columns) {
  std::vector<std::string> parts;
  for (size_t i = 0; i < columns.size();) {
    size_t end = i + 1;
    switch (columns[i].kind) {
      case ColumnTransform::Kind::kNumeric:
        while (end < columns.size() && columns[end].kind == ColumnTransform::Kind::kNumeric) ++end;
        parts.push_back(AddNumericRun(builder, &columns[i], end - i));
        break;
      case ColumnTransform::Kind::kCategorical:
        // A column that was empty in training gives no feature.
        if (!columns[i].categories.empty()) parts.push_back(AddCategorical(builder, columns[i]));
        break;
      case ColumnTransform::Kind::kPassthrough:
        parts.push_back(ToFloat(builder, columns[i]));
        break;
    }
    i = end;
  }
  if (parts.size() == 1) return parts[0];
  return builder.Add("Concat", "", std::move(parts), {Attribute::Int("axis", 1)});
}

// The parallel lists of TreeEnsembleClassifier.
struct EnsembleLists {
  std::vector<int64_t> tree_ids, node_ids, feature_ids, true_ids, false_ids;
  std::vector<float> values;
  std::vector<std::string> modes;
  std::vector<int64_t> vote_trees, vote_nodes, vote_classes;
  std::vector<float> vote_weights;
};

void AddLeafVotes(const FlatForest& forest, size_t tree, size_t node, size_t outputs, EnsembleLists& lists) {
  for (size_t output = 0; output < outputs; ++output) {
    lists.vote_trees.push_back(static_cast<int64_t>(tree));
    lists.vote_nodes.push_back(static_cast<int64_t>(node - forest.tree_begin[tree]));
    lists.vote_classes.push_back(static_cast<int64_t>(output));
    const double fraction = forest.fractions[node * outputs + output];
    lists.vote_weights.push_back(static_cast<float>(fraction / static_cast<double>(forest.tree_count())));
  }
}

void AddNode(const FlatForest& forest, size_t tree, size_t node, size_t outputs, EnsembleLists& lists) {
  const bool is_leaf = forest.left[node] < 0;
  lists.tree_ids.push_back(static_cast<int64_t>(tree));
  lists.node_ids.push_back(static_cast<int64_t>(node - forest.tree_begin[tree]));
  lists.feature_ids.push_back(is_leaf ? 0 : forest.feature[node]);
  lists.values.push_back(is_leaf ? 0 : forest.threshold[node]);
  lists.modes.emplace_back(is_leaf ? "LEAF" : "BRANCH_LEQ");
  lists.true_ids.push_back(is_leaf ? 0 : forest.left[node]);
  lists.false_ids.push_back(is_leaf ? 0 : forest.right[node]);
  if (is_leaf) AddLeafVotes(forest, tree, node, outputs, lists);
}

EnsembleLists ListsOf(const FlatForest& forest, size_t outputs) {
  EnsembleLists lists;
  for (size_t tree = 0; tree < forest.tree_count(); ++tree) {
    const size_t end = tree + 1 < forest.tree_count() ? forest.tree_begin[tree + 1] : forest.node_count();
    for (size_t node = forest.tree_begin[tree]; node < end; ++node) AddNode(forest, tree, node, outputs, lists);
  }
  return lists;
}

// The labels as numbers when they are to be written so.
Result<Attribute> LabelAttribute(const std::vector<std::string>& labels, bool integer_labels) {
  if (!integer_labels) return Attribute::Strings("classlabels_strings", labels);
  std::vector<int64_t> numbers;
  for (const std::string& label : labels) {
    const std::optional<long long> number = ParseInt(label);
    if (!number) return InvalidArgument(fmt::format("the class label '{}' is not an integer", label));
    numbers.push_back(*number);
  }
  return Attribute::Ints("classlabels_int64s", std::move(numbers));
}

// With two classes only class 1's weights stand there, under class id 0: the operator's rule for two classes makes the
// complement and puts the border at 0.5. So skl2onnx writes it.
Node EnsembleNode(const FlatForest& forest, size_t outputs, const std::string& features, Attribute labels) {
  EnsembleLists lists = ListsOf(forest, outputs);
  Node node;
  node.op_type = "TreeEnsembleClassifier";
  node.domain = kMl;
  node.name = "TreeEnsembleClassifier";
  node.inputs = {features};
  node.outputs = {"label", "probabilities"};
  node.attributes = {
      Attribute::Ints("class_ids", std::move(lists.vote_classes)),
      Attribute::Ints("class_nodeids", std::move(lists.vote_nodes)),
      Attribute::Ints("class_treeids", std::move(lists.vote_trees)),
      Attribute::Floats("class_weights", std::move(lists.vote_weights)),
      std::move(labels),
      Attribute::Ints("nodes_falsenodeids", std::move(lists.false_ids)),
      Attribute::Ints("nodes_featureids", std::move(lists.feature_ids)),
      Attribute::Strings("nodes_modes", std::move(lists.modes)),
      Attribute::Ints("nodes_nodeids", std::move(lists.node_ids)),
      Attribute::Ints("nodes_treeids", std::move(lists.tree_ids)),
      Attribute::Ints("nodes_truenodeids", std::move(lists.true_ids)),
      Attribute::Floats("nodes_values", std::move(lists.values)),
      Attribute::Text("post_transform", "NONE"),
  };
  if (!forest.cover.empty()) {
    const auto place = std::find_if(node.attributes.begin(), node.attributes.end(),
                                    [](const Attribute& attribute) { return attribute.name == "nodes_modes"; });
    node.attributes.insert(place, Attribute::Floats("nodes_hitrates", forest.cover));
  }
  return node;
}

Status CheckLabels(const std::vector<std::string>& labels) {
  if (labels.size() < 2)
    return InvalidArgument(fmt::format("a classifier needs two classes; there are {}", labels.size()));
  return CheckDistinct(labels, "the class label");
}

size_t FeatureCount(const std::vector<ColumnTransform>& columns) {
  size_t count = 0;
  for (const ColumnTransform& column : columns) count += column.feature_count();
  return count;
}

}  // namespace

float FloatThreshold(double threshold) {
  const float rounded = static_cast<float>(threshold);
  if (static_cast<double>(rounded) <= threshold) return rounded;
  return std::nextafter(rounded, -std::numeric_limits<float>::infinity());
}

Result<OnnxModel> TabularClassifierGraph(const std::vector<ColumnTransform>& columns, const FlatForest& forest,
                                         const std::vector<std::string>& class_labels, bool integer_labels) {
  SLIPWAY_RETURN_IF_ERROR(CheckColumns(columns));
  SLIPWAY_RETURN_IF_ERROR(CheckLabels(class_labels));
  const size_t features = FeatureCount(columns);
  if (features == 0) return InvalidArgument("the columns give no features");
  const size_t outputs = class_labels.size() == 2 ? 1 : class_labels.size();
  SLIPWAY_RETURN_IF_ERROR(CheckForest(forest, features, outputs));
  SLIPWAY_ASSIGN_OR_RETURN(Attribute labels, LabelAttribute(class_labels, integer_labels));

  OnnxModel model;
  model.opsets = {{"", kMainOpset}, {std::string(kMl), kMlOpset}};
  model.graph.name = "slipway_classifier";
  GraphBuilder builder(model.graph);
  for (const char* output : {"label", "probabilities"}) builder.Reserve(output);
  for (const ColumnTransform& column : columns) {
    if (column.name == "label" || column.name == "probabilities") {
      return InvalidArgument(
          fmt::format("a column cannot be named '{}': the graph's output has that name", column.name));
    }
    builder.Reserve(column.name);
    model.graph.inputs.push_back({.name = column.name, .element = column.input_type, .shape = {-1, 1}});
  }
  const std::string row = AddColumns(builder, columns);
  model.graph.nodes.push_back(EnsembleNode(forest, outputs, row, std::move(labels)));
  model.graph.outputs = {
      {.name = "label", .element = integer_labels ? ElementType::kInt64 : ElementType::kString, .shape = {-1}},
      {.name = "probabilities", .shape = {-1, static_cast<int64_t>(class_labels.size())}}};
  return model;
}

}  // namespace slipway::model
