#include "slipway/workflows/plan/triggers.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/spec/workflow/values.h"

namespace slipway::workflows {
namespace {

namespace wf = expressions::workflow;
using spec::workflow::Event;
using spec::workflow::Filter;
using spec::workflow::Input;

// One element of a pattern.
struct Element {
  enum class Kind { kOne, kAnyButSlash, kAny } kind = Kind::kOne;
  std::string set;  // kOne: the characters it may be
  enum class Times { kOnce, kOptional, kMany } times = Times::kOnce;
};

std::string ReadSet(std::string_view pattern, size_t& i) {
  std::string set;
  for (++i; i < pattern.size() && pattern[i] != ']'; ++i) {
    const bool is_range = i + 2 < pattern.size() && pattern[i + 1] == '-' && pattern[i + 2] != ']';
    const char last = is_range ? pattern[i + 2] : pattern[i];
    for (int c = static_cast<unsigned char>(pattern[i]); c <= static_cast<unsigned char>(last); ++c)
      set += static_cast<char>(c);
    if (is_range) i += 2;
  }
  return set;
}

std::vector<Element> ReadPattern(std::string_view pattern) {
  std::vector<Element> elements;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '*') {
      const bool is_double = i + 1 < pattern.size() && pattern[i + 1] == '*';
      if (is_double) ++i;
      elements.push_back({is_double ? Element::Kind::kAny : Element::Kind::kAnyButSlash, "", {}});
      // "**/" matches nothing too.
      if (is_double && i + 1 < pattern.size() && pattern[i + 1] == '/' && (i < 2 || pattern[i - 2] == '/')) {
        ++i;
        elements.back().set = "/";
      }
    } else if ((c == '?' || c == '+') && !elements.empty() && elements.back().kind == Element::Kind::kOne) {
      elements.back().times = c == '?' ? Element::Times::kOptional : Element::Times::kMany;
    } else if (c == '[') {
      elements.push_back({Element::Kind::kOne, ReadSet(pattern, i), {}});
    } else {
      if (c == '\\' && i + 1 < pattern.size()) ++i;
      elements.push_back({Element::Kind::kOne, std::string(1, pattern[i]), {}});
    }
  }
  return elements;
}

// The set of positions in `text` that elements so far can reach: linear in both, whatever the pattern.
using Positions = std::vector<bool>;

Positions Step(const Element& element, const Positions& from, std::string_view text) {
  const size_t size = text.size();
  Positions to(size + 1, false);
  if (element.kind == Element::Kind::kOne) {
    bool is_open = false;  // a run of kMany
    for (size_t i = 0; i <= size; ++i) {
      const bool starts = from[i];
      if (starts && element.times == Element::Times::kOptional) to[i] = true;
      const bool fits = i < size && element.set.find(text[i]) != std::string::npos;
      is_open = fits && (starts || (is_open && element.times == Element::Times::kMany));
      if (is_open) to[i + 1] = true;
    }
    return to;
  }
  const bool is_folder = element.set == "/";  // "**/": nothing, or anything that ends with '/'
  bool is_open = false;
  for (size_t i = 0; i <= size; ++i) {
    if (from[i]) is_open = true;
    if (is_folder) {
      to[i] = from[i] || (is_open && i > 0 && text[i - 1] == '/');
    } else {
      to[i] = is_open;
      if (element.kind == Element::Kind::kAnyButSlash && i < size && text[i] == '/') is_open = false;
    }
  }
  return to;
}

bool Has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool PassesPaths(const Filter& filter, const std::vector<std::string>& files) {
  if (!filter.ignore.empty())
    return std::any_of(files.begin(), files.end(), [&](const auto& file) { return !MatchesAny(filter.ignore, file); });
  return std::any_of(files.begin(), files.end(), [&](const auto& file) { return MatchesAny(filter.only, file); });
}

bool PushStarts(const Event& event, const EventFacts& facts) {
  constexpr std::string_view kTags = "refs/tags/", kHeads = "refs/heads/";
  const bool is_tag = facts.ref.starts_with(kTags);
  const std::string name = facts.ref.substr(std::min(facts.ref.size(), is_tag ? kTags.size() : kHeads.size()));
  if (is_tag) return event.tags.is_given() ? Passes(event.tags, name) : !event.branches.is_given();
  if (event.branches.is_given() ? !Passes(event.branches, name) : event.tags.is_given()) return false;
  if (!event.paths.is_given() || !facts.changed_files) return true;
  return PassesPaths(event.paths, *facts.changed_files);
}

