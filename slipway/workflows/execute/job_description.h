// What a job's process is told: a file in the job's folder (job.json) and, through a pipe that leaves no trace on disk,
// its secrets.
//
// The folder of a job: <home>/workflows/<run>/<attempt>/<job>/ with
//   job.json         this description
//   work/            the workspace of the steps
//   temp/            RUNNER_TEMP, scripts, environment files
//   logs/<n>.txt     what step n printed, masked
//   journal.jsonl    what happened, a line an event, as it happens
//   result.json      how it ended; appears at once
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/domain/workflow.h"

namespace slipway::workflows {

struct JobDescription {
  domain::WorkflowJobRun job;                      // key, matrix, settings
  std::string run;                                 // JSON: domain::WorkflowRun without jobs and files
  std::string workflow_text;                       // of job.workflow_path
  std::string needs, inputs;                       // JSON: the contexts
  std::map<std::string, std::string> variables;    // the context `vars`
  std::map<std::string, std::string> environment;  // of every step's process, before the workflow's own
  std::string repository;                          // to check out from
  std::string artifacts_folder, cache_folder, programs_folder;
};

struct JobSecrets {
  std::map<std::string, std::string> secrets;
  std::map<std::string, std::string> environment;  // variables that hold a token
};

std::string PrintDescription(const JobDescription& description);
Result<JobDescription> ParseDescription(const std::string& text);
std::string PrintSecrets(const JobSecrets& secrets);
Result<JobSecrets> ParseSecrets(const std::string& text);

// How a job ended (result.json), and as far as it has come (journal.jsonl).
struct JobResult {
  domain::WorkflowConclusion conclusion = domain::WorkflowConclusion::kNone;
  std::string reason;
  std::map<std::string, std::string> outputs;
  std::string environment_url;
  std::vector<domain::WorkflowStepRun> steps;
  std::vector<domain::WorkflowAnnotation> annotations;
};
Status WriteResult(const std::filesystem::path& folder, const JobResult& result);
// nullopt while there is none.
Result<std::optional<JobResult>> ReadResult(const std::filesystem::path& folder);
// Steps and annotations so far; a last line that is cut short is left out.
JobResult ReadJournal(const std::filesystem::path& folder);
void AppendStep(int journal, const domain::WorkflowStepRun& step);
void AppendAnnotation(int journal, const domain::WorkflowAnnotation& annotation);

}  // namespace slipway::workflows
