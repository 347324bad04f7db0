#include "slipway/sdk/telemetry.h"

#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/text.h"
#include "slipway/base/time.h"
#include "slipway/net/client.h"
#include "slipway/sdk/control_plane.h"
#include "slipway/sdk/unwrap.h"

namespace slipway::sdk {
namespace {

using nlohmann::json;

// "Key=value;Key=value"; keys in lower case, values may hold '='.
std::map<std::string, std::string> ParseConnectionString(std::string_view text) {
  std::map<std::string, std::string> pairs;
  for (const std::string_view pair : Split(text, ';')) {
    const size_t equals = pair.find('=');
    if (equals != std::string_view::npos) pairs[ToLower(Trim(pair.substr(0, equals)))] = Trim(pair.substr(equals + 1));
  }
  return pairs;
}

}  // namespace

struct Telemetry::Impl {
  std::string url, instrumentation_key;
  json items = json::array();

  void Add(const char* name, const char* base_type, json base_data) {
    base_data["ver"] = 2;
    items.push_back({{"ver", 1},
                     {"name", fmt::format("Microsoft.ApplicationInsights.{}", name)},
                     {"time", FormatTimestamp(SystemClock().Now())},
                     {"iKey", instrumentation_key},
                     {"tags", {{"ai.internal.sdkVersion", "slipway:1"}}},
                     {"data", {{"baseType", base_type}, {"baseData", std::move(base_data)}}}});
  }
};

Telemetry::Telemetry(const std::string& connection_string) : impl_(std::make_shared<Impl>()) {
  const auto pairs = ParseConnectionString(
      connection_string.empty() ? RequiredVariable("APPLICATIONINSIGHTS_CONNECTION_STRING") : connection_string);
  const auto key = pairs.find("instrumentationkey"), endpoint = pairs.find("ingestionendpoint");
  if (key == pairs.end() || endpoint == pairs.end()) {
    throw Failure("the Application Insights connection string needs InstrumentationKey=… and IngestionEndpoint=…");
  }
  impl_->instrumentation_key = key->second;
  impl_->url = endpoint->second + (endpoint->second.ends_with('/') ? "v2.1/track" : "/v2.1/track");
}

void Telemetry::Trace(const std::string& message, const std::map<std::string, std::string>& properties) {
  impl_->Add("Message", "MessageData", {{"message", message}, {"severityLevel", 1}, {"properties", properties}});
}

void Telemetry::Metric(const std::string& name, double value, const std::map<std::string, std::string>& properties) {
  const json point = {{"name", name}, {"value", value}, {"count", 1}};
  impl_->Add("Metric", "MetricData", {{"metrics", json::array({point})}, {"properties", properties}});
}

void Telemetry::Flush() {
  if (impl_->items.empty()) return;
  net::Headers headers;
  headers.Set("Content-Type", "application/json");
  net::Client client;
  const net::Response response = Unwrap(client.Send("POST", impl_->url, headers, impl_->items.dump()));
  if (response.status != 200) {
    throw Failure(
        fmt::format("Application Insights at {} answered {}: {}", impl_->url, response.status, response.body));
  }
  impl_->items = json::array();
}

}  // namespace slipway::sdk
