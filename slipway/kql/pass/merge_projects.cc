#include <algorithm>
#include <map>

#include "slipway/kql/pass/pass.h"
#include "slipway/kql/pass/rewrite.h"

namespace slipway::kql::pass {
namespace {

using plan::Node;
using plan::NodePtr;
using plan::Project;
using plan::Scalar;

// Expressions that are used twice above would be computed twice, and random ones would change their meaning.
bool IsFree(const Scalar& scalar) {
  return scalar.kind != plan::ScalarKind::kCall;
}

bool IsRandom(const Scalar& scalar) {
  return scalar.IsCall("rand") || scalar.IsCall("rand_below") || scalar.IsCall("new_guid") ||
         std::any_of(scalar.arguments.begin(), scalar.arguments.end(), IsRandom);
}

bool CanMerge(const Project& outer, const Project& inner, const std::vector<plan::Column>& inner_outputs) {
  std::vector<int> used;
  for (const Scalar& expression : outer.expressions) plan::CollectColumns(expression, used);
  std::map<int, int> uses;
  for (const int id : used) ++uses[id];
  for (size_t i = 0; i < inner_outputs.size(); ++i) {
    const Scalar& expression = inner.expressions[i];
    if (IsFree(expression)) continue;
    if (uses[inner_outputs[i].id] > 1 || IsRandom(expression)) return false;
  }
  return true;
}

void Merge(NodePtr& node) {
  auto* outer = std::get_if<Project>(&node->body);
  while (outer != nullptr) {
    auto* inner = std::get_if<Project>(&node->inputs[0]->body);
    if (inner == nullptr || !CanMerge(*outer, *inner, node->inputs[0]->outputs)) return;
    const Substitution substitution = SubstitutionOf(*inner, node->inputs[0]->outputs);
    for (Scalar& expression : outer->expressions) Substitute(expression, substitution);
    NodePtr input = std::move(node->inputs[0]->inputs[0]);
    node->inputs[0] = std::move(input);
  }
}

}  // namespace

void MergeProjects(NodePtr& root) {
  RewriteNodes(root, Merge);
}

}  // namespace slipway::kql::pass
