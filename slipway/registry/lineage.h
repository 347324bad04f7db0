// Where things come from and what became of them: commit → code → job → model → deployment, and the data on the way.
// Read off what is stored of jobs, assets and deployments: nothing has to be written down for it.
#pragma once

#include <compare>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/domain/endpoint.h"
#include "slipway/domain/stores.h"

namespace slipway::registry {

struct LineageNode {
  std::string id;    // "model:credit:3", "job:happy_fox", "deployment:shop/blue", "commit:1a2b…"
  std::string kind;  // data, model, environment, code, commit, job, deployment
  std::string name, version;
  domain::Tags facts;  // status, created_at, repository …
};

// From what was there first to what was made of it.
struct LineageEdge {
  std::string from, to;
  std::string how;  // "input 'rows'", "output 'model'", "code", "commit", "step", "deployed" …
  auto operator<=>(const LineageEdge&) const = default;
};

struct LineageGraph {
  std::map<std::string, LineageNode> nodes;  // by id
  std::set<LineageEdge> edges;
};

struct LineageSources {
  std::vector<domain::Job> jobs;
  std::vector<domain::AssetVersion> assets;
  std::vector<domain::OnlineDeployment> deployments;
};
// Everything of a workspace, archived things too.
Result<LineageSources> ReadLineageSources(const domain::Scope& scope, domain::JobStore& jobs,
                                          domain::AssetStore& assets, domain::EndpointStore& endpoints);

LineageGraph BuildLineage(const LineageSources& sources);

// The node that `text` names: an id, a job's name, "azureml:name:version" of a model or data, "endpoint/deployment",
// the beginning of a commit. kInvalidArgument when several fit, kNotFound with the nearest name when none does.
Result<std::string> FindNode(const LineageGraph& graph, std::string_view text);

// What `start` was made from (`up`), and what was made of it (`down`). A pipeline or sweep stands for what runs below
// it.
LineageGraph LineageAround(const LineageGraph& graph, const std::string& start, bool up, bool down);

}  // namespace slipway::registry
