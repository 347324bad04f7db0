#include "slipway/cli/workflow/tools.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/cli/context.h"
#include "slipway/cli/workflow/workflow_server.h"
#include "slipway/expressions/workflow/template.h"
#include "slipway/spec/document.h"
#include "slipway/spec/workflow/workflow.h"

namespace slipway::cli {
namespace {

namespace fs = std::filesystem;
namespace wf = expressions::workflow;

struct Findings {
  std::vector<Error> errors, warnings;
};

void AddErrors(const Error& error, std::vector<Error>& into) {
  into.push_back(error);
  for (const Error& more : error.more()) into.push_back(more);
}

// One complaint a line, without those that travel with it.
std::string Line(const Error& error) {
  std::string text = error.ToString();
  if (!error.more().empty()) {
    Error alone(error.code(), error.message());
    if (error.position()) alone = std::move(alone).At(*error.position());
    text = alone.ToString();
  }
  return text;
}

// The repository's root as the file's place tells it: two folders above .github/workflows.
fs::path RootOf(const fs::path& file) {
  std::error_code failed;
  fs::path folder = fs::absolute(file, failed).parent_path();
  for (fs::path at = folder; at.has_relative_path(); at = at.parent_path())
    if (fs::exists(at / ".git", failed) || fs::is_directory(at / ".github", failed)) return at;
  return folder;
}

void CheckSteps(const std::vector<spec::workflow::Step>& steps, const fs::path& root, Findings& findings) {
  std::error_code failed;
  for (const auto& step : steps) {
    if (!step.uses.starts_with("./")) continue;
    const fs::path folder = root / step.uses;
    if (!fs::exists(folder / "action.yml", failed) && !fs::exists(folder / "action.yaml", failed))
      findings.warnings.push_back(NotFound(fmt::format("there is no action.yml in '{}' of the repository", step.uses))
                                      .At(step.mark.Position()));
  }
}

void CheckWorkflow(const spec::Document& document, const fs::path& file, Findings& findings) {
  const auto workflow = spec::workflow::ReadWorkflow(document, file.string());
  if (!workflow) return AddErrors(workflow.error(), findings.errors);
  findings.warnings.insert(findings.warnings.end(), workflow->warnings.begin(), workflow->warnings.end());
  const fs::path root = RootOf(file);
  std::error_code failed;
  for (const auto& job : workflow->jobs) {
    CheckSteps(job.steps, root, findings);
    if (job.is_call() && !fs::exists(root / job.uses, failed))
      findings.errors.push_back(
          NotFound(fmt::format("there is no workflow '{}' in the repository", job.uses)).At(job.mark.Position()));
  }
}

void CheckAction(const spec::Document& document, const fs::path& file, Findings& findings) {
  const auto action = spec::workflow::ReadAction(document);
  if (!action) return AddErrors(action.error(), findings.errors);
  findings.warnings.insert(findings.warnings.end(), action->warnings.begin(), action->warnings.end());
  CheckSteps(action->steps, RootOf(file), findings);
}

// GitHub knows no merge keys; they are read here.
void WarnOfMergeKeys(const fs::path& file, Findings& findings) {
  const auto text = ReadFile(file);
  if (!text) return;
  int number = 0;
  for (const std::string_view line : Split(*text, '\n')) {
    ++number;
    if (Trim(line).starts_with("<<:"))
      findings.warnings.push_back(
          InvalidArgument("merge keys work here, but not on GitHub").At({file.string(), number, 1}));
  }
}

void CheckFile(const fs::path& file, Findings& findings) {
  const auto document = spec::LoadDocument(file);
  if (!document) return AddErrors(document.error(), findings.errors);
  WarnOfMergeKeys(file, findings);
  const bool is_action = document->root.Find("runs") && !document->root.Find("jobs");
  is_action ? CheckAction(*document, file, findings) : CheckWorkflow(*document, file, findings);
}

std::vector<std::string> FilesHere() {
  std::vector<std::string> files;
  std::error_code failed;
  for (const char* folder : {".github/workflows", "workflows"})
    for (const auto& entry : fs::directory_iterator(folder, failed))
      if (entry.path().extension() == ".yml" || entry.path().extension() == ".yaml")
        files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  return files;
}

Json FindingJson(const std::string& level, const Error& error) {
  const auto& position = error.position();
  return {{"level", level},
          {"file", position ? Json(position->file) : Json(nullptr)},
          {"line", position ? position->line : 0},
          {"column", position ? position->column : 0},
          {"message", error.message()}};
}

Result<Output> Validate(Context& context, const Arguments& arguments) {
  std::vector<std::string> files = arguments.All("file");
  if (files.empty()) files = FilesHere();
  if (files.empty()) return NotFound("there are no workflow files in .github/workflows or workflows; name some");
  Findings findings;
  for (const std::string& file : files) CheckFile(file, findings);
  Output output;
  if (context.options().output == "table") {
    for (const Error& error : findings.errors) output.text += fmt::format("{}\n", Line(error));
    for (const Error& warning : findings.warnings) output.text += fmt::format("warning: {}\n", Line(warning));
    output.text += fmt::format("{} files, {} errors, {} warnings\n", files.size(), findings.errors.size(),
                               findings.warnings.size());
  } else {
    Json list = Json::array();
    for (const Error& error : findings.errors) list.push_back(FindingJson("error", error));
    for (const Error& warning : findings.warnings) list.push_back(FindingJson("warning", warning));
    output.value = {{"files", files}, {"valid", findings.errors.empty()}, {"findings", std::move(list)}};
  }
  output.exit_code = findings.errors.empty() ? 0 : 1;
  return output;
}

Result<wf::Scope> ScopeFrom(const std::string& file) {
  wf::Scope scope;
  if (file.empty()) return scope;
  SLIPWAY_ASSIGN_OR_RETURN(const std::string text, ReadFileOrInput(file));
  SLIPWAY_ASSIGN_OR_RETURN(const wf::Value value, With(wf::ParseJson(text), file));
  if (!value.object()) return InvalidArgument(fmt::format("'{}' is no JSON object of contexts", file));
  for (const auto& [name, context] : value.object()->members) scope.contexts[ToLower(name)] = context;
  if (const auto env = scope.contexts.find("env"); env != scope.contexts.end() && env->second.object()) {
    wf::Object sensitive = *env->second.object();
    sensitive.is_case_sensitive = true;
    env->second = wf::Value::Of(std::move(sensitive));
  }
  const auto job = scope.contexts.find("job");
  const wf::Value* status =
      job != scope.contexts.end() && job->second.object() ? job->second.object()->Find("status") : nullptr;
  if (!status) return scope;
  scope.is_failure = status->ToText() == "failure";
  scope.is_cancelled = status->ToText() == "cancelled";
  scope.is_success = !scope.is_failure && !scope.is_cancelled;
  return scope;
}

Result<Output> Eval(Context&, const Arguments& arguments) {
  const std::string text = arguments.GetOr("expression", "");
  SLIPWAY_ASSIGN_OR_RETURN(const wf::Scope scope, ScopeFrom(arguments.GetOr("context", "")));
  wf::Value value;
  if (wf::HasExpression(text)) {
    SLIPWAY_ASSIGN_OR_RETURN(const wf::Template parsed, wf::Template::Parse(text, wf::AllowEverything()));
    SLIPWAY_ASSIGN_OR_RETURN(value, parsed.Evaluate(scope));
  } else {
    SLIPWAY_ASSIGN_OR_RETURN(const wf::Expression parsed, wf::Expression::Parse(text, wf::AllowEverything()));
    SLIPWAY_ASSIGN_OR_RETURN(value, parsed.Evaluate(scope));
  }
  Output output = Output::Of(wf::ToJson(value));
  output.keeps_order = true;
  if (value.is_null()) output.text = "null\n";
  return output;
}

}  // namespace

Command WorkflowValidateCommand() {
  Command command;
  command.path = "workflow validate";
  command.summary = "Check workflow files and actions: what is wrong, not supported, or without effect.";
  command.positionals = {{"file", "Files (default: all of .github/workflows and workflows).", false, true}};
  command.needs_workspace = false;
  command.run = Validate;
  command.examples = {"slipway workflow validate -o table"};
  return command;
}

Command WorkflowEvalCommand() {
  Command command;
  command.path = "workflow eval";
  command.summary = "Evaluate an expression of workflow files, as JSON.";
  command.positionals = {{"expression", "The expression, with or without ${{ }}."}};
  command.flags = {{"context", 'c', "A JSON file with the contexts ({\"github\": {…}}); - is standard input."}};
  command.needs_workspace = false;
  command.run = Eval;
  command.examples = {"slipway workflow eval \"contains(github.ref, 'main')\" --context contexts.json"};
  return command;
}

}  // namespace slipway::cli
