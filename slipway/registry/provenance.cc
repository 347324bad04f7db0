#include "slipway/registry/provenance.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/text.h"
#include "slipway/domain/registry.h"

namespace slipway::registry {
namespace {

using domain::AssetVersion;
using domain::Job;
using domain::Scope;
using nlohmann::json;

// What names outputs of steps that judge data or models.
constexpr std::string_view kReportWords[] = {"report", "quality", "drift", "card"};

// "azureml://jobs/<job>/outputs/…" → the job.
std::string JobOf(const AssetVersion& version) {
  if (const auto* model = std::get_if<domain::ModelBody>(&version.body); model != nullptr && !model->job_name.empty())
    return model->job_name;
  const auto source = version.properties.find("slipway.source");
  if (source == version.properties.end()) return "";
  const auto reference = domain::ParseReference(source->second, version.kind);
  const auto* output = reference ? std::get_if<domain::JobOutputPath>(&*reference) : nullptr;
  return output == nullptr ? "" : output->job;
}

void PutCommit(json& into, const Job& job) {
  constexpr std::pair<const char*, const char*> kNames[] = {
      {"azureml.git.commit", "commit"}, {"azureml.git.dirty", "dirty"}, {"azureml.git.repository_uri", "repository"}};
  for (const auto& [key, name] : kNames) {
    const auto found = job.spec.properties.find(key);
    if (found != job.spec.properties.end() && !into.contains(name)) into[name] = found->second;
  }
}

void PutData(json& into, const Job& job) {
  for (const auto& [input, pinned] : job.resolved_inputs)
    if (pinned.starts_with("azureml:")) into["data"][input] = pinned;
}

void PutRun(json& into, const domain::Run& run) {
  for (const auto& [key, value] : run.parameters) into["parameters"][key] = value;
  for (const auto& point : run.latest_metrics) into["metrics"][point.key] = point.value;
}

void PutReports(json& into, domain::JobStore& jobs, const Scope& scope, const std::string& root) {
  domain::JobFilter filter;
  filter.root = root;
  filter.view = domain::ListView::kAll;
  const auto all = jobs.ListJobs(scope, filter);
  if (!all) return;
  for (const Job& job : *all)
    for (const auto& [output, uri] : job.output_uris)
      for (const std::string_view word : kReportWords) {
        if (ToLower(job.step + "." + output).find(word) == std::string::npos || output == "artifacts") continue;
        into["reports"][job.step.empty() ? output : fmt::format("{}.{}", job.step, output)] = uri;
      }
}

}  // namespace

json FindProvenance(domain::JobStore& jobs, domain::RunStore& runs, const Scope& scope, const AssetVersion& version) {
  json result = {{"workspace", scope.ArmId()},
                 {"name", version.name},
                 {"version", version.version},
                 {"createdAt", FormatTimestamp(version.context.created_at)},
                 {"createdBy", version.context.created_by}};
  if (const auto* model = std::get_if<domain::ModelBody>(&version.body);
      model != nullptr && domain::ParseRegistryAddress(model->path))
    result["origin"] = model->path;
  const std::string name = JobOf(version);
  if (name.empty()) return result;
  result["job"] = name;
  if (const auto run = runs.GetRun(scope, name)) PutRun(result, *run);
  const auto job = jobs.GetJob(scope, name);
  if (!job) return result;
  PutCommit(result, *job);
  PutData(result, *job);
  if (job->root == job->name) return result;
  result["pipeline"] = job->root;
  if (const auto root = jobs.GetJob(scope, job->root)) {
    PutCommit(result, *root);
    PutData(result, *root);
  }
  PutReports(result, jobs, scope, job->root);
  return result;
}

}  // namespace slipway::registry
