#include "slipway/spec/workflow/workflow.h"

#include <algorithm>
#include <functional>
#include <map>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/expressions/workflow/template.h"
#include "slipway/spec/workflow/steps.h"
#include "slipway/spec/workflow/triggers.h"

namespace slipway::spec::workflow {
namespace {

std::optional<Node> Kept(ObjectReader& reader, std::string_view key, Place place, Checker& checker) {
  const auto value = reader.Find(key);
  if (!value) return std::nullopt;
  checker.Scalar(*value, place);
  return value->node();
}

std::optional<Concurrency> ReadConcurrency(ObjectReader& owner, Place place, Checker& checker) {
  const auto value = owner.Find("concurrency");
  if (!value) return std::nullopt;
  Concurrency concurrency;
  if (!value->node().IsMap()) {
    checker.Scalar(*value, place);
    concurrency.group = value->node();
    return concurrency;
  }
  ObjectReader reader(*value, "concurrency");
  if (const auto group = reader.Require("group")) {
    checker.Scalar(*group, place);
    concurrency.group = group->node();
  }
  concurrency.cancel_in_progress = Kept(reader, "cancel-in-progress", place, checker);
  std::string queue = "single";
  reader.Choice("queue", {"single", "max"}, queue);
  concurrency.keeps_all = queue == "max";
  reader.Finish();
  return concurrency;
}

Defaults ReadDefaults(ObjectReader& owner, Place place, Checker& checker) {
  Defaults defaults;
  const auto value = owner.Find("defaults");
  if (!value) return defaults;
  ObjectReader reader(*value, "defaults");
  if (const auto run = reader.Find("run")) {
    ObjectReader inner(*run, "defaults.run");
    defaults.shell = Kept(inner, "shell", place, checker);
    defaults.working_directory = Kept(inner, "working-directory", place, checker);
    inner.Finish();
  }
  reader.Finish();
  return defaults;
}

void CheckLabel(const Value& value, const std::string& label) {
  if (expressions::workflow::HasExpression(label)) return;
  if (StartsWithIgnoreCase(label, "windows") || StartsWithIgnoreCase(label, "macos"))
    value.Complain(fmt::format("'{}': this machine runs Linux", label), Code::kUnimplemented);
}

void ReadRunsOn(ObjectReader& reader, Job& job, Checker& checker) {
  const auto value = reader.Find("runs-on");
  if (!value) return;
  checker.Expressions(*value, Place::kJob);
  job.runs_on = value->node();
  if (value->node().IsScalar()) CheckLabel(*value, value->node().text);
  for (const Node& item : value->node().items) CheckLabel(*value, item.text);
  if (!value->node().IsMap()) return;
  ObjectReader group(*value, "runs-on");
  if (const auto labels = group.Find("labels"))
    for (const std::string& label : labels->TextList()) CheckLabel(*labels, label);
  group.Ignore({"group"});
  group.Finish();
}

void ReadEnvironment(ObjectReader& reader, Job& job, Checker& checker) {
  const auto value = reader.Find("environment");
  if (!value) return;
  if (!value->node().IsMap()) {
    checker.Scalar(*value, Place::kJob);
    job.environment = value->node();
    return;
  }
  ObjectReader inner(*value, "environment");
  if (const auto name = inner.Require("name")) {
    checker.Scalar(*name, Place::kJob);
    job.environment = name->node();
  }
  job.environment_url = Kept(inner, "url", Place::kEnvironmentUrl, checker);
  inner.Ignore({"deployment"});
  inner.Finish();
}

void CheckMatrixKeys(const Value& matrix) {
  const Node& node = matrix.node();
  bool has_any = false;
  for (const auto& [key, member] : node.members) {
    const bool is_list = key.text == "include" || key.text == "exclude";
    has_any = has_any || key.text != "exclude";
    const bool is_expression = member.IsScalar() && expressions::workflow::HasExpression(member.text);
    if (is_expression) continue;
    const Value value = matrix.Member(key.text, member);
    if (!member.IsSequence()) {
      value.Complain(fmt::format("a list is needed, not {}", member.Describe()));
    } else if (member.items.empty() && !is_list) {
      value.Complain("the list is empty: there would be no job");
    }
    if (!is_list) continue;
    for (const Node& item : member.items) {
      if (!item.IsMap()) {
        value.Complain("each entry is an object");
        continue;
      }
      if (key.text != "exclude") continue;
      for (const auto& [name, unused] : item.members)
        if (!node.Find(name.text)) value.Complain(fmt::format("'{}' is no key of the matrix", name.text));
    }
  }
  if (!has_any) matrix.Complain("a matrix needs a list of values, or 'include'");
}

void ReadStrategy(ObjectReader& reader, Job& job, Checker& checker) {
  const auto value = reader.Find("strategy");
  if (!value) return;
  ObjectReader strategy(*value, "strategy");
  if (const auto matrix = strategy.Find("matrix")) {
    checker.Expressions(*matrix, Place::kStrategy);
    job.matrix = matrix->node();
    const bool is_expression = matrix->node().IsScalar() && expressions::workflow::HasExpression(matrix->node().text);
    if (matrix->node().IsMap()) {
      CheckMatrixKeys(*matrix);
    } else if (!is_expression) {
      matrix->Complain(fmt::format("an object with lists is needed, not {}", matrix->node().Describe()));
    }
  }
  job.fail_fast = Kept(strategy, "fail-fast", Place::kStrategy, checker);
  job.max_parallel = Kept(strategy, "max-parallel", Place::kStrategy, checker);
  strategy.Finish();
}

void IgnorePermissions(ObjectReader& reader, Checker& checker) {
  const auto value = reader.Find("permissions");
  if (!value) return;
  const Node* id_token = value->node().IsMap() ? value->node().Find("id-token") : nullptr;
  if (id_token && id_token->text == "write")
    checker.Warn(id_token->mark, value->path(), "'id-token' has no effect: there are no OpenID tokens here");
}

void ReadCall(ObjectReader& reader, Job& job, Checker& checker) {
  const auto uses = reader.Find("uses");
  job.uses = uses->Text().value_or("");
  if (expressions::workflow::HasExpression(job.uses)) uses->Complain("'uses' takes no expressions");
  const bool is_local = job.uses.starts_with("./");
  if (!is_local)
    uses->Complain(fmt::format("'{}': workflows of other repositories are not supported; copy it here and write "
                               "'./.github/workflows/…'",
                               job.uses),
                   Code::kUnimplemented);
  else if (!job.uses.ends_with(".yml") && !job.uses.ends_with(".yaml"))
    uses->Complain(fmt::format("'{}' is no workflow file (.yml)", job.uses));
  if (const auto with = reader.Find("with")) {
    checker.Expressions(*with, Place::kJob);
    job.with = with->node();
  }
  if (const auto secrets = reader.Find("secrets")) {
    job.inherits_secrets = secrets->node().IsScalar() && secrets->node().text == "inherit";
    checker.Expressions(*secrets, Place::kCallSecrets);
    if (!job.inherits_secrets && !secrets->node().IsMap())
      secrets->Complain("'inherit' or names and values are needed");
    job.secrets = secrets->node();
  }
  for (const char* key : {"runs-on", "steps", "env", "defaults", "outputs", "environment", "timeout-minutes",
                          "continue-on-error", "container", "services"}) {
    if (reader.Has(key)) reader.value().Complain(fmt::format("a job that calls a workflow has no '{}'", key));
    reader.Ignore({key});
  }
}

void ReadOwnWork(ObjectReader& reader, Job& job, Checker& checker) {
  ReadRunsOn(reader, job, checker);
  ReadEnvironment(reader, job, checker);
  job.timeout_minutes = Kept(reader, "timeout-minutes", Place::kJob, checker);
  job.continue_on_error = Kept(reader, "continue-on-error", Place::kJob, checker);
  if (const auto env = reader.Find("env")) job.env = ReadEnv(*env, Place::kJobEnv, checker);
  job.defaults = ReadDefaults(reader, Place::kJobDefaults, checker);
  reader.Refuse({"container", "services", "snapshot"});
  if (!reader.Has("runs-on")) reader.value().Complain("a job needs 'runs-on' (or 'uses', to call a workflow)");
  const auto steps = reader.Find("steps");
  if (!steps) {
    reader.value().Complain("a job needs 'steps' (or 'uses', to call a workflow)");
  } else {
    job.steps = ReadSteps(*steps, StepsOf::kJob, checker);
  }
  if (const auto outputs = reader.Find("outputs")) {
    std::set<std::string> ids;
    for (const Step& step : job.steps)
      if (!step.id.empty()) ids.insert(ToLower(step.id));
    checker.steps = &ids;
    outputs->ForEachMember([&](const std::string& name, const Value& value) {
      checker.Scalar(value, Place::kJobOutputs);
      job.outputs.emplace_back(name, value.node());
    });
    checker.steps = nullptr;
  }
}

Job ReadJob(const std::string& id, const Value& value, Checker& checker) {
  Job job;
  job.id = id;
  job.mark = value.node().mark;
  CheckId(value, id, "a job");
  ObjectReader reader(value, fmt::format("the job '{}'", id));
  if (!reader.is_object()) {
    value.Complain(fmt::format("a job is an object, not {}", value.node().Describe()));
    return job;
  }
  if (const auto needs = reader.Find("needs")) job.needs = needs->TextList();
  checker.needs = &job.needs;
  job.name = Kept(reader, "name", Place::kJob, checker);
  if (const auto condition = reader.Find("if")) {
    checker.Condition(*condition, Place::kJobIf);
    job.condition = condition->node().text;
  }
  job.concurrency = ReadConcurrency(reader, Place::kJob, checker);
  ReadStrategy(reader, job, checker);
  IgnorePermissions(reader, checker);
  if (reader.Find("uses")) {
    ReadCall(reader, job, checker);
  } else {
    ReadOwnWork(reader, job, checker);
  }
  reader.Finish();
  checker.needs = nullptr;
  return job;
}

// Unknown needs and cycles. Jobs are visited depth first; one met again while it is open closes a cycle.
class GraphCheck {
 public:
  GraphCheck(const Workflow& workflow, Complaints& complaints) : workflow_(workflow), complaints_(complaints) {}

