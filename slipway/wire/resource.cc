#include "slipway/wire/resource.h"

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::wire {

using nlohmann::json;

json SystemDataToArm(const domain::CreationContext& context) {
  json data = {{"createdBy", context.created_by},
               {"createdByType", "User"},
               {"lastModifiedBy", context.last_modified_by},
               {"lastModifiedByType", "User"}};
  if (context.created_at == Timestamp{}) return data;  // what comes with Slipway has no time
  data["createdAt"] = FormatTimestamp(context.created_at);
  data["lastModifiedAt"] = FormatTimestamp(context.last_modified_at);
  return data;
}

domain::CreationContext ReadSystemData(const JsonView& resource) {
  domain::CreationContext context;
  const auto data = resource.Find("systemData");
  if (!data) return context;
  context.created_at = ReadTime(*data, "createdAt").value_or(Timestamp{});
  context.created_by = data->Text("createdBy", "local");
  context.last_modified_at = ReadTime(*data, "lastModifiedAt").value_or(context.created_at);
  context.last_modified_by = data->Text("lastModifiedBy", "local");
  return context;
}

std::string SegmentOfId(const JsonView& resource, std::string_view collection) {
  const std::string id = resource.Text("id");
  const auto segments = Split(id, '/');
  // Ids are pairs of collection and name, so a name that looks like a collection ("…/resourceGroups/data/…") is none.
  const bool has_root = segments.front().empty() || segments.front().ends_with(':');  // "/…", "azureml:/…"
  for (size_t i = has_root ? 1 : 0; i + 1 < segments.size(); i += 2)
    if (EqualsIgnoreCase(segments[i], collection)) return std::string(segments[i + 1]);
  return {};
}

void PutTime(json& into, std::string_view key, const std::optional<Timestamp>& time) {
  if (time) into[std::string(key)] = FormatTimestamp(*time);
}

std::optional<Timestamp> ReadTime(const JsonView& view, std::string_view key) {
  const std::string text = view.Text(key);
  if (text.empty()) return std::nullopt;
  const auto time = ParseTimestamp(text);
  if (time) return *time;
  view.Complain(fmt::format("'{}': {}", key, time.error().message()));
  return std::nullopt;
}

std::string MillisecondsToArm(int64_t milliseconds) {
  return FormatIsoDuration(std::chrono::milliseconds(milliseconds));
}

int64_t ReadMilliseconds(const JsonView& view, std::string_view key, int64_t otherwise) {
  const std::string text = view.Text(key);
  if (text.empty()) return otherwise;
  const auto duration = ParseIsoDuration(text);
  if (duration) return std::chrono::duration_cast<std::chrono::milliseconds>(*duration).count();
  view.Complain(fmt::format("'{}': '{}' is not an ISO 8601 duration such as PT5S", key, text));
  return otherwise;
}

void PutMap(json& into, std::string_view key, const std::map<std::string, std::string>& map) {
  json& object = into[std::string(key)];
  object = json::object();
  for (const auto& [name, value] : map) object[name] = value;
}

}  // namespace slipway::wire
