// Workflow files in GitHub Actions' syntax, read and checked. What may hold an expression stays a Node: it is evaluated
// when its time comes (values.h). docs/workflows.md lists which keys work, are without effect, or are refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/spec/document.h"
#include "slipway/spec/node.h"

namespace slipway::spec::workflow {

using Entries = std::vector<std::pair<std::string, Node>>;

struct Input {
  std::string id, description;
  std::string type = "string";  // string, boolean, number, choice, environment
  bool is_required = false;
  std::optional<Node> default_value;
  std::vector<std::string> options;
};

struct Cron {
  std::string expression;
  std::string time_zone;  // IANA name; "" = UTC
};

// Of one kind: `only` and `ignore` are never both given.
struct Filter {
  std::vector<std::string> only, ignore;
  bool is_given() const { return !only.empty() || !ignore.empty(); }
};

struct Event {
  std::string name;  // "push"
  std::vector<std::string> types;
  Filter branches, tags, paths;
  std::vector<std::string> workflows;  // workflow_run: names
  std::vector<std::string> names;      // alert: rules; model_registered: models; none = all
  std::vector<Cron> crons;
  std::vector<Input> inputs;                          // workflow_dispatch, workflow_call
  std::vector<std::pair<std::string, bool>> secrets;  // workflow_call: name, required
  Entries outputs;                                    // workflow_call: id → value
};

struct Defaults {
  std::optional<Node> shell, working_directory;
};

struct Concurrency {
  Node group;
  std::optional<Node> cancel_in_progress;
  bool keeps_all = false;  // queue: max
};

struct Step {
  std::string id;
  std::optional<Node> name;
  std::string condition;  // "" = success()
  std::optional<Node> run, shell, working_directory;
  std::string uses;  // "" with run
  Node with, env;
  std::optional<Node> continue_on_error, timeout_minutes;
  Mark mark;
};

struct Job {
  std::string id;
  std::optional<Node> name;
  std::vector<std::string> needs;
  std::string condition;
  std::optional<Node> runs_on;
  std::optional<Node> environment, environment_url;
  std::optional<Concurrency> concurrency;
  Entries outputs;
  Node env;
  Defaults defaults;
  std::vector<Step> steps;
  std::optional<Node> timeout_minutes, continue_on_error;
  std::optional<Node> matrix, fail_fast, max_parallel;
  // A call of another workflow.
  std::string uses;
  Node with, secrets;
  bool inherits_secrets = false;
  Mark mark;

  bool is_call() const { return !uses.empty(); }
};

struct Workflow {
  std::string path;  // as shown: ".github/workflows/build.yml"
  std::string name;  // the path when the file gives none
  std::optional<Node> run_name;
  std::vector<Event> events;
  Node env;
  Defaults defaults;
  std::optional<Concurrency> concurrency;
  std::vector<Job> jobs;  // in the order of the file
  std::vector<Error> warnings;

  const Job* FindJob(std::string_view id) const;
  const Event* FindEvent(std::string_view name) const;
};

// A composite action (action.yml).
struct Action {
  std::string name;
  std::vector<Input> inputs;
  Entries outputs;
  std::vector<Step> steps;
  std::vector<Error> warnings;
};

// Every complaint has its place. `path` as in Workflow.
Result<Workflow> ReadWorkflow(const Document& document, std::string path);
Result<Action> ReadAction(const Document& document);

// The actions that are built in: "actions/checkout" …; of `uses` without "@ref".
bool IsBuiltInAction(std::string_view action);
std::vector<std::string> BuiltInActions();
// "owner/repo/path" of "owner/repo/path@ref".
std::string_view ActionOf(std::string_view uses);

}  // namespace slipway::spec::workflow
