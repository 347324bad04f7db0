#include "slipway/gateway/call.h"

#include <algorithm>
#include <chrono>

#include "slipway/gateway/json_row.h"
#include "slipway/net/http.h"

namespace slipway::gateway {
namespace {

constexpr size_t kClientIdCharactersMax = 40;
constexpr std::chrono::seconds kRetryAfterMin{1}, kRetryAfterMax{60};

std::string CleanId(std::string_view id) {
  std::string clean;
  for (const unsigned char c : id) {
    const bool is_allowed =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
    if (is_allowed) clean.push_back(static_cast<char>(c));
    if (clean.size() == kClientIdCharactersMax) break;
  }
  return clean;
}

// A header whose value is our own, or was cleaned.
void AppendLine(std::string& headers, std::string_view name_and_colon, std::string_view value) {
  headers.append(name_and_colon).append(value).append("\r\n");
}

// The headers of every answer of an endpoint.
void AppendIdentityHeaders(std::string& headers, const Call& call) {
  constexpr size_t kUsualBytes = 448;
  headers.reserve(kUsualBytes);
  AppendLine(headers, "x-request-id: ", call.ids.request);
  const std::string& client = call.ids.client.empty() ? call.ids.legacy_request : call.ids.client;
  const std::string& legacy = call.ids.legacy_request.empty() ? client : call.ids.legacy_request;
  AppendLine(headers, "x-ms-request-id: ", legacy.empty() ? call.ids.request : legacy);
  if (!client.empty()) AppendLine(headers, "x-ms-client-request-id: ", client);
  if (!call.deployment_name.empty()) AppendLine(headers, "azureml-model-deployment: ", call.deployment_name);
  if (call.ids.trace) AppendLine(headers, "traceresponse: ", call.ids.trace->Header());
}

void AppendModelError(std::string& headers, int model_status, std::string_view reason) {
  net::AppendHeader(headers, "ms-azureml-model-error-statuscode", std::to_string(model_status));
  net::AppendHeader(headers, "ms-azureml-model-error-reason", reason);
}

// Milliseconds with three decimals.
void AppendExecTime(std::string& headers, double exec_ms) {
  const auto microseconds = static_cast<int64_t>(exec_ms * 1000 + 0.5);
  std::string fraction = std::to_string(1000 + microseconds % 1000);
  fraction[0] = '.';
  headers.append("x-ms-run-fn-exec-ms: ").append(std::to_string(microseconds / 1000)).append(fraction).append("\r\n");
}

void AppendRunHeaders(std::string& headers, bool run_failed, std::optional<double> exec_ms) {
  headers.append(run_failed ? "x-ms-run-function-failed: True\r\n" : "x-ms-run-function-failed: False\r\n");
  if (exec_ms) AppendExecTime(headers, *exec_ms);
  headers.append("x-ms-server-version: ").append(kServerVersion).append("\r\n");
}

// What every model answer has in common.
CallAnswer ModelAnswerHead(const Call& call, int status) {
  CallAnswer answer;
  answer.status = status == 200 ? 200 : 424;
  answer.reason = status == 200 ? "OK" : "Model error";
  answer.model_status = status;
  AppendIdentityHeaders(answer.headers, call);
  if (status != 200) AppendModelError(answer.headers, status, "model_error");
  return answer;
}

// After which a caller who met a full queue may try again: when those that are in it should be through. A model's queue
// is always faster than a second.
std::chrono::seconds RetryAfter(const Call& call) {
  if (!call.deployment || !call.deployment->script) return kRetryAfterMin;
  const auto wait = std::chrono::ceil<std::chrono::seconds>(call.deployment->script->ForecastWait());
  return std::clamp(wait, kRetryAfterMin, kRetryAfterMax);
}

int64_t Milliseconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

}  // namespace

CallIds MakeCallIds(const net::RequestView& request, std::string uuid) {
  CallIds ids{std::move(uuid), CleanId(request.Find("x-ms-client-request-id")),
              CleanId(request.Find("x-ms-request-id"))};
  ids.trace = ContinueTrace(request.Find("traceparent"), ids.request);
  return ids;
}

std::string UuidOf(uint64_t high, uint64_t low) {
  constexpr uint64_t kVersionMask = 0xf000, kVersion4 = 0x4000;
  constexpr uint64_t kVariantMask = 0xc000000000000000, kVariant1 = 0x8000000000000000;
  high = (high & ~kVersionMask) | kVersion4;
  low = (low & ~kVariantMask) | kVariant1;
  std::string text = "00000000-0000-0000-0000-000000000000";
  int shift = 60;
  uint64_t half = high;
  for (char& c : text) {
    if (c == '-') continue;
    c = "0123456789abcdef"[(half >> shift) & 0xf];
    shift -= 4;
    if (shift < 0) {
      half = low;
      shift = 60;
    }
  }
  return text;
}

CallAnswer AnswerOfModel(const Call& call, const WorkerAnswer& answer) {
  CallAnswer passed_on = ModelAnswerHead(call, answer.status);
  AppendRunHeaders(passed_on.headers, answer.run_failed, answer.exec_ms);
  passed_on.headers.append(answer.header_block);
  passed_on.body = answer.body;
  return passed_on;
}

CallAnswer AnswerOfModel(const Call& call, int status, std::string_view body, std::optional<double> exec_ms) {
  CallAnswer passed_on = ModelAnswerHead(call, status);
  AppendRunHeaders(passed_on.headers, false, exec_ms);
  passed_on.headers.append("Content-Type: application/json\r\n");
  passed_on.body = body;
  return passed_on;
}

CallAnswer AnswerOfFailure(const Call& call, ScoreOutcome::Kind kind) {
  if (kind == ScoreOutcome::Kind::kTimedOut)
    return AnswerText(call, 408, "Request timeout", "upstream request timeout");
  if (kind == ScoreOutcome::Kind::kWaitedTooLong) return AnswerTooManyPending(call);
  const bool has_crashed = kind == ScoreOutcome::Kind::kCrashed;
  CallAnswer answer = AnswerText(
      call, 424, "Model error",
      has_crashed
          ? R"({"message": "The scoring process ended while it ran this request. Check the logs for more info."})"
          : R"({"message": "The deployment is not ready to take requests. Check its state and logs."})");
  answer.model_status = has_crashed ? 502 : 503;
  answer.headers.clear();
  AppendIdentityHeaders(answer.headers, call);
  AppendModelError(answer.headers, answer.model_status, has_crashed ? "model_error" : "model_not_ready");
  answer.headers.append("Content-Type: application/json\r\n");
  return answer;
}

CallAnswer AnswerTooManyPending(const Call& call) {
  CallAnswer answer = AnswerText(call, 429, "Too many pending requests", "");
  AppendModelError(answer.headers, 429, "too_many_pending_request");
  net::AppendHeader(answer.headers, "Retry-After", std::to_string(RetryAfter(call).count()));
  return answer;
}

CallAnswer AnswerHeldBack(const Call& call, std::chrono::seconds wait) {
  CallAnswer answer = AnswerText(call, 429, "Too many failed attempts", "too_many_failed_attempts");
  net::AppendHeader(answer.headers, "Retry-After", std::to_string(wait.count()));
  return answer;
}

CallAnswer AnswerOfProtocol(const Call& call, int status, std::string_view body, std::optional<double> exec_ms) {
  CallAnswer answer;
  answer.status = status;
  answer.reason = net::ReasonPhrase(status);
  answer.model_status = status;
  AppendIdentityHeaders(answer.headers, call);
  if (exec_ms) AppendExecTime(answer.headers, *exec_ms);
  answer.headers.append("Content-Type: application/json\r\n");
  answer.body = body;
  return answer;
}

CallAnswer AnswerMessage(const Call& call, int status, std::string_view reason, std::string& body_buffer,
                         std::string_view message) {
  body_buffer.clear();
  JsonRow row(body_buffer);
  row.Text("message", message);
  row.Close();
  CallAnswer answer;
  answer.status = status;
  answer.reason = reason;
  AppendIdentityHeaders(answer.headers, call);
  answer.headers.append("Content-Type: application/json\r\n");
  answer.body = body_buffer;
  return answer;
}

CallAnswer AnswerText(const Call& call, int status, std::string_view reason, std::string_view body) {
  CallAnswer answer;
  answer.status = status;
  answer.reason = reason;
  AppendIdentityHeaders(answer.headers, call);
  answer.headers.append("Content-Type: text/plain\r\n");
  answer.body = body;
  return answer;
}

void Call::Choose(const TrafficTarget& target) {
  deployment_name = target.deployment;
  deployment = target.live.get();
  counts = target.counts.get();
}

void LogCall(LogSink& sink, const net::RequestView& request, const Call& call, const CallAnswer& answer, int lane) {
  const auto now = std::chrono::steady_clock::now();
  DeploymentCounts& counts = call.counts ? *call.counts : *call.endpoint->counts;
  counts.CountRequest(
      lane, {answer.status, answer.model_status, now - request.started, request.body.size() + answer.body.size()});
  TrafficRecord record;
  record.deployment = call.deployment_name;
  record.method = request.method;
  record.path = request.path();
  record.protocol = request.minor_version == 0 ? "HTTP/1.0" : "HTTP/1.1";
  record.user_agent = request.Find("User-Agent");
  record.request_id = call.ids.request;
  record.client_request_id = call.ids.client;
  if (call.ids.trace) {
    record.trace_id = call.ids.trace->trace_id;
    record.caller_span_id = call.ids.trace->caller_id;
  }
  record.response_code = answer.status;
  record.response_reason = answer.reason;
  record.model_status = answer.model_status;
  record.model_reason = net::ReasonPhrase(answer.model_status);
  record.request_bytes = request.body.size();
  record.response_bytes = answer.body.size();
  record.total_ms = Milliseconds(now - request.started);
  record.request_ms = Milliseconds(request.received - request.started);
  record.response_ms = record.total_ms;
  record.stages = answer.stages;
  record.answered = now;
  sink.Traffic(call.endpoint->identity, record);
  if (call.deployment && call.deployment->wanted.app_insights_enabled) {
    const double duration = std::chrono::duration<double, std::milli>(now - request.started).count();
    sink.AppRequest(call.endpoint->identity, record, duration);
  }
}

}  // namespace slipway::gateway