bool EventStarts(const Event& event, const EventFacts& facts) {
  if (event.name != facts.name) return false;
  if (event.name == "push") return PushStarts(event, facts);
  if (event.name == "workflow_run") {
    const std::vector<std::string> types =
        event.types.empty() ? std::vector<std::string>{"completed", "requested"} : event.types;
    return Has(event.workflows, facts.subject) && Has(types, facts.action) && Passes(event.branches, facts.head_branch);
  }
  if (event.name == "repository_dispatch") return event.types.empty() || Has(event.types, facts.action);
  if (event.name == "alert")
    return (event.names.empty() || Has(event.names, facts.subject)) &&
           (event.types.empty() ? facts.action == "fired" : Has(event.types, facts.action));
  if (event.name == "model_registered") return event.names.empty() || MatchesAny(event.names, facts.subject);
  return event.name == "workflow_dispatch";
}

wf::Value MissingValue(const std::string& type, bool is_call) {
  if (type == "boolean") return false;
  if (type == "number" && is_call) return 0;
  return "";
}

Result<wf::Value> Typed(const Input& input, const wf::Value& value, bool is_call) {
  const std::string text = value.ToText();
  if (input.type == "boolean") {
    if (value.boolean()) return value;
    if (!is_call && (text == "true" || text == "false")) return wf::Value(text == "true");
    return InvalidArgument(fmt::format("the input '{}' is true or false, not '{}'", input.id, text));
  }
  if (input.type == "number") {
    const double number = value.ToNumber();
    if (value.is_primitive() && !std::isnan(number) && (value.number() || (!is_call && !text.empty())))
      return wf::Value(number);
    return InvalidArgument(fmt::format("the input '{}' is a number, not '{}'", input.id, text));
  }
  if (!value.is_primitive()) return InvalidArgument(fmt::format("the input '{}' is a text", input.id));
  if (input.type == "choice" && !Has(input.options, text))
    return InvalidArgument(fmt::format("the input '{}' is one of {}, not '{}'{}", input.id, Join(input.options, ", "),
                                       text, DidYouMean(text, input.options)));
  return wf::Value(text);
}

}  // namespace

bool MatchesPattern(std::string_view pattern, std::string_view text) {
  Positions at(text.size() + 1, false);
  at[0] = true;
  for (const Element& element : ReadPattern(pattern)) at = Step(element, at, text);
  return at[text.size()];
}

bool MatchesAny(const std::vector<std::string>& patterns, std::string_view text) {
  bool is_in = false;
  for (const std::string_view pattern : patterns) {
    const bool is_negative = pattern.starts_with('!');
    if (MatchesPattern(is_negative ? pattern.substr(1) : pattern, text)) is_in = !is_negative;
  }
  return is_in;
}

bool Passes(const Filter& filter, std::string_view text) {
  if (!filter.only.empty()) return MatchesAny(filter.only, text);
  return filter.ignore.empty() || !MatchesAny(filter.ignore, text);
}

bool Starts(const spec::workflow::Workflow& workflow, const EventFacts& facts) {
  return std::any_of(workflow.events.begin(), workflow.events.end(),
                     [&](const Event& event) { return EventStarts(event, facts); });
}

Result<wf::Object> FillInputs(const std::vector<Input>& declared, const wf::Object& given, const wf::Scope& scope,
                              bool is_call) {
  std::vector<std::string> names;
  for (const Input& input : declared) names.push_back(input.id);
  for (const auto& [name, value] : given.members) {
    const auto is_name = [&, key = name](const std::string& each) { return EqualsIgnoreCase(each, key); };
    if (std::none_of(names.begin(), names.end(), is_name))
      return InvalidArgument(fmt::format("the workflow has no input '{}'{}", name, DidYouMean(name, names)));
  }
  wf::Object filled;
  for (const Input& input : declared) {
    wf::Value value;
    const wf::Value* found = given.Find(input.id);
    if (found) {
      value = *found;
    } else if (input.default_value) {
      SLIPWAY_ASSIGN_OR_RETURN(value, spec::workflow::Evaluate(*input.default_value, scope));
    } else if (input.is_required) {
      return InvalidArgument(fmt::format("the input '{}' is required{}", input.id,
                                         input.description.empty() ? "" : ": " + input.description));
    } else {
      filled.Set(input.id, MissingValue(input.type, is_call));
      continue;
    }
    SLIPWAY_ASSIGN_OR_RETURN(wf::Value typed, Typed(input, value, is_call));
    filled.Set(input.id, std::move(typed));
  }
  return filled;
}

}  // namespace slipway::workflows
