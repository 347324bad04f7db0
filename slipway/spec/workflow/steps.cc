#include "slipway/spec/workflow/steps.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/expressions/workflow/template.h"
#include "slipway/spec/workflow/triggers.h"

namespace slipway::spec::workflow {
namespace {

constexpr size_t kRunMax = 21'000;

struct BuiltIn {
  std::string_view action;
  std::vector<std::string_view> inputs;  // that are known
  bool has_no_effect = false;
};

const std::vector<BuiltIn>& Table() {
  static const std::vector<BuiltIn> kTable = {
      {"actions/checkout",
       {"repository",
        "ref",
        "path",
        "fetch-depth",
        "clean",
        "submodules",
        "lfs",
        "token",
        "persist-credentials",
        "sparse-checkout",
        "sparse-checkout-cone-mode",
        "ssh-key",
        "ssh-known-hosts",
        "ssh-strict",
        "ssh-user",
        "fetch-tags",
        "show-progress",
        "filter",
        "set-safe-directory",
        "github-server-url"}},
      {"actions/upload-artifact",
       {"name", "path", "if-no-files-found", "retention-days", "overwrite", "include-hidden-files", "compression-level",
        "archive"}},
      {"actions/download-artifact",
       {"name", "path", "pattern", "merge-multiple", "artifact-ids", "run-id", "github-token", "repository",
        "skip-decompress", "digest-mismatch"}},
      {"actions/cache",
       {"path", "key", "restore-keys", "fail-on-cache-miss", "lookup-only", "enableCrossOsArchive", "upload-chunk-size",
        "save-always"}},
      {"actions/cache/restore",
       {"path", "key", "restore-keys", "fail-on-cache-miss", "lookup-only", "enableCrossOsArchive"}},
      {"actions/cache/save", {"path", "key", "upload-chunk-size", "enableCrossOsArchive"}},
      {"actions/setup-python",
       {"python-version", "python-version-file", "cache", "cache-dependency-path", "architecture", "check-latest",
        "token", "update-environment", "allow-prereleases", "freethreaded", "pip-version", "pip-install"}},
      {"actions/setup-node",
       {"node-version", "node-version-file", "cache", "cache-dependency-path", "architecture", "check-latest",
        "registry-url", "scope", "token", "always-auth", "mirror", "mirror-token", "package-manager-cache"}},
      {"actions/setup-java",
       {"java-version", "java-version-file", "distribution", "java-package", "architecture", "jdkFile", "check-latest",
        "cache", "cache-dependency-path", "token", "overwrite-settings", "server-id", "server-username",
        "server-password", "settings-path"}},
      {"actions/setup-go",
       {"go-version", "go-version-file", "check-latest", "token", "cache", "cache-dependency-path", "architecture"}},
      {"actions/setup-dotnet", {"dotnet-version", "global-json-file", "dotnet-quality", "cache"}},
      {"azure/login",
       {"creds", "client-id", "tenant-id", "subscription-id", "enable-AzPSSession", "environment",
        "allow-no-subscriptions", "audience", "auth-type"},
       true},
      {"azure/setup-az", {"version"}, true},
      {"github/codeql-action/init", {}, true},
      {"github/codeql-action/autobuild", {}, true},
      {"github/codeql-action/analyze", {}, true},
      {"github/codeql-action/upload-sarif", {}, true},
  };
  return kTable;
}

const BuiltIn* FindBuiltIn(std::string_view action) {
  for (const BuiltIn& each : Table())
    if (EqualsIgnoreCase(each.action, action)) return &each;
  return nullptr;
}

void CheckAction(const Value& value, const Step& step, Checker& checker) {
  const std::string& uses = step.uses;
  if (expressions::workflow::HasExpression(uses)) return value.Complain("'uses' takes no expressions");
  if (uses.starts_with("docker://"))
    return value.Complain(fmt::format("'{}': containers are not supported; install the program and call it in a "
                                      "'run' step",
                                      uses),
                          Code::kUnimplemented);
  if (uses.starts_with("$/"))
    return value.Complain("'$/…' is not supported: write './…' after a checkout", Code::kUnimplemented);
  if (uses.starts_with("./")) return;
  const std::string_view action = ActionOf(uses);
  if (action.size() == uses.size())
    return value.Complain(fmt::format("'{}' is neither './path' nor 'owner/repository@ref'", uses));
  const BuiltIn* known = FindBuiltIn(action);
  if (!known) {
    const auto names = BuiltInActions();
    return value.Complain(
        fmt::format("the action '{}' is not supported{}; copy it to './…' as a composite action, or use 'run'. Built "
                    "in: {}",
                    action, DidYouMean(action, names), Join(names, ", ")),
        Code::kUnimplemented);
  }
  if (known->has_no_effect)
    return checker.Warn(step.mark, value.path(), fmt::format("'{}' has no effect here", action));
  for (const auto& [key, node] : step.with.members) {
    const auto is_key = [&, name = std::string_view(key.text)](std::string_view each) {
      return EqualsIgnoreCase(each, name);
    };
    if (std::none_of(known->inputs.begin(), known->inputs.end(), is_key)) {
      const std::vector<std::string> names(known->inputs.begin(), known->inputs.end());
      checker.Warn(key.mark, value.path(),
                   fmt::format("'{}' has no input '{}'{}", action, key.text, DidYouMean(key.text, names)));
    }
  }
}

void CheckShell(const Value& value, const Step& step) {
  if (!step.shell || expressions::workflow::HasExpression(step.shell->text)) return;
  constexpr std::array<std::string_view, 4> kKnown = {"bash", "sh", "python", "pwsh"};
  const std::string& shell = step.shell->text;
  if (std::find(kKnown.begin(), kKnown.end(), shell) != kKnown.end() || shell.find("{0}") != std::string::npos) return;
  if (shell == "cmd" || shell == "powershell")
    return value.Complain(fmt::format("the shell '{}' is Windows' alone", shell), Code::kUnimplemented);
  value.Complain(
      fmt::format("the shell '{}' is not known: bash, sh, python, pwsh, or a command with '{{0}}' for the "
                  "script's path",
                  shell));
}

class StepReader {
 public:
  StepReader(StepsOf owner, Checker& checker)
      : is_action_(owner == StepsOf::kAction),
        place_(is_action_ ? Place::kActionStep : Place::kStep),
        checker_(checker) {}

