// What several passes need. Private to this room.
#pragma once

#include <map>

#include "slipway/kql/plan/plan.h"

namespace slipway::kql::pass {

using Substitution = std::map<int, const plan::Scalar*>;  // column id → expression

// What each output of a projection stands for.
Substitution SubstitutionOf(const plan::Project& project, const std::vector<plan::Column>& outputs);
void Substitute(plan::Scalar& scalar, const Substitution& substitution);

// Calls `rewrite` on every part of a scalar, innermost first.
template <typename Rewrite>
void RewriteScalar(plan::Scalar& scalar, const Rewrite& rewrite) {
  for (plan::Scalar& argument : scalar.arguments) RewriteScalar(argument, rewrite);
  rewrite(scalar);
}

// Calls `rewrite` on every node, inputs first.
template <typename Rewrite>
void RewriteNodes(plan::NodePtr& node, const Rewrite& rewrite) {
  for (plan::NodePtr& input : node->inputs) RewriteNodes(input, rewrite);
  rewrite(node);
}

}  // namespace slipway::kql::pass
