// One step, and lists of steps: of a job, and of the composite actions that it calls. For job_runner.cc.
#pragma once

#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "slipway/base/time.h"
#include "slipway/expressions/workflow/expression.h"
#include "slipway/spec/workflow/workflow.h"
#include "slipway/workflows/execute/actions.h"
#include "slipway/workflows/execute/job_description.h"
#include "slipway/workflows/execute/masker.h"
#include "slipway/workflows/execute/step_log.h"
#include "slipway/workflows/execute/step_process.h"

namespace slipway::workflows {

using Variables = std::map<std::string, std::string>;

// What all steps of a job share.
struct JobState {
  const JobDescription& description;
  const JobSecrets& secrets;
  const domain::WorkflowRun& run;
  const spec::workflow::Workflow& workflow;
  const spec::workflow::Job& job;
  std::filesystem::path folder, work, temp;
  const Clock& clock;
  StepProcesses& processes;
  int journal = -1;
  Masker masker{};
  expressions::workflow::Object github{};  // but for what a step adds
  Variables base{};                        // of the process, before the workflow's own
  Variables env{};                         // workflow and job, then what steps wrote to GITHUB_ENV
  std::vector<std::string> paths{};        // added to PATH, the last first
  struct Post {
    std::string name;
    ActionCall call;
  };
  std::vector<Post> posts{};
  std::vector<domain::WorkflowAnnotation> annotations{};
  int scripts = 0;  // written so far
};

// Where steps run: the job itself, or a composite action.
struct Frame {
  int depth = 0;  // 0: the job
  expressions::workflow::Value inputs{};
  expressions::workflow::Object steps{};  // by id
  Variables env{};                        // of the steps that called
  std::string action_path, action_name, action_ref;
  bool has_failed = false;
  bool is_action() const { return depth > 0; }
};

struct StepEnd {
  domain::WorkflowConclusion outcome = domain::WorkflowConclusion::kSuccess;
  domain::WorkflowConclusion conclusion = domain::WorkflowConclusion::kSuccess;
  Variables outputs{};
};

class StepRunner {
 public:
  explicit StepRunner(JobState& state) : state_(state) {}

  // A step of the job; number from 1.
  StepEnd RunNumbered(Frame& frame, const spec::workflow::Step& step, int number, StepLog& log);
  Status RunPost(JobState::Post& post, int number, StepLog& log);

  expressions::workflow::Scope ScopeOf(const Frame& frame, const Variables& step_env) const;
  std::string NameOf(const Frame& frame, const spec::workflow::Step& step) const;
  // `place`: its file, line, column and title.
  void Annotate(std::string level, std::string message, int number, StepLog& log,
                domain::WorkflowAnnotation place = {});

 private:
  // What one call of a program or action may say through commands and files.
  struct Talk {
    Variables outputs{}, state{};
    std::optional<std::string> stop_token{};
    std::string failure{};  // of a command that is not allowed
    bool echoes = false;
  };

  StepEnd RunStep(Frame& frame, const spec::workflow::Step& step);
  Result<domain::WorkflowConclusion> Execute(Frame& frame, const spec::workflow::Step& step, const Variables& env,
                                             Variables& outputs);
  Result<domain::WorkflowConclusion> RunScript(Frame& frame, const spec::workflow::Step& step, const Variables& env,
                                               Variables& outputs);
  Result<domain::WorkflowConclusion> RunLocalAction(Frame& frame, const spec::workflow::Step& step,
                                                    const Variables& env, Variables& outputs);
  Result<domain::WorkflowConclusion> RunBuiltIn(Frame& frame, const spec::workflow::Step& step, const Variables& env,
                                                Variables& outputs);
  ActionCall MakeCall(const Frame& frame, const spec::workflow::Step& step, const Variables& env);
  std::string OwnPath() const;
  Variables ProcessEnvironment(const Frame& frame, const spec::workflow::Step& step, const Variables& env) const;
  Result<std::vector<std::string>> ShellWords(const Frame& frame, const spec::workflow::Step& step,
                                              const expressions::workflow::Scope& scope, std::string& text,
                                              std::filesystem::path& script);
  Result<std::vector<std::pair<std::string, std::string>>> EvaluateMap(const spec::Node& node,
                                                                       const expressions::workflow::Scope& scope) const;
  bool TakeLine(std::string_view line, Talk& talk);
  bool TakeCommand(std::string_view line, Talk& talk);
  Status TakeFiles(const std::filesystem::path& prefix, Talk& talk);
  void SetVariable(const std::string& name, const std::string& value);
  void AddPath(const std::string& path);
  StepProcesses::Deadline DeadlineOf(const std::optional<double>& minutes) const;
  domain::WorkflowConclusion Judge(const ProgramEnd& end);
  void Say(std::string_view line) { log_->WriteLine(line); }
  void Complain(const std::string& message) { Annotate("error", message, number_, *log_); }

  JobState& state_;
  StepLog* log_ = nullptr;  // of the numbered step that runs
  int number_ = 0;
  StepProcesses::Deadline deadline_;      // of the numbered step
  std::function<bool()> goes_on_;         // when the job is cancelled meanwhile
  std::deque<std::string> action_trail_;  // of composite actions that are open
};

}  // namespace slipway::workflows
