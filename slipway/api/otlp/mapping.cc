#include "slipway/api/otlp/mapping.h"

#include <cmath>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "slipway/api/logs/request_body.h"
#include "slipway/base/text.h"
#include "slipway/kql/type.h"

namespace slipway::api::otlp {
namespace {

using nlohmann::json;

// 64-bit integers are texts in OTLP/JSON; numbers are taken too.
std::optional<int64_t> Integer(const json& value) {
  if (value.is_number_integer()) return value.get<int64_t>();
  if (value.is_string()) {
    if (const auto number = ParseInt(value.get<std::string>())) return *number;
  }
  return std::nullopt;
}

std::optional<double> Real(const json& value) {
  if (value.is_number()) return value.get<double>();
  if (value.is_string()) return ParseDouble(value.get<std::string>());
  return std::nullopt;
}

// A finite number, or null: a row's reals are JSON.
json RealOrNull(const std::optional<double>& value) {
  return value && std::isfinite(*value) ? json(*value) : json();
}

json AnyToJson(const json& any) {
  if (!any.is_object() || any.empty()) return {};
  const auto& [kind, value] = *any.items().begin();
  if (kind == "intValue") {
    const auto integer = Integer(value);
    return integer ? json(*integer) : json();
  }
  if (kind == "arrayValue") {
    json list = json::array();
    for (const json& item : Member(value, "values")) list.push_back(AnyToJson(item));
    return list;
  }
  if (kind == "kvlistValue") {
    json object = json::object();
    for (const json& item : Member(value, "values")) object[Text(item, "key")] = AnyToJson(Member(item, "value"));
    return object;
  }
  return value;
}

std::string TextOf(const json& value) {
  if (value.is_null()) return "";
  return value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// A list of key and value as an object.
json Attributes(const json& owner) {
  json attributes = json::object();
  const json& list = Member(owner, "attributes");
  if (!list.is_array()) return attributes;
  for (const json& item : list) {
    const std::string key = Text(item, "key");
    if (!key.empty()) attributes[key] = AnyToJson(Member(item, "value"));
  }
  return attributes;
}

// The first of these attributes that is there, as text.
std::string First(const json& attributes, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const std::string text = TextOf(Member(attributes, name));
    if (!text.empty()) return text;
  }
  return "";
}

// Azure keeps the values of Properties as texts.
json Properties(const json& attributes) {
  json properties = json::object();
  for (const auto& [name, value] : attributes.items()) properties[name] = TextOf(value);
  return properties;
}

std::optional<int64_t> Nanoseconds(const json& owner, const char* name) {
  const auto value = Integer(Member(owner, name));
  return value && *value > 0 ? value : std::nullopt;
}

void SetTime(json& row, const std::optional<int64_t>& nanoseconds) {
  if (nanoseconds) row["TimeGenerated"] = kql::FormatDateTimeTicks(*nanoseconds / 100 + kql::kUnixEpochTicks);
}

// What the resource gives to every row.
json ResourceRow(const json& resource) {
  const json attributes = Attributes(resource);
  std::string role = First(attributes, {"service.name"});
  const std::string space = First(attributes, {"service.namespace"});
  if (!space.empty()) role = space + "." + role;
  return {{"AppRoleName", role},
          {"AppRoleInstance", First(attributes, {"service.instance.id", "host.name"})},
          {"AppVersion", First(attributes, {"service.version"})},
          {"SDKVersion", fmt::format("otel:{}:{}", First(attributes, {"telemetry.sdk.language"}),
                                     First(attributes, {"telemetry.sdk.version"}))}};
}

std::string RequestUrl(const json& attributes) {
  const std::string url = First(attributes, {"url.full", "http.url"});
  if (!url.empty()) return url;
  const std::string path = First(attributes, {"url.path", "http.target"});
  const std::string host = First(attributes, {"server.address", "http.host", "net.host.name"});
  if (host.empty()) return path;
  const std::string scheme = First(attributes, {"url.scheme", "http.scheme"}),
                    port = First(attributes, {"server.port", "net.host.port"});
  const std::string query = First(attributes, {"url.query"});
  return fmt::format("{}://{}{}{}{}", scheme.empty() ? "http" : scheme, host,
                     port.empty() || host.find(':') != std::string::npos ? "" : ":" + port, path,
                     query.empty() ? "" : "?" + query);
}

std::string DependencyType(const json& attributes, int64_t kind) {
  if (const std::string database = First(attributes, {"db.system.name", "db.system"}); !database.empty())
    return database;
  if (const std::string rpc = First(attributes, {"rpc.system"}); !rpc.empty()) return rpc;
  if (const std::string queue = First(attributes, {"messaging.system"}); !queue.empty()) return queue;
  if (!First(attributes, {"http.request.method", "http.method", "url.full", "http.url"}).empty()) return "HTTP";
  return kind == 1 ? "InProc" : "Other";
}

std::string DependencyTarget(const json& attributes) {
  std::string target =
      First(attributes, {"peer.service", "server.address", "net.peer.name", "http.host", "messaging.destination.name"});
  const std::string port = First(attributes, {"server.port", "net.peer.port"});
  if (!target.empty() && !port.empty() && target.find(':') == std::string::npos) target += ":" + port;
  const std::string database = First(attributes, {"db.namespace", "db.name"});
  if (database.empty()) return target;
  return target.empty() ? database : target + " | " + database;
}

std::string ResultCode(const json& attributes) {
  const std::string code = First(
      attributes, {"http.response.status_code", "http.status_code", "rpc.grpc.status_code", "db.response.status_code"});
  return code.empty() ? "0" : code;
}

bool IsSuccess(const json& span, const json& attributes) {
  constexpr int64_t kOk = 1, kError = 2;
  const auto code = Integer(Member(Member(span, "status"), "code"));
  if (code == kOk || code == kError) return code == kOk;
  const auto status = ParseInt(First(attributes, {"http.response.status_code", "http.status_code"}));
  return !status || *status < 400;
}

json LinksText(const json& span) {
  json links = json::array();
  const json& list = Member(span, "links");
  if (!list.is_array()) return links;
  for (const json& link : list)
    links.push_back({{"operation_Id", Text(link, "traceId")}, {"id", Text(link, "spanId")}});
  return links;
}

void AddException(json& row, const json& attributes) {
  const std::string type = First(attributes, {"exception.type"}), message = First(attributes, {"exception.message"});
  const std::string stack = First(attributes, {"exception.stacktrace"});
  for (const char* prefix : {"Outer", "Innermost"}) {
    row[std::string(prefix) + "Type"] = type;
    row[std::string(prefix) + "Message"] = message;
  }
  row["ExceptionType"] = type;
  row["Message"] = message;
  row["ProblemId"] = type.empty() ? message : type;
  row["Details"] =
      json::array({{{"typeName", type}, {"message", message}, {"hasFullStack", !stack.empty()}, {"stack", stack}}});
}

class Mapper {
 public:
  void Spans(const json& resource, const json& scope_spans) {
    for (const json& span : Member(scope_spans, "spans")) Span(resource, span);
  }

