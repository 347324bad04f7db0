#include "slipway/registry/lineage.h"

#include <algorithm>
#include <deque>
#include <optional>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/base/time.h"
#include "slipway/domain/job_properties.h"

namespace slipway::registry {
namespace {

using domain::AssetKind;
using domain::Job;

constexpr size_t kAllJobs = 1'000'000;
constexpr const char* kPartOf = "part of";

std::string AssetId(AssetKind kind, std::string_view name, std::string_view version) {
  return fmt::format("{}:{}:{}", domain::AssetKindName(kind), name, version);
}

std::string JobId(std::string_view name) {
  return fmt::format("job:{}", name);
}

// "azureml:name:version" and its long forms; nullopt for paths and for references without a version.
std::optional<std::string> AssetIdOf(const std::string& reference, AssetKind kind) {
  const auto parsed = domain::ParseReference(reference, kind);
  const auto* asset = parsed ? std::get_if<domain::AssetReference>(&*parsed) : nullptr;
  if (!asset || asset->version.empty()) return std::nullopt;
  const std::string name = asset->registry.empty() ? asset->name : fmt::format("{}/{}", asset->registry, asset->name);
  return AssetId(kind, name, asset->version);
}

AssetKind KindOfInput(const std::string& type) {
  return type.ends_with("_model") ? AssetKind::kModel : AssetKind::kData;
}

class Builder {
 public:
  explicit Builder(const LineageSources& sources) : sources_(sources) {}

  LineageGraph Build() {
    for (const auto& asset : sources_.assets) AddAsset(asset);
    for (const Job& job : sources_.jobs) AddJob(job);
    for (const Job& job : sources_.jobs) ConnectJob(job);
    for (const auto& asset : sources_.assets) ConnectAsset(asset);
    for (const auto& deployment : sources_.deployments) AddDeployment(deployment);
    return std::move(graph_);
  }

 private:
  LineageNode& Node(const std::string& id, std::string_view kind, std::string_view name, std::string_view version) {
    LineageNode& node = graph_.nodes[id];
    if (node.id.empty()) node = {id, std::string(kind), std::string(name), std::string(version), {}};
    return node;
  }

  void Connect(const std::string& from, const std::string& to, std::string how) {
    if (from != to) graph_.edges.insert({from, to, std::move(how)});
  }

  // A node for an asset that is named but may be gone, or in a registry.
  std::optional<std::string> Named(const std::string& reference, AssetKind kind) {
    const auto id = AssetIdOf(reference, kind);
    if (!id) return std::nullopt;
    const std::string_view text = *id;
    const size_t first = text.find(':'), last = text.rfind(':');
    Node(*id, domain::AssetKindName(kind), text.substr(first + 1, last - first - 1), text.substr(last + 1));
    return id;
  }

  void AddAsset(const domain::AssetVersion& asset) {
    if (asset.kind == AssetKind::kComponent) return;
    LineageNode& node = Node(AssetId(asset.kind, asset.name, asset.version), domain::AssetKindName(asset.kind),
                             asset.name, asset.version);
    node.facts["created_at"] = FormatTimestamp(asset.context.created_at);
    if (const auto* model = std::get_if<domain::ModelBody>(&asset.body); model && !model->stage.empty()) {
      node.facts["stage"] = model->stage;
    }
  }

  void AddJob(const Job& job) {
    LineageNode& node = Node(JobId(job.name), "job", job.name, "");
    node.facts["status"] = std::string(domain::JobStatusName(job.status));
    node.facts["created_at"] = FormatTimestamp(job.created_at);
    node.facts["type"] = std::holds_alternative<domain::CommandSpec>(job.spec.body) ? "command"
                         : std::holds_alternative<domain::SweepSpec>(job.spec.body) ? "sweep"
                                                                                    : "pipeline";
    if (!job.spec.display_name.empty()) node.facts["display_name"] = job.spec.display_name;
    if (!std::holds_alternative<domain::CommandSpec>(job.spec.body) || !job.reused_from.empty()) return;
    for (const auto& [output, uri] : job.output_uris) producers_[uri] = job.name;
  }

  // The job whose output holds a path: the output's uri, or what is below it.
  const std::string* ProducerOf(const std::string& uri) const {
    for (std::string prefix = uri; !prefix.empty();) {
      for (const std::string& candidate : {prefix, prefix + "/"}) {
        const auto found = producers_.find(candidate);
        if (found != producers_.end()) return &found->second;
      }
      const size_t slash = prefix.find_last_of('/');
      if (slash == std::string::npos) break;
      prefix.resize(slash);
    }
    return nullptr;
  }

