#include <algorithm>

#include "slipway/kql/pass/pass.h"
#include "slipway/kql/pass/rewrite.h"

namespace slipway::kql::pass {
namespace {

using plan::Filter;
using plan::Node;
using plan::NodePtr;
using plan::Scalar;

bool Reads(const Scalar& scalar, int id) {
  std::vector<int> ids;
  plan::CollectColumns(scalar, ids);
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

bool LooksAround(const Scalar& scalar) {
  static constexpr std::string_view kWindows[] = {"prev",           "next",         "row_number", "row_cumsum",
                                                  "row_rank_dense", "row_rank_min", "near"};
  const bool is_window = scalar.kind == plan::ScalarKind::kCall &&
                         std::find(std::begin(kWindows), std::end(kWindows), scalar.operation) != std::end(kWindows);
  return is_window || std::any_of(scalar.arguments.begin(), scalar.arguments.end(), LooksAround);
}

// Past a join whose rows all have a left row, when only that side is read.
bool PassesJoin(const Scalar& predicate, const plan::Join& join, const Node& left) {
  const bool keeps_left = join.kind == plan::JoinKind::kInner || join.kind == plan::JoinKind::kLeftOuter ||
                          join.kind == plan::JoinKind::kLeftSemi || join.kind == plan::JoinKind::kLeftAnti;
  if (!keeps_left) return false;
  std::vector<int> ids;
  plan::CollectColumns(predicate, ids);
  return std::all_of(ids.begin(), ids.end(), [&](int id) { return left.FindOutput(id) != nullptr; });
}

// Through a projection when what the predicate reads was only passed on.
bool PrepareForProject(Scalar& predicate, const plan::Project& project, const std::vector<plan::Column>& outputs) {
  // Functions of other rows need all of them.
  if (std::any_of(project.expressions.begin(), project.expressions.end(), LooksAround)) return false;
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (project.expressions[i].kind == plan::ScalarKind::kCall && Reads(predicate, outputs[i].id)) return false;
  }
  Substitute(predicate, SubstitutionOf(project, outputs));
  return true;
}

// Below the node's input when that changes nothing; the predicate is rewritten for there.
bool CanPass(Scalar& predicate, const Node& below) {
  if (LooksAround(predicate)) return false;
  if (const auto* join = std::get_if<plan::Join>(&below.body)) return PassesJoin(predicate, *join, *below.inputs[0]);
  if (const auto* project = std::get_if<plan::Project>(&below.body)) {
    return PrepareForProject(predicate, *project, below.outputs);
  }
  if (const auto* sort = std::get_if<plan::Sort>(&below.body)) return !sort->limit;
  if (const auto* expand = std::get_if<plan::Expand>(&below.body)) {
    if (expand->index_output && Reads(predicate, *expand->index_output)) return false;
    return std::none_of(expand->items.begin(), expand->items.end(),
                        [&](const plan::Expand::Item& item) { return Reads(predicate, item.output); });
  }
  if (const auto* unpack = std::get_if<plan::Unpack>(&below.body)) {
    return std::none_of(unpack->slots.begin(), unpack->slots.end(),
                        [&](const plan::Unpack::Slot& slot) { return Reads(predicate, slot.output); });
  }
  return false;
}

void MergeWithFilter(NodePtr& node) {
  auto& lower = std::get<Filter>(node->inputs[0]->body);
  auto& upper = std::get<Filter>(node->body);
  std::vector<Scalar> terms;
  for (Scalar* predicate : {&lower.predicate, &upper.predicate}) {
    if (!predicate->IsCall("and")) {
      terms.push_back(std::move(*predicate));
      continue;
    }
    for (Scalar& term : predicate->arguments) terms.push_back(std::move(term));
  }
  upper.predicate = Scalar::Call("and", Type::kBool, std::move(terms));
  NodePtr input = std::move(node->inputs[0]->inputs[0]);
  node->inputs[0] = std::move(input);
}

void Push(NodePtr& node) {
  for (NodePtr& input : node->inputs) Push(input);
  auto* filter = std::get_if<Filter>(&node->body);
  if (filter == nullptr) return;
  Node& below = *node->inputs[0];
  if (std::holds_alternative<Filter>(below.body)) return MergeWithFilter(node);
  if (!CanPass(filter->predicate, below)) return;
  // The filter goes between `below` and its input; what was above reads the outputs of `below` as before.
  NodePtr lower = std::move(node->inputs[0]);
  node->inputs[0] = std::move(lower->inputs[0]);
  node->outputs = node->inputs[0]->outputs;
  lower->inputs[0] = std::move(node);
  node = std::move(lower);
  Push(node->inputs[0]);
}

}  // namespace

void PushFiltersDown(NodePtr& root) {
  Push(root);
}

}  // namespace slipway::kql::pass
