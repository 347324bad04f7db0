#include "slipway/model/boosted_trees.h"

#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>

#include "slipway/model/feature_graph.h"

namespace slipway::model {
namespace {

constexpr std::string_view kMl = "ai.onnx.ml";
using Kind = BoostedModel::Kind;
using Link = BoostedModel::Link;

std::string_view ModeName(BoostedNode::Test test) {
  switch (test) {
    case BoostedNode::Test::kLess:
      return "BRANCH_LT";
    case BoostedNode::Test::kLessEqual:
      return "BRANCH_LEQ";
    case BoostedNode::Test::kEqual:
      return "BRANCH_EQ";
    case BoostedNode::Test::kLeaf:
      break;
  }
  return "LEAF";
}

// The parallel lists of an ensemble's node.
class EnsembleLists {
 public:
  void AddTree(const BoostedTree& tree) {
    for (size_t i = 0; i < tree.nodes.size(); ++i) AddNode(tree, static_cast<int64_t>(i));
    ++trees_;
  }

  // `votes`: class or target, as the operator's attributes begin.
  std::vector<Attribute> Take(const std::string& votes, bool has_covers) {
    std::vector<Attribute> attributes = {
        Attribute::Ints("nodes_treeids", std::move(tree_ids_)),
        Attribute::Ints("nodes_nodeids", std::move(node_ids_)),
        Attribute::Ints("nodes_featureids", std::move(features_)),
        Attribute::Strings("nodes_modes", std::move(modes_)),
        Attribute::Floats("nodes_values", std::move(values_)),
        Attribute::Ints("nodes_truenodeids", std::move(yes_)),
        Attribute::Ints("nodes_falsenodeids", std::move(no_)),
        Attribute::Ints("nodes_missing_value_tracks_true", std::move(missing_)),
        Attribute::Ints(votes + "_treeids", std::move(vote_trees_)),
        Attribute::Ints(votes + "_nodeids", std::move(vote_nodes_)),
        Attribute::Ints(votes + "_ids", std::move(vote_outputs_)),
        Attribute::Floats(votes + "_weights", std::move(vote_weights_)),
    };
    if (has_covers) attributes.push_back(Attribute::Floats("nodes_hitrates", std::move(covers_)));
    return attributes;
  }

  bool HasNegativeWeight() const {
    return std::any_of(vote_weights_.begin(), vote_weights_.end(), [](float weight) { return weight < 0; });
  }

 private:
  void AddNode(const BoostedTree& tree, int64_t index) {
    const BoostedNode& node = tree.nodes[static_cast<size_t>(index)];
    const bool is_leaf = node.test == BoostedNode::Test::kLeaf;
    tree_ids_.push_back(trees_);
    node_ids_.push_back(index);
    features_.push_back(is_leaf ? 0 : node.feature);
    modes_.emplace_back(ModeName(node.test));
    values_.push_back(is_leaf ? 0 : node.value);
    yes_.push_back(is_leaf ? 0 : node.yes);
    no_.push_back(is_leaf ? 0 : node.no);
    missing_.push_back(!is_leaf && node.missing_is_true ? 1 : 0);
    covers_.push_back(node.cover);
    if (!is_leaf) return;
    vote_trees_.push_back(trees_);
    vote_nodes_.push_back(index);
    vote_outputs_.push_back(tree.output);
    vote_weights_.push_back(node.value);
  }