  void Run() {
    for (const Job& job : workflow_.jobs) CheckNeeds(job);
    for (const Job& job : workflow_.jobs) Visit(job);
  }

 private:
  void CheckNeeds(const Job& job) {
    std::vector<std::string> ids;
    for (const Job& other : workflow_.jobs) ids.push_back(other.id);
    for (const std::string& need : job.needs)
      if (!workflow_.FindJob(need))
        complaints_.Add(job.mark, fmt::format("jobs.{}.needs", job.id),
                        fmt::format("there is no job '{}'{}", need, DidYouMean(need, ids)));
  }

  void Visit(const Job& job) {
    int& state = states_[&job];
    if (state == 2) return;
    if (state == 1) return Complain(job);
    state = 1;
    trail_.push_back(job.id);
    for (const std::string& need : job.needs)
      if (const Job* next = workflow_.FindJob(need)) Visit(*next);
    trail_.pop_back();
    states_[&job] = 2;
  }

  void Complain(const Job& job) {
    const auto start = std::find(trail_.begin(), trail_.end(), job.id);
    std::vector<std::string> cycle(start, trail_.end());
    cycle.push_back(job.id);
    complaints_.Add(job.mark, fmt::format("jobs.{}.needs", job.id),
                    fmt::format("the jobs wait for each other: {}", Join(cycle, " needs ")));
  }