  void ConnectJob(const Job& job) {
    const std::string id = JobId(job.name);
    if (!job.parent.empty()) Connect(id, JobId(job.parent), kPartOf);
    if (!job.reused_from.empty()) Connect(JobId(job.reused_from), id, "outputs taken over");
    const auto* command = std::get_if<domain::CommandSpec>(&job.spec.body);
    if (!command) return;
    for (const auto& [name, input] : command->inputs) {
      if (const auto* data = std::get_if<domain::DataInput>(&input)) ConnectInput(id, name, *data);
    }
    ConnectCode(job, id, *command);
    if (const auto environment = Named(command->environment, AssetKind::kEnvironment)) {
      Connect(*environment, id, "environment");
    }
    for (const auto& [property, reference] : job.spec.properties) {
      if (!property.starts_with(domain::kRegisteredPrefix)) continue;
      const std::string output = property.substr(domain::kRegisteredPrefix.size());
      const auto declared = command->outputs.find(output);
      const AssetKind kind = declared == command->outputs.end() ? AssetKind::kData : KindOfInput(declared->second.type);
      if (const auto made = Named(reference, kind)) Connect(id, *made, fmt::format("output '{}'", output));
    }
  }

  void ConnectInput(const std::string& job, const std::string& name, const domain::DataInput& data) {
    const std::string how = fmt::format("input '{}'", name);
    const AssetKind kind = KindOfInput(data.type);
    if (const auto asset = Named(data.path, kind)) return Connect(*asset, job, how);
    if (const std::string* producer = ProducerOf(data.path)) return Connect(JobId(*producer), job, how);
    const auto reference = domain::ParseReference(data.path, kind);
    const auto* output = reference ? std::get_if<domain::JobOutputPath>(&*reference) : nullptr;
    if (output && graph_.nodes.count(JobId(output->job))) return Connect(JobId(output->job), job, how);
    Connect(Node("path:" + data.path, "path", data.path, "").id, job, how);  // uploaded with the job, or an address
  }

  // The commit that a job was submitted from belongs to its code; to the job itself when it brings none.
  void ConnectCode(const Job& job, const std::string& id, const domain::CommandSpec& command) {
    const auto code = command.code.empty() ? std::nullopt : Named(command.code, AssetKind::kCode);
    if (code) Connect(*code, id, "code");
    const auto commit = job.spec.properties.find("azureml.git.commit");
    if (commit == job.spec.properties.end()) return;
    LineageNode& node = Node("commit:" + commit->second, "commit", commit->second, "");
    for (const char* fact : {"repository_uri", "branch", "dirty"}) {
      const auto found = job.spec.properties.find(fmt::format("azureml.git.{}", fact));
      if (found != job.spec.properties.end()) node.facts[fact] = found->second;
    }
    Connect(node.id, code.value_or(id), "commit");
  }

  void ConnectAsset(const domain::AssetVersion& asset) {
    const std::string id = AssetId(asset.kind, asset.name, asset.version);
    const auto* model = std::get_if<domain::ModelBody>(&asset.body);
    const auto* data = std::get_if<domain::DataBody>(&asset.body);
    if (!model && !data) return;
    const std::string& path = model ? model->path : data->path;
    const auto reference = domain::ParseReference(path, asset.kind);
    const auto* output = reference ? std::get_if<domain::JobOutputPath>(&*reference) : nullptr;
    std::string maker = model ? model->job_name : "";
    if (maker.empty() && output) maker = output->job;
    if (const std::string* producer = maker.empty() ? ProducerOf(path) : nullptr) maker = *producer;
    if (maker.empty() || !graph_.nodes.count(JobId(maker))) return;
    const auto known = graph_.edges.lower_bound({JobId(maker), id, ""});
    const bool is_known = known != graph_.edges.end() && known->from == JobId(maker) && known->to == id;
    if (!is_known) Connect(JobId(maker), id, "registered");
  }

  void AddDeployment(const domain::OnlineDeployment& deployment) {
    const std::string name = fmt::format("{}/{}", deployment.endpoint_name, deployment.name);
    LineageNode& node = Node("deployment:" + name, "deployment", name, "");
    node.facts["created_at"] = FormatTimestamp(deployment.context.created_at);
    const std::string id = node.id;
    if (const auto model = Named(deployment.model, AssetKind::kModel)) Connect(*model, id, "deployed");
    if (const auto code = Named(deployment.code, AssetKind::kCode)) Connect(*code, id, "scoring code");
    if (const auto environment = Named(deployment.environment, AssetKind::kEnvironment)) {
      Connect(*environment, id, "environment");
    }
  }

