#include "slipway/runner/plan/reuse.h"

#include <set>

namespace slipway::runner {

using domain::Job;
using domain::PipelineSpec;
using domain::SweepSpec;

std::optional<std::string> WhyNoReuse(const Job& job, const Job* parent, const Job* grandparent) {
  if (!parent) return "it was submitted by itself: only steps of pipelines take over earlier outputs";
  if (const auto* sweep = std::get_if<SweepSpec>(&parent->spec.body)) {
    if (!sweep->trial.is_deterministic) return "its component says is_deterministic: false";
    return WhyNoReuse(*parent, grandparent, nullptr);
  }
  const auto* pipeline = std::get_if<PipelineSpec>(&parent->spec.body);
  if (!pipeline) return "its parent is no pipeline";
  if (pipeline->settings.force_rerun) return "the pipeline's settings say force_rerun: true";
  const auto step = pipeline->jobs.find(job.step);
  if (step == pipeline->jobs.end()) return "its pipeline has no such step";
  if (!step->second.sweep && !step->second.component.is_deterministic) {
    return "its component says is_deterministic: false";
  }
  return std::nullopt;
}

std::vector<PartDifference> DifferencesOf(const std::map<std::string, std::string>& here,
                                          const std::map<std::string, std::string>& there) {
  std::set<std::string> names;
  for (const auto& [name, value] : here) names.insert(name);
  for (const auto& [name, value] : there) names.insert(name);
  std::vector<PartDifference> differences;
  const auto value_in = [](const auto& parts, const std::string& name) {
    const auto found = parts.find(name);
    return found == parts.end() ? std::string() : found->second;
  };
  for (const std::string& name : names) {
    PartDifference difference{name, value_in(here, name), value_in(there, name)};
    if (difference.here != difference.there) differences.push_back(std::move(difference));
  }
  return differences;
}

}  // namespace slipway::runner
