#include "slipway/api/routing_routes.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/api/answer.h"

namespace slipway::api {
namespace {

using net::PathParameters;
using net::Request;
using net::Response;
using nlohmann::json;

constexpr std::chrono::milliseconds kPollTimeout{30'000};

Response Poll(endpoints::Endpoints& endpoints, const Request& request) {
  const auto news = endpoints.WaitForRouting(request.Parameter("after").value_or(""), kPollTimeout);
  if (!news) return ErrorAnswer(news.error());
  if (!*news) return {204, {}, ""};
  return Response::Json(200, (*news)->text);
}

Result<std::vector<endpoints::GatewayReport>> ReadReports(const json& body) {
  std::vector<endpoints::GatewayReport> reports;
  try {
    for (const json& report : body.at("deployments")) {
      reports.push_back({report.at("endpoint").get<std::string>(), report.at("deployment").get<std::string>(),
                         report.at("revision").get<int64_t>(), report.at("state").get<std::string>(),
                         report.value("message", "")});
    }
  } catch (const json::exception& failure) {
    return InvalidArgument(fmt::format("malformed report of a gateway: {}", failure.what()));
  }
  return reports;
}

Result<Response> Take(endpoints::Endpoints& endpoints, const Request& request) {
  SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
  SLIPWAY_ASSIGN_OR_RETURN(const auto reports, ReadReports(body));
  endpoints.TakeReports(reports);
  return JsonAnswer(200, json::object());
}

}  // namespace

void MountRouting(net::Router& router, endpoints::Endpoints& endpoints) {
  router.Add("GET", "/slipway/routing",
             [&endpoints](const Request& request, const PathParameters&) { return Poll(endpoints, request); });
  router.Add("POST", "/slipway/gateway/status", [&endpoints](const Request& request, const PathParameters&) {
    auto answer = Take(endpoints, request);
    return answer ? std::move(*answer) : ErrorAnswer(answer.error());
  });
}

}  // namespace slipway::api
