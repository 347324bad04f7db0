#include "slipway/api/answer.h"

#include <fmt/format.h>

namespace slipway::api {
namespace {

using nlohmann::json;

// Names that Azure's clients know; they branch on status and sometimes on these.
std::string_view ArmCodeOf(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
      return "UserError";
    case Code::kNotFound:
      return "ResourceNotFound";
    case Code::kAlreadyExists:
    case Code::kConflict:
      return "Conflict";
    case Code::kFailedPrecondition:
      return "PreconditionFailed";
    case Code::kUnauthenticated:
      return "InvalidAuthenticationToken";
    case Code::kPermissionDenied:
      return "AuthorizationFailed";
    case Code::kUnimplemented:
      return "NotSupported";
    case Code::kInternal:
      return "InternalServerError";
    default:
      return CodeName(code);
  }
}

}  // namespace

domain::Scope ScopeOf(const net::PathParameters& parameters) {
  const auto get = [&](std::string_view name) {
    const auto found = parameters.find(name);
    return found == parameters.end() ? std::string() : found->second;
  };
  return {get("sub"), get("rg"), get("ws")};
}

std::string ActorOf(const net::Request& request) {
  const std::string* actor = request.headers.Find("x-slipway-actor");
  return actor && !actor->empty() ? *actor : "local";
}

int HttpStatusOf(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
      return 400;
    case Code::kUnauthenticated:
      return 401;
    case Code::kPermissionDenied:
      return 403;
    case Code::kNotFound:
      return 404;
    case Code::kAlreadyExists:
    case Code::kConflict:
      return 409;
    // 412 would be the name for it, but means failed If-Match headers to Azure's clients.
    case Code::kFailedPrecondition:
      return 400;
    case Code::kUnimplemented:
      return 400;
    case Code::kResourceExhausted:
      return 507;
    case Code::kUnavailable:
      return 503;
    case Code::kDeadlineExceeded:
      return 504;
    case Code::kCancelled:
      return 499;
    case Code::kDataLoss:
    case Code::kInternal:
      break;
  }
  return 500;
}

net::Response JsonAnswer(int status, const json& body) {
  return net::Response::Json(status, body.dump(-1, ' ', false, json::error_handler_t::replace));
}

net::Response ErrorAnswer(const Error& error) {
  json details = json::array();
  std::string message = error.ToString();
  for (const Error& more : error.more()) {
    const std::string line = more.ToString();
    message.resize(message.size() - line.size() - 1);  // clients show the details below the message
    details.push_back({{"code", ArmCodeOf(more.code())}, {"message", line}});
  }
  json body = {{"code", ArmCodeOf(error.code())}, {"message", std::move(message)}};
  if (!details.empty()) body["details"] = std::move(details);
  return JsonAnswer(HttpStatusOf(error.code()), {{"error", std::move(body)}});
}

net::Response ListAnswer(json values) {
  if (values.is_null()) values = json::array();
  return JsonAnswer(200, {{"value", std::move(values)}});
}

Result<json> ParseBody(const net::Request& request) {
  try {
    json body = json::parse(request.body);
    if (body.is_object()) return body;
    return InvalidArgument(fmt::format("the body must be a JSON object, not {}", body.type_name()));
  } catch (const json::exception& failure) {
    return InvalidArgument(fmt::format("the body is not JSON: {}", failure.what()));
  }
}

}  // namespace slipway::api
