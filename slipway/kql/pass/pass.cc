#include "slipway/kql/pass/pass.h"

#include "slipway/kql/pass/rewrite.h"

namespace slipway::kql::pass {
namespace {

constexpr Pass kPasses[] = {
    {"fold-constants", "arithmetic of constants is done once, so that ago(1d) is a value to compare with",
     FoldConstants},
    {"merge-projects", "a projection of a projection becomes one", MergeProjects},
    {"push-filters-down", "rows are dropped before work is spent on them", PushFiltersDown},
    {"simplify-dynamics", "a text that was split or parsed is not written as JSON in between", SimplifyDynamics},
    {"fuse-limits", "sort and take become one top", FuseLimits},
    {"prune-columns", "columns that nobody reads are not made", PruneColumns},
};

}  // namespace

std::span<const Pass> AllPasses() {
  return kPasses;
}

void RunPasses(plan::NodePtr& root, const std::set<std::string, std::less<>>& disabled) {
  for (const Pass& pass : kPasses) {
    if (disabled.count(pass.name) == 0) pass.run(root);
  }
}

Substitution SubstitutionOf(const plan::Project& project, const std::vector<plan::Column>& outputs) {
  Substitution substitution;
  for (size_t i = 0; i < outputs.size(); ++i) substitution[outputs[i].id] = &project.expressions[i];
  return substitution;
}

void Substitute(plan::Scalar& scalar, const Substitution& substitution) {
  if (scalar.kind == plan::ScalarKind::kColumn) {
    const auto found = substitution.find(scalar.column);
    if (found != substitution.end()) {
      plan::Scalar replacement = *found->second;
      scalar = std::move(replacement);
    }
    return;
  }
  for (plan::Scalar& argument : scalar.arguments) Substitute(argument, substitution);
}

}  // namespace slipway::kql::pass
