// Workflow runs: what became of a workflow file after an event, job by job and step by step; and what stands beside the
// files: environments with their gates, variables and secrets, and the repositories that are watched.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/domain/common.h"

namespace slipway::domain {

enum class WorkflowStatus {
  kPending,  // waits for other jobs, or for its concurrency group
  kWaiting,  // for a reviewer, or a wait timer
  kQueued,   // could start; there is no room yet
  kInProgress,
  kCompleted
};
enum class WorkflowConclusion { kNone, kSuccess, kFailure, kCancelled, kSkipped, kStartupFailure };

std::string_view WorkflowStatusName(WorkflowStatus status);              // "in_progress"
std::string_view WorkflowConclusionName(WorkflowConclusion conclusion);  // "startup_failure"; "" for kNone
std::optional<WorkflowStatus> ParseWorkflowStatus(std::string_view name);
std::optional<WorkflowConclusion> ParseWorkflowConclusion(std::string_view name);

struct WorkflowAnnotation {
  std::string level;  // error, warning, notice
  std::string message, title, file;
  int64_t line = 0, column = 0;
  int step = 0;
};

struct WorkflowStepRun {
  int number = 0;  // from 1
  std::string name;
  WorkflowStatus status = WorkflowStatus::kPending;
  WorkflowConclusion outcome = WorkflowConclusion::kNone;     // before continue-on-error
  WorkflowConclusion conclusion = WorkflowConclusion::kNone;  // after
  std::optional<Timestamp> started_at, completed_at;
};

struct WorkflowJobRun {
  std::string key;            // unique in the run: "build", "test#2", "deploy/smoke"
  std::string parent;         // key of the job that called the workflow; "" at the top
  std::string job_id;         // in the file
  std::string workflow_path;  // the file
  std::string name;           // as shown
  bool is_expanded = false;   // needs and `if` are decided, the matrix is unfolded
  bool is_call = false;       // its jobs are those whose parent it is
  std::string called_path;
  std::string matrix;  // JSON; "" = none
  int index = 0, total = 1;
  int64_t max_parallel = 0;  // 0 = no bound
  bool fails_fast = true;
  bool continues_on_error = false;
  int64_t timeout_minutes = 360;
  std::string environment;
  std::string concurrency_group;  // "" = none
  bool cancels_in_progress = false, queues_all = false;
  std::string inputs;  // JSON: of a call

  WorkflowStatus status = WorkflowStatus::kPending;
  WorkflowConclusion conclusion = WorkflowConclusion::kNone;
  std::string reason;
  std::string review;  // "", "approved", "rejected"
  std::string reviewed_by;
  bool is_stopping = false;  // its process was told to end
  int attempt = 1;           // of the run, in which it ran
  std::map<std::string, std::string> outputs;
  std::string environment_url;
  std::optional<Timestamp> waiting_since, queued_at, started_at, completed_at;
  int64_t process_id = 0, process_start_ticks = 0;
  std::vector<WorkflowStepRun> steps;
  std::vector<WorkflowAnnotation> annotations;
};

struct WorkflowReview {
  std::string environment;
  std::string decision;  // approved, rejected
  std::string by, comment;
  Timestamp at{};
  int attempt = 1;
  std::vector<std::string> jobs;  // keys
};

struct WorkflowRun {
  int64_t id = 0;      // unique in the database
  int64_t number = 0;  // of its workflow in its workspace, from 1
  int attempt = 1;
  std::string workflow, workflow_path, title;
  std::string repository;  // absolute folder
  std::string ref, sha;    // refs/heads/main
  std::string default_branch;
  std::string event;    // its name
  std::string payload;  // JSON: github.event
  std::string inputs;   // JSON: typed inputs of workflow_dispatch
  std::string actor, triggering_actor;
  int chain_depth = 0;                       // of workflow_run events
  std::map<std::string, std::string> files;  // texts of the workflow and those it calls, by path
  WorkflowStatus status = WorkflowStatus::kPending;
  WorkflowConclusion conclusion = WorkflowConclusion::kNone;
  std::string reason;
  bool is_cancelled = false;  // asked to end
  bool is_announced = false;  // its end has started what waits for it (workflow_run)
  std::string concurrency_group;
  bool cancels_in_progress = false, queues_all = false;
  Timestamp created_at{};
  std::optional<Timestamp> started_at, completed_at;
  std::vector<WorkflowJobRun> jobs;
  std::vector<WorkflowReview> reviews;

  WorkflowJobRun* FindJob(std::string_view key);
  const WorkflowJobRun* FindJob(std::string_view key) const;
};

// What a job that names the environment has to pass, and what it gets.
struct EnvironmentGate {
  std::string name;
  std::vector<std::string> reviewers;  // one of them has to approve; none = no approval
  bool prevents_self_review = false;
  int64_t wait_minutes = 0;
  std::vector<std::string> branches;  // patterns of branches and tags that may use it; none = all
  std::string workspace;              // where its jobs' `az` works; "" = the run's
  std::map<std::string, std::string> variables;
  std::map<std::string, std::string> secrets;  // encrypted
  CreationContext context;
};
// Whether `by` may review what `asked_by` asked for; kPermissionDenied says why not. Without reviewers everybody may.
Status CheckReviewer(const EnvironmentGate& gate, std::string_view by, std::string_view asked_by);

// Holds variables and secrets that every job of the workspace gets.
inline constexpr std::string_view kEveryEnvironment = "*";

struct WorkflowRepository {
  std::string path;  // absolute folder
  std::string default_branch;
  std::map<std::string, Timestamp> next_firings;  // of schedules: "<file>|<cron>"
  Timestamp watched_since{};                      // older alerts and models start nothing
};

}  // namespace slipway::domain
