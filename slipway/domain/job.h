// Jobs: command, sweep and pipeline; what the user asked for (specs) and what became of it (Job).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "slipway/domain/common.h"

namespace slipway::domain {

// A scalar as the user wrote it; `text` is its shortest form. Commands get the text.
struct Literal {
  enum class Kind { kString, kInteger, kNumber, kBoolean } kind = Kind::kString;
  std::string text;
};

// type: uri_file, uri_folder, mltable, mlflow_model, custom_model, triton_model.
struct DataInput {
  std::string type = "uri_folder";
  std::string path;  // any reference form; on the client possibly a local path
  std::string mode;  // ro_mount, download, direct, eval_mount, eval_download; "" = ro_mount
};

// "${{parent.inputs.x}}", "${{parent.jobs.s.outputs.o}}", "${{parent.jobs.s.inputs.i}}".
struct Binding {
  enum class Kind { kParentInput, kStepOutput, kStepInput, kParentOutput } kind = Kind::kParentInput;
  std::string step;  // for the two step kinds
  std::string port;
  std::string ToString() const;
  // The binding that is the whole of `text` (blanks inside the braces are allowed); nullopt for any other text.
  static std::optional<Binding> Parse(std::string_view text);
};

using JobInput = std::variant<Literal, DataInput, Binding>;

struct JobOutput {
  std::string type = "uri_folder";
  std::string mode;                // rw_mount, upload, direct; "" = rw_mount
  std::string path;                // "" = azureml://datastores/<default>/paths/azureml/<job>/<output>/
  std::string name, version;       // registers the output as an asset when the job completed
  std::optional<Binding> binding;  // a step's output bound to the pipeline's
};

// A declared port of a component.
struct InputPort {
  std::string type = "string";  // number, integer, boolean, string, or a data type
  std::string description;
  std::optional<Literal> default_value;
  bool optional = false;
  std::optional<double> min, max;
  std::vector<std::string> choices;  // enum
  std::string mode;
};
struct OutputPort {
  std::string type = "uri_folder";
  std::string description;
  std::string mode;
};

struct Resources {
  int instance_count = 1;
  std::string instance_type;
  std::string shm_size;
  std::map<std::string, std::string> properties;
};

// The body of a command component, and of a command job or step seen as one.
struct CommandComponent {
  std::string name, version, display_name, description;
  Tags tags;
  bool is_deterministic = true;
  std::map<std::string, InputPort> inputs;
  std::map<std::string, OutputPort> outputs;
  std::string code;         // code asset reference; on the client a local path; "" = none
  std::string environment;  // environment asset reference (ARM id or azureml:…)
  std::string command;
  std::map<std::string, std::string> environment_variables;
  Resources resources;
};

struct CommandSpec {
  std::string command;
  std::string code;
  std::string environment;
  std::map<std::string, std::string> environment_variables;
  std::map<std::string, JobInput> inputs;
  std::map<std::string, JobOutput> outputs;
  std::string compute;
  Resources resources;
  std::optional<int64_t> timeout_seconds;
  int retries_max = 0;  // Slipway's own: further tries after a failure (`limits.retries`)
};

// type: choice, randint, uniform, quniform, loguniform, qloguniform, normal, qnormal, lognormal, qlognormal.
struct SearchDistribution {
  std::string type;
  std::vector<Literal> values;  // choice
  double min_value = 0, max_value = 0, mu = 0, sigma = 0, q = 1;
  int64_t upper = 0;  // randint
};

struct SamplingAlgorithm {
  std::string type = "random";  // random, grid, bayesian
  std::optional<int64_t> seed;
  std::string rule = "random";  // random, sobol
};

struct EarlyTermination {
  std::string type;  // bandit, median_stopping, truncation_selection
  int evaluation_interval = 1;
  int delay_evaluation = 0;
  std::optional<double> slack_factor, slack_amount;
  int truncation_percentage = 0;
};

struct Objective {
  bool maximize = true;
  std::string primary_metric;
};

struct SweepLimits {
  int max_total_trials = 1000;
  int max_concurrent_trials = 0;  // 0 = max_total_trials
  std::optional<int64_t> timeout_seconds;
  std::optional<int64_t> trial_timeout_seconds;
};

struct SweepSpec {
  CommandComponent trial;       // inline, or what trial_component named
  std::string trial_component;  // component reference; "" when inline
  SamplingAlgorithm sampling;
  std::map<std::string, SearchDistribution> search_space;
  Objective objective;
  SweepLimits limits;
  std::optional<EarlyTermination> early_termination;
  std::map<std::string, JobInput> inputs;
  std::map<std::string, JobOutput> outputs;
  std::string compute;
};

// One step of a pipeline. A command step runs `component`; a sweep step runs `sweep`.
struct PipelineStep {
  enum class Type { kCommand, kSweep } type = Type::kCommand;
  std::string display_name, description;
  Tags tags;
  std::string component_id;    // component reference; resolved into `component` at submission
  CommandComponent component;  // command steps
  std::optional<SweepSpec> sweep;
  std::map<std::string, JobInput> inputs;
  std::map<std::string, JobOutput> outputs;
  std::string compute;                                       // "" = the pipeline's default
  std::map<std::string, std::string> environment_variables;  // over the component's
  std::optional<Resources> resources;
  std::optional<int64_t> timeout_seconds;
  int retries_max = 0;
};

struct PipelineSettings {
  std::string default_datastore, default_compute;
  bool continue_on_step_failure = true;
  bool force_rerun = false;
  std::map<std::string, std::string> other;  // kept, ignored
};

struct PipelineSpec {
  std::map<std::string, JobInput> inputs;
  std::map<std::string, JobOutput> outputs;
  PipelineSettings settings;
  std::string compute;
  std::map<std::string, PipelineStep> jobs;
};

using JobSpecBody = std::variant<CommandSpec, SweepSpec, PipelineSpec>;

// What a user submits: also the definition inside a schedule or an alert's action.
struct JobSpec {
  std::string name;  // "" = generated
  std::string display_name, description, experiment_name;
  Tags tags;
  Tags properties;
  JobSpecBody body;
};

// The legal names and order are those of the reference (azureml-yaml-and-cli 7.1).
enum class JobStatus {
  kNotStarted,
  kStarting,
  kPreparing,
  kQueued,
  kRunning,
  kFinalizing,
  kCompleted,
  kFailed,
  kCancelRequested,
  kCanceled
};
std::string_view JobStatusName(JobStatus status);
std::optional<JobStatus> ParseJobStatus(std::string_view name);
bool IsTerminal(JobStatus status);

struct JobError {
  std::string code;     // UserError, SystemError, Timeout, DependencyFailed …
  std::string message;  // with the exit code and the log's last lines
};

// What the processes of a job's attempts used together, as the kernel counted it.
struct ResourceUse {
  double cpu_seconds = 0;         // user and system
  int64_t peak_memory_bytes = 0;  // largest resident set of one process
  int64_t read_bytes = 0;         // from and to the disk
  int64_t written_bytes = 0;
};

// A submitted job, a step of a pipeline or a trial of a sweep (then with a parent).
struct Job {
  std::string name;    // its id: unique in the workspace; also its MLflow run id
  std::string parent;  // "" for what a user submitted
  std::string root;    // the outermost ancestor, itself when none
  std::string step;    // key in the parent pipeline; "" otherwise
  JobSpec spec;        // with every reference pinned to a version
  JobStatus status = JobStatus::kNotStarted;
  std::optional<JobError> error;
  std::string status_reason;  // why it is queued, was reused, was cancelled …
  bool is_archived = false;
  int attempt = 1;
  std::optional<int> exit_code;
  std::string reused_from;                         // job whose outputs this one took over
  std::string reuse_key;                           // content key of a deterministic step
  std::map<std::string, std::string> reuse_parts;  // what went into the key: "command", "inputs.data" … → digest
  std::string best_child;                          // sweeps
  std::map<std::string, std::string> output_uris;  // output key → datastore URI, fixed at submission
  std::map<std::string, std::string> resolved_inputs;  // input key → pinned reference or literal
  Timestamp created_at{};
  std::optional<Timestamp> started_at, ended_at;
  int64_t process_id = 0;  // of the running attempt, with start time to recognise it after a restart
  int64_t process_start_ticks = 0;
  std::string external_id;  // in the scheduler that runs it (Slurm's job id); "" for a local process
  std::optional<ResourceUse> resources;
};

}  // namespace slipway::domain
