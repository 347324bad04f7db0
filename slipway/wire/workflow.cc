#include "slipway/wire/workflow.h"

#include <fmt/format.h>

#include "slipway/wire/json_view.h"
#include "slipway/wire/resource.h"

namespace slipway::wire {
namespace {

using domain::EnvironmentGate;
using domain::WorkflowAnnotation;
using domain::WorkflowConclusion;
using domain::WorkflowJobRun;
using domain::WorkflowRepository;
using domain::WorkflowReview;
using domain::WorkflowRun;
using domain::WorkflowStatus;
using domain::WorkflowStepRun;
using nlohmann::json;

template <class Visit>
void ForEachElement(const JsonView& view, std::string_view key, const Visit& visit) {
  const auto list = view.Find(key);
  if (!list) return;
  if (!list->value().is_array()) return list->Complain("must be a list");
  for (size_t i = 0; i < list->value().size(); ++i) visit(list->At(std::to_string(i), list->value()[i]));
}

WorkflowStatus ReadStatus(const JsonView& view) {
  const auto status = domain::ParseWorkflowStatus(view.Text("status", "pending"));
  if (!status) view.Complain("the status is not known");
  return status.value_or(WorkflowStatus::kPending);
}

WorkflowConclusion ReadConclusion(const JsonView& view, std::string_view key = "conclusion") {
  const auto conclusion = domain::ParseWorkflowConclusion(view.Text(key));
  if (!conclusion) view.Complain("the conclusion is not known");
  return conclusion.value_or(WorkflowConclusion::kNone);
}

json ConclusionJson(WorkflowConclusion conclusion) {
  return conclusion == WorkflowConclusion::kNone ? json(nullptr) : json(domain::WorkflowConclusionName(conclusion));
}

// A map's keys as they are: JsonView's member look-up is for known keys.
std::map<std::string, std::string> ReadMap(const JsonView& view, std::string_view key) {
  std::map<std::string, std::string> map;
  view.ForEachMember(key, [&](const std::string& name, const JsonView& member) {
    if (const auto text = member.AsText()) map[name] = *text;
  });
  return map;
}

WorkflowStepRun ReadStep(const JsonView& view) {
  WorkflowStepRun step;
  step.number = static_cast<int>(view.Integer("number", 0));
  step.name = view.Text("name");
  step.status = ReadStatus(view);
  step.outcome = ReadConclusion(view, "outcome");
  step.conclusion = ReadConclusion(view);
  step.started_at = ReadTime(view, "startedAt");
  step.completed_at = ReadTime(view, "completedAt");
  return step;
}

WorkflowAnnotation ReadAnnotation(const JsonView& view) {
  WorkflowAnnotation annotation;
  annotation.level = view.Text("level");
  annotation.message = view.Text("message");
  annotation.title = view.Text("title");
  annotation.file = view.Text("file");
  annotation.line = view.Integer("line", 0);
  annotation.column = view.Integer("column", 0);
  annotation.step = static_cast<int>(view.Integer("step", 0));
  return annotation;
}

json JobToJson(const WorkflowJobRun& job) {
  json steps = json::array(), annotations = json::array();
  for (const WorkflowStepRun& step : job.steps) steps.push_back(WorkflowStepRunToJson(step));
  for (const WorkflowAnnotation& annotation : job.annotations)
    annotations.push_back(WorkflowAnnotationToJson(annotation));
  json into = {{"key", job.key},
               {"parent", job.parent},
               {"jobId", job.job_id},
               {"workflowPath", job.workflow_path},
               {"name", job.name},
               {"isExpanded", job.is_expanded},
               {"isCall", job.is_call},
               {"calledPath", job.called_path},
               {"matrix", job.matrix},
               {"index", job.index},
               {"total", job.total},
               {"maxParallel", job.max_parallel},
               {"failFast", job.fails_fast},
               {"continueOnError", job.continues_on_error},
               {"timeoutMinutes", job.timeout_minutes},
               {"environment", job.environment},
               {"environmentUrl", job.environment_url},
               {"concurrencyGroup", job.concurrency_group},
               {"cancelInProgress", job.cancels_in_progress},
               {"queueAll", job.queues_all},
               {"inputs", job.inputs},
               {"status", domain::WorkflowStatusName(job.status)},
               {"conclusion", ConclusionJson(job.conclusion)},
               {"reason", job.reason},
               {"review", job.review},
               {"reviewedBy", job.reviewed_by},
               {"isStopping", job.is_stopping},
               {"attempt", job.attempt},
               {"outputs", job.outputs},
               {"processId", job.process_id},
               {"processStartTicks", job.process_start_ticks},
               {"steps", std::move(steps)},
               {"annotations", std::move(annotations)}};
  PutTime(into, "waitingSince", job.waiting_since);
  PutTime(into, "queuedAt", job.queued_at);
  PutTime(into, "startedAt", job.started_at);
  PutTime(into, "completedAt", job.completed_at);
  return into;
}

WorkflowJobRun ReadJob(const JsonView& view) {
  WorkflowJobRun job;
  job.key = view.RequireText("key");
  job.parent = view.Text("parent");
  job.job_id = view.RequireText("jobId");
  job.workflow_path = view.Text("workflowPath");
  job.name = view.Text("name");
  job.is_expanded = view.Boolean("isExpanded", false);
  job.is_call = view.Boolean("isCall", false);
  job.called_path = view.Text("calledPath");
  job.matrix = view.Text("matrix");
  job.index = static_cast<int>(view.Integer("index", 0));
  job.total = static_cast<int>(view.Integer("total", 1));
  job.max_parallel = view.Integer("maxParallel", 0);
  job.fails_fast = view.Boolean("failFast", true);
  job.continues_on_error = view.Boolean("continueOnError", false);
  job.timeout_minutes = view.Integer("timeoutMinutes", job.timeout_minutes);
  job.environment = view.Text("environment");
  job.environment_url = view.Text("environmentUrl");
  job.concurrency_group = view.Text("concurrencyGroup");
  job.cancels_in_progress = view.Boolean("cancelInProgress", false);
  job.queues_all = view.Boolean("queueAll", false);
  job.inputs = view.Text("inputs");
  job.status = ReadStatus(view);
  job.conclusion = ReadConclusion(view);
  job.reason = view.Text("reason");
  job.review = view.Text("review");
  job.reviewed_by = view.Text("reviewedBy");
  job.is_stopping = view.Boolean("isStopping", false);
  job.attempt = static_cast<int>(view.Integer("attempt", 1));
  job.outputs = ReadMap(view, "outputs");
  job.process_id = view.Integer("processId", 0);
  job.process_start_ticks = view.Integer("processStartTicks", 0);
  job.waiting_since = ReadTime(view, "waitingSince");
  job.queued_at = ReadTime(view, "queuedAt");
  job.started_at = ReadTime(view, "startedAt");
  job.completed_at = ReadTime(view, "completedAt");
  ForEachElement(view, "steps", [&](const JsonView& step) { job.steps.push_back(ReadStep(step)); });
  ForEachElement(view, "annotations", [&](const JsonView& each) { job.annotations.push_back(ReadAnnotation(each)); });
  return job;
}

json ReviewToJson(const WorkflowReview& review) {
  return {{"environment", review.environment}, {"decision", review.decision}, {"by", review.by},
          {"comment", review.comment},         {"attempt", review.attempt},   {"jobs", review.jobs},
          {"at", FormatTimestamp(review.at)}};
}

WorkflowReview ReadReview(const JsonView& view) {
  WorkflowReview review;
  review.environment = view.Text("environment");
  review.decision = view.Text("decision");
  review.by = view.Text("by");
  review.comment = view.Text("comment");
  review.attempt = static_cast<int>(view.Integer("attempt", 1));
  review.jobs = view.TextList("jobs");
  review.at = ReadTime(view, "at").value_or(Timestamp{});
  return review;
}

void ReadRunParts(const JsonView& view, WorkflowRun& run) {
  run.files = ReadMap(view, "files");
  ForEachElement(view, "jobs", [&](const JsonView& job) { run.jobs.push_back(ReadJob(job)); });
  ForEachElement(view, "reviews", [&](const JsonView& review) { run.reviews.push_back(ReadReview(review)); });
}

// Calls read(view) and gives its value, or what it complained about.
template <typename Read>
auto Reading(const json& from, const Read& read) -> Result<decltype(read(std::declval<const JsonView&>()))> {
  std::vector<Error> errors;
  const JsonView view(from, "", errors);
  if (!view.CheckObject()) return StatusOf(std::move(errors)).error();
  auto value = read(view);
  SLIPWAY_RETURN_IF_ERROR(StatusOf(std::move(errors)));
  return value;
}

}  // namespace

json WorkflowStepRunToJson(const WorkflowStepRun& step) {
  json into = {{"number", step.number},
               {"name", step.name},
               {"status", domain::WorkflowStatusName(step.status)},
               {"outcome", ConclusionJson(step.outcome)},
               {"conclusion", ConclusionJson(step.conclusion)}};
  PutTime(into, "startedAt", step.started_at);
  PutTime(into, "completedAt", step.completed_at);
  return into;
}

Result<WorkflowStepRun> WorkflowStepRunFromJson(const json& from) {
  return Reading(from, ReadStep);
}

json WorkflowAnnotationToJson(const WorkflowAnnotation& annotation) {
  return {{"level", annotation.level}, {"message", annotation.message}, {"title", annotation.title},
          {"file", annotation.file},   {"line", annotation.line},       {"column", annotation.column},
          {"step", annotation.step}};
}

Result<WorkflowAnnotation> WorkflowAnnotationFromJson(const json& from) {
  return Reading(from, ReadAnnotation);
}

json WorkflowRunToJson(const WorkflowRun& run) {
  json jobs = json::array(), reviews = json::array();
  for (const WorkflowJobRun& job : run.jobs) jobs.push_back(JobToJson(job));
  for (const WorkflowReview& review : run.reviews) reviews.push_back(ReviewToJson(review));
  json into = {{"id", run.id},
               {"number", run.number},
               {"attempt", run.attempt},
               {"workflow", run.workflow},
               {"workflowPath", run.workflow_path},
               {"title", run.title},
               {"repository", run.repository},
               {"ref", run.ref},
               {"sha", run.sha},
               {"defaultBranch", run.default_branch},
               {"event", run.event},
               {"payload", run.payload},
               {"inputs", run.inputs},
               {"actor", run.actor},
               {"triggeringActor", run.triggering_actor},
               {"chainDepth", run.chain_depth},
               {"files", run.files},
               {"status", domain::WorkflowStatusName(run.status)},
               {"conclusion", ConclusionJson(run.conclusion)},
               {"reason", run.reason},
               {"isCancelled", run.is_cancelled},
               {"isAnnounced", run.is_announced},
               {"concurrencyGroup", run.concurrency_group},
               {"cancelInProgress", run.cancels_in_progress},
               {"queueAll", run.queues_all},
               {"createdAt", FormatTimestamp(run.created_at)},
               {"jobs", std::move(jobs)},
               {"reviews", std::move(reviews)}};
  PutTime(into, "startedAt", run.started_at);
  PutTime(into, "completedAt", run.completed_at);
  return into;
}

Result<WorkflowRun> WorkflowRunFromJson(const json& from) {
  return Reading(from, [](const JsonView& view) {
    WorkflowRun run;
    run.id = view.Integer("id", 0);
    run.number = view.Integer("number", 0);
    run.attempt = static_cast<int>(view.Integer("attempt", 1));
    run.workflow = view.Text("workflow");
    run.workflow_path = view.Text("workflowPath");
    run.title = view.Text("title");
    run.repository = view.Text("repository");
    run.ref = view.Text("ref");
    run.sha = view.Text("sha");
    run.default_branch = view.Text("defaultBranch");
    run.event = view.Text("event");
    run.payload = view.Text("payload");
    run.inputs = view.Text("inputs");
    run.actor = view.Text("actor");
    run.triggering_actor = view.Text("triggeringActor");
    run.chain_depth = static_cast<int>(view.Integer("chainDepth", 0));
    run.status = ReadStatus(view);
    run.conclusion = ReadConclusion(view);
    run.reason = view.Text("reason");
    run.is_cancelled = view.Boolean("isCancelled", false);
    run.is_announced = view.Boolean("isAnnounced", false);
    run.concurrency_group = view.Text("concurrencyGroup");
    run.cancels_in_progress = view.Boolean("cancelInProgress", false);
    run.queues_all = view.Boolean("queueAll", false);
    run.created_at = ReadTime(view, "createdAt").value_or(Timestamp{});
    run.started_at = ReadTime(view, "startedAt");
    run.completed_at = ReadTime(view, "completedAt");
    ReadRunParts(view, run);
    return run;
  });
}

json EnvironmentGateToJson(const EnvironmentGate& gate, bool shows_secrets) {
  json secrets = json::object();
  for (const auto& [name, value] : gate.secrets) secrets[name] = shows_secrets ? json(value) : json(nullptr);
  return {{"name", gate.name},
          {"reviewers", gate.reviewers},
          {"preventSelfReview", gate.prevents_self_review},
          {"waitMinutes", gate.wait_minutes},
          {"branches", gate.branches},
          {"workspace", gate.workspace},
          {"variables", gate.variables},
          {"secrets", std::move(secrets)},
          {"systemData", SystemDataToArm(gate.context)}};
}

Result<EnvironmentGate> EnvironmentGateFromJson(const json& from) {
  return Reading(from, [](const JsonView& view) {
    EnvironmentGate gate;
    gate.name = view.Text("name");
    gate.reviewers = view.TextList("reviewers");
    gate.prevents_self_review = view.Boolean("preventSelfReview", false);
    gate.wait_minutes = view.Integer("waitMinutes", 0);
    if (gate.wait_minutes < 0 || gate.wait_minutes > 43'200) view.Complain("waitMinutes is a number from 0 to 43200");
    gate.branches = view.TextList("branches");
    gate.workspace = view.Text("workspace");
    gate.variables = ReadMap(view, "variables");
    view.ForEachMember("secrets", [&](const std::string& name, const JsonView& value) {
      if (value.value().is_string()) gate.secrets[name] = value.value().get<std::string>();
    });
    gate.context = ReadSystemData(view);
    return gate;
  });
}

json WorkflowRepositoryToJson(const WorkflowRepository& repository) {
  json firings = json::object();
  for (const auto& [key, time] : repository.next_firings) firings[key] = FormatTimestamp(time);
  return {{"path", repository.path},
          {"defaultBranch", repository.default_branch},
          {"nextFirings", std::move(firings)},
          {"watchedSince", FormatTimestamp(repository.watched_since)}};
}

Result<WorkflowRepository> WorkflowRepositoryFromJson(const json& from) {
  return Reading(from, [](const JsonView& view) {
    WorkflowRepository repository;
    repository.path = view.RequireText("path");
    repository.default_branch = view.Text("defaultBranch");
    for (const auto& [key, text] : ReadMap(view, "nextFirings"))
      if (const auto time = ParseTimestamp(text)) repository.next_firings[key] = *time;
    repository.watched_since = ReadTime(view, "watchedSince").value_or(Timestamp{});
    return repository;
  });
}

}  // namespace slipway::wire
