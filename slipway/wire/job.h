// Jobs in ARM's shape (Microsoft.MachineLearningServices/workspaces/jobs), both ways.
//
// What ARM leaves open is written as the dialect's YAML has it, in camel case, and read in both spellings:
//  - pipeline steps, `jobs.<key>`: {"type": "command"|"sweep", "componentId" or "component" (componentSpec,
//  component.h)
//    or "trial", "inputs", "outputs", "computeId", "environmentVariables", "resources", "limits", "displayName" …};
//  - bindings: {"jobInputType": "literal", "value": "${{parent.…}}"}, or the bare text;
//  - a step output bound to the pipeline's: {"type": "literal", "value": "${{parent.outputs.x}}"}, or the bare text;
//  - Slipway's own: `limits.retries` of a command; an output's asset as `assetName`, `assetVersion`.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "slipway/base/result.h"
#include "slipway/domain/job.h"

namespace slipway::wire {

// The `properties` object of a job resource: what a client sends, also the `jobDefinition` of a schedule.
nlohmann::json JobSpecToArm(const domain::JobSpec& spec);
// The complaint names the path of the field ("properties.jobs.train.inputs.data: …"). `name` of the result is "".
Result<domain::JobSpec> JobSpecFromArm(const nlohmann::json& properties);

// The whole resource: id, name, type, systemData, properties with status, services and outputs with their uris, and
// `properties.slipway`: {"parent","root","step","attempt","exitCode","statusReason","bestChild","reusedFrom",
// "startedAt","endedAt","error":{"code","message"},"resolvedInputs","externalId","resources":{"cpuSeconds",
// "peakMemoryBytes","readBytes","writtenBytes"}}. `studio_url` "" leaves services.Studio out.
struct JobLinks {
  std::string studio_url;    // "http://127.0.0.1:7300/…": the page of this job
  std::string tracking_url;  // MLflow tracking address of the workspace
};
nlohmann::json JobToArm(const domain::Scope& scope, const domain::Job& job, const JobLinks& links = {});
// Reads what JobToArm wrote (the CLI does).
Result<domain::Job> JobFromArm(const nlohmann::json& resource);

// The whole job as stored: lossless both ways. Kept apart from the ARM shape, which clients see and may outlive it.
std::string JobToStored(const domain::Job& job);
Result<domain::Job> JobFromStored(std::string_view text);

}  // namespace slipway::wire
