#include "slipway/spec/workflow/triggers.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::spec::workflow {
namespace {

const std::vector<std::string> kFiring = {"push",         "schedule",        "workflow_dispatch",
                                          "workflow_run", "workflow_call",   "repository_dispatch",
                                          "alert",        "model_registered"};
// Known to GitHub: a file may name them, nothing here fires them.
const std::vector<std::string> kSilent = {"branch_protection_rule",
                                          "check_run",
                                          "check_suite",
                                          "create",
                                          "delete",
                                          "deployment",
                                          "deployment_status",
                                          "discussion",
                                          "discussion_comment",
                                          "fork",
                                          "gollum",
                                          "image_version",
                                          "issue_comment",
                                          "issues",
                                          "label",
                                          "merge_group",
                                          "milestone",
                                          "page_build",
                                          "public",
                                          "pull_request",
                                          "pull_request_review",
                                          "pull_request_review_comment",
                                          "pull_request_target",
                                          "registry_package",
                                          "release",
                                          "status",
                                          "watch"};

bool IsIn(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void ReadFilter(ObjectReader& reader, const std::string& kind, Filter& filter) {
  const auto only = reader.Find(kind), ignore = reader.Find(kind + "-ignore");
  if (only) filter.only = only->TextList();
  if (ignore) filter.ignore = ignore->TextList();
  if (only && ignore)
    ignore->Complain(fmt::format("'{0}' and '{0}-ignore' cannot stand together: use '!pattern' in '{0}'", kind));
  for (const auto* list : {&filter.only, &filter.ignore})
    if (std::any_of(list->begin(), list->end(), [](const std::string& pattern) { return pattern.empty(); }))
      (only ? *only : *ignore).Complain("a pattern must not be empty");
  const bool only_negative = !filter.only.empty() && std::all_of(filter.only.begin(), filter.only.end(),
                                                                 [](const auto& each) { return each[0] == '!'; });
  if (only_negative) only->Complain(fmt::format("only negative patterns include nothing: use '{}-ignore'", kind));
}

void CheckTypes(const ObjectReader& reader, const Event& event, const std::vector<std::string>& known) {
  for (const std::string& type : event.types)
    if (!IsIn(known, type))
      reader.value().Complain(fmt::format("'{}' has no type '{}'{}; there is: {}", event.name, type,
                                          DidYouMean(type, known), Join(known, ", ")));
}

void ReadSchedule(const Value& value, Event& event) {
  if (!value.node().IsSequence()) return value.Complain("a list is needed: `- cron: '30 5 * * 1'`");
  value.ForEachItem([&](const Value& item) {
    ObjectReader reader(item, "a schedule");
    Cron cron;
    reader.RequireText("cron", cron.expression);
    reader.Text("timezone", cron.time_zone);
    reader.Finish();
    const auto fields = Split(Trim(cron.expression), ' ');
    const auto count = std::count_if(fields.begin(), fields.end(), [](auto field) { return !field.empty(); });
    if (!cron.expression.empty() && count != 5)
      item.Complain(fmt::format("'{}' has {} fields, not the five of cron: minute hour day month weekday",
                                cron.expression, count));
    event.crons.push_back(std::move(cron));
  });
}

void ReadSecrets(const Value& value, Event& event) {
  value.ForEachMember([&](const std::string& name, const Value& secret) {
    bool is_required = false;
    if (!secret.node().IsNull()) {
      ObjectReader reader(secret, "a secret");
      reader.Boolean("required", is_required);
      reader.Ignore({"description"});
      reader.Finish();
    }
    event.secrets.emplace_back(name, is_required);
  });
}

void ReadCallOutputs(const Value& value, Event& event, Checker& checker) {
  value.ForEachMember([&](const std::string& name, const Value& output) {
    ObjectReader reader(output, "an output");
    reader.Ignore({"description"});
    if (const auto expression = reader.Require("value")) {
      checker.Scalar(*expression, Place::kCallOutput);
      event.outputs.emplace_back(name, expression->node());
    }
    reader.Finish();
  });
}

Event ReadEvent(const std::string& name, const Value& options, Checker& checker) {
  Event event;
  event.name = name;
  if (name == "schedule") {
    ReadSchedule(options, event);
    return event;
  }
  if (IsIn(kSilent, name)) {
    checker.Warn(options.node().mark, options.path(), fmt::format("'{}' never happens here", name));
    return event;
  }
  if (options.node().IsNull()) {
    if (name == "workflow_run") options.Complain("'workflow_run' needs 'workflows', the names of the workflows");
    return event;
  }
  ObjectReader reader(options, fmt::format("the event '{}'", name));
  if (name == "push") {
    ReadFilter(reader, "branches", event.branches);
    ReadFilter(reader, "tags", event.tags);
    ReadFilter(reader, "paths", event.paths);
  } else if (name == "workflow_dispatch") {
    if (const auto inputs = reader.Find("inputs"))
      event.inputs =
          ReadInputs(*inputs, {"string", "boolean", "number", "choice", "environment"}, Place::kNowhere, checker);
  } else if (name == "workflow_call") {
    if (const auto inputs = reader.Find("inputs"))
      event.inputs = ReadInputs(*inputs, {"string", "boolean", "number"}, Place::kCallDefault, checker);
    if (const auto secrets = reader.Find("secrets")) ReadSecrets(*secrets, event);
    if (const auto outputs = reader.Find("outputs")) ReadCallOutputs(*outputs, event, checker);
  } else if (name == "workflow_run") {
    if (const auto names = reader.Require("workflows")) event.workflows = names->TextList();
    if (const auto types = reader.Find("types")) event.types = types->TextList();
    CheckTypes(reader, event, {"completed", "requested", "in_progress"});
    ReadFilter(reader, "branches", event.branches);
  } else if (name == "repository_dispatch") {
    if (const auto types = reader.Find("types")) event.types = types->TextList();
  } else if (name == "alert") {
    if (const auto names = reader.Find("rules")) event.names = names->TextList();
    if (const auto types = reader.Find("types")) event.types = types->TextList();
    CheckTypes(reader, event, {"fired", "resolved"});
  } else if (name == "model_registered") {
    if (const auto names = reader.Find("models")) event.names = names->TextList();
  }
  reader.Finish();
  return event;
}

}  // namespace

bool CheckId(const Value& value, std::string_view id, std::string_view what) {
  const auto is_start = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_'; };
  const auto is_part = [&](char c) { return is_start(c) || std::isdigit(static_cast<unsigned char>(c)) || c == '-'; };
  const bool is_id = !id.empty() && id.size() < 100 && is_start(id[0]) && std::all_of(id.begin(), id.end(), is_part) &&
                     !id.starts_with("__");
  if (is_id) return true;
  value.Complain(
      fmt::format("'{}' is no id of {}: a letter or '_' first, then letters, digits, '-' and '_', fewer than "
                  "100, not beginning with '__'",
                  id, what));
  return false;
}

std::vector<Input> ReadInputs(const Value& inputs, const std::vector<std::string>& types, Place default_place,
                              Checker& checker) {
  std::vector<Input> read;
  inputs.ForEachMember([&](const std::string& id, const Value& value) {
    Input input;
    input.id = id;
    const bool is_action = types.empty();
    CheckId(value, id, "an input");
    if (!value.node().IsNull()) {
      ObjectReader reader(value, fmt::format("the input '{}'", id));
      reader.Text("description", input.description);
      reader.Boolean("required", input.is_required);
      reader.Ignore({"deprecationMessage"});
      if (const auto fallback = reader.Find("default")) {
        checker.Scalar(*fallback, default_place);
        input.default_value = fallback->node();
      }
      if (is_action) {
        reader.Ignore({"type", "options"});
      } else {
        reader.Choice("type", types, input.type);
        if (default_place == Place::kCallDefault && !reader.Has("type"))
          value.Complain(fmt::format("an input of workflow_call needs a 'type': {}", Join(types, ", ")));
        if (const auto options = reader.Find("options")) input.options = options->TextList();
        if (input.type == "choice" && input.options.empty())
          value.Complain("an input of type 'choice' needs 'options'");
      }
      reader.Finish();
    } else if (default_place == Place::kCallDefault) {
      value.Complain(fmt::format("an input of workflow_call needs a 'type': {}", Join(types, ", ")));
    }
    read.push_back(std::move(input));
  });
  return read;
}

std::vector<Event> ReadEvents(const Value& on, Checker& checker) {
  std::vector<Event> events;
  static const Node kNothing{};
  const auto add = [&](const std::string& name, const Value& options) {
    if (IsIn(kFiring, name) || IsIn(kSilent, name)) return events.push_back(ReadEvent(name, options, checker));
    options.Complain(fmt::format("there is no event '{}'{}", name, DidYouMean(name, kFiring)));
  };
  const Node& node = on.node();
  if (node.IsMap()) {
    on.ForEachMember([&](const std::string& name, const Value& options) { add(name, options); });
  } else {
    for (const std::string& name : on.TextList()) {
      Node options = kNothing;
      options.mark = node.mark;
      add(name, Value(options, "on." + name, on.complaints()));
    }
  }
  if (events.empty() && on.complaints().empty()) on.Complain("no event: the workflow could never run");
  return events;
}

}  // namespace slipway::spec::workflow
