// A submitted job as ARM resource and as stored text.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/text.h"
#include "slipway/domain/reference.h"
#include "slipway/wire/job.h"
#include "slipway/wire/job_parts.h"
#include "slipway/wire/json_view.h"

namespace slipway::wire {
namespace {

using domain::Job;
using nlohmann::json;

constexpr std::string_view kType = "Microsoft.MachineLearningServices/workspaces/jobs";

std::string ArmIdOfReference(const domain::Scope& scope, domain::AssetKind kind, const std::string& text) {
  const auto reference = domain::ParseReference(text, kind);
  const auto* asset = reference ? std::get_if<domain::AssetReference>(&*reference) : nullptr;
  if (!asset || asset->version.empty() || !asset->registry.empty()) return text;
  return domain::AssetArmId(scope, kind, asset->name, asset->version);
}

// What the service itself answers with: full ids where we keep short references.
void ExpandIds(const domain::Scope& scope, json& properties) {
  const auto expand = [&](json& owner, const char* key, domain::AssetKind kind) {
    if (owner.contains(key)) owner[key] = ArmIdOfReference(scope, kind, owner[key].get<std::string>());
  };
  for (json* owner : {&properties, properties.contains("trial") ? &properties["trial"] : &properties}) {
    expand(*owner, "environmentId", domain::AssetKind::kEnvironment);
    expand(*owner, "codeId", domain::AssetKind::kCode);
  }
  if (properties.contains("computeId")) {
    properties["computeId"] = fmt::format("{}/computes/{}", scope.ArmId(), properties["computeId"].get<std::string>());
  }
}

json Services(const JobLinks& links) {
  json services = json::object();
  const auto add = [&](const char* name, const std::string& endpoint) {
    if (!endpoint.empty()) services[name] = {{"jobServiceType", name}, {"endpoint", endpoint}};
  };
  add("Studio", links.studio_url);
  add("Tracking", links.tracking_url);
  return services;
}

void PutTime(json& into, const char* key, const std::optional<Timestamp>& time) {
  if (time) into[key] = FormatTimestamp(*time);
}

std::optional<Timestamp> ReadTime(const JsonView& view, std::string_view key) {
  const std::string text = view.Text(key);
  if (text.empty()) return std::nullopt;
  const auto time = ParseTimestamp(text);
  if (!time) {
    view.Complain(time.error().message());
    return std::nullopt;
  }
  return *time;
}

json ResourceUseToJson(const domain::ResourceUse& use) {
  return {{"cpuSeconds", use.cpu_seconds},
          {"peakMemoryBytes", use.peak_memory_bytes},
          {"readBytes", use.read_bytes},
          {"writtenBytes", use.written_bytes}};
}

domain::ResourceUse ReadResourceUse(const JsonView& view) {
  return {view.Number("cpuSeconds").value_or(0), view.Integer("peakMemoryBytes", 0), view.Integer("readBytes", 0),
          view.Integer("writtenBytes", 0)};
}

// Everything but the spec and the outputs' uris.
json StateToJson(const Job& job) {
  json state = {{"parent", job.parent}, {"root", job.root}, {"attempt", job.attempt}};
  PutText(state, "step", job.step);
  PutText(state, "statusReason", job.status_reason);
  PutText(state, "bestChild", job.best_child);
  PutText(state, "reusedFrom", job.reused_from);
  PutText(state, "externalId", job.external_id);
  if (job.resources) state["resources"] = ResourceUseToJson(*job.resources);
  if (job.exit_code) state["exitCode"] = *job.exit_code;
  if (job.error) state["error"] = {{"code", job.error->code}, {"message", job.error->message}};
  if (!job.resolved_inputs.empty()) state["resolvedInputs"] = job.resolved_inputs;
  PutTime(state, "createdAt", job.created_at);
  PutTime(state, "startedAt", job.started_at);
  PutTime(state, "endedAt", job.ended_at);
  return state;
}

void ReadState(const JsonView& view, Job& job) {
  job.parent = view.Text("parent");
  job.root = view.Text("root");
  job.step = view.Text("step");
  job.attempt = static_cast<int>(view.Integer("attempt", 1));
  job.status_reason = view.Text("statusReason");
  job.best_child = view.Text("bestChild");
  job.reused_from = view.Text("reusedFrom");
  job.external_id = view.Text("externalId");
  if (const auto resources = view.Find("resources")) job.resources = ReadResourceUse(*resources);
  if (view.Has("exitCode")) job.exit_code = static_cast<int>(view.Integer("exitCode", 0));
  if (const auto error = view.Find("error")) job.error = {error->Text("code"), error->Text("message")};
  job.resolved_inputs = view.TextMap("resolvedInputs");
  job.created_at = ReadTime(view, "createdAt").value_or(Timestamp{});
  job.started_at = ReadTime(view, "startedAt");
  job.ended_at = ReadTime(view, "endedAt");
}

domain::JobStatus ReadStatus(const JsonView& view) {
  const std::string text = view.Text("status", "NotStarted");
  const auto status = domain::ParseJobStatus(text);
  if (!status) view.Complain(fmt::format("'{}' is not a status of a job", text));
  return status.value_or(domain::JobStatus::kNotStarted);
}

}  // namespace

json JobToArm(const domain::Scope& scope, const Job& job, const JobLinks& links) {
  json properties = JobSpecToArm(job.spec);
  ExpandIds(scope, properties);
  properties["status"] = domain::JobStatusName(job.status);
  properties["isArchived"] = job.is_archived;
  properties["services"] = Services(links);
  if (!properties.contains("experimentName")) properties["experimentName"] = "Default";
  for (const auto& [key, uri] : job.output_uris) {
    if (properties["outputs"].contains(key)) properties["outputs"][key]["uri"] = uri;
  }
  // The SDKs know a job's artifacts as its output "default".
  const auto artifacts = job.output_uris.find("artifacts");
  if (artifacts != job.output_uris.end()) {
    properties["outputs"]["default"] = {
        {"jobOutputType", "uri_folder"}, {"mode", "ReadWriteMount"}, {"uri", artifacts->second}};
  }
  if (!job.best_child.empty()) properties["properties"]["best_child_run_id"] = job.best_child;
  properties["slipway"] = StateToJson(job);
  properties["slipway"]["outputUris"] = job.output_uris;
  const std::string created = FormatTimestamp(job.created_at);
  return {{"id", fmt::format("{}/jobs/{}", scope.ArmId(), job.name)},
          {"name", job.name},
          {"type", kType},
          {"properties", std::move(properties)},
          {"systemData",
           {{"createdAt", created},
            {"createdBy", "local"},
            {"createdByType", "User"},
            {"lastModifiedAt", FormatTimestamp(job.ended_at.value_or(job.started_at.value_or(job.created_at)))}}}};
}

Result<Job> JobFromArm(const json& resource) {
  std::vector<Error> errors;
  const JsonView view(resource, "", errors);
  Job job;
  job.name = view.Text("name");
  const auto properties = view.Require("properties");
  if (properties && properties->CheckObject()) {
    SLIPWAY_ASSIGN_OR_RETURN(job.spec, JobSpecFromArm(properties->value()));
    job.spec.name = job.name;
    job.status = ReadStatus(*properties);
    job.is_archived = properties->Boolean("isArchived", false);
    if (const auto state = properties->Find("slipway")) {
      ReadState(*state, job);
      job.output_uris = state->TextMap("outputUris");
    }
  }
  SLIPWAY_RETURN_IF_ERROR(StatusOf(std::move(errors)));
  return job;
}

std::string JobToStored(const Job& job) {
  json state = StateToJson(job);
  state["name"] = job.name;
  state["specName"] = job.spec.name;
  state["spec"] = JobSpecToArm(job.spec);
  state["status"] = domain::JobStatusName(job.status);
  state["isArchived"] = job.is_archived;
  state["outputUris"] = job.output_uris;
  PutText(state, "reuseKey", job.reuse_key);
  if (!job.reuse_parts.empty()) state["reuseParts"] = job.reuse_parts;
  if (job.process_id != 0) {
    state["processId"] = job.process_id;
    state["processStartTicks"] = job.process_start_ticks;
  }
  return state.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<Job> JobFromStored(std::string_view text) {
  const json state = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!state.is_object() || !state.contains("spec")) return DataLoss("a stored job is not readable");
  std::vector<Error> errors;
  const JsonView view(state, "", errors);
  Job job;
  SLIPWAY_ASSIGN_OR_RETURN(job.spec, JobSpecFromArm(state["spec"]));
  ReadState(view, job);
  job.name = view.Text("name");
  job.spec.name = view.Text("specName");
  job.status = ReadStatus(view);
  job.is_archived = view.Boolean("isArchived", false);
  job.output_uris = view.TextMap("outputUris");
  job.reuse_key = view.Text("reuseKey");
  job.reuse_parts = view.TextMap("reuseParts");
  job.process_id = view.Integer("processId", 0);
  job.process_start_ticks = view.Integer("processStartTicks", 0);
  SLIPWAY_RETURN_IF_ERROR(StatusOf(std::move(errors)));
  return job;
}

}  // namespace slipway::wire
