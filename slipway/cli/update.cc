// The dialect's generic update (--set, --add, --remove) on a printed object.
#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/cli/resource.h"

namespace slipway::cli {
namespace {

// One step of a path: a key, then any of "[2]" (index) and "[name=x]" (first element whose key equals).
struct PathStep {
  std::string key;
  std::vector<std::string> brackets;
};

Result<std::vector<PathStep>> ParsePath(std::string_view path) {
  std::vector<PathStep> steps;
  for (std::string_view part : Split(path, '.')) {
    PathStep step;
    size_t bracket = part.find('[');
    step.key = part.substr(0, bracket);
    while (bracket != std::string_view::npos) {
      const size_t end = part.find(']', bracket);
      if (end == std::string_view::npos) return InvalidArgument(fmt::format("'{}' has a '[' without ']'", path));
      step.brackets.emplace_back(part.substr(bracket + 1, end - bracket - 1));
      bracket = part.find('[', end);
    }
    if (step.key.empty()) return InvalidArgument(fmt::format("'{}' is not a dotted path of keys", path));
    steps.push_back(std::move(step));
  }
  return steps;
}

Result<Json*> FindElement(Json& list, const std::string& bracket, std::string_view path) {
  if (!list.is_array()) return InvalidArgument(fmt::format("'{}': '[{}]' needs a list", path, bracket));
  if (auto index = ParseInt(bracket)) {
    const long long at = *index < 0 ? *index + static_cast<long long>(list.size()) : *index;
    if (at < 0 || at >= static_cast<long long>(list.size()))
      return InvalidArgument(fmt::format("'{}': the list has {} elements, none at {}", path, list.size(), bracket));
    return &list[static_cast<size_t>(at)];
  }
  const size_t equals = bracket.find('=');
  if (equals != std::string::npos)
    for (Json& item : list)
      if (item.is_object() && item.value(bracket.substr(0, equals), "") == bracket.substr(equals + 1)) return &item;
  return InvalidArgument(fmt::format("'{}': no element of the list matches '[{}]'", path, bracket));
}

std::string AvailableKeys(const Json& object) {
  std::vector<std::string> keys;
  for (const auto& member : object.items()) keys.push_back(member.key());
  return Join(keys, ", ");
}

// The value at `path`; its last key is made when missing. Keys on the way have to be there.
Result<Json*> Locate(Json& root, std::string_view path, bool make_last) {
  SLIPWAY_ASSIGN_OR_RETURN(auto steps, ParsePath(path));
  Json* at = &root;
  for (size_t i = 0; i < steps.size(); ++i) {
    if (at->is_null()) *at = Json::object();
    if (!at->is_object())
      return InvalidArgument(
          fmt::format("couldn't find '{}' in '{}': the value before it has no keys", steps[i].key, path));
    const bool is_last = i + 1 == steps.size();
    // tags, properties and the like may be set though the object has none yet.
    if (!at->contains(steps[i].key) && !(make_last && (is_last || i + 2 == steps.size())))
      return InvalidArgument(
          fmt::format("couldn't find '{}' in '{}'. Available options: {}", steps[i].key, path, AvailableKeys(*at)));
    at = &(*at)[steps[i].key];
    for (const std::string& bracket : steps[i].brackets) {
      SLIPWAY_ASSIGN_OR_RETURN(at, FindElement(*at, bracket, path));
    }
  }
  return at;
}

Json ValueOf(const std::string& text, bool force_string) {
  if (force_string) return text;
  if (EqualsIgnoreCase(text, "true")) return true;
  if (EqualsIgnoreCase(text, "false")) return false;
  Json parsed = Json::parse(text, nullptr, false);
  return parsed.is_discarded() ? Json(text) : parsed;
}

// The '=' between path and value: those inside brackets belong to the path.
size_t FindEquals(std::string_view item) {
  int depth = 0;
  for (size_t i = 0; i < item.size(); ++i) {
    if (item[i] == '[') ++depth;
    if (item[i] == ']') --depth;
    if (item[i] == '=' && depth == 0) return i;
  }
  return std::string_view::npos;
}

Status Set(Json& printed, const std::vector<std::string>& items, bool force_string) {
  for (const std::string& item : items) {
    const size_t equals = FindEquals(item);
    if (equals == std::string_view::npos || equals == 0)
      return InvalidArgument(fmt::format("argument --set takes KEY=VALUE, not '{}'", item));
    SLIPWAY_ASSIGN_OR_RETURN(Json * at, Locate(printed, item.substr(0, equals), true));
    *at = ValueOf(item.substr(equals + 1), force_string);
  }
  return {};
}

Status Add(Json& printed, const std::vector<std::string>& items, bool force_string) {
  if (items.empty()) return {};
  if (items.size() < 2) return InvalidArgument("--add takes a list's path and what to add");
  SLIPWAY_ASSIGN_OR_RETURN(Json * list, Locate(printed, items[0], true));
  if (list->is_null()) *list = Json::array();
  if (!list->is_array()) return InvalidArgument(fmt::format("'{}' is not a list", items[0]));
  Json object = Json::object();
  for (size_t i = 1; i < items.size(); ++i) {
    const size_t equals = items[i].find('=');
    if (equals != std::string::npos && items[i][0] != '{' && items[i][0] != '[')
      object[items[i].substr(0, equals)] = ValueOf(items[i].substr(equals + 1), force_string);
    else
      list->push_back(ValueOf(items[i], force_string));
  }
  if (!object.empty()) list->push_back(std::move(object));
  return {};
}

Status Remove(Json& printed, const std::vector<std::string>& items) {
  if (items.empty()) return {};
  if (items.size() > 1) {
    SLIPWAY_ASSIGN_OR_RETURN(Json * list, Locate(printed, items[0], false));
    auto index = ParseInt(items[1]);
    if (!list->is_array() || !index || *index < 0 || *index >= static_cast<long long>(list->size()))
      return InvalidArgument(fmt::format("'{}' has no element {}", items[0], items[1]));
    list->erase(static_cast<size_t>(*index));
    return {};
  }
  SLIPWAY_RETURN_IF_ERROR(Locate(printed, items[0], false));
  const size_t dot = items[0].rfind('.');
  Json* parent = &printed;
  if (dot != std::string::npos) {
    SLIPWAY_ASSIGN_OR_RETURN(parent, Locate(printed, items[0].substr(0, dot), false));
  }
  parent->erase(dot == std::string::npos ? items[0] : items[0].substr(dot + 1));
  return {};
}

}  // namespace

Status ApplyUpdate(const Arguments& arguments, Json& printed) {
  const bool force_string = arguments.Has("force-string");
  SLIPWAY_RETURN_IF_ERROR(Set(printed, arguments.All("set"), force_string));
  SLIPWAY_RETURN_IF_ERROR(Add(printed, arguments.All("add"), force_string));
  return Remove(printed, arguments.All("remove"));
}

}  // namespace slipway::cli
