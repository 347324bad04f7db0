// XGBoost's model schema (doc/model.schema of the project): `learner` with parameters as texts, and trees as parallel
// lists in which a leaf's split condition is its value.
#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/text.h"
#include "slipway/model/boosted_trees.h"

namespace slipway::model {
namespace {

using nlohmann::json;
using Kind = BoostedModel::Kind;
using Link = BoostedModel::Link;

constexpr int kNestingMax = 32;

// Builds the tree of values, within bounds: neither deep nesting nor announced lengths beyond the file's own.
class BoundedBuilder : public nlohmann::detail::json_sax_dom_parser<json> {
 public:
  BoundedBuilder(json& root, size_t bytes)
      : nlohmann::detail::json_sax_dom_parser<json>(root, false), values_left_(bytes) {}

  bool start_object(size_t count) { return Enter(count) && json_sax_dom_parser::start_object(count); }
  bool start_array(size_t count) { return Enter(count) && json_sax_dom_parser::start_array(count); }
  bool end_object() {
    --depth_;
    return json_sax_dom_parser::end_object();
  }
  bool end_array() {
    --depth_;
    return json_sax_dom_parser::end_array();
  }

 private:
  bool Enter(size_t count) {
    if (++depth_ > kNestingMax) return false;
    if (count == std::numeric_limits<size_t>::max()) return true;  // not announced
    if (count > values_left_) return false;
    values_left_ -= count;
    return true;
  }

