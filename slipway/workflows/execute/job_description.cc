#include "slipway/workflows/execute/job_description.h"

#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/wire/workflow.h"

namespace slipway::workflows {
namespace {

using nlohmann::json;
using TextMapType = std::map<std::string, std::string>;

std::string Dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// What this program wrote itself, read by `read`; exceptions mean that the file is damaged.
template <typename Read>
auto ReadOwn(const std::string& text, const Read& read) -> Result<decltype(read(json()))> {
  try {
    return read(json::parse(text));
  } catch (const json::exception& failure) {
    return DataLoss(fmt::format("not readable: {}", failure.what()));
  }
}

// A run of one job, to use the codec of runs.
json JobAlone(const domain::WorkflowJobRun& job) {
  domain::WorkflowRun run;
  run.jobs.push_back(job);
  return wire::WorkflowRunToJson(run).at("jobs").at(0);
}

Result<domain::WorkflowJobRun> ReadJobAlone(const json& job) {
  SLIPWAY_ASSIGN_OR_RETURN(domain::WorkflowRun run, wire::WorkflowRunFromJson({{"jobs", json::array({job})}}));
  return std::move(run.jobs.at(0));
}

void AppendLine(int journal, const json& event) {
  const std::string line = Dump(event) + "\n";
  [[maybe_unused]] const ssize_t written = write(journal, line.data(), line.size());
}

void TakeStep(const domain::WorkflowStepRun& step, JobResult& into) {
  for (auto& known : into.steps)
    if (known.number == step.number) return void(known = step);
  into.steps.push_back(step);
}

}  // namespace

std::string PrintDescription(const JobDescription& description) {
  return Dump({{"job", JobAlone(description.job)},
               {"run", description.run},
               {"workflowText", description.workflow_text},
               {"needs", description.needs},
               {"inputs", description.inputs},
               {"variables", description.variables},
               {"environment", description.environment},
               {"repository", description.repository},
               {"artifactsFolder", description.artifacts_folder},
               {"cacheFolder", description.cache_folder},
               {"programsFolder", description.programs_folder}});
}

Result<JobDescription> ParseDescription(const std::string& text) {
  json job;
  SLIPWAY_ASSIGN_OR_RETURN(JobDescription description, ReadOwn(text, [&](const json& all) {
                             JobDescription read;
                             job = all.at("job");
                             read.run = all.at("run");
                             read.workflow_text = all.at("workflowText");
                             read.needs = all.at("needs");
                             read.inputs = all.at("inputs");
                             read.variables = all.at("variables").get<TextMapType>();
                             read.environment = all.at("environment").get<TextMapType>();
                             read.repository = all.at("repository");
                             read.artifacts_folder = all.at("artifactsFolder");
                             read.cache_folder = all.at("cacheFolder");
                             read.programs_folder = all.at("programsFolder");
                             return read;
                           }));
  SLIPWAY_ASSIGN_OR_RETURN(description.job, ReadJobAlone(job));
  return description;
}

std::string PrintSecrets(const JobSecrets& secrets) {
  return Dump({{"secrets", secrets.secrets}, {"environment", secrets.environment}});
}

Result<JobSecrets> ParseSecrets(const std::string& text) {
  return ReadOwn(text, [](const json& all) {
    return JobSecrets{all.at("secrets").get<TextMapType>(), all.at("environment").get<TextMapType>()};
  });
}

Status WriteResult(const std::filesystem::path& folder, const JobResult& result) {
  json steps = json::array(), annotations = json::array();
  for (const auto& step : result.steps) steps.push_back(wire::WorkflowStepRunToJson(step));
  for (const auto& each : result.annotations) annotations.push_back(wire::WorkflowAnnotationToJson(each));
  return WriteFileAtomic(folder / "result.json",
                         Dump({{"conclusion", domain::WorkflowConclusionName(result.conclusion)},
                               {"reason", result.reason},
                               {"outputs", result.outputs},
                               {"environmentUrl", result.environment_url},
                               {"steps", std::move(steps)},
                               {"annotations", std::move(annotations)}}));
}

Result<std::optional<JobResult>> ReadResult(const std::filesystem::path& folder) {
  const auto text = ReadFile(folder / "result.json");
  if (!text && text.error().code() == Code::kNotFound) return std::optional<JobResult>();
  SLIPWAY_RETURN_IF_ERROR(text);
  return ReadOwn(*text, [](const json& all) {
    JobResult result;
    result.conclusion = domain::ParseWorkflowConclusion(all.at("conclusion").get<std::string>())
                            .value_or(domain::WorkflowConclusion::kFailure);
    result.reason = all.at("reason");
    result.outputs = all.at("outputs").get<TextMapType>();
    result.environment_url = all.at("environmentUrl");
    for (const json& step : all.at("steps"))
      if (auto read = wire::WorkflowStepRunFromJson(step)) result.steps.push_back(std::move(*read));
    for (const json& each : all.at("annotations"))
      if (auto read = wire::WorkflowAnnotationFromJson(each)) result.annotations.push_back(std::move(*read));
    return std::optional(std::move(result));
  });
}

JobResult ReadJournal(const std::filesystem::path& folder) {
  JobResult result;
  const auto text = ReadFile(folder / "journal.jsonl");
  if (!text) return result;
  for (const std::string_view line : Split(*text, '\n')) {
    const json event = json::parse(line, nullptr, false);
    if (!event.is_object()) continue;
    if (event.contains("step")) {
      if (const auto step = wire::WorkflowStepRunFromJson(event["step"])) TakeStep(*step, result);
    } else if (event.contains("annotation")) {
      if (auto each = wire::WorkflowAnnotationFromJson(event["annotation"])) result.annotations.push_back(*each);
    }
  }
  return result;
}

void AppendStep(int journal, const domain::WorkflowStepRun& step) {
  AppendLine(journal, {{"step", wire::WorkflowStepRunToJson(step)}});
}

void AppendAnnotation(int journal, const domain::WorkflowAnnotation& annotation) {
  AppendLine(journal, {{"annotation", wire::WorkflowAnnotationToJson(annotation)}});
}

}  // namespace slipway::workflows
