// Jobs made of jobs: the steps of a pipeline and the trials of a sweep.
#pragma once

#include <map>
#include <string>

#include "slipway/base/result.h"
#include "slipway/runner/plan/snapshot.h"

namespace slipway::runner {

// Where the outputs of a job go: explicit paths with their macros expanded, else
// "azureml://datastores/<default>/paths/azureml/<job>/<output>/"; and "artifacts".
Result<std::map<std::string, std::string>> OutputUris(const std::string& job,
                                                      const std::map<std::string, domain::JobOutput>& outputs,
                                                      const std::string& default_datastore,
                                                      const std::string& artifact_root);

// The outputs of a job's spec, of whatever kind; the same for inputs.
const std::map<std::string, domain::JobOutput>& OutputsOf(const domain::JobSpec& spec);
const std::map<std::string, domain::JobInput>& InputsOf(const domain::JobSpec& spec);
std::map<std::string, domain::JobInput>& InputsOf(domain::JobSpec& spec);

std::string StepJobName(const std::string& pipeline, const std::string& step);
std::string TrialJobName(const std::string& sweep, int index);
int TrialNumber(std::string_view name);  // back: trials go by number, "_10" after "_9"

// The job of a step, not started. Values of the pipeline's and other steps' inputs are filled in; bindings to outputs
// of steps stay until those have ended.
Result<domain::Job> MakeStepJob(const Snapshot& snapshot, const domain::Job& pipeline, const std::string& step);

// The job of a trial with its sampled values as inputs. A choice that took a map is the map as JSON text; what is
// nested in it is known to the command alone, as ${{search_space.choice.name}}.
Result<domain::Job> MakeTrialJob(const Snapshot& snapshot, const domain::Job& sweep, int index,
                                 const SampledValues& values);

// The values that MakeTrialJob gave it.
SampledValues SampledValuesOf(const domain::SweepSpec& sweep, const domain::Job& trial);

// A value as commands get it: of a choice that took a map, the map with what was sampled for it, as JSON text.
domain::Literal ShownValue(const SampledValues& values, const std::string& name);

// The steps whose outputs a step job takes.
std::vector<std::string> DependenciesOf(const domain::Job& step_job);

}  // namespace slipway::runner