  int64_t trees_ = 0;
  std::vector<int64_t> tree_ids_, node_ids_, features_, yes_, no_, missing_;
  std::vector<std::string> modes_;
  std::vector<float> values_, covers_;
  std::vector<int64_t> vote_trees_, vote_nodes_, vote_outputs_;
  std::vector<float> vote_weights_;
};

BoostedTree LeafTree(float value) {
  return {0, {{.value = value, .cover = 1}}};
}

Attribute FirstIntegers(size_t count) {
  std::vector<int64_t> labels(count);
  for (size_t i = 0; i < count; ++i) labels[i] = static_cast<int64_t>(i);
  return Attribute::Ints("classlabels_int64s", std::move(labels));
}

// `labels` of a classifier.
Node EnsembleNode(const BoostedModel& model, const std::string& input, const std::string& output, Attribute labels) {
  EnsembleLists lists;
  for (const BoostedTree& tree : model.trees) lists.AddTree(tree);
  if (model.trees.empty()) lists.AddTree(LeafTree(0));
  // Where all weights are positive the operator takes them for probabilities, and puts the border of two classes at
  // 0.5.
  if (model.kind == Kind::kBinary && !lists.HasNegativeWeight()) lists.AddTree(LeafTree(-1e-30f));
  const bool is_classifier = model.kind != Kind::kRegressor;
  Node node;
  node.op_type = node.name = is_classifier ? "TreeEnsembleClassifier" : "TreeEnsembleRegressor";
  node.domain = kMl;
  node.inputs = {input};
  node.attributes = lists.Take(is_classifier ? "class" : "target", model.has_covers);
  node.attributes.push_back(Attribute::Floats("base_values", model.base));
  if (!is_classifier) {
    node.outputs = {model.link == Link::kIdentity ? output : "margin"};
    node.attributes.push_back(Attribute::Int("n_targets", 1));
    return node;
  }
  node.outputs = {"label", "probabilities"};
  node.attributes.push_back(std::move(labels));
  node.attributes.push_back(Attribute::Text("post_transform", model.kind == Kind::kBinary ? "LOGISTIC" : "SOFTMAX"));
  return node;
}

Status AddInputs(const BoostedModel& model, OnnxGraph& graph) {
  const auto features = static_cast<int64_t>(model.feature_count);
  if (model.features.empty()) {
    graph.inputs = {{.name = "X", .shape = {-1, features}}};
    return {};
  }
  std::unordered_set<std::string> taken = {"label", "probabilities", "prediction", "margin", "features"};
  Node concat{"Concat", "", "Concat", {}, {"features"}, {Attribute::Int("axis", 1)}};
  for (const std::string& name : model.features) {
    if (name.empty() || !taken.insert(name).second)
      return InvalidArgument(fmt::format("the feature name '{}' is empty, stands twice or is an output's", name));
    graph.inputs.push_back({.name = name, .shape = {-1, 1}});
    concat.inputs.push_back(name);
  }
  graph.nodes.push_back(std::move(concat));
  return {};
}

// The regressor's sum becomes its prediction.
void AddLink(const BoostedModel& model, const std::string& output, OnnxGraph& graph) {
  if (model.link == Link::kIdentity) return;
  const std::string op = model.link == Link::kExp ? "Exp" : "Sigmoid";
  graph.nodes.push_back({op, "", op, {"margin"}, {output}, {}});
}

void AddOutputs(const BoostedModel& model, OnnxGraph& graph) {
  if (model.kind != Kind::kRegressor) {
    const auto classes = static_cast<int64_t>(std::max<size_t>(2, model.base.size()));
    graph.outputs = {{.name = "label", .element = ElementType::kInt64, .shape = {-1}},
                     {.name = "probabilities", .shape = {-1, classes}}};
    return;
  }
  graph.outputs = {{.name = "prediction", .shape = {-1, 1}}};
  AddLink(model, "prediction", graph);
}

constexpr std::string_view kBoostedOutputs[] = {"label", "probabilities", "variable", "margin"};

Status CheckFeatures(const BoostedModel& model, const std::vector<ColumnTransform>& columns) {
  const size_t features = FeatureCount(columns);
  if (features == model.feature_count) return {};
  return InvalidArgument(fmt::format("the trees know {} features, the columns give {}", model.feature_count, features));
}

}  // namespace

void MakeBinary(BoostedModel& model) {
  model.kind = Kind::kBinary;
  model.base = {model.base[1] - model.base[0]};
  for (BoostedTree& tree : model.trees) {
    for (BoostedNode& node : tree.nodes)
      if (tree.output == 0 && node.test == BoostedNode::Test::kLeaf) node.value = -node.value;
    tree.output = 0;
  }
}

Result<OnnxModel> BoostedGraph(const BoostedModel& model) {
  OnnxModel onnx;
  onnx.opsets = {{"", 15}, {std::string(kMl), 2}};
  onnx.graph.name = "boosted_trees";
  SLIPWAY_RETURN_IF_ERROR(AddInputs(model, onnx.graph));
  onnx.graph.nodes.push_back(EnsembleNode(model, model.features.empty() ? "X" : "features", "prediction",
                                          FirstIntegers(std::max<size_t>(2, model.base.size()))));
  AddOutputs(model, onnx.graph);
  return onnx;
}

Result<OnnxModel> BoostedTabularGraph(const std::vector<ColumnTransform>& columns, const BoostedModel& model,
                                      const std::vector<std::string>& class_labels, bool integer_labels) {
  SLIPWAY_RETURN_IF_ERROR(CheckFeatures(model, columns));
  OnnxModel onnx;
  onnx.graph.name = "slipway_boosted_trees";
  SLIPWAY_ASSIGN_OR_RETURN(const std::string row, BuildFeatures(columns, kBoostedOutputs, onnx));
  if (model.kind == Kind::kRegressor) {
    onnx.graph.nodes.push_back(EnsembleNode(model, row, "variable", {}));
    AddLink(model, "variable", onnx.graph);
    AddRegressorOutput(onnx.graph);
    return onnx;
  }
  if (class_labels.size() != std::max<size_t>(2, model.base.size()))
    return InvalidArgument(fmt::format("there are {} labels for {} classes", class_labels.size(), model.base.size()));
  SLIPWAY_ASSIGN_OR_RETURN(Attribute labels, ClassLabelAttribute(class_labels, integer_labels));
  onnx.graph.nodes.push_back(EnsembleNode(model, row, "", std::move(labels)));
  AddClassifierOutputs(class_labels.size(), integer_labels, onnx.graph);
  return onnx;
}

}  // namespace slipway::model
