#include "slipway/runner/reuse_explanation.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/runner/execute/reuse_key.h"

namespace slipway::runner {
namespace {

using domain::Job;
using domain::Scope;

constexpr size_t kJobsLookedAt = 1000;

std::optional<Job> ParentOf(domain::JobStore& jobs, const Scope& scope, const Job& job) {
  if (job.parent.empty()) return std::nullopt;
  auto parent = jobs.GetJob(scope, job.parent);
  return parent ? std::optional(std::move(*parent)) : std::nullopt;
}

size_t KeyDifferences(const std::vector<PartDifference>& differences) {
  return static_cast<size_t>(std::count_if(differences.begin(), differences.end(),
                                           [](const PartDifference& each) { return IsKeyPart(each.part); }));
}

// The earlier job of the same step (or, of trials and jobs by themselves, of no step either) with the fewest
// differences, the newest among equals.
Result<std::optional<Job>> MostAlike(domain::JobStore& jobs, const Scope& scope, const Job& job) {
  domain::JobFilter filter;
  filter.job_type = "Command";
  filter.view = domain::ListView::kAll;
  filter.limit = kJobsLookedAt;
  SLIPWAY_ASSIGN_OR_RETURN(auto all, jobs.ListJobs(scope, filter));
  std::optional<Job> best;
  size_t best_count = 0;
  for (Job& other : all) {
    const bool is_candidate = other.root != job.root && other.step == job.step && !other.reuse_parts.empty() &&
                              other.reused_from.empty() && other.created_at <= job.created_at;
    if (!is_candidate) continue;
    const size_t count = KeyDifferences(DifferencesOf(job.reuse_parts, other.reuse_parts));
    if (best && count >= best_count) continue;
    best_count = count;
    best = std::move(other);
  }
  return best;
}

std::string SummaryOf(const ReuseExplanation& explanation, const Job* other) {
  const size_t count = KeyDifferences(explanation.differences);
  if (!explanation.reused_from.empty() && other && other->name == explanation.reused_from) {
    return fmt::format("it took over the outputs of {}: nothing that counts differs", explanation.reused_from);
  }
  const std::string why_not = explanation.why_not ? fmt::format("; besides, {}", *explanation.why_not) : "";
  if (!other) {
    return explanation.why_not ? fmt::format("earlier jobs were not looked for: {}", *explanation.why_not)
                               : "there is no earlier job of this step to compare with";
  }
  if (count > 0) {
    return fmt::format("{} of the parts that count {} from {}{}", count, count == 1 ? "differs" : "differ", other->name,
                       why_not);
  }
  if (explanation.why_not) {
    return fmt::format("nothing that counts differs from {}, but earlier jobs were not looked for: {}", other->name,
                       *explanation.why_not);
  }
  if (other->status != domain::JobStatus::kCompleted) {
    return fmt::format("nothing that counts differs from {}, but that one is {}", other->name,
                       domain::JobStatusName(other->status));
  }
  if (other->reuse_key.empty()) {
    return fmt::format("nothing that counts differs from {}, but that one does not let others take over its outputs",
                       other->name);
  }
  return fmt::format(
      "nothing that counts differs from {}, but that one had not completed when this one was prepared, "
      "or its outputs were gone",
      other->name);
}

}  // namespace

Result<ReuseExplanation> ExplainReuse(domain::JobStore& jobs, const Scope& scope, const std::string& name,
                                      const std::string& wanted) {
  SLIPWAY_ASSIGN_OR_RETURN(const Job job, jobs.GetJob(scope, name));
  if (!std::holds_alternative<domain::CommandSpec>(job.spec.body)) {
    return InvalidArgument(
        fmt::format("job '{}' runs no command itself: ask for one of its steps or trials", job.name));
  }
  if (job.reuse_parts.empty()) {
    return FailedPrecondition(fmt::format("job '{}' is {}: what goes into its reuse is known once it has been prepared",
                                          job.name, domain::JobStatusName(job.status)));
  }
  ReuseExplanation explanation{job.name, job.step, "", job.reused_from, std::nullopt, "", {}};
  const auto parent = ParentOf(jobs, scope, job);
  const auto grandparent = parent ? ParentOf(jobs, scope, *parent) : std::nullopt;
  explanation.why_not = WhyNoReuse(job, parent ? &*parent : nullptr, grandparent ? &*grandparent : nullptr);
  const std::string& named = wanted.empty() ? job.reused_from : wanted;
  std::optional<Job> other;
  if (!named.empty()) {
    SLIPWAY_ASSIGN_OR_RETURN(other, jobs.GetJob(scope, named));
  } else {
    SLIPWAY_ASSIGN_OR_RETURN(other, MostAlike(jobs, scope, job));
  }
  if (other) {
    if (other->reuse_parts.empty()) {
      return FailedPrecondition(fmt::format("of job '{}' it is not known what went into it", other->name));
    }
    explanation.compared_with = other->name;
    explanation.differences = DifferencesOf(job.reuse_parts, other->reuse_parts);
  }
  explanation.summary = SummaryOf(explanation, other ? &*other : nullptr);
  return explanation;
}

}  // namespace slipway::runner
