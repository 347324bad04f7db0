// One scoring call on its way through the data plane: who asked, what was chosen, and how its answer and log rows look.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "slipway/gateway/log_sink.h"
#include "slipway/gateway/routing_table.h"
#include "slipway/gateway/trace_context.h"
#include "slipway/gateway/worker_protocol.h"
#include "slipway/net/exchange.h"

namespace slipway::gateway {

inline constexpr std::string_view kServerVersion = "slipway/0.1.0";

// The ids a request is known by.
struct CallIds {
  std::string request;         // the platform's own, a UUID: x-request-id
  std::string client;          // x-ms-client-request-id: at most 40 letters, digits, '-' and '_'; may be empty
  std::string legacy_request;  // x-ms-request-id, which old clients send; may be empty
  std::optional<TraceContext> trace = std::nullopt;
};
CallIds MakeCallIds(const net::RequestView& request, std::string uuid);

// A version 4 UUID made of two random numbers.
std::string UuidOf(uint64_t high, uint64_t low);

// What the caller gets.
struct CallAnswer {
  int status = 200;
  std::string_view reason;  // as the traffic log gives it: "OK", "Model error" …
  std::string headers;      // lines
  std::string_view body;
  int model_status = 0;  // 0: the model was not asked
  StageTimes stages;
};

struct Call {
  const LiveEndpoint* endpoint = nullptr;
  const LiveDeployment* deployment = nullptr;  // nullptr until one is chosen and ready
  std::string_view deployment_name;            // chosen, ready or not
  DeploymentCounts* counts = nullptr;          // the chosen deployment's; nullptr: the endpoint's
  void Choose(const TrafficTarget& target);
  CallIds ids;
};

// The container's answer as the platform passes it on: everything but 200 becomes 424, with the status in a header.
CallAnswer AnswerOfModel(const Call& call, const WorkerAnswer& answer);
// The same for what the gateway itself answers in a container's place, without copying the body; `exec_ms` when a model
// ran.
CallAnswer AnswerOfModel(const Call& call, int status, std::string_view body, std::optional<double> exec_ms);
// What became of a request whose worker gave no answer.
CallAnswer AnswerOfFailure(const Call& call, ScoreOutcome::Kind kind);
CallAnswer AnswerTooManyPending(const Call& call);
// To a caller who failed to authenticate too often; `wait` from now on nothing it sends is looked at.
CallAnswer AnswerHeldBack(const Call& call, std::chrono::seconds wait);
// What a model answered in a protocol with status codes of its own: passed on as it is.
CallAnswer AnswerOfProtocol(const Call& call, int status, std::string_view body,
                            std::optional<double> exec_ms = std::nullopt);
// An answer of the gateway itself: JSON {"message"}.
CallAnswer AnswerMessage(const Call& call, int status, std::string_view reason, std::string& body_buffer,
                         std::string_view message);
// A plain-text answer of the gateway itself.
CallAnswer AnswerText(const Call& call, int status, std::string_view reason, std::string_view body);

// Writes the request's rows to the log tables and counts it on `lane` (Metrics).
void LogCall(LogSink& sink, const net::RequestView& request, const Call& call, const CallAnswer& answer, int lane);

}  // namespace slipway::gateway
