#include <algorithm>
#include <utility>

#include "slipway/kql/pass/pass.h"
#include "slipway/kql/pass/rewrite.h"

namespace slipway::kql::pass {
namespace {

using plan::NodePtr;

// Fewer rows would change what functions of other rows find.
bool IsAloneInRow(const plan::Scalar& scalar) {
  if (scalar.IsCall("next")) return false;
  return std::all_of(scalar.arguments.begin(), scalar.arguments.end(), IsAloneInRow);
}

bool IsAloneInRow(const plan::Project& project) {
  return std::all_of(project.expressions.begin(), project.expressions.end(),
                     [](const plan::Scalar& scalar) { return IsAloneInRow(scalar); });
}

void Fuse(NodePtr& node) {
  const auto* limit = std::get_if<plan::Limit>(&node->body);
  if (limit == nullptr) return;
  const int64_t rows = limit->rows;
  if (auto* sort = std::get_if<plan::Sort>(&node->inputs[0]->body)) {
    sort->limit = std::min(rows, sort->limit.value_or(rows));
    NodePtr input = std::move(node->inputs[0]);
    node = std::move(input);
  } else if (const auto* above = std::get_if<plan::Project>(&node->inputs[0]->body);
             above != nullptr && IsAloneInRow(*above)) {
    // Below the projection, so that it works on fewer rows, and the limit may meet a sort.
    NodePtr project = std::move(node->inputs[0]);
    node->inputs[0] = std::move(project->inputs[0]);
    node->outputs = node->inputs[0]->outputs;
    Fuse(node);
    project->inputs[0] = std::move(node);
    node = std::move(project);
  }
}

}  // namespace

void FuseLimits(NodePtr& root) {
  RewriteNodes(root, Fuse);
}

}  // namespace slipway::kql::pass
