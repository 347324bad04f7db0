#include "slipway/spec/job.h"

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/domain/job_properties.h"
#include "slipway/spec/command.h"
#include "slipway/spec/inputs.h"
#include "slipway/spec/pipeline.h"
#include "slipway/spec/sweep.h"

namespace slipway::spec {
namespace {

const std::vector<std::string> kJobTypes = {"command", "sweep", "pipeline"};

std::string ReadJobType(ObjectReader& reader) {
  auto value = reader.Find("type");
  if (!value) return reader.Has("jobs") ? "pipeline" : "command";
  for (std::string_view known : {"automl", "spark", "parallel", "import", "data_transfer", "finetuning"})
    if (EqualsIgnoreCase(value->node().text, known)) {
      value->Complain(fmt::format("a job of type '{}' is not supported yet", known), Code::kUnimplemented);
      return {};
    }
  return value->Choice(kJobTypes).value_or("");
}

// A job's priority is kept as a property, so that what runs below it has it too.
void ReadQueueSettings(const Value& value, domain::Tags& properties) {
  ObjectReader reader(value, "'queue_settings'");
  std::string priority;
  reader.Choice("priority", {"low", "medium", "high"}, priority);
  if (!priority.empty()) properties[std::string(domain::kPriorityProperty)] = priority;
  reader.Ignore({"job_tier"});
  reader.Finish();
}

void ReadJobCommon(ObjectReader& reader, domain::JobSpec& job) {
  if (auto name = reader.Find("name")) {
    reader.Text("name", job.name);
    if (auto good = domain::CheckName(domain::NameKind::kJob, job.name); !good) name->Complain(good.error().message());
  }
  reader.Text("display_name", job.display_name);
  reader.Text("description", job.description);
  reader.Text("experiment_name", job.experiment_name);
  reader.TextMap("tags", job.tags);
  reader.TextMap("properties", job.properties);
  if (auto queue = reader.Find("queue_settings")) ReadQueueSettings(*queue, job.properties);
  // Read-only keys of printed jobs, and Azure's own.
  reader.Ignore({"id", "creation_context", "status", "services", "log_files", "parameters", "identity", "error",
                 "duration", "status_reason", "parent_job_name", "best_child_run_id", "reused_from", "resource_use",
                 "external_id"});
}

void ReadInputsAndOutputs(ObjectReader& reader, std::map<std::string, domain::JobInput>& inputs,
                          std::map<std::string, domain::JobOutput>& outputs) {
  if (auto value = reader.Find("inputs")) inputs = ReadInputs(*value, InputPlace::kJob);
  if (auto value = reader.Find("outputs")) outputs = ReadOutputs(*value, InputPlace::kJob);
}

domain::CommandSpec ReadCommandJob(ObjectReader& reader, AnonymousAssets& anonymous) {
  domain::CommandSpec job;
  domain::CommandComponent fields;
  ReadCommandFields(reader, fields, anonymous);
  job.command = fields.command;
  job.code = fields.code;
  job.environment = fields.environment;
  job.environment_variables = fields.environment_variables;
  job.resources = fields.resources;
  ReadInputsAndOutputs(reader, job.inputs, job.outputs);
  if (auto compute = reader.Find("compute")) job.compute = ReadBareName(*compute);
  if (auto limits = reader.Find("limits")) {
    ObjectReader limit(*limits, "'limits' of a command");
    limit.Integer("timeout", job.timeout_seconds, 1);
    limit.Integer("retries", job.retries_max, 0, 100);
    limit.Finish();
  }
  if (auto command = reader.Find("command")) CheckPlaceholders(*command, {KeysOf(job.inputs), KeysOf(job.outputs), {}});
  return job;
}

domain::SweepSpec ReadSweepJob(ObjectReader& reader, AnonymousAssets& anonymous) {
  domain::SweepSpec job;
  ReadInputsAndOutputs(reader, job.inputs, job.outputs);
  if (auto compute = reader.Find("compute")) job.compute = ReadBareName(*compute);
  ReadSweepFields(reader, job, anonymous);
  reader.Ignore({"resources"});
  return job;
}

}  // namespace

domain::JobSpec ReadJobValue(const Value& value, AnonymousAssets& anonymous) {
  domain::JobSpec job;
  ObjectReader reader(value, "a job");
  const std::string type = ReadJobType(reader);
  if (type.empty()) return job;
  ObjectReader typed(value, fmt::format("a {} job", type));
  typed.Ignore({"type"});
  ReadJobCommon(typed, job);
  if (type == "pipeline")
    job.body = ReadPipeline(typed, anonymous);
  else if (type == "sweep")
    job.body = ReadSweepJob(typed, anonymous);
  else
    job.body = ReadCommandJob(typed, anonymous);
  typed.Finish();
  return job;
}

Result<JobDocument> ReadJob(const Document& document) {
  Complaints complaints;
  JobDocument result;
  result.job = ReadJobValue(Value(document.root, "", complaints), result.anonymous);
  if (!complaints.empty()) return std::move(complaints).Take();
  return result;
}

}  // namespace slipway::spec
