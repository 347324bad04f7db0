#include "slipway/api/otlp/routes.h"

#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "slipway/api/answer.h"
#include "slipway/api/logs/log_workspaces.h"
#include "slipway/api/logs/request_body.h"
#include "slipway/api/logs/telemetry_row.h"
#include "slipway/api/otlp/mapping.h"
#include "slipway/api/otlp/wire_format.h"
#include "slipway/base/text.h"

namespace slipway::api {
namespace {

using nlohmann::json;
using otlp::Signal;

constexpr std::string_view kProtobuf = "application/x-protobuf";

struct Face {
  Signal signal;
  const char* name;      // of the route
  const char* rejected;  // of the partial answer
};
constexpr Face kFaces[] = {{Signal::kTraces, "traces", "rejectedSpans"},
                           {Signal::kMetrics, "metrics", "rejectedDataPoints"},
                           {Signal::kLogs, "logs", "rejectedLogRecords"}};

bool IsProtobuf(const net::Request& request) {
  const std::string* type = request.headers.Find("Content-Type");
  return type != nullptr && StartsWithIgnoreCase(*type, kProtobuf);
}

bool IsJson(const net::Request& request) {
  const std::string* type = request.headers.Find("Content-Type");
  return type != nullptr && StartsWithIgnoreCase(*type, "application/json");
}

// google.rpc.Status, which OTLP answers failures with: only its message (field 2).
std::string StatusBytes(std::string_view message) {
  message = message.substr(0, 100);  // a length of one byte
  return fmt::format("\x12{}{}", static_cast<char>(message.size()), message);
}

net::Response Refuse(const net::Request& request, int status, const std::string& message) {
  if (IsProtobuf(request)) return net::Response::Text(status, StatusBytes(message), kProtobuf);
  return JsonAnswer(status, {{"message", message}});
}

Result<json> ReadRequest(const net::Request& request, Signal signal) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::string body, DecodedBody(request));
  if (IsProtobuf(request)) return otlp::DecodeRequest(signal, body);
  SLIPWAY_ASSIGN_OR_RETURN(json parsed, ParseTelemetryJson(body));
  if (parsed.is_object()) return parsed;
  return InvalidArgument("the body of an OTLP request is a JSON object");
}

net::Response Answer(const net::Request& request, const Face& face, const otlp::MappedRows& mapped) {
  if (IsProtobuf(request))
    return net::Response::Text(200, otlp::EncodeResponse(mapped.rejected, mapped.complaint), kProtobuf);
  json partial = json::object();
  if (mapped.rejected > 0)
    partial = {{face.rejected, std::to_string(mapped.rejected)}, {"errorMessage", mapped.complaint}};
  return JsonAnswer(200, {{"partialSuccess", std::move(partial)}});
}

net::Response Export(const LogsDependencies& dependencies, const net::Request& request, const Face& face,
                     const Result<domain::Workspace>& workspace) {
  if (!IsProtobuf(request) && !IsJson(request))
    return Refuse(request, 415, "OTLP comes as application/x-protobuf or application/json");
  if (!workspace) return Refuse(request, HttpStatusOf(workspace.error().code()), workspace.error().message());
  const auto body = ReadRequest(request, face.signal);
  if (!body) return Refuse(request, 400, body.error().message());
  otlp::MappedRows mapped = otlp::MapRequest(face.signal, *body);
  std::vector<logstore::LogRow> rows;
  for (TelemetryRow& row : mapped.rows) rows.push_back(ToLogRow(std::move(row), *workspace));
  // Exporters try again after a 503, which a row that cannot be stored would never end.
  if (const Status stored = dependencies.store.IngestAll(rows); !stored)
    return Refuse(request, stored.error().code() == Code::kInvalidArgument ? 400 : 503,
                  "the rows were not stored: " + stored.error().message());
  return Answer(request, face, mapped);
}

}  // namespace

void MountOtlp(net::Router& router, const LogsDependencies& dependencies) {
  for (const Face& face : kFaces) {
    router.Add("POST", fmt::format("/v1/{}", face.name),
               [dependencies, face](const net::Request& request, const net::PathParameters&) {
                 const std::string* name = request.headers.Find("x-slipway-workspace");
                 return Export(dependencies, request, face,
                               FindLogWorkspace(dependencies.workspaces, name == nullptr ? "" : *name));
               });
    router.Add("POST", fmt::format("/otlp/{{id}}/v1/{}", face.name),
               [dependencies, face](const net::Request& request, const net::PathParameters& parameters) {
                 // The id alone: it is the key, which a name is not.
                 return Export(dependencies, request, face,
                               dependencies.workspaces.FindWorkspaceById(parameters.at("id")));
               });
  }
}

}  // namespace slipway::api