  const LineageSources& sources_;
  LineageGraph graph_;
  std::map<std::string, std::string> producers_;  // output uri → the command that wrote it
};

// One way along the edges, from several nodes.
void Walk(const LineageGraph& graph, const std::set<std::string>& starts, bool up, std::set<LineageEdge>& into) {
  std::multimap<std::string, const LineageEdge*> next;
  for (const LineageEdge& edge : graph.edges) {
    if (edge.how != kPartOf) next.emplace(up ? edge.to : edge.from, &edge);
  }
  std::set<std::string> seen = starts;
  std::deque<std::string> waiting(starts.begin(), starts.end());
  while (!waiting.empty()) {
    const auto [begin, end] = next.equal_range(waiting.front());
    waiting.pop_front();
    for (auto at = begin; at != end; ++at) {
      into.insert(*at->second);
      const std::string& other = up ? at->second->from : at->second->to;
      if (seen.insert(other).second) waiting.push_back(other);
    }
  }
}

// A job and all below it.
std::set<std::string> WithParts(const LineageGraph& graph, const std::string& start, std::set<LineageEdge>& edges) {
  std::set<std::string> parts = {start};
  for (bool grows = true; grows;) {
    grows = false;
    for (const LineageEdge& edge : graph.edges) {
      if (edge.how != kPartOf || !parts.count(edge.to)) continue;
      edges.insert(edge);
      grows = parts.insert(edge.from).second || grows;
    }
  }
  return parts;
}

std::vector<std::string> Candidates(const LineageGraph& graph, std::string_view text) {
  std::vector<std::string> fitting;
  const std::string bare = text.starts_with("azureml:") ? std::string(text.substr(8)) : std::string(text);
  for (const auto& [id, node] : graph.nodes) {
    const bool is_named = EqualsIgnoreCase(node.version.empty() ? node.name : node.name + ":" + node.version, bare);
    const bool is_commit = node.kind == "commit" && bare.size() >= 7 && StartsWithIgnoreCase(node.name, bare);
    if (is_named || is_commit) fitting.push_back(id);
  }
  return fitting;
}

}  // namespace

Result<LineageSources> ReadLineageSources(const domain::Scope& scope, domain::JobStore& jobs,
                                          domain::AssetStore& assets, domain::EndpointStore& endpoints) {
  LineageSources sources;
  domain::JobFilter filter;
  filter.view = domain::ListView::kAll;
  filter.limit = kAllJobs;
  SLIPWAY_ASSIGN_OR_RETURN(sources.jobs, jobs.ListJobs(scope, filter));
  for (const AssetKind kind : {AssetKind::kData, AssetKind::kModel}) {
    SLIPWAY_ASSIGN_OR_RETURN(const auto containers, assets.ListContainers(scope, kind, domain::ListView::kAll));
    for (const auto& container : containers) {
      SLIPWAY_ASSIGN_OR_RETURN(auto versions, assets.ListVersions(scope, kind, container.name, domain::ListView::kAll));
      std::move(versions.begin(), versions.end(), std::back_inserter(sources.assets));
    }
  }
  SLIPWAY_ASSIGN_OR_RETURN(const auto all, endpoints.ListEndpoints(scope));
  for (const auto& endpoint : all) {
    SLIPWAY_ASSIGN_OR_RETURN(auto deployments, endpoints.ListDeployments(scope, endpoint.name));
    std::move(deployments.begin(), deployments.end(), std::back_inserter(sources.deployments));
  }
  return sources;
}

LineageGraph BuildLineage(const LineageSources& sources) {
  return Builder(sources).Build();
}

Result<std::string> FindNode(const LineageGraph& graph, std::string_view text) {
  if (text.empty()) return InvalidArgument("'ref' of the query is missing: name a job, model, data or deployment");
  for (const std::string& id : {std::string(text), fmt::format("path:{}", text)})
    if (graph.nodes.contains(id)) return id;
  const auto fitting = Candidates(graph, text);
  if (fitting.size() == 1) return fitting.front();
  if (fitting.size() > 1) {
    return InvalidArgument(fmt::format("'{}' may be any of {}: name one of them", text, Join(fitting, ", ")));
  }
  std::vector<std::string> ids;
  for (const auto& [id, node] : graph.nodes) ids.push_back(id);
  return NotFound(
      fmt::format("nothing is called '{}'{}; write job:NAME, model:NAME:VERSION, data:NAME:VERSION, "
                  "deployment:ENDPOINT/NAME or commit:HASH",
                  text, DidYouMean(text, ids)));
}

LineageGraph LineageAround(const LineageGraph& graph, const std::string& start, bool up, bool down) {
  LineageGraph around;
  const auto starts = WithParts(graph, start, around.edges);
  if (up) Walk(graph, starts, true, around.edges);
  if (down) Walk(graph, starts, false, around.edges);
  around.nodes[start] = graph.nodes.at(start);
  for (const LineageEdge& edge : around.edges) {
    for (const std::string& id : {edge.from, edge.to}) {
      const auto found = graph.nodes.find(id);
      if (found != graph.nodes.end()) around.nodes.insert(*found);
    }
  }
  return around;
}

}  // namespace slipway::registry