  size_t values_left_;
  int depth_ = 0;
};

Result<json> Parse(std::string_view bytes) {
  if (bytes.starts_with("binf") || bytes.starts_with("bs64"))
    return Unimplemented("XGBoost's old binary format is not supported; save the model as .json or .ubj");
  // Both begin with '{'; JSON goes on with blanks, a quote or the end.
  const bool is_text = bytes.size() > 1 && std::string_view("\" \t\r\n}").find(bytes[1]) != std::string_view::npos;
  json root;
  BoundedBuilder builder(root, bytes.size());
  using Format = nlohmann::detail::input_format_t;
  bool is_good = false;
  try {
    is_good = json::sax_parse(bytes, &builder, is_text ? Format::json : Format::ubjson);
  } catch (const std::exception&) {
    is_good = false;
  }
  if (!is_good || builder.is_errored() || !root.is_object())
    return DataLoss(fmt::format("the file is no {} of an XGBoost model", is_text ? "JSON" : "UBJSON"));
  return root;
}

// A member of an object, by path.
Result<const json*> Get(const json& parent, std::initializer_list<const char*> path) {
  const json* at = &parent;
  for (const char* key : path) {
    const auto found = at->is_object() ? at->find(key) : at->end();
    if (!at->is_object() || found == at->end()) return DataLoss(fmt::format("the model has no '{}'", key));
    at = &*found;
  }
  return at;
}

std::string TextOf(const json& parent, const char* key) {
  const auto found = parent.is_object() ? parent.find(key) : parent.end();
  if (!parent.is_object() || found == parent.end()) return "";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

Result<int64_t> IntegerOf(const json& parent, const char* key, int64_t otherwise) {
  const std::string text = TextOf(parent, key);
  if (text.empty()) return otherwise;
  const auto value = ParseInt(text);
  if (!value || *value < 0 || *value > std::numeric_limits<int32_t>::max())
    return DataLoss(fmt::format("'{}' is '{}', not a count", key, text));
  return *value;
}

struct Objective {
  const char* name;
  Kind kind;
  Link link = Link::kIdentity;
};
constexpr Objective kObjectives[] = {
    {"reg:squarederror", Kind::kRegressor},
    {"reg:squaredlogerror", Kind::kRegressor},
    {"reg:pseudohubererror", Kind::kRegressor},
    {"reg:absoluteerror", Kind::kRegressor},
    {"rank:pairwise", Kind::kRegressor},
    {"rank:ndcg", Kind::kRegressor},
    {"rank:map", Kind::kRegressor},
    {"reg:logistic", Kind::kRegressor, Link::kSigmoid},
    {"count:poisson", Kind::kRegressor, Link::kExp},
    {"reg:gamma", Kind::kRegressor, Link::kExp},
    {"reg:tweedie", Kind::kRegressor, Link::kExp},
    {"survival:cox", Kind::kRegressor, Link::kExp},
    {"binary:logistic", Kind::kBinary},
    {"multi:softprob", Kind::kClasses},
    {"multi:softmax", Kind::kClasses},
};

// One tree's lists.
class TreeReader {
 public:
  TreeReader(const json& tree, size_t number, size_t features) : tree_(tree), number_(number), features_(features) {}

  Result<BoostedTree> Read() {
    SLIPWAY_RETURN_IF_ERROR(ReadLists());
    BoostedTree tree;
    // Only what a walk can reach: deleted nodes stay in the lists.
    std::vector<bool> seen(left_.size());
    std::vector<Waiting> waiting = {{0, 0, false}};
    while (!waiting.empty()) {
      const Waiting at = waiting.back();
      waiting.pop_back();
      if (seen[at.node]) return Wrong(fmt::format("node {} has two parents", at.node));
      seen[at.node] = true;
      const auto index = static_cast<uint32_t>(tree.nodes.size());
      if (index > 0) (at.is_yes ? tree.nodes[at.parent].yes : tree.nodes[at.parent].no) = index;
      SLIPWAY_RETURN_IF_ERROR(AddNode(at.node, tree));
      if (tree.nodes.back().test == BoostedNode::Test::kLeaf) continue;
      waiting.push_back({static_cast<size_t>(right_[at.node]), index, false});
      waiting.push_back({static_cast<size_t>(left_[at.node]), index, true});
    }
    return tree;
  }

 private:
  struct Waiting {
    size_t node;
    uint32_t parent;  // in the new tree
    bool is_yes;
  };

  Error Wrong(std::string_view what) const { return DataLoss(fmt::format("tree {}: {}", number_, what)); }

  template <typename T>
  Status ReadList(const char* key, std::vector<T>& out, bool is_optional = false) const {
    const auto found = tree_.is_object() ? tree_.find(key) : tree_.end();
    if (!tree_.is_object() || found == tree_.end() || !found->is_array())
      return is_optional ? Status() : Status(Wrong(fmt::format("there is no list '{}'", key)));
    for (const json& item : *found) {
      if (!item.is_number() && !item.is_boolean()) return Wrong(fmt::format("'{}' holds no numbers", key));
      const double number = item.is_boolean() ? (item.get<bool>() ? 1.0 : 0.0) : item.get<double>();
      if (std::is_integral_v<T> && !(std::abs(number) <= 0x7FFF'FFFF)) return Wrong(fmt::format("'{}' overflows", key));
      out.push_back(static_cast<T>(number));
    }
    return {};
  }

  Status ReadLists() {
    SLIPWAY_RETURN_IF_ERROR(ReadList("left_children", left_));
    SLIPWAY_RETURN_IF_ERROR(ReadList("right_children", right_));
    SLIPWAY_RETURN_IF_ERROR(ReadList("split_indices", feature_));
    SLIPWAY_RETURN_IF_ERROR(ReadList("split_conditions", condition_));
    SLIPWAY_RETURN_IF_ERROR(ReadList("default_left", default_left_));
    SLIPWAY_RETURN_IF_ERROR(ReadList("sum_hessian", cover_));
    SLIPWAY_RETURN_IF_ERROR(ReadList("split_type", split_type_, true));
    const size_t count = left_.size();
    if (count == 0 || right_.size() != count || feature_.size() != count || condition_.size() != count ||
        default_left_.size() != count || cover_.size() != count)
      return Wrong("its lists are empty or differ in length");
    return {};
  }

  Status AddNode(size_t i, BoostedTree& tree) const {
    BoostedNode node;
    node.value = condition_[i];
    node.cover = cover_[i];
    if (!std::isfinite(node.value)) return Wrong(fmt::format("node {} has no finite value", i));
    if (left_[i] == -1 && right_[i] == -1) {
      tree.nodes.push_back(node);
      return {};
    }
    const auto is_node = [this](int64_t child) { return child > 0 && static_cast<size_t>(child) < left_.size(); };
    if (!is_node(left_[i]) || !is_node(right_[i]))
      return Wrong(fmt::format("node {} has the children {} and {} of {}", i, left_[i], right_[i], left_.size()));
    if (i < split_type_.size() && split_type_[i] != 0)
      return Unimplemented(
          fmt::format("categorical splits of XGBoost are not supported yet (tree {}, node {})", number_, i));
    if (feature_[i] < 0 || static_cast<size_t>(feature_[i]) >= features_)
      return Wrong(fmt::format("node {} asks for feature {} of {}", i, feature_[i], features_));
    node.test = BoostedNode::Test::kLess;
    node.feature = static_cast<uint32_t>(feature_[i]);
    node.missing_is_true = default_left_[i] != 0;
    tree.nodes.push_back(node);
    return {};
  }

  const json& tree_;
  size_t number_, features_;
  std::vector<int64_t> left_, right_, feature_, default_left_, split_type_;
  std::vector<float> condition_, cover_;
};

class XgboostReader {
 public:
  explicit XgboostReader(const json& root) : root_(root) {}

  Result<BoostedModel> Read() {
    SLIPWAY_ASSIGN_OR_RETURN(learner_, Get(root_, {"learner"}));
    SLIPWAY_ASSIGN_OR_RETURN(parameters_, Get(*learner_, {"learner_model_param"}));
    SLIPWAY_RETURN_IF_ERROR(ReadObjective());
    SLIPWAY_RETURN_IF_ERROR(ReadFeatures());
    SLIPWAY_RETURN_IF_ERROR(ReadTrees());
    SLIPWAY_RETURN_IF_ERROR(ReadBase());
    return std::move(model_);
  }

 private:
  Status ReadObjective() {
    SLIPWAY_ASSIGN_OR_RETURN(const json* objective, Get(*learner_, {"objective"}));
    const std::string name = TextOf(*objective, "name");
    const auto known = std::find_if(std::begin(kObjectives), std::end(kObjectives),
                                    [&name](const Objective& candidate) { return candidate.name == name; });
    if (known == std::end(kObjectives))
      return Unimplemented(fmt::format("models of the objective '{}' are not supported yet", name));
    model_.kind = known->kind;
    model_.link = known->link;
    SLIPWAY_ASSIGN_OR_RETURN(const int64_t classes, IntegerOf(*parameters_, "num_class", 0));
    SLIPWAY_ASSIGN_OR_RETURN(const int64_t targets, IntegerOf(*parameters_, "num_target", 1));
    if (targets > 1) return Unimplemented("models of several targets are not supported yet");
    classes_ = model_.kind == Kind::kClasses ? static_cast<size_t>(classes) : 1;
    if (model_.kind == Kind::kClasses && (classes_ < 2 || classes_ > 100'000))
      return DataLoss(fmt::format("the model has {} classes", classes_));
    return {};
  }

  Status ReadFeatures() {
    SLIPWAY_ASSIGN_OR_RETURN(const int64_t count, IntegerOf(*parameters_, "num_feature", 0));
    model_.feature_count = static_cast<size_t>(count);
    if (count == 0 || count > 1'000'000) return DataLoss(fmt::format("the model has {} features", count));
    const auto names = learner_->find("feature_names");
    if (names == learner_->end() || !names->is_array() || names->empty()) return {};
    if (names->size() != model_.feature_count)
      return DataLoss(fmt::format("there are {} names for {} features", names->size(), model_.feature_count));
    for (const json& name : *names) {
      if (!name.is_string()) return DataLoss("a feature's name is no text");
      model_.features.push_back(name.get<std::string>());
    }
    return {};
  }

  // How many trees the scikit-learn interface predicts with; all of them without it.
  Result<size_t> TreesWanted(const json& trees_model, size_t count) const {
    const auto attributes = learner_->find("attributes");
    if (attributes == learner_->end() || TextOf(*attributes, "scikit_learn").empty()) return count;
    SLIPWAY_ASSIGN_OR_RETURN(const int64_t best, IntegerOf(*attributes, "best_iteration", -1));
    if (best < 0) return count;
    SLIPWAY_ASSIGN_OR_RETURN(const json* parameters, Get(trees_model, {"gbtree_model_param"}));
    SLIPWAY_ASSIGN_OR_RETURN(const int64_t parallel, IntegerOf(*parameters, "num_parallel_tree", 1));
    return std::min(count,
                    static_cast<size_t>(best + 1) * static_cast<size_t>(std::max<int64_t>(parallel, 1)) * classes_);
  }

  Status ReadTrees() {
    SLIPWAY_ASSIGN_OR_RETURN(const json* booster, Get(*learner_, {"gradient_booster"}));
    const std::string name = TextOf(*booster, "name");
    if (name != "gbtree" && name != "dart")
      return Unimplemented(
          fmt::format("models of the booster '{}' are not supported: those of gbtree and dart are", name));
    const json* model = nullptr;
    if (name == "dart") {
      SLIPWAY_ASSIGN_OR_RETURN(model, Get(*booster, {"gbtree", "model"}));
    } else {
      SLIPWAY_ASSIGN_OR_RETURN(model, Get(*booster, {"model"}));
    }
    SLIPWAY_ASSIGN_OR_RETURN(const json* trees, Get(*model, {"trees"}));
    SLIPWAY_ASSIGN_OR_RETURN(const json* outputs, Get(*model, {"tree_info"}));
    if (!trees->is_array() || !outputs->is_array() || outputs->size() != trees->size())
      return DataLoss("'trees' and 'tree_info' are no lists of one length");
    SLIPWAY_ASSIGN_OR_RETURN(const size_t wanted, TreesWanted(*model, trees->size()));
    for (size_t i = 0; i < wanted; ++i) SLIPWAY_RETURN_IF_ERROR(ReadTree((*trees)[i], (*outputs)[i], i));
    if (name == "dart") SLIPWAY_RETURN_IF_ERROR(WeighTrees(*booster));
    model_.has_covers = true;
    return {};
  }

  // What dropout left of each tree.
  Status WeighTrees(const json& booster) {
    SLIPWAY_ASSIGN_OR_RETURN(const json* weights, Get(booster, {"weight_drop"}));
    if (!weights->is_array() || weights->size() < model_.trees.size())
      return DataLoss(fmt::format("'weight_drop' does not have a weight for each of {} trees", model_.trees.size()));
    for (size_t i = 0; i < model_.trees.size(); ++i) {
      if (!(*weights)[i].is_number()) return DataLoss("'weight_drop' holds no numbers");
      const auto weight = (*weights)[i].get<float>();
      for (BoostedNode& node : model_.trees[i].nodes)
        if (node.test == BoostedNode::Test::kLeaf) node.value *= weight;
    }
    return {};
  }

  Status ReadTree(const json& source, const json& output, size_t number) {
    if (!output.is_number_integer() || output.get<int64_t>() < 0 || output.get<size_t>() >= classes_)
      return DataLoss(fmt::format("tree {} is of none of the {} classes", number, classes_));
    SLIPWAY_ASSIGN_OR_RETURN(BoostedTree tree, TreeReader(source, number, model_.feature_count).Read());
    tree.output = output.get<uint32_t>();
    model_.trees.push_back(std::move(tree));
    return {};
  }

  // "5E-1"; since version 3 "[5E-1]", or one a class.
  Result<std::vector<float>> BaseScores() const {
    std::string text = TextOf(*parameters_, "base_score");
    if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
    std::vector<float> scores;
    for (const std::string_view part : Split(text, ',')) {
      const auto number = ParseDouble(Trim(part));
      if (!number || !std::isfinite(*number)) return DataLoss(fmt::format("base_score is '{}', not a number", text));
      scores.push_back(static_cast<float>(*number));
    }
    if (scores.size() == 1) scores.resize(classes_, scores[0]);
    if (scores.size() != classes_)
      return DataLoss(fmt::format("there are {} base scores for {} classes", scores.size(), classes_));
    return scores;
  }

  // base_score stands in the space of predictions, the sum in that of margins.
  Status ReadBase() {
    SLIPWAY_ASSIGN_OR_RETURN(model_.base, BaseScores());
    float& base = model_.base[0];
    if (model_.kind == Kind::kBinary || model_.link == Link::kSigmoid) {
      if (!(base > 0 && base < 1)) return DataLoss(fmt::format("base_score is {}, not a probability", base));
      base = -std::log(1 / base - 1);
    } else if (model_.link == Link::kExp) {
      if (!(base > 0)) return DataLoss(fmt::format("base_score is {}, not above 0", base));
      base = std::log(base);
    }
    if (model_.kind == Kind::kClasses && classes_ == 2) MakeBinary(model_);
    return {};
  }

  const json& root_;
  const json* learner_ = nullptr;
  const json* parameters_ = nullptr;
  size_t classes_ = 1;
  BoostedModel model_;
};

}  // namespace

Result<BoostedModel> ReadXgboostTrees(std::string_view bytes) {
  SLIPWAY_ASSIGN_OR_RETURN(const json root, Parse(bytes));
  return XgboostReader(root).Read();
}

Result<OnnxModel> ReadXgboostModel(std::string_view bytes) {
  SLIPWAY_ASSIGN_OR_RETURN(const BoostedModel model, ReadXgboostTrees(bytes));
  return BoostedGraph(model);
}

}  // namespace slipway::model
