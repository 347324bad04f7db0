#include "slipway/model/tabular_classifier_graph.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "slipway/model/feature_graph.h"

namespace slipway::model {
namespace {

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

// The parallel lists of a tree ensemble.
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

// `votes`: class or target, as the operator's attributes begin. In the order of their names.
std::vector<Attribute> EnsembleAttributes(const FlatForest& forest, size_t outputs, const std::string& votes) {
  EnsembleLists lists = ListsOf(forest, outputs);
  std::vector<Attribute> attributes = {
      Attribute::Ints(votes + "_ids", std::move(lists.vote_classes)),
      Attribute::Ints(votes + "_nodeids", std::move(lists.vote_nodes)),
      Attribute::Ints(votes + "_treeids", std::move(lists.vote_trees)),
      Attribute::Floats(votes + "_weights", std::move(lists.vote_weights)),
      Attribute::Ints("nodes_falsenodeids", std::move(lists.false_ids)),
      Attribute::Ints("nodes_featureids", std::move(lists.feature_ids)),
      Attribute::Strings("nodes_modes", std::move(lists.modes)),
      Attribute::Ints("nodes_nodeids", std::move(lists.node_ids)),
      Attribute::Ints("nodes_treeids", std::move(lists.tree_ids)),
      Attribute::Ints("nodes_truenodeids", std::move(lists.true_ids)),
      Attribute::Floats("nodes_values", std::move(lists.values)),
      Attribute::Text("post_transform", "NONE"),
  };
  if (!forest.cover.empty()) attributes.push_back(Attribute::Floats("nodes_hitrates", forest.cover));
  return attributes;
}

Node EnsembleNode(std::string_view op, const std::string& features, std::vector<std::string> outputs,
                  std::vector<Attribute> attributes) {
  std::sort(attributes.begin(), attributes.end(),
            [](const Attribute& a, const Attribute& b) { return a.name < b.name; });
  Node node;
  node.op_type = node.name = op;
  node.domain = kMlDomain;
  node.inputs = {features};
  node.outputs = std::move(outputs);
  node.attributes = std::move(attributes);
  return node;
}

}  // namespace

float FloatThreshold(double threshold) {
  const float rounded = static_cast<float>(threshold);
  if (static_cast<double>(rounded) <= threshold) return rounded;
  return std::nextafter(rounded, -std::numeric_limits<float>::infinity());
}

// With two classes only class 1's weights stand there, under class id 0: the operator's rule for two classes makes the
// complement and puts the border at 0.5. So skl2onnx writes it.
Result<OnnxModel> TabularClassifierGraph(const std::vector<ColumnTransform>& columns, const FlatForest& forest,
                                         const std::vector<std::string>& class_labels, bool integer_labels) {
  OnnxModel model;
  model.graph.name = "slipway_classifier";
  SLIPWAY_ASSIGN_OR_RETURN(const std::string row, BuildFeatures(columns, kClassifierOutputs, model));
  SLIPWAY_ASSIGN_OR_RETURN(Attribute labels, ClassLabelAttribute(class_labels, integer_labels));
  const size_t outputs = class_labels.size() == 2 ? 1 : class_labels.size();
  SLIPWAY_RETURN_IF_ERROR(CheckForest(forest, FeatureCount(columns), outputs));
  std::vector<Attribute> attributes = EnsembleAttributes(forest, outputs, "class");
  attributes.push_back(std::move(labels));
  model.graph.nodes.push_back(
      EnsembleNode("TreeEnsembleClassifier", row, {"label", "probabilities"}, std::move(attributes)));
  AddClassifierOutputs(class_labels.size(), integer_labels, model.graph);
  return model;
}

Result<OnnxModel> TabularRegressorGraph(const std::vector<ColumnTransform>& columns, const FlatForest& forest) {
  OnnxModel model;
  model.graph.name = "slipway_regressor";
  SLIPWAY_ASSIGN_OR_RETURN(const std::string row, BuildFeatures(columns, kRegressorOutputs, model));
  SLIPWAY_RETURN_IF_ERROR(CheckForest(forest, FeatureCount(columns), 1));
  std::vector<Attribute> attributes = EnsembleAttributes(forest, 1, "target");
  attributes.push_back(Attribute::Int("n_targets", 1));
  model.graph.nodes.push_back(EnsembleNode("TreeEnsembleRegressor", row, {"variable"}, std::move(attributes)));
  AddRegressorOutput(model.graph);
  return model;
}

}  // namespace slipway::model
