#include "slipway/api/logs/telemetry_row.h"

#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "slipway/base/hash.h"
#include "slipway/base/text.h"
#include "slipway/base/time.h"
#include "slipway/kql/type.h"

namespace slipway::api {
namespace {

using nlohmann::json;

constexpr std::pair<std::string_view, std::string_view> kTagColumns[] = {
    {"ai.operation.name", "OperationName"},
    {"ai.operation.id", "OperationId"},
    {"ai.operation.parentId", "ParentId"},
    {"ai.operation.syntheticSource", "SyntheticSource"},
    {"ai.session.id", "SessionId"},
    {"ai.user.id", "UserId"},
    {"ai.user.authUserId", "UserAuthenticatedId"},
    {"ai.user.accountId", "UserAccountId"},
    {"ai.application.ver", "AppVersion"},
    {"ai.cloud.role", "AppRoleName"},
    {"ai.cloud.roleInstance", "AppRoleInstance"},
    {"ai.device.type", "ClientType"},
    {"ai.device.model", "ClientModel"},
    {"ai.device.osVersion", "ClientOS"},
    {"ai.location.ip", "ClientIP"},
    {"ai.internal.sdkVersion", "SDKVersion"},
};

// A member's text; numbers and bools as they are written, "" when absent.
std::string Text(const json& object, const char* name) {
  const auto member = object.find(name);
  if (member == object.end() || member->is_null()) return "";
  return member->is_string() ? member->get<std::string>() : member->dump();
}

json Number(const json& object, const char* name) {
  const auto member = object.find(name);
  return member != object.end() && member->is_number() ? *member : json();
}

json Truth(const json& object, const char* name) {
  const auto member = object.find(name);
  return member != object.end() && member->is_boolean() ? *member : json();
}

// 0 to 4, or the words of newer clients.
json Severity(const json& data) {
  static constexpr std::string_view kWords[] = {"verbose", "information", "warning", "error", "critical"};
  const auto member = data.find("severityLevel");
  if (member == data.end()) return json();
  if (member->is_number_integer()) return *member;
  const std::string word = ToLower(Text(data, "severityLevel"));
  for (size_t i = 0; i < std::size(kWords); ++i) {
    if (kWords[i] == word) return i;
  }
  return json();
}

json Milliseconds(const json& data, const char* name = "duration") {
  const auto ticks = kql::ParseTimespanTicks(Text(data, name));
  return ticks ? json(static_cast<double>(*ticks) / 10'000) : json();
}

Result<TelemetryRow> MessageRow(const json& data) {
  return TelemetryRow{"AppTraces", {{"Message", Text(data, "message")}, {"SeverityLevel", Severity(data)}}};
}

Result<TelemetryRow> EventRow(const json& data) {
  return TelemetryRow{"AppEvents", {{"Name", Text(data, "name")}}};
}

// "\\Process(name)\\Private Bytes": category, instance and counter.
Result<TelemetryRow> CounterRow(const std::string& name, const json& value) {
  const size_t slash = name.find('\\', 1), open = name.find('(');
  std::string category = name.substr(1, std::min(slash, open) - 1), instance;
  if (open < slash) instance = name.substr(open + 1, name.find(')', open) - open - 1);
  return TelemetryRow{"AppPerformanceCounters",
                      {{"Name", name.substr(slash + 1)},
                       {"Category", category},
                       {"Counter", name.substr(slash + 1)},
                       {"Instance", instance},
                       {"Value", value}}};
}

bool IsCounter(const std::string& name) {
  return name.starts_with('\\') && name.find('\\', 1) != std::string::npos;
}

// The service stores the first metric of an item.
Result<TelemetryRow> MetricRow(const json& data) {
  const auto metrics = data.find("metrics");
  if (metrics == data.end() || !metrics->is_array() || metrics->empty() || !metrics->front().is_object()) {
    return InvalidArgument("109: Field 'metrics' on type 'MetricData' is required but missing or empty.");
  }
  const json& metric = metrics->front();
  const json value = Number(metric, "value");
  if (value.is_null())
    return InvalidArgument("109: Field 'value' on type 'DataPoint' is required but missing or empty.");
  if (const std::string name = Text(metric, "name"); IsCounter(name)) return CounterRow(name, value);
  const json count = Number(metric, "count"), min = Number(metric, "min"), max = Number(metric, "max");
  return TelemetryRow{"AppMetrics",
                      {{"Name", Text(metric, "name")},
                       {"Sum", value},
                       {"Min", min.is_null() ? value : min},
                       {"Max", max.is_null() ? value : max},
                       {"StdDev", Number(metric, "stdDev")},
                       {"ItemCount", count.is_null() ? json(1) : count}}};
}

Result<TelemetryRow> RequestRow(const json& data) {
  const json duration = Milliseconds(data);
  return TelemetryRow{"AppRequests",
                      {{"Id", Text(data, "id")},
                       {"Source", Text(data, "source")},
                       {"Name", Text(data, "name")},
                       {"Url", Text(data, "url")},
                       {"Success", Truth(data, "success")},
                       {"ResultCode", Text(data, "responseCode")},
                       {"DurationMs", duration},
                       {"PerformanceBucket", PerformanceBucket(duration)}}};
}

Result<TelemetryRow> DependencyRow(const json& data) {
  const json duration = Milliseconds(data);
  return TelemetryRow{"AppDependencies",
                      {{"Id", Text(data, "id")},
                       {"Target", Text(data, "target")},
                       {"DependencyType", Text(data, "type")},
                       {"Name", Text(data, "name")},
                       {"Data", Text(data, "data")},
                       {"Success", Truth(data, "success")},
                       {"ResultCode", Text(data, "resultCode")},
                       {"DurationMs", duration},
                       {"PerformanceBucket", PerformanceBucket(duration)}}};
}

// Type, message, method and assembly of one exception of the chain.
void AddException(json& row, const std::string& prefix, const json& exception) {
  row[prefix == "" ? "ExceptionType" : prefix + "Type"] = Text(exception, "typeName");
  row[prefix + "Message"] = Text(exception, "message");
  const auto stack = exception.find("parsedStack");
  if (stack == exception.end() || !stack->is_array() || stack->empty() || !stack->front().is_object()) return;
  row[prefix + "Method"] = Text(stack->front(), "method");
  row[prefix + "Assembly"] = Text(stack->front(), "assembly");
}

Result<TelemetryRow> ExceptionRow(const json& data) {
  const auto exceptions = data.find("exceptions");
  if (exceptions == data.end() || !exceptions->is_array() || exceptions->empty() || !exceptions->front().is_object() ||
      !exceptions->back().is_object()) {
    return InvalidArgument("109: Field 'exceptions' on type 'ExceptionData' is required but missing or empty.");
  }
  json row = {{"SeverityLevel", Severity(data)}, {"Details", *exceptions}};
  AddException(row, "", exceptions->front());
  AddException(row, "Outer", exceptions->front());
  AddException(row, "Innermost", exceptions->back());
  std::string problem = Text(data, "problemId");
  if (problem.empty()) {
    const std::string method = row.value("Method", "");
    problem = Text(exceptions->front(), "typeName") + (method.empty() ? "" : " at " + method);
  }
  row["ProblemId"] = problem;
  return TelemetryRow{"AppExceptions", std::move(row)};
}

Result<TelemetryRow> PageViewRow(const json& data) {
  const json duration = Milliseconds(data);
  return TelemetryRow{"AppPageViews",
                      {{"Id", Text(data, "id")},
                       {"Name", Text(data, "name")},
                       {"Url", Text(data, "url")},
                       {"DurationMs", duration},
                       {"PerformanceBucket", PerformanceBucket(duration)}}};
}

Result<TelemetryRow> AvailabilityRow(const json& data) {
  const json duration = Milliseconds(data);
  return TelemetryRow{"AppAvailabilityResults",
                      {{"Id", Text(data, "id")},
                       {"Name", Text(data, "name")},
                       {"Location", Text(data, "runLocation")},
                       {"Success", Truth(data, "success")},
                       {"Message", Text(data, "message")},
                       {"DurationMs", duration},
                       {"PerformanceBucket", PerformanceBucket(duration)}}};
}

Result<TelemetryRow> BrowserTimingRow(const json& data) {
  const json total = Milliseconds(data, "perfTotal");
  return TelemetryRow{"AppBrowserTimings",
                      {{"Name", Text(data, "name")},
                       {"Url", Text(data, "url")},
                       {"NetworkDurationMs", Milliseconds(data, "networkConnect")},
                       {"SendDurationMs", Milliseconds(data, "sentRequest")},
                       {"ReceiveDurationMs", Milliseconds(data, "receivedResponse")},
                       {"ProcessingDurationMs", Milliseconds(data, "domProcessing")},
                       {"TotalDurationMs", total},
                       {"PerformanceBucket", PerformanceBucket(total)}}};
}

using Maker = Result<TelemetryRow> (*)(const json&);

Maker FindMaker(std::string_view base_type) {
  static constexpr std::pair<std::string_view, Maker> kMakers[] = {
      {"MessageData", MessageRow},
      {"EventData", EventRow},
      {"MetricData", MetricRow},
      {"RequestData", RequestRow},
      {"RemoteDependencyData", DependencyRow},
      {"ExceptionData", ExceptionRow},
      {"PageViewData", PageViewRow},
      {"AvailabilityData", AvailabilityRow},
      {"PageViewPerfData", BrowserTimingRow},
  };
  for (const auto& [name, maker] : kMakers) {
    if (name == base_type) return maker;
  }
  return nullptr;
}

// How many items the sampled one stands for.
int ItemCount(const json& envelope) {
  const json rate = Number(envelope, "sampleRate");
  if (!rate.is_number() || rate.get<double>() <= 0 || rate.get<double>() > 100) return 1;
  return static_cast<int>(std::min(1e9, std::round(100 / rate.get<double>())));
}

void AddCommon(const json& envelope, const json& data, json& row) {
  if (const auto tags = envelope.find("tags"); tags != envelope.end() && tags->is_object()) {
    for (const auto& [tag, column] : kTagColumns) {
      const std::string value = Text(*tags, std::string(tag).c_str());
      if (!value.empty()) row[std::string(column)] = value;
    }
  }
  for (const auto& [member, column] :
       {std::pair("properties", "Properties"), std::pair("measurements", "Measurements")}) {
    const auto found = data.find(member);
    if (found != data.end() && found->is_object()) row[column] = *found;
  }
  row["IKey"] = InstrumentationKeyOf(envelope);
  if (!row.contains("ItemCount")) row["ItemCount"] = ItemCount(envelope);
}

}  // namespace

std::string PerformanceBucket(const json& milliseconds) {
  static constexpr std::pair<double, std::string_view> kBuckets[] = {
      {250, "<250ms"},      {500, "250ms-500ms"},  {1e3, "500ms-1sec"},  {3e3, "1sec-3sec"},   {7e3, "3sec-7sec"},
      {15e3, "7sec-15sec"}, {30e3, "15sec-30sec"}, {60e3, "30sec-1min"}, {120e3, "1min-2min"}, {300e3, "2min-5min"},
  };
  if (!milliseconds.is_number()) return "";
  for (const auto& [limit, name] : kBuckets) {
    if (milliseconds.get<double>() < limit) return std::string(name);
  }
  return ">=5min";
}

logstore::LogRow ToLogRow(TelemetryRow row, const domain::Workspace& workspace) {
  row.row["WorkspaceId"] = workspace.id;
  row.row["ResourceGUID"] = workspace.id;
  row.row["_ResourceId"] = workspace.scope.ArmId();
  row.row["_ItemId"] = RandomUuid();
  return {std::move(row.table), row.row.dump(-1, ' ', false, json::error_handler_t::replace)};
}

std::string InstrumentationKeyOf(const json& envelope) {
  return envelope.is_object() ? Text(envelope, "iKey") : "";
}

Result<TelemetryRow> ToRow(const json& envelope) {
  if (!envelope.is_object()) return InvalidArgument("a telemetry item is a JSON object");
  const auto data = envelope.find("data");
  if (data == envelope.end() || !data->is_object() || !data->contains("baseData") || !(*data)["baseData"].is_object()) {
    return InvalidArgument("109: Field 'data' on type 'Envelope' is required but missing or empty.");
  }
  const std::string base_type = Text(*data, "baseType");
  const std::string time = Text(envelope, "time");
  if (!kql::ParseDateTimeTicks(time)) {
    return InvalidArgument(
        fmt::format("103: Field 'time' on type 'Envelope' is not an ISO 8601 time: '{}'.", time.substr(0, 64)));
  }
  const Maker maker = FindMaker(base_type);
  if (maker == nullptr)
    return Unimplemented(fmt::format("telemetry of the base type '{}' is not supported yet", base_type.substr(0, 64)));
  const json& base_data = (*data)["baseData"];
  SLIPWAY_ASSIGN_OR_RETURN(TelemetryRow row, maker(base_data));
  row.row["TimeGenerated"] = time;
  AddCommon(envelope, base_data, row.row);
  return row;
}

}  // namespace slipway::api
