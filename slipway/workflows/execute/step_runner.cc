#include "slipway/workflows/execute/step_runner.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/expressions/workflow/template.h"
#include "slipway/spec/document.h"
#include "slipway/spec/workflow/values.h"
#include "slipway/workflows/execute/commands.h"
#include "slipway/workflows/execute/environment_file.h"
#include "slipway/workflows/execute/glob.h"
#include "slipway/workflows/execute/job_runner.h"
#include "slipway/workflows/plan/contexts.h"

namespace slipway::workflows {
namespace {

namespace fs = std::filesystem;
namespace wf = expressions::workflow;
using domain::WorkflowConclusion;
using spec::workflow::Step;

constexpr int kActionsMax = 10;         // composite actions in each other
constexpr size_t kAnnotationsMax = 10;  // a level and step
constexpr size_t kSummaryMax = 1 << 20, kOutputMax = 1 << 20;

// No fsync: what dies with the machine needs no script any more.
Status WriteScratch(const fs::path& file, std::string_view text, int mode) {
  const int descriptor = open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (descriptor < 0) return FromErrno(errno, file.string());
  const ssize_t written = write(descriptor, text.data(), text.size());
  const int error = errno;
  close(descriptor);
  return written == static_cast<ssize_t>(text.size()) ? Status() : FromErrno(error, file.string());
}

wf::Value VariablesValue(const Variables& variables) {
  wf::Object object;
  object.is_case_sensitive = true;
  for (const auto& [name, value] : variables) object.members.emplace_back(name, value);
  return wf::Value::Of(std::move(object));
}

// Words of a shell template; quotes keep blanks.
std::vector<std::string> WordsOf(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  char quote = 0;
  bool has_word = false;
  for (const char c : text) {
    if (quote != 0 ? c == quote : c == '\'' || c == '"') {
      quote = quote != 0 ? 0 : c;
      has_word = true;
    } else if (quote == 0 && (c == ' ' || c == '\t')) {
      if (has_word) words.push_back(word);
      word.clear();
      has_word = false;
    } else {
      word += c;
      has_word = true;
    }
  }
  if (has_word) words.push_back(word);
  return words;
}

std::string FirstLine(std::string_view text) {
  text = Trim(text);
  return std::string(text.substr(0, text.find('\n')));
}

// A login shell reads profiles, which may set PATH anew.
bool IsLoginShell(const std::vector<std::string>& words) {
  if (words.size() < 2 || !words[0].ends_with("sh")) return false;
  return std::any_of(words.begin() + 1, words.end(), [](const std::string& word) {
    const bool is_short = word.size() > 1 && word[0] == '-' && word[1] != '-';
    return word == "--login" || (is_short && word.find('l') != std::string::npos);
  });
}

bool ProgramExists(const std::string& name, const Variables& environment) {
  const auto path = environment.find("PATH");
  return process::FindProgram(name, path == environment.end() ? "/usr/bin:/bin" : path->second).has_value();
}

std::string UpperSnake(std::string_view name) {
  std::string upper;
  for (const char c : name) upper += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return upper;
}

}  // namespace

wf::Scope StepRunner::ScopeOf(const Frame& frame, const Variables& step_env) const {
  wf::Scope scope;
  wf::Object github = state_.github;
  if (frame.is_action()) {
    github.Set("action_path", frame.action_path);
    github.Set("action_repository", frame.action_name);
    github.Set("action_ref", frame.action_ref);
    github.Set("action_status", frame.has_failed ? "failure" : "success");
  }
  scope.contexts["github"] = wf::Value::Of(std::move(github));
  Variables env = state_.env;
  for (const auto* more : {&frame.env, &step_env})
    for (const auto& [name, value] : *more) env[name] = value;
  scope.contexts["env"] = VariablesValue(env);
  const bool is_cancelled = state_.processes.is_cancelled();
  wf::Object job;
  job.Set("status", is_cancelled ? "cancelled" : frame.has_failed ? "failure" : "success");
  scope.contexts["job"] = wf::Value::Of(std::move(job));
  scope.contexts["steps"] = wf::Value::Of(frame.steps);
  scope.contexts["inputs"] = frame.inputs;
  scope.contexts["matrix"] = ValueOfJson(state_.description.job.matrix);
  wf::Object strategy;
  const auto& own = state_.description.job;
  strategy.Set("fail-fast", own.fails_fast);
  strategy.Set("job-index", own.index);
  strategy.Set("job-total", own.total);
  strategy.Set("max-parallel", static_cast<int>(own.max_parallel > 0 ? own.max_parallel : own.total));
  scope.contexts["strategy"] = wf::Value::Of(std::move(strategy));
  wf::Object runner;
  for (const auto& [name, value] :
       std::initializer_list<std::pair<const char*, std::string>>{{"name", "slipway"},
                                                                  {"os", "Linux"},
                                                                  {"arch", "X64"},
                                                                  {"temp", state_.temp.string()},
                                                                  {"tool_cache", (state_.temp / "tools").string()},
                                                                  {"environment", "self-hosted"},
                                                                  {"workspace", state_.work.string()}})
    runner.Set(name, value);
  scope.contexts["runner"] = wf::Value::Of(std::move(runner));
  if (!frame.is_action()) {
    scope.contexts["needs"] = ValueOfJson(state_.description.needs);
    scope.contexts["vars"] = TextMap(state_.description.variables);
    scope.contexts["secrets"] = TextMap(state_.secrets.secrets);
  }
  scope.is_cancelled = is_cancelled;
  scope.is_success = !frame.has_failed && !is_cancelled;
  scope.is_failure = frame.has_failed && !is_cancelled;
  scope.hash_files = [this](const std::vector<std::string>& patterns) {
    const auto home = state_.base.find("HOME");
    return HashFiles(state_.work, patterns, home == state_.base.end() ? "/" : home->second);
  };
  return scope;
}

std::string StepRunner::NameOf(const Frame& frame, const Step& step) const {
  if (step.name) {
    if (const auto value = spec::workflow::Evaluate(*step.name, ScopeOf(frame, {}))) {
      if (const std::string name = value->ToText(); !Trim(name).empty()) return name;
    } else {
      return step.name->text;
    }
  }
  return "Run " + (step.run ? FirstLine(step.run->text) : step.uses);
}

void StepRunner::Annotate(std::string level, std::string message, int number, StepLog& log,
                          domain::WorkflowAnnotation place) {
  log.WriteLine(fmt::format("##[{}]{}", level, message));
  const auto count = std::count_if(state_.annotations.begin(), state_.annotations.end(),
                                   [&](const auto& each) { return each.step == number && each.level == level; });
  if (static_cast<size_t>(count) >= kAnnotationsMax) return;
  place.level = std::move(level);
  place.message = state_.masker.Mask(message);
  place.step = number;
  AppendAnnotation(state_.journal, place);
  state_.annotations.push_back(std::move(place));
}

Result<std::vector<std::pair<std::string, std::string>>> StepRunner::EvaluateMap(const spec::Node& node,
                                                                                 const wf::Scope& scope) const {
  std::vector<std::pair<std::string, std::string>> entries;
  SLIPWAY_ASSIGN_OR_RETURN(const wf::Value value, spec::workflow::Evaluate(node, scope));
  if (value.is_null()) return entries;
  if (!value.object()) return InvalidArgument("names and values are needed").At(node.mark.Position());
  for (const auto& [name, member] : value.object()->members) entries.emplace_back(name, member.ToText());
  return entries;
}

StepEnd StepRunner::RunNumbered(Frame& frame, const Step& step, int number, StepLog& log) {
  log_ = &log;
  number_ = number;
  deadline_.reset();
  goes_on_ = [this, &frame, &step] {
    const auto condition = wf::Condition::Parse(step.condition, wf::AllowEverything());
    const auto holds = condition ? condition->Evaluate(ScopeOf(frame, {})) : Result<bool>(false);
    return holds && *holds;
  };
  StepEnd end = RunStep(frame, step);
  log_ = nullptr;
  return end;
}

// Conditions and environments that cannot be evaluated fail the step, whatever continue-on-error says.
StepEnd StepRunner::RunStep(Frame& frame, const Step& step) {
  StepEnd end;
  const auto finish = [&](WorkflowConclusion outcome, WorkflowConclusion conclusion) {
    end.outcome = outcome;
    end.conclusion = conclusion;
    if (conclusion == WorkflowConclusion::kFailure) frame.has_failed = true;
    if (!step.id.empty()) {
      wf::Object result;
      result.Set("outputs", TextMap(end.outputs));
      result.Set("outcome", std::string(domain::WorkflowConclusionName(outcome)));
      result.Set("conclusion", std::string(domain::WorkflowConclusionName(conclusion)));
      frame.steps.Set(step.id, wf::Value::Of(std::move(result)));
    }
    return end;
  };
  const auto fail = [&](const Error& error) {
    Complain(error.ToString());
    return finish(WorkflowConclusion::kFailure, WorkflowConclusion::kFailure);
  };
  const wf::Scope scope = ScopeOf(frame, {});
  const auto condition = wf::Condition::Parse(step.condition, wf::AllowEverything());
  const auto holds = condition ? condition->Evaluate(scope) : Result<bool>(condition.error());
  if (!holds) return fail(holds.error());
  if (!*holds) return finish(WorkflowConclusion::kSkipped, WorkflowConclusion::kSkipped);
  const auto entries = EvaluateMap(step.env, scope);
  if (!entries) return fail(Error(entries.error()).With("env"));
  Variables env;
  for (const auto& [name, value] : *entries) env[name] = value;
  const wf::Scope own = ScopeOf(frame, env);
  bool continues = false;
  if (step.continue_on_error) {
    const auto value = spec::workflow::Evaluate(*step.continue_on_error, own);
    if (!value) return fail(value.error());
    if (!value->boolean())
      return fail(InvalidArgument(fmt::format(
          "continue-on-error is true or false, not the text '{}'; fromJSON() makes it one", value->ToText())));
    continues = *value->boolean();
  }
  if (step.timeout_minutes) {
    const auto value = spec::workflow::Evaluate(*step.timeout_minutes, own);
    if (!value) return fail(value.error());
    if (!value->number() || !(*value->number() > 0))
      return fail(InvalidArgument(fmt::format("timeout-minutes is a number from 1, not '{}'", value->ToText())));
    deadline_ = DeadlineOf(*value->number());
  }
  if (frame.is_action()) Say(fmt::format("##[group]{}", NameOf(frame, step)));
  const auto done = Execute(frame, step, env, end.outputs);
  if (frame.is_action()) Say("##[endgroup]");
  if (!done) Complain(done.error().ToString());
  const WorkflowConclusion outcome = done ? *done : WorkflowConclusion::kFailure;
  const bool is_forgiven = continues && outcome == WorkflowConclusion::kFailure;
  return finish(outcome, is_forgiven ? WorkflowConclusion::kSuccess : outcome);
}

Result<WorkflowConclusion> StepRunner::Execute(Frame& frame, const Step& step, const Variables& env,
                                               Variables& outputs) {
  if (step.run) return RunScript(frame, step, env, outputs);
  if (step.uses.starts_with("./")) return RunLocalAction(frame, step, env, outputs);
  return RunBuiltIn(frame, step, env, outputs);
}

StepProcesses::Deadline StepRunner::DeadlineOf(const std::optional<double>& minutes) const {
  if (!minutes) return std::nullopt;
  return std::chrono::steady_clock::now() +
         std::chrono::milliseconds(static_cast<int64_t>(std::min(*minutes, 1e6) * 60'000));
}

// What earlier steps added, and `az`.
std::string StepRunner::OwnPath() const {
  std::string path;
  for (const std::string& added : state_.paths) path += added + ":";
  return path + state_.description.programs_folder;
}

Variables StepRunner::ProcessEnvironment(const Frame& frame, const Step& step, const Variables& env) const {
  Variables all = state_.base;
  for (const Variables* more : std::initializer_list<const Variables*>{&state_.env, &frame.env, &env})
    for (const auto& [name, value] : *more) all[name] = value;
  // The runner's own, which cannot be overridden.
  for (const auto& [name, value] : state_.description.environment) all[name] = value;
  for (const auto& [name, value] : state_.secrets.environment) all[name] = value;
  for (const auto& [name, value] : state_.github.members)
    if (value.is_primitive() && name != "token" && name != "repositoryUrl")
      all["GITHUB_" + UpperSnake(name)] = value.ToText();
  all["CI"] = all["GITHUB_ACTIONS"] = "true";
  all["GITHUB_ACTION"] = step.id.empty() ? "__run" : step.id;
  if (frame.is_action()) {
    all["GITHUB_ACTION_PATH"] = frame.action_path;
    all["GITHUB_ACTION_REPOSITORY"] = frame.action_name;
    all["GITHUB_ACTION_REF"] = frame.action_ref;
  }
  all["RUNNER_OS"] = "Linux";
  all["RUNNER_ARCH"] = "X64";
  all["RUNNER_NAME"] = "slipway";
  all["RUNNER_ENVIRONMENT"] = "self-hosted";
  all["RUNNER_TEMP"] = state_.temp.string();
  all["RUNNER_TOOL_CACHE"] = (state_.temp / "tools").string();
  all["SLIPWAY_WORKFLOW"] = "true";
  all[kJobMark] = state_.folder.string();
  all["PATH"] =
      OwnPath() + ":" + (all.count("PATH") && !all["PATH"].empty() ? all["PATH"] : "/usr/local/bin:/usr/bin:/bin");
  return all;
}

Result<std::vector<std::string>> StepRunner::ShellWords(const Frame& frame, const Step& step, const wf::Scope& scope,
                                                        std::string& text, fs::path& script) {
  std::string shell;
  const auto take = [&](const std::optional<spec::Node>& node) -> Status {
    if (!node || !shell.empty()) return {};
    SLIPWAY_ASSIGN_OR_RETURN(const wf::Value value, spec::workflow::Evaluate(*node, scope));
    shell = value.ToText();
    return {};
  };
  SLIPWAY_RETURN_IF_ERROR(take(step.shell));
  if (!frame.is_action()) {
    SLIPWAY_RETURN_IF_ERROR(take(state_.job.defaults.shell));
    SLIPWAY_RETURN_IF_ERROR(take(state_.workflow.defaults.shell));
  }
  const std::string stem = (state_.temp / fmt::format("script{}", ++state_.scripts)).string();
  const auto with = [&](std::string_view extension) {
    script = stem + std::string(extension);
    return script.string();
  };
  if (shell.empty()) {
    const bool has_bash = ProgramExists("bash", state_.base);
    return std::vector<std::string>{has_bash ? "bash" : "sh", "-e", with(".sh")};
  }
  if (shell == "bash")
    return std::vector<std::string>{"bash", "--noprofile", "--norc", "-e", "-o", "pipefail", with(".sh")};
  if (shell == "sh") return std::vector<std::string>{"sh", "-e", with(".sh")};
  if (shell == "python") {
    const bool has_python = ProgramExists("python", state_.base);
    return std::vector<std::string>{has_python ? "python" : "python3", with(".py")};
  }
  if (shell == "pwsh") {
    const std::string file = with(".ps1");
    text = "$ErrorActionPreference = 'stop'\n" + text +
           "\nif ((Test-Path -LiteralPath variable:\\LASTEXITCODE)) { exit $LASTEXITCODE }\n";
    return std::vector<std::string>{"pwsh", "-command", fmt::format(". '{}'", file)};
  }
  if (shell.find("{0}") == std::string::npos)
    return InvalidArgument(
        fmt::format("the shell '{}' is not known: bash, sh, python, pwsh, or a command with '{{0}}'", shell));
  std::vector<std::string> words = WordsOf(shell);
  const std::string file = with("");
  for (std::string& word : words) word = ReplaceAll(std::move(word), "{0}", file);
  return words;
}

WorkflowConclusion StepRunner::Judge(const ProgramEnd& end) {
  if (end.timed_out) {
    Complain("the step's timeout is over");
    return WorkflowConclusion::kFailure;
  }
  if (end.was_cancelled) {
    Complain(state_.processes.is_job_timed_out() ? "the job's timeout is over" : "the operation was cancelled");
    return WorkflowConclusion::kCancelled;
  }
  if (end.ok()) return WorkflowConclusion::kSuccess;
  Complain(end.code ? fmt::format("exit code {}", *end.code) : fmt::format("killed by signal {}", end.signal));
  return WorkflowConclusion::kFailure;
}

Result<WorkflowConclusion> StepRunner::RunScript(Frame& frame, const Step& step, const Variables& env,
                                                 Variables& outputs) {
  const wf::Scope scope = ScopeOf(frame, env);
  SLIPWAY_ASSIGN_OR_RETURN(const wf::Value value, spec::workflow::Evaluate(*step.run, scope));
  std::string text = value.ToText();
  fs::path script;
  SLIPWAY_ASSIGN_OR_RETURN(std::vector<std::string> words, ShellWords(frame, step, scope, text, script));
  if (!text.ends_with('\n')) text += '\n';
  if (IsLoginShell(words)) text = fmt::format("PATH='{}':\"$PATH\"; {}", OwnPath(), text);
  SLIPWAY_RETURN_IF_ERROR(WriteScratch(script, text, 0700));
  const fs::path prefix = state_.temp / fmt::format("files{}_", state_.scripts);
  process::SpawnOptions options;
  options.arguments = std::move(words);
  options.environment = ProcessEnvironment(frame, step, env);
  options.working_directory = state_.work;
  options.dies_with_parent = true;
  std::optional<spec::Node> folder = step.working_directory;
  if (!folder && !frame.is_action()) {
    folder = state_.job.defaults.working_directory;
    if (!folder) folder = state_.workflow.defaults.working_directory;
  }
  if (folder) {
    SLIPWAY_ASSIGN_OR_RETURN(const wf::Value path, spec::workflow::Evaluate(*folder, scope));
    options.working_directory = state_.work / path.ToText();
    std::error_code failed;
    if (!fs::is_directory(options.working_directory, failed))
      return NotFound(fmt::format("the working directory '{}' does not exist", options.working_directory.string()));
  }
  for (const char* name : {"ENV", "OUTPUT", "PATH", "STATE", "STEP_SUMMARY"}) {
    const std::string file = prefix.string() + name;
    SLIPWAY_RETURN_IF_ERROR(WriteScratch(file, "", 0600));
    options.environment[fmt::format("GITHUB_{}", name)] = file;
  }
  Talk talk;
  log_->set_filter([this, &talk](std::string_view line) { return TakeLine(line, talk); });
  const auto ended = state_.processes.Run(
      options, [this](int stream, std::string_view bytes) { log_->Append(stream, bytes); }, deadline_, goes_on_);
  log_->set_filter(nullptr);
  SLIPWAY_RETURN_IF_ERROR(ended);
  WorkflowConclusion conclusion = Judge(*ended);
  // Also when the script failed.
  if (const Status taken = TakeFiles(prefix, talk); !taken) {
    Complain(taken.error().ToString());
    if (conclusion == WorkflowConclusion::kSuccess) conclusion = WorkflowConclusion::kFailure;
  }
  if (!talk.failure.empty() && conclusion == WorkflowConclusion::kSuccess) conclusion = WorkflowConclusion::kFailure;
  outputs = std::move(talk.outputs);
  return conclusion;
}

void StepRunner::SetVariable(const std::string& name, const std::string& value) {
  if (StartsWithIgnoreCase(name, "GITHUB_") || StartsWithIgnoreCase(name, "RUNNER_") || name == "CI") return;
  state_.env[name] = value;
}

void StepRunner::AddPath(const std::string& path) {
  std::erase(state_.paths, path);
  state_.paths.insert(state_.paths.begin(), path);
}

Status StepRunner::TakeFiles(const fs::path& prefix, Talk& talk) {
  const auto read = [&](const char* name) { return ReadFile(prefix.string() + name).value_or(""); };
  const auto entries_of = [&](const char* name) {
    return With(ParseEnvironmentFile(read(name)), fmt::format("the file GITHUB_{}", name));
  };
  SLIPWAY_ASSIGN_OR_RETURN(const auto variables, entries_of("ENV"));
  for (const auto& [name, value] : variables) {
    if (EqualsIgnoreCase(name, "NODE_OPTIONS")) return InvalidArgument("NODE_OPTIONS cannot be set through GITHUB_ENV");
    SetVariable(name, value);
  }
  SLIPWAY_ASSIGN_OR_RETURN(const auto outputs, entries_of("OUTPUT"));
  size_t size = 0;
  for (const auto& [name, value] : outputs) {
    size += value.size();
    if (size > kOutputMax) return InvalidArgument("the outputs are longer than 1 MiB");
    talk.outputs[name] = value;
  }
  SLIPWAY_RETURN_IF_ERROR(entries_of("STATE"));
  const std::string paths = read("PATH");
  for (const std::string_view line : Split(paths, '\n'))
    if (!Trim(line).empty()) AddPath(std::string(Trim(line)));
  const std::string summary = read("STEP_SUMMARY");
  if (summary.size() > kSummaryMax) {
    Complain("the step's summary is longer than 1 MiB: it is dropped");
  } else if (!summary.empty()) {
    SLIPWAY_RETURN_IF_ERROR(AppendFile(state_.folder / "summary.md", state_.masker.Mask(summary) + "\n"));
  }
  return {};
}

bool StepRunner::TakeLine(std::string_view line, Talk& talk) {
  const size_t start = line.find_first_not_of(" \t");
  if (start == std::string_view::npos || (line[start] != ':' && line[start] != '#')) return false;
  if (!talk.stop_token) return TakeCommand(line, talk);
  if (Trim(line) == fmt::format("::{}::", *talk.stop_token)) talk.stop_token.reset();
  return false;
}

// True when the command was understood: its line is replaced by what it means.
bool StepRunner::TakeCommand(std::string_view line, Talk& talk) {
  const auto command = ParseCommand(line);
  if (!command) return false;
  const auto property = [&](const char* key) {
    const auto found = command->properties.find(key);
    return found == command->properties.end() ? std::string() : found->second;
  };
  const std::string& name = command->name;
  if (name == "error" || name == "warning" || name == "notice") {
    domain::WorkflowAnnotation place;
    place.title = property("title");
    place.file = property("file");
    place.line = ParseInt(property("line")).value_or(0);
    place.column = ParseInt(property("col")).value_or(0);
    Annotate(name, command->message, number_, *log_, std::move(place));
  } else if (name == "add-mask") {
    state_.masker.Add(command->message);
  } else if (name == "set-output") {
    talk.outputs[property("name")] = command->message;
    Annotate("warning", "'set-output' is outdated: write to $GITHUB_OUTPUT", number_, *log_);
  } else if (name == "save-state") {
    talk.state[property("name")] = command->message;
  } else if (name == "set-env" || name == "add-path") {
    const auto allowed = state_.env.find("ACTIONS_ALLOW_UNSECURE_COMMANDS");
    if (allowed == state_.env.end() || !EqualsIgnoreCase(allowed->second, "true")) {
      talk.failure =
          fmt::format("the command '{}' is disabled: write to $GITHUB_{}", name, name == "set-env" ? "ENV" : "PATH");
      Complain(talk.failure);
    } else if (name == "set-env") {
      SetVariable(property("name"), command->message);
    } else {
      AddPath(command->message);
    }
  } else if (name == "stop-commands") {
    talk.stop_token = command->message;
  } else if (name == "group" || name == "endgroup") {
    Say(fmt::format("##[{}]{}", name, command->message));
  } else if (name == "debug") {
    if (state_.secrets.secrets.count("ACTIONS_STEP_DEBUG")) Say("##[debug]" + command->message);
  } else if (name == "echo") {
    talk.echoes = EqualsIgnoreCase(command->message, "on");
  } else if (name != "add-matcher" && name != "remove-matcher") {
    return false;
  }
  if (talk.echoes && name != "add-mask") Say(line);
  return true;
}

Result<WorkflowConclusion> StepRunner::RunLocalAction(Frame& frame, const Step& step, const Variables& env,
                                                      Variables& outputs) {
  if (frame.depth >= kActionsMax)
    return InvalidArgument(
        fmt::format("more than {} actions call each other: {}", kActionsMax,
                    Join(std::vector<std::string>(action_trail_.begin(), action_trail_.end()), " → ")));
  const fs::path folder = (state_.work / step.uses).lexically_normal();
  std::error_code failed;
  fs::path file = folder / "action.yml";
  if (!fs::exists(file, failed)) file = folder / "action.yaml";
  if (!fs::exists(file, failed))
    return NotFound(
        fmt::format("there is no action.yml in '{}' of the workspace: a checkout has to come before it", step.uses));
  SLIPWAY_ASSIGN_OR_RETURN(const spec::Document document, spec::LoadDocument(file));
  SLIPWAY_ASSIGN_OR_RETURN(const spec::workflow::Action action, spec::workflow::ReadAction(document));
  SLIPWAY_ASSIGN_OR_RETURN(const auto given, EvaluateMap(step.with, ScopeOf(frame, env)));
  Frame inner;
  inner.depth = frame.depth + 1;
  inner.env = frame.env;
  for (const auto& [name, value] : env) inner.env[name] = value;
  inner.action_path = folder.string();
  if (inner.action_path.ends_with('/')) inner.action_path.pop_back();
  wf::Object inputs;
  wf::Scope defaults = ScopeOf(frame, env);
  for (const auto& input : action.inputs) {
    if (!input.default_value) {
      inputs.Set(input.id, "");
      continue;
    }
    SLIPWAY_ASSIGN_OR_RETURN(const wf::Value value, spec::workflow::Evaluate(*input.default_value, defaults));
    inputs.Set(input.id, value.ToText());
  }
  for (const auto& [name, value] : given) {
    if (!inputs.Find(name)) Annotate("warning", fmt::format("'{}' has no input '{}'", step.uses, name), number_, *log_);
    inputs.Set(name, value);
  }
  inner.inputs = wf::Value::Of(std::move(inputs));
  action_trail_.push_back(step.uses);
  WorkflowConclusion conclusion = WorkflowConclusion::kSuccess;
  for (const Step& each : action.steps) {
    const StepEnd end = RunStep(inner, each);
    if (end.conclusion == WorkflowConclusion::kCancelled) conclusion = WorkflowConclusion::kCancelled;
  }
  action_trail_.pop_back();
  if (inner.has_failed && conclusion == WorkflowConclusion::kSuccess) conclusion = WorkflowConclusion::kFailure;
  const wf::Scope after = ScopeOf(inner, {});
  for (const auto& [name, node] : action.outputs) {
    SLIPWAY_ASSIGN_OR_RETURN(const wf::Value value, spec::workflow::Evaluate(node, after));
    outputs[name] = value.ToText();
  }
  return conclusion;
}

ActionCall StepRunner::MakeCall(const Frame& frame, const Step& step, const Variables& env) {
  ActionCall call;
  call.action = ToLower(spec::workflow::ActionOf(step.uses));
  call.work = state_.work;
  call.temp = state_.temp;
  const auto home = state_.base.find("HOME");
  call.home = home == state_.base.end() ? "/" : home->second;
  call.artifacts = state_.description.artifacts_folder;
  call.cache = state_.description.cache_folder;
  call.repository = state_.description.repository;
  if (const wf::Value* name = state_.github.Find("repository")) call.repository_name = name->ToText();
  call.ref = state_.run.ref;
  call.sha = state_.run.sha;
  call.default_branch = state_.run.default_branch;
  call.environment = ProcessEnvironment(frame, step, env);
  call.environment["GIT_TERMINAL_PROMPT"] = "0";
  call.now = state_.clock.Now();
  call.run = [this, environment = call.environment](std::vector<std::string> arguments, const fs::path& folder,
                                                    std::string* captured) {
    process::SpawnOptions options;
    options.arguments = std::move(arguments);
    options.environment = environment;
    options.working_directory = folder;
    options.dies_with_parent = true;
    return state_.processes.Run(
        options,
        [this, captured](int stream, std::string_view bytes) {
          if (captured)
            captured->append(bytes);
          else
            log_->Append(stream, bytes);
        },
        deadline_, goes_on_);
  };
  call.log = [this](std::string_view line) { Say(line); };
  call.warn = [this](std::string_view message) { Annotate("warning", std::string(message), number_, *log_); };
  return call;
}

Result<WorkflowConclusion> StepRunner::RunBuiltIn(Frame& frame, const Step& step, const Variables& env,
                                                  Variables& outputs) {
  ActionCall call = MakeCall(frame, step, env);
  SLIPWAY_ASSIGN_OR_RETURN(const auto with, EvaluateMap(step.with, ScopeOf(frame, env)));
  for (const auto& [name, value] : with) call.inputs[ToLower(name)] = value;
  const Status done = RunBuiltInAction(call);
  outputs = call.outputs;
  for (const auto& [name, value] : call.variables) SetVariable(name, value);
  for (const std::string& path : call.paths) AddPath(path);
  if (!done && state_.processes.is_cancelled()) return WorkflowConclusion::kCancelled;
  SLIPWAY_RETURN_IF_ERROR(done);
  if (call.post) state_.posts.push_back({"Post " + NameOf(frame, step), std::move(call)});
  return WorkflowConclusion::kSuccess;
}

Status StepRunner::RunPost(JobState::Post& post, int number, StepLog& log) {
  log_ = &log;
  number_ = number;
  deadline_.reset();
  goes_on_ = nullptr;
  const Status done = post.call.post(post.call);
  if (!done) Complain(done.error().ToString());
  log_ = nullptr;
  return done;
}

}  // namespace slipway::workflows
