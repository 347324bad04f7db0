#include "slipway/api/job_reports.h"

#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/api/answer.h"
#include "slipway/api/routes.h"
#include "slipway/base/time.h"
#include "slipway/domain/search_space.h"
#include "slipway/registry/lineage.h"
#include "slipway/runner/execute/reuse_key.h"
#include "slipway/runner/plan/children.h"
#include "slipway/runner/reuse_explanation.h"

namespace slipway::api {
namespace {

using domain::Scope;
using net::PathParameters;
using net::Request;
using net::Response;
using nlohmann::json;

json NumberOrNull(const std::optional<double>& number) {
  return number ? json(*number) : json();
}

json TimeOrNull(const std::optional<Timestamp>& time) {
  return time ? json(FormatTimestamp(*time)) : json();
}

json TrialJson(const runner::TrialTable& table, const runner::TrialRow& row) {
  json values = json::object();
  for (const auto& [name, value] : row.values) {
    values[domain::SearchPlaceholder(name)] = runner::ShownValue(row.values, name).text;
  }
  return {{"name", row.name},
          {"status", domain::JobStatusName(row.status)},
          {"statusReason", row.status_reason},
          {"values", std::move(values)},
          {"best", NumberOrNull(row.best)},
          {"last", NumberOrNull(row.last)},
          {"reports", row.report_count},
          {"isBest", row.name == table.best_child},
          {"startedAt", TimeOrNull(row.started_at)},
          {"endedAt", TimeOrNull(row.ended_at)},
          {"cpuSeconds", row.resources ? json(row.resources->cpu_seconds) : json()}};
}

json NodeJson(const registry::LineageNode& node) {
  return {{"id", node.id}, {"kind", node.kind}, {"name", node.name}, {"version", node.version}, {"facts", node.facts}};
}

class JobReports {
 public:
  explicit JobReports(const JobReportsDependencies& dependencies) : dependencies_(dependencies) {}

  Result<Response> Trials(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const auto table, dependencies_.runner.Trials(ScopeOf(parameters), parameters.at("job")));
    json names = json::array(), trials = json::array();
    for (const std::string& name : table.parameters) names.push_back(domain::SearchPlaceholder(name));
    for (const auto& row : table.rows) trials.push_back(TrialJson(table, row));
    return JsonAnswer(200, {{"sweep", table.sweep},
                            {"primaryMetric", table.primary_metric},
                            {"goal", table.maximize ? "maximize" : "minimize"},
                            {"bestChild", table.best_child},
                            {"parameters", std::move(names)},
                            {"trials", std::move(trials)}});
  }

  Result<Response> Reuse(const Request& request, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const auto explanation,
                             runner::ExplainReuse(dependencies_.jobs, ScopeOf(parameters), parameters.at("job"),
                                                  request.Parameter("with").value_or("")));
    json differences = json::array();
    for (const auto& difference : explanation.differences) {
      differences.push_back({{"part", difference.part},
                             {"here", difference.here},
                             {"there", difference.there},
                             {"counts", runner::IsKeyPart(difference.part)}});
    }
    return JsonAnswer(200, {{"job", explanation.job},
                            {"step", explanation.step},
                            {"comparedWith", explanation.compared_with},
                            {"reusedFrom", explanation.reused_from},
                            {"isLookedFor", !explanation.why_not.has_value()},
                            {"whyNot", explanation.why_not.value_or("")},
                            {"summary", explanation.summary},
                            {"differences", std::move(differences)}});
  }

  Result<Response> Lineage(const Request& request, const PathParameters& parameters) const {
    const Scope scope = ScopeOf(parameters);
    SLIPWAY_RETURN_IF_ERROR(dependencies_.workspaces.GetWorkspace(scope));
    const std::string direction = request.Parameter("direction").value_or("both");
    if (direction != "both" && direction != "up" && direction != "down") {
      return InvalidArgument(fmt::format("'direction' of the query must be up, down or both, not '{}'", direction));
    }
    SLIPWAY_ASSIGN_OR_RETURN(
        const auto sources,
        registry::ReadLineageSources(scope, dependencies_.jobs, dependencies_.assets, dependencies_.endpoints));
    const auto whole = registry::BuildLineage(sources);
    SLIPWAY_ASSIGN_OR_RETURN(const std::string start, registry::FindNode(whole, request.Parameter("ref").value_or("")));
    const auto around = registry::LineageAround(whole, start, direction != "down", direction != "up");
    json nodes = json::array(), edges = json::array();
    for (const auto& [id, node] : around.nodes) nodes.push_back(NodeJson(node));
    for (const auto& edge : around.edges) edges.push_back({{"from", edge.from}, {"to", edge.to}, {"how", edge.how}});
    return JsonAnswer(200, {{"start", start}, {"nodes", std::move(nodes)}, {"edges", std::move(edges)}});
  }

 private:
  const JobReportsDependencies dependencies_;
};

}  // namespace

void MountJobReports(net::Router& router, const JobReportsDependencies& dependencies) {
  Routes<JobReports> routes(router, std::make_shared<const JobReports>(dependencies));
  const std::string own = std::string(kWorkspacePattern) + "/slipway";
  routes.Add("GET", own + "/jobs/{job}/trials", &JobReports::Trials);
  routes.Add("GET", own + "/jobs/{job}/reuse", &JobReports::Reuse);
  routes.Add("GET", own + "/lineage", &JobReports::Lineage);
}

}  // namespace slipway::api