  void Metrics(const json& resource, const json& scope_metrics) {
    for (const json& metric : Member(scope_metrics, "metrics")) {
      for (const char* kind : {"gauge", "sum", "histogram", "exponentialHistogram", "summary"}) {
        const json& points = Member(Member(metric, kind), "dataPoints");
        if (!points.is_array()) continue;
        for (const json& point : points) Point(resource, metric, point);
      }
    }
  }

  void Logs(const json& resource, const json& scope_logs) {
    for (const json& record : Member(scope_logs, "logRecords")) Record(resource, record);
  }

  MappedRows Take() { return std::move(mapped_); }

 private:
  void Reject(std::string complaint) {
    if (mapped_.rejected++ == 0) mapped_.complaint = std::move(complaint);
  }

  void Span(const json& resource, const json& span) {
    const auto start = Nanoseconds(span, "startTimeUnixNano"), end = Nanoseconds(span, "endTimeUnixNano");
    const std::string id = Text(span, "spanId"), trace = ToLower(Text(span, "traceId"));
    if (!start || id.empty() || trace.empty()) return Reject("a span needs traceId, spanId and startTimeUnixNano");
    const int64_t kind = Integer(Member(span, "kind")).value_or(1);
    const json attributes = Attributes(span);
    json row = resource;
    SetTime(row, start);
    row["Id"] = ToLower(id);
    row["OperationId"] = trace;
    row["ParentId"] = ToLower(Text(span, "parentSpanId"));
    row["Name"] = Text(span, "name");
    row["OperationName"] = Text(span, "name");
    row["Success"] = IsSuccess(span, attributes);
    row["ResultCode"] = ResultCode(attributes);
    const json duration = end ? json(std::max(0.0, static_cast<double>(*end - *start) / 1e6)) : json();
    row["DurationMs"] = duration;
    row["PerformanceBucket"] = PerformanceBucket(duration);
    row["Properties"] = Properties(attributes);
    if (json links = LinksText(span); !links.empty()) row["Properties"]["_MS.links"] = links.dump();
    constexpr int64_t kServer = 2, kConsumer = 5;
    const bool is_request = kind == kServer || kind == kConsumer;
    if (is_request) {
      row["Url"] = RequestUrl(attributes);
      row["Source"] = First(attributes, {"client.address", "net.peer.name"});
    } else {
      row["Target"] = DependencyTarget(attributes);
      row["DependencyType"] = DependencyType(attributes, kind);
      row["Data"] = First(attributes, {"db.query.text", "db.statement", "url.full", "http.url"});
    }
    mapped_.rows.push_back({is_request ? "AppRequests" : "AppDependencies", std::move(row)});
    const json& events = Member(span, "events");
    if (!events.is_array()) return;
    for (const json& event : events) Event(resource, span, event);
  }