  Step Read(const Value& value, const std::set<std::string>& ids) {
    Step step;
    step.mark = value.node().mark;
    ObjectReader reader(value, is_action_ ? "a step of an action" : "a step");
    if (!reader.is_object()) {
      value.Complain(fmt::format("a step is an object with 'run' or 'uses', not {}", value.node().Describe()));
      return step;
    }
    ReadId(reader, ids, step);
    if (const auto condition = reader.Find("if")) {
      checker_.Condition(*condition, is_action_ ? Place::kActionStepIf : Place::kStepIf);
      step.condition = condition->node().text;
    }
    Keep(reader, "name", step.name);
    ReadWhat(reader, step);
    if (const auto env = reader.Find("env")) step.env = ReadEnv(*env, place_, checker_);
    Keep(reader, "continue-on-error", step.continue_on_error);
    if (is_action_ && reader.Has("timeout-minutes")) {
      value.Complain("a step of an action has no 'timeout-minutes'");
      reader.Ignore({"timeout-minutes"});
    } else {
      Keep(reader, "timeout-minutes", step.timeout_minutes);
    }
    reader.Refuse({"background", "wait", "wait-all", "cancel", "parallel"});
    reader.Finish();
    return step;
  }

 private:
  void ReadId(ObjectReader& reader, const std::set<std::string>& ids, Step& step) {
    const auto id = reader.Find("id");
    if (!id) return;
    step.id = id->Text().value_or("");
    if (!CheckId(*id, step.id, "a step")) return;
    if (ids.count(ToLower(step.id))) id->Complain(fmt::format("two steps have the id '{}'", step.id));
  }

