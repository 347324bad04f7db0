// The data plane in the protocols of MLflow's scoring server and of Open Inference: their routes, status codes and
// error bodies.
#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/gateway/collect_call.h"
#include "slipway/gateway/data_plane.h"
#include "slipway/gateway/json_row.h"
#include "slipway/scoring/compiled_model.h"

namespace slipway::gateway {
namespace {

using Protocol = ModelRuntime::Protocol;

constexpr std::string_view kJsonHeaders = "Content-Type: application/json\r\n";
constexpr std::string_view kServerDescription = R"({"name":"slipway","version":"0.1.0","extensions":[]})";

scoring::ModelIdentity IdentityOf(const LiveDeployment& deployment) {
  return {deployment.wanted.model_name, deployment.wanted.model_version};
}

bool IsMlflow(Route route) {
  return route == Route::kVersion || route == Route::kInvocations;
}

// An error as the route's protocol writes it.
std::string ErrorBody(Route route, std::string_view error_code, std::string_view message) {
  std::string body;
  JsonRow row(body);
  if (IsMlflow(route)) {
    row.Text("error_code", error_code).Text("message", message);
  } else {
    row.Text("error", message);
  }
  row.Close();
  return body;
}

// How a body of that type is to be read, by MLflow's rules: JSON or CSV, without parameters but charset=utf-8.
std::optional<Protocol> ProtocolOfContent(std::string_view content_type) {
  const auto parts = Split(content_type, ';');
  for (size_t i = 1; i < parts.size(); ++i) {
    if (!EqualsIgnoreCase(ReplaceAll(std::string(Trim(parts[i])), "\"", ""), "charset=utf-8")) return std::nullopt;
  }
  const std::string_view type = Trim(parts[0]);
  if (EqualsIgnoreCase(type, "application/json")) return Protocol::kMlflow;
  if (EqualsIgnoreCase(type, "text/csv")) return Protocol::kMlflowCsv;
  return std::nullopt;
}

}  // namespace

// Without a credential, as the platform's own health route: it tells whether the endpoint can answer, no more.
void DataPlane::AnswerProbe(net::Exchange& exchange, const Call& call, Route route) const {
  if (route == Route::kLive) return exchange.Reply(200, kJsonHeaders, R"({"live":true})");
  const bool is_ready = call.endpoint->CanAnswer();
  const std::string_view body = route == Route::kPing ? "\n" : is_ready ? R"({"ready":true})" : R"({"ready":false})";
  exchange.Reply(is_ready ? 200 : 503, kJsonHeaders, body);
}

void DataPlane::HandleProtocol(net::Exchange& exchange, Call& call, const RouteMatch& match) {
  const std::string_view method = exchange.request().method;
  const bool is_scoring = match.route == Route::kInvocations || match.route == Route::kInfer;
  const bool is_allowed = is_scoring ? method == "POST" : method == "GET" || method == "HEAD";
  if (!is_allowed) {
    const std::string body = ErrorBody(
        match.route, "BAD_REQUEST", fmt::format("{} takes {}", exchange.request().path(), is_scoring ? "POST" : "GET"));
    CallAnswer answer = AnswerOfProtocol(call, 405, body);
    net::AppendHeader(answer.headers, "Allow", is_scoring ? "POST" : "GET, HEAD");
    return Answer(exchange, call, answer);
  }
  if (match.route == Route::kVersion)
    return Answer(exchange, call, AnswerOfProtocol(call, 200, kServerVersion.substr(kServerVersion.find('/') + 1)));
  if (match.route == Route::kServer) return Answer(exchange, call, AnswerOfProtocol(call, 200, kServerDescription));
  if (match.route == Route::kInvocations ? !Choose(exchange, call) : !ChooseModel(exchange, call, match)) return;
  if (!call.deployment->model) {
    const std::string why =
        fmt::format("the deployment '{}' runs a scoring script, which answers /score alone", call.deployment_name);
    const std::string body = ErrorBody(match.route, "ENDPOINT_NOT_FOUND", why);
    return Answer(exchange, call, AnswerOfProtocol(call, 404, body));
  }
  if (match.route == Route::kInvocations) return Invoke(exchange, call);
  if (match.route == Route::kInfer) return ScoreAs(exchange, call, Protocol::kTensors);
  AnswerAboutModel(exchange, call, match.route);
}

void DataPlane::AnswerAboutModel(net::Exchange& exchange, const Call& call, Route route) {
  const scoring::ModelIdentity identity = IdentityOf(*call.deployment);
  std::string body;
  if (route == Route::kModel) {
    body = call.deployment->model->model().DescribeTensors(identity);
  } else {
    JsonRow row(body);
    row.Text("name", identity.name).Boolean("ready", true).Close();
  }
  Answer(exchange, call, AnswerOfProtocol(call, 200, body));
}

// Traffic and the routing header choose first. When what they choose does not serve the model that is asked for (a
// version kept beside a new one, say), a deployment that does is taken.
bool DataPlane::ChooseModel(net::Exchange& exchange, Call& call, const RouteMatch& match) {
  const std::string_view pinned = exchange.request().Find("azureml-model-deployment");
  const TrafficTarget* target = pinned.empty() ? call.endpoint->PickLive(LaneOf(exchange).random.NextUnit())
                                               : call.endpoint->FindDeployment(pinned);
  const bool is_served = target && target->live && Serves(*target->live, match.model, match.version);
  if (!is_served) target = pinned.empty() ? call.endpoint->FindModel(match.model, match.version) : nullptr;
  if (target) {
    call.Choose(*target);
    return true;
  }
  const std::string version = match.version.empty() ? "" : fmt::format(" version '{}'", match.version);
  const std::string body =
      ErrorBody(match.route, "",
                fmt::format("no deployment of the endpoint '{}' that is ready serves the model '{}'{}",
                            call.endpoint->wanted.name, match.model, version));
  Answer(exchange, call, AnswerOfProtocol(call, 404, body));
  return false;
}

void DataPlane::Invoke(net::Exchange& exchange, const Call& call) {
  const std::string_view content_type = exchange.request().Find("Content-Type");
  if (const auto protocol = ProtocolOfContent(content_type)) return ScoreAs(exchange, call, *protocol);
  const std::string body = fmt::format(
      "This predictor only supports the content types application/json and text/csv (with charset=utf-8 or none); got "
      "'{}'.",
      content_type);
  Answer(exchange, call, AnswerText(call, 415, "Unsupported Media Type", body));
}

void DataPlane::ScoreAs(net::Exchange& exchange, const Call& call, Protocol protocol) {
  if (RefuseLate(exchange, call)) return;
  MirrorRequest(exchange, call, protocol);
  const ModelRuntime::Scored scored =
      call.deployment->model->ScoreAs(protocol, call.deployment->wanted, exchange.core(), exchange.request().body);
  CallAnswer answer = AnswerOfProtocol(call, scored.status, scored.body, scored.exec_ms);
  answer.stages = scored.stages;
  CollectCall(exchange.request(), call, answer, BodyFormOf(protocol));
  Answer(exchange, call, answer);
}

}  // namespace slipway::gateway