  void Event(const json& resource, const json& span, const json& event) {
    json row = resource;
    SetTime(row, Nanoseconds(event, "timeUnixNano"));
    row["OperationId"] = ToLower(Text(span, "traceId"));
    row["ParentId"] = ToLower(Text(span, "spanId"));
    row["OperationName"] = Text(span, "name");
    const json attributes = Attributes(event);
    row["Properties"] = Properties(attributes);
    const bool is_exception = Text(event, "name") == "exception";
    if (is_exception) {
      AddException(row, attributes);
      row["SeverityLevel"] = 3;
    } else {
      row["Message"] = Text(event, "name");
    }
    mapped_.rows.push_back({is_exception ? "AppExceptions" : "AppTraces", std::move(row)});
  }

  void Point(const json& resource, const json& metric, const json& point) {
    const auto count = Integer(Member(point, "count"));
    std::optional<double> value = Real(Member(point, "asDouble"));
    if (!value) value = Real(Member(point, "asInt"));
    if (count) value = Real(Member(point, "sum")).value_or(0);
    const std::string name = Text(metric, "name");
    if (!value || name.empty()) return Reject("a data point needs the metric's name and a value");
    const auto min = Real(Member(point, "min")), max = Real(Member(point, "max"));
    json row = resource;
    SetTime(row, Nanoseconds(point, "timeUnixNano"));
    row["Name"] = name;
    row["Sum"] = RealOrNull(value);
    row["Min"] = RealOrNull(min || count ? min : value);
    row["Max"] = RealOrNull(max || count ? max : value);
    row["ItemCount"] = std::min<int64_t>(count.value_or(1), INT32_MAX);
    row["Properties"] = Properties(Attributes(point));
    if (const std::string unit = Text(metric, "unit"); !unit.empty()) row["Properties"]["unit"] = unit;
    mapped_.rows.push_back({"AppMetrics", std::move(row)});
  }

  // Severity numbers: 1 to 4 trace, 5 to 8 debug, 9 to 12 info, 13 to 16 warn, 17 to 20 error, 21 to 24 fatal.
  static json Severity(const json& record) {
    const int64_t number = Integer(Member(record, "severityNumber")).value_or(0);
    if (number < 1 || number > 24) return {};
    return number <= 8 ? 0 : (number - 5) / 4;
  }

  void Record(const json& resource, const json& record) {
    if (!record.is_object()) return Reject("a log record is an object");
    json row = resource;
    auto time = Nanoseconds(record, "timeUnixNano");
    SetTime(row, time ? time : Nanoseconds(record, "observedTimeUnixNano"));
    row["OperationId"] = ToLower(Text(record, "traceId"));
    row["ParentId"] = ToLower(Text(record, "spanId"));
    json attributes = Attributes(record);
    const std::string event = First(attributes, {"microsoft.custom_event.name"});
    const bool is_exception = !First(attributes, {"exception.type", "exception.message"}).empty();
    const char* table = "AppTraces";
    if (!event.empty()) {
      table = "AppEvents";
      row["Name"] = event;
      attributes.erase("microsoft.custom_event.name");
    } else {
      row["SeverityLevel"] = Severity(record);
      if (is_exception) {
        table = "AppExceptions";
        AddException(row, attributes);
      } else {
        row["Message"] = TextOf(AnyToJson(Member(record, "body")));
      }
    }
    if (const std::string name = Text(record, "eventName"); !name.empty()) attributes["event.name"] = name;
    row["Properties"] = Properties(attributes);
    mapped_.rows.push_back({table, std::move(row)});
  }

  MappedRows mapped_;
};

}  // namespace

MappedRows MapRequest(Signal signal, const json& request) {
  struct Names {
    const char *resources, *scopes;
    void (Mapper::*map)(const json&, const json&);
  };
  static constexpr Names kNames[] = {{"resourceSpans", "scopeSpans", &Mapper::Spans},
                                     {"resourceMetrics", "scopeMetrics", &Mapper::Metrics},
                                     {"resourceLogs", "scopeLogs", &Mapper::Logs}};
  const Names& names = kNames[static_cast<size_t>(signal)];
  Mapper mapper;
  const json& resources = Member(request, names.resources);
  if (!resources.is_array()) return mapper.Take();
  for (const json& part : resources) {
    const json resource = ResourceRow(Member(part, "resource"));
    const json& scopes = Member(part, names.scopes);
    if (!scopes.is_array()) continue;
    for (const json& scope : scopes) (mapper.*names.map)(resource, scope);
  }
  return mapper.Take();
}

}  // namespace slipway::api::otlp