  void Keep(ObjectReader& reader, std::string_view key, std::optional<Node>& into) {
    const auto value = reader.Find(key);
    if (!value) return;
    checker_.Scalar(*value, place_);
    into = value->node();
  }

  void ReadWhat(ObjectReader& reader, Step& step) {
    const auto run = reader.Find("run"), uses = reader.Find("uses");
    if (!run == !uses) reader.value().Complain("a step has either 'run' or 'uses'");
    if (run) {
      checker_.Scalar(*run, place_);
      step.run = run->node();
      if (run->node().text.size() > kRunMax) run->Complain(fmt::format("more than {} characters", kRunMax));
    }
    if (const auto shell = reader.Find("shell")) {
      checker_.Scalar(*shell, is_action_ ? place_ : Place::kNowhere);
      step.shell = shell->node();
      CheckShell(*shell, step);
    } else if (run && is_action_) {
      reader.value().Complain("a 'run' step of an action needs a 'shell'");
    }
    Keep(reader, "working-directory", step.working_directory);
    if (const auto with = reader.Find("with")) {
      checker_.Expressions(*with, place_);
      step.with = with->node();
      if (!with->node().IsMap()) with->Complain(fmt::format("an object is needed, not {}", with->node().Describe()));
      if (run && !uses) with->Complain("'with' goes with 'uses'");
    }
    if (!uses) return;
    step.uses = uses->Text().value_or("");
    for (const char* key : {"shell", "working-directory"})
      if (reader.Has(key)) reader.value().Complain(fmt::format("'{}' goes with 'run'", key));
    CheckAction(*uses, step, checker_);
  }

  const bool is_action_;
  const Place place_;
  Checker& checker_;
};

}  // namespace

std::string_view ActionOf(std::string_view uses) {
  return uses.substr(0, uses.find('@'));
}

bool IsBuiltInAction(std::string_view action) {
  return FindBuiltIn(action) != nullptr;
}

std::vector<std::string> BuiltInActions() {
  std::vector<std::string> names;
  for (const BuiltIn& each : Table()) names.emplace_back(each.action);
  return names;
}

Node ReadEnv(const Value& env, Place place, Checker& checker) {
  const Node& node = env.node();
  checker.Expressions(env, place);
  const bool is_expression = node.IsScalar() && expressions::workflow::HasExpression(node.text);
  if (!node.IsMap() && !node.IsNull() && !is_expression)
    env.Complain(fmt::format("names and values are needed, not {}", node.Describe()));
  for (const auto& [key, member] : node.members) {
    if (!member.IsScalar() && !member.IsNull())
      env.Member(key.text, member).Complain(fmt::format("text is needed, not {}", member.Describe()));
    if (StartsWithIgnoreCase(key.text, "GITHUB_"))
      checker.Warn(key.mark, env.path(), fmt::format("'{}' is set by the runner and cannot be changed", key.text));
  }
  return node;
}

std::vector<Step> ReadSteps(const Value& steps, StepsOf owner, Checker& checker) {
  std::vector<Step> read;
  if (!steps.node().IsSequence() || steps.node().items.empty()) {
    steps.Complain("a list of steps is needed");
    return read;
  }
  std::set<std::string> ids;
  StepReader reader(owner, checker);
  checker.steps = &ids;
  for (size_t i = 0; i < steps.node().items.size(); ++i) {
    const Value value(steps.node().items[i], fmt::format("{}[{}]", steps.path(), i), steps.complaints());
    read.push_back(reader.Read(value, ids));
    if (!read.back().id.empty()) ids.insert(ToLower(read.back().id));
  }
  checker.steps = nullptr;
  return read;
}

}  // namespace slipway::spec::workflow