  const Workflow& workflow_;
  Complaints& complaints_;
  std::map<const Job*, int> states_;  // 1 open, 2 done
  std::vector<std::string> trail_;
};

void ReadJobs(ObjectReader& reader, Workflow& workflow, Checker& checker) {
  const auto jobs = reader.Require("jobs");
  if (!jobs) return;
  jobs->ForEachMember([&](const std::string& id, const Value& value) {
    if (workflow.FindJob(id)) value.Complain(fmt::format("two jobs have the id '{}'", id));
    workflow.jobs.push_back(ReadJob(id, value, checker));
  });
  if (workflow.jobs.empty() && jobs->complaints().empty()) jobs->Complain("a workflow needs at least one job");
  GraphCheck(workflow, checker.complaints).Run();
}

}  // namespace

const Job* Workflow::FindJob(std::string_view id) const {
  for (const Job& job : jobs)
    if (EqualsIgnoreCase(job.id, id)) return &job;
  return nullptr;
}

const Event* Workflow::FindEvent(std::string_view name) const {
  for (const Event& event : events)
    if (event.name == name) return &event;
  return nullptr;
}

Result<Workflow> ReadWorkflow(const Document& document, std::string path) {
  Complaints complaints;
  Checker checker{complaints, {}};
  Workflow workflow;
  workflow.path = std::move(path);
  workflow.name = workflow.path;
  ObjectReader reader(Value(document.root, "", complaints), "a workflow");
  if (const auto name = reader.Find("name")) {
    checker.Scalar(*name, Place::kNowhere);
    workflow.name = name->node().text;
  }
  workflow.run_name = Kept(reader, "run-name", Place::kRunName, checker);
  if (const auto on = reader.Require("on")) workflow.events = ReadEvents(*on, checker);
  if (const auto env = reader.Find("env")) workflow.env = ReadEnv(*env, Place::kWorkflowEnv, checker);
  workflow.defaults = ReadDefaults(reader, Place::kRunName, checker);
  workflow.concurrency = ReadConcurrency(reader, Place::kRunName, checker);
  IgnorePermissions(reader, checker);
  ReadJobs(reader, workflow, checker);
  reader.Finish();
  if (!complaints.empty()) return std::move(complaints).Take();
  workflow.warnings = std::move(checker.warnings);
  return workflow;
}

Result<Action> ReadAction(const Document& document) {
  Complaints complaints;
  Checker checker{complaints, {}};
  Action action;
  ObjectReader reader(Value(document.root, "", complaints), "an action");
  reader.Text("name", action.name);
  reader.Ignore({"description", "author", "branding"});
  if (const auto inputs = reader.Find("inputs"))
    action.inputs = ReadInputs(*inputs, {}, Place::kActionDefault, checker);
  if (const auto runs = reader.Require("runs")) {
    ObjectReader inner(*runs, "runs");
    std::string kind;
    inner.RequireText("using", kind);
    if (kind == "composite") {
      if (const auto steps = inner.Require("steps")) action.steps = ReadSteps(*steps, StepsOf::kAction, checker);
      inner.Finish();
    } else if (!kind.empty()) {
      runs->Complain(fmt::format("'using: {}' is not supported: composite actions are", kind), Code::kUnimplemented);
    }
  }
  if (const auto outputs = reader.Find("outputs")) {
    outputs->ForEachMember([&](const std::string& name, const Value& output) {
      ObjectReader one(output, "an output");
      one.Ignore({"description"});
      if (const auto value = one.Require("value")) {
        checker.Scalar(*value, Place::kActionOutput);
        action.outputs.emplace_back(name, value->node());
      }
      one.Finish();
    });
  }
  reader.Finish();
  if (!complaints.empty()) return std::move(complaints).Take();
  action.warnings = std::move(checker.warnings);
  return action;
}

}  // namespace slipway::spec::workflow
