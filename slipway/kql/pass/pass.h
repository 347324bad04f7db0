// Rewrites of a plan that keep its meaning. Each has a name and can be left out; tests compare answers with and
// without.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>

#include "slipway/kql/plan/plan.h"

namespace slipway::kql::pass {

struct Pass {
  std::string_view name;
  std::string_view purpose;
  void (*run)(plan::NodePtr& root);
};

// In the order they run.
std::span<const Pass> AllPasses();

void RunPasses(plan::NodePtr& root, const std::set<std::string, std::less<>>& disabled);

// The passes.
void FoldConstants(plan::NodePtr& root);
void MergeProjects(plan::NodePtr& root);
void PushFiltersDown(plan::NodePtr& root);
void SimplifyDynamics(plan::NodePtr& root);
void FuseLimits(plan::NodePtr& root);
void PruneColumns(plan::NodePtr& root);

}  // namespace slipway::kql::pass
