#include "slipway/gateway/data_plane.h"

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/gateway/collect_call.h"
#include "slipway/gateway/json_row.h"
#include "slipway/gateway/swagger.h"
#include "slipway/net/http.h"

namespace slipway::gateway {
namespace {

constexpr std::string_view kEndpointsPrefix = "/endpoints/";
constexpr std::string_view kMetricsHeaders = "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n";
constexpr std::string_view kHealthyHeaders = "Content-Type: text/html; charset=utf-8\r\n";

// The worker sees the caller's headers but for the credential, and the platform's own request id and span.
std::string WorkerHeaders(const net::RequestView& request, const CallIds& ids) {
  std::string headers;
  for (const net::HeaderView& header : request.headers) {
    const bool is_hidden = EqualsIgnoreCase(header.name, "Authorization") ||
                           EqualsIgnoreCase(header.name, "x-request-id") ||
                           (ids.trace && EqualsIgnoreCase(header.name, "traceparent"));
    if (!is_hidden) net::AppendHeader(headers, header.name, header.value);
  }
  net::AppendHeader(headers, "x-request-id", ids.request);
  if (ids.trace) net::AppendHeader(headers, "traceparent", ids.trace->Header());
  return headers;
}

// The target as the container sees it: its route with the caller's query.
std::string WorkerTarget(std::string_view target) {
  const size_t query = target.find('?');
  return query == std::string_view::npos ? "/score" : "/score" + std::string(target.substr(query));
}

// What the worker did besides run() it does not tell.
StageTimes StagesOfScript(const ScoreOutcome& outcome) {
  StageTimes stages;
  stages.queue = outcome.queue_wait;
  if (outcome.answer.exec_ms) {
    const std::chrono::duration<double, std::milli> run(*outcome.answer.exec_ms);
    stages.score = std::chrono::duration_cast<StageTimes::Nanoseconds>(run);
  }
  return stages;
}

}  // namespace

Address AddressOf(std::string_view path, std::string_view host) {
  if (path.starts_with(kEndpointsPrefix)) {
    path.remove_prefix(kEndpointsPrefix.size());
    const size_t slash = path.find('/');
    if (slash == std::string_view::npos) return {path, "/"};
    return {path.substr(0, slash), path.substr(slash)};
  }
  const size_t first_dot = host.find('.');
  const size_t second_dot = first_dot == std::string_view::npos ? first_dot : host.find('.', first_dot + 1);
  constexpr std::string_view kInference = ".inference.";
  if (second_dot != std::string_view::npos && StartsWithIgnoreCase(host.substr(second_dot), kInference)) {
    return {host.substr(0, first_dot), path};
  }
  return {{}, path};
}

DataPlane::DataPlane(RoutingTableHolder& tables, LogSink& sink, const Clock& clock, int cores, uint64_t seed,
                     std::function<std::string()> metrics_page)
    : tables_(tables), sink_(sink), clock_(clock), metrics_page_(std::move(metrics_page)), mirror_(sink, cores) {
  SplitMix64 seeds(seed);
  for (int i = 0; i < cores; ++i) lanes_.emplace_back(seeds.Next());
}

void DataPlane::Handle(net::Exchange& exchange) {
  const net::RequestView& request = exchange.request();
  const Address address = AddressOf(request.path(), request.Find("Host"));
  if (address.endpoint.empty()) return HandleGateway(exchange, address.route);
  const std::shared_ptr<const RoutingTable>& table = tables_.Current(exchange.core());
  Call call;
  call.endpoint = table->Find(address.endpoint);
  if (!call.endpoint) {
    std::string& body = LaneOf(exchange).buffer;
    const CallAnswer answer = AnswerMessage(call, 404, "Not found", body,
                                            fmt::format("There is no online endpoint '{}' here.", address.endpoint));
    return exchange.Reply(404, answer.headers, answer.body);
  }
  NoteOf(exchange).count.MoveTo(call.endpoint->counts);
  SplitMix64& random = LaneOf(exchange).random;
  call.ids = MakeCallIds(request, UuidOf(random.Next(), random.Next()));
  HandleEndpoint(exchange, table, call, address.route);
}

DataPlane::ConnectionNote& DataPlane::NoteOf(net::Exchange& exchange) {
  std::shared_ptr<void>& attachment = exchange.attachment();
  if (!attachment) attachment = std::make_shared<ConnectionNote>();
  return *static_cast<ConnectionNote*>(attachment.get());
}

void DataPlane::HandleGateway(net::Exchange& exchange, std::string_view route) {
  const std::string_view method = exchange.request().method;
  const bool is_read = method == "GET" || method == "HEAD";
  if (route == "/" && is_read) return exchange.Reply(200, kHealthyHeaders, "Healthy");
  if (route == "/metrics" && is_read && !exchange.request().secure)
    return exchange.Reply(200, kMetricsHeaders, metrics_page_());
  const int status = route == "/" ? 405 : 404;
  exchange.Reply(status, "Content-Type: application/json\r\n",
                 status == 405 ? R"({"message": "The method is not allowed for the requested URL."})"
                               : R"({"message": "Scoring URIs are /endpoints/{endpoint}/score."})");
}

void DataPlane::HandleEndpoint(net::Exchange& exchange, const std::shared_ptr<const RoutingTable>& table, Call& call,
                               std::string_view route) {
  const RouteMatch match = MatchRoute(route);
  if (match.route == Route::kHealth) return exchange.Reply(200, kHealthyHeaders, "Healthy");
  if (match.route == Route::kPing || match.route == Route::kLive || match.route == Route::kReady)
    return AnswerProbe(exchange, call, match.route);
  if (!CheckAccess(exchange, call)) return;
  if (match.route == Route::kUnknown) {
    return AnswerWithMessage(exchange, call, 404, "Not found",
                             "The requested URL was not found. The routes of an endpoint are /score and /swagger.json; "
                             "models also answer /invocations and /v2/models/{model}/infer.");
  }
  if (match.route != Route::kScore && match.route != Route::kSwagger) return HandleProtocol(exchange, call, match);
  if (!Choose(exchange, call)) return;
  if (match.route == Route::kSwagger) return Describe(exchange, call);
  const std::string_view method = exchange.request().method;
  const bool is_scripts_option = method == "OPTIONS" && call.deployment->script && call.deployment->script->TakesHttp();
  if (method == "OPTIONS" && !is_scripts_option) return Answer(exchange, call, AnswerText(call, 200, "OK", ""));
  if (method != "POST" && method != "GET" && !is_scripts_option) {
    constexpr std::string_view kNotAllowed = R"({"message": "The method is not allowed for the requested URL."})";
    return Answer(exchange, call, AnswerOfModel(call, 405, kNotAllowed, std::nullopt));
  }
  if (call.deployment->model && RefuseLate(exchange, call)) return;
  MirrorRequest(exchange, call);
  if (call.deployment->model) return ScoreByModel(exchange, call);
  ScoreByScript(exchange, table, call);
}

void DataPlane::Describe(net::Exchange& exchange, const Call& call) {
  const auto document =
      SwaggerDocument(*call.deployment, QueryValue(exchange.request().target, "version").value_or("2"));
  if (document) return Answer(exchange, call, AnswerOfModel(call, 200, *document, std::nullopt));
  std::string body;
  JsonRow row(body);
  row.Text("message", document.error().message()).Close();
  Answer(exchange, call, AnswerOfModel(call, 404, body, std::nullopt));
}

bool DataPlane::CheckAccess(net::Exchange& exchange, const Call& call) {
  const net::RequestView& request = exchange.request();
  const std::string& endpoint = call.endpoint->wanted.name;
  if (const auto wait = attempts_.Wait(endpoint, request.remote_address, request.received); wait.count() > 0) {
    Answer(exchange, call, AnswerHeldBack(call, wait));
    return false;
  }
  const Access access = NoteOf(exchange).credential.Check(call.endpoint->wanted, tables_.VersionOf(exchange.core()),
                                                          request.Find("Authorization"), clock_.Now());
  if (access == Access::kGranted) {
    attempts_.Succeeded(endpoint, request.remote_address);
    return true;
  }
  if (access == Access::kDenied) attempts_.Failed(endpoint, request.remote_address, request.received);
  AnswerUnauthorized(exchange, call, access);
  return false;
}

void DataPlane::AnswerUnauthorized(net::Exchange& exchange, const Call& call, Access access) {
  std::string_view why;
  switch (access) {
    case Access::kGranted:
      break;
    case Access::kBadHeader:
      why = "key_auth_bad_header_forbidden";
      break;
    case Access::kDenied:
      why = "key_auth_access_denied";
      break;
    case Access::kExpired:
      why = "token_auth_expired";
      break;
    case Access::kUnsupported:
      why = "aad_token authentication is not supported yet";
      break;
  }
  CallAnswer answer = AnswerText(call, 401, "Unauthorized", why);
  net::AppendHeader(answer.headers, "WWW-Authenticate", "Bearer");
  Answer(exchange, call, answer);
}

bool DataPlane::Choose(net::Exchange& exchange, Call& call) {
  const std::string_view pinned = exchange.request().Find("azureml-model-deployment");
  const TrafficTarget* target = pinned.empty() ? call.endpoint->PickLive(LaneOf(exchange).random.NextUnit())
                                               : call.endpoint->FindDeployment(pinned);
  if (!target) {
    const std::string message =
        pinned.empty() ? fmt::format(
                             "The endpoint '{}' has no deployment with traffic: give one a positive weight, or name "
                             "one in the azureml-model-deployment header.",
                             call.endpoint->wanted.name)
                       : fmt::format("The endpoint '{}' has no deployment '{}'.", call.endpoint->wanted.name, pinned);
    AnswerWithMessage(exchange, call, 404, "Not found", message);
    return false;
  }
  call.Choose(*target);
  if (call.deployment) return true;
  Answer(exchange, call, AnswerOfFailure(call, ScoreOutcome::Kind::kNotReady));
  return false;
}

void DataPlane::MirrorRequest(net::Exchange& exchange, const Call& call,
                              std::optional<ModelRuntime::Protocol> protocol) {
  const net::RequestView& request = exchange.request();
  if (call.endpoint->wanted.mirror_traffic.empty() || !request.Find("azureml-model-deployment").empty()) return;
  const TrafficTarget* target = call.endpoint->PickMirror(LaneOf(exchange).random.NextUnit());
  if (!target || !target->live) return;
  const std::string headers = WorkerHeaders(request, call.ids), worker_target = WorkerTarget(request.target);
  mirror_.Send(call.endpoint->identity, target->live, {request.method, worker_target, headers, request.body}, protocol);
}

bool DataPlane::RefuseLate(net::Exchange& exchange, const Call& call) {
  const domain::RequestSettings& settings = call.deployment->wanted.request_settings;
  const auto waited = std::chrono::steady_clock::now() - exchange.request().ready;
  const bool is_refused =
      settings.max_queue_wait_ms > 0 && waited > std::chrono::milliseconds(settings.max_queue_wait_ms);
  if (!is_refused && waited <= std::chrono::milliseconds(settings.request_timeout_ms)) return false;
  Answer(exchange, call,
         AnswerOfFailure(call, is_refused ? ScoreOutcome::Kind::kWaitedTooLong : ScoreOutcome::Kind::kTimedOut));
  return true;
}

void DataPlane::ScoreByModel(net::Exchange& exchange, const Call& call) {
  const net::RequestView& request = exchange.request();
  const ModelRuntime::Scored scored = call.deployment->model->Score(exchange.core(), request.body, request.target);
  CallAnswer answer = AnswerOfModel(call, scored.status, scored.body, scored.exec_ms);
  answer.stages = scored.stages;
  CollectCall(request, call, answer);
  Answer(exchange, call, answer);
}

void DataPlane::ScoreByScript(net::Exchange& exchange, const std::shared_ptr<const RoutingTable>& table,
                              const Call& call) {
  if (!call.deployment->script->HasRoom()) return Answer(exchange, call, AnswerTooManyPending(call));
  const net::RequestView& request = exchange.request();
  const std::string headers = WorkerHeaders(request, call.ids), target = WorkerTarget(request.target);
  const auto deadline =
      request.received + std::chrono::milliseconds(call.deployment->wanted.request_settings.request_timeout_ms);
  std::shared_ptr<net::PendingReply> reply = exchange.Defer();
  // `table` keeps what `call` points to alive.
  const auto done = [this, table, call, reply](ScoreOutcome outcome) {
    CallAnswer answer = outcome.kind == ScoreOutcome::Kind::kAnswered ? AnswerOfModel(call, outcome.answer)
                                                                      : AnswerOfFailure(call, outcome.kind);
    answer.stages = StagesOfScript(outcome);
    CollectCall(reply->request(), call, answer);
    // On whichever thread: the lane after those of the cores.
    LogCall(sink_, reply->request(), call, answer, static_cast<int>(lanes_.size()));
    reply->Send(answer.status, answer.headers, std::string(answer.body));
  };
  const bool is_taken =
      call.deployment->script->Submit({request.method, target, headers, request.body}, deadline, done);
  if (is_taken) return;
  const CallAnswer answer = AnswerTooManyPending(call);
  LogCall(sink_, reply->request(), call, answer, exchange.core());
  reply->Send(answer.status, answer.headers, std::string(answer.body));
}

void DataPlane::Answer(net::Exchange& exchange, const Call& call, const CallAnswer& answer) {
  LogCall(sink_, exchange.request(), call, answer, exchange.core());
  exchange.Reply(answer.status, answer.headers, answer.body);
}

void DataPlane::AnswerWithMessage(net::Exchange& exchange, const Call& call, int status, std::string_view reason,
                                  std::string_view message) {
  Answer(exchange, call, AnswerMessage(call, status, reason, LaneOf(exchange).buffer, message));
}

}  // namespace slipway::gateway
