#include "slipway/api/logs/track_routes.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "slipway/api/answer.h"
#include "slipway/api/logs/request_body.h"
#include "slipway/api/logs/telemetry_row.h"
#include "slipway/base/log.h"
#include "slipway/base/text.h"

namespace slipway::api {
namespace {

using nlohmann::json;

// The items of a body: a JSON array, one object, or an object a line. An item that cannot be read is discarded (a JSON
// null).
Result<std::vector<json>> ReadItems(const std::string& body) {
  const std::string_view text = Trim(body);
  if (text.empty()) return InvalidArgument("the body has no telemetry items");
  auto whole = ParseTelemetryJson(text);
  std::vector<json> items;
  if (whole && whole->is_array()) {
    for (json& item : *whole) items.push_back(std::move(item));
    return items;
  }
  if (whole && whole->is_object()) return std::vector<json>{std::move(*whole)};
  for (const std::string_view line : Split(text, '\n')) {
    if (Trim(line).empty()) continue;
    auto item = ParseTelemetryJson(line);
    items.push_back(item ? std::move(*item) : json());
  }
  return items;
}

// The accepted and the refused items of one request.
struct Tally {
  size_t received = 0;
  std::vector<logstore::LogRow> rows;
  json errors = json::array();
  std::string app_id;

  void Refuse(size_t index, int status, std::string_view message) {
    errors.push_back({{"index", index}, {"statusCode", status}, {"message", message}});
  }
  json Answer() const {
    json answer = {{"itemsReceived", received}, {"itemsAccepted", rows.size()}, {"errors", errors}};
    if (!app_id.empty()) answer["appId"] = app_id;
    return answer;
  }
};

class TrackFace {
 public:
  explicit TrackFace(LogsDependencies dependencies) : dependencies_(dependencies) {}

  net::Response Track(const net::Request& request) const {
    auto body = DecodedBody(request);
    if (!body) return ErrorAnswer(body.error());
    const auto items = ReadItems(*body);
    if (!items) return ErrorAnswer(items.error());
    Tally tally;
    tally.received = items->size();
    std::map<std::string, std::optional<domain::Workspace>> workspaces;
    for (size_t i = 0; i < items->size(); ++i) Take((*items)[i], i, workspaces, tally);
    // Acknowledged only once the rows are safe.
    if (const Status stored = dependencies_.store.IngestAll(tally.rows); !stored) {
      LogWarning("telemetry was not stored: {}", stored.error().ToString());
      return JsonAnswer(503, {{"itemsReceived", tally.received}, {"itemsAccepted", 0}, {"errors", json::array()}});
    }
    const int status = tally.errors.empty() ? 200 : tally.rows.empty() ? 400 : 206;
    return JsonAnswer(status, tally.Answer());
  }

 private:
  void Take(const json& item, size_t index, std::map<std::string, std::optional<domain::Workspace>>& workspaces,
            Tally& tally) const {
    auto row = ToRow(item);
    if (!row) return tally.Refuse(index, 400, row.error().message());
    const std::string key = InstrumentationKeyOf(item);
    auto [entry, is_new] = workspaces.try_emplace(key);
    if (is_new) {
      auto found = dependencies_.workspaces.FindWorkspaceById(key);
      if (found) entry->second = std::move(*found);
    }
    if (!entry->second) return tally.Refuse(index, 400, "Invalid instrumentation key");
    const domain::Workspace& workspace = *entry->second;
    if (tally.app_id.empty()) tally.app_id = workspace.id;
    tally.rows.push_back(ToLogRow(std::move(*row), workspace));
  }

  const LogsDependencies dependencies_;
};

}  // namespace

void MountTrackRoutes(net::Router& router, const LogsDependencies& dependencies) {
  const auto face = std::make_shared<const TrackFace>(dependencies);
  for (const char* pattern : {"/v2/track", "/v2.1/track"}) {
    router.Add("POST", pattern,
               [face](const net::Request& request, const net::PathParameters&) { return face->Track(request); });
  }
  // Live metrics: nobody watches, the client does not send.
  for (const char* pattern : {"/QuickPulseService.svc/ping", "/QuickPulseService.svc/post"}) {
    router.Add("POST", pattern, [](const net::Request&, const net::PathParameters&) {
      net::Response response = net::Response::Text(200, "");
      response.headers.Set("x-ms-qps-subscribed", "false");
      return response;
    });
  }
}

}  // namespace slipway::api
