// Takes requests off the event loops: finds the endpoint, checks the credential, chooses a deployment, scores or hands
// on to a worker, answers, logs. No lock and no file system call on the way but the log append.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/hash.h"
#include "slipway/base/time.h"
#include "slipway/gateway/attempt_limiter.h"
#include "slipway/gateway/call.h"
#include "slipway/gateway/credentials.h"
#include "slipway/gateway/log_sink.h"
#include "slipway/gateway/mirror.h"
#include "slipway/gateway/routes.h"
#include "slipway/gateway/routing_table.h"
#include "slipway/net/exchange.h"

namespace slipway::gateway {

// Which endpoint a request is for, and which of its routes.
struct Address {
  std::string_view endpoint;  // "" = the gateway itself
  std::string_view route;     // "/score", "/swagger.json", "/"
};
// From the path (/endpoints/{endpoint}/…) or the Host header ({endpoint}.{region}.inference.{domain}).
Address AddressOf(std::string_view path, std::string_view host);

class DataPlane final : public net::ExchangeHandler {
 public:
  // `seed` starts the request ids and traffic choices of every core; `metrics_page` makes the page at /metrics, which
  // callers on the plain listener alone are shown.
  DataPlane(RoutingTableHolder& tables, LogSink& sink, const Clock& clock, int cores, uint64_t seed,
            std::function<std::string()> metrics_page);

  void Handle(net::Exchange& exchange) override;

 private:
  struct alignas(64) Lane {
    explicit Lane(uint64_t seed) : random(seed) {}
    SplitMix64 random;
    std::string buffer;
  };

  void HandleGateway(net::Exchange& exchange, std::string_view route);
  void HandleEndpoint(net::Exchange& exchange, const std::shared_ptr<const RoutingTable>& table, Call& call,
                      std::string_view route);
  // Answers with the API's description.
  void Describe(net::Exchange& exchange, const Call& call);
  // Answers and returns false when the credential is not good.
  bool CheckAccess(net::Exchange& exchange, const Call& call);
  // What is kept on the connection.
  struct ConnectionNote {
    CredentialMemory credential;
    ConnectionCount count;
  };
  static ConnectionNote& NoteOf(net::Exchange& exchange);
  void AnswerUnauthorized(net::Exchange& exchange, const Call& call, Access access);
  // Fills in the deployment, or answers and returns false.
  bool Choose(net::Exchange& exchange, Call& call);
  void MirrorRequest(net::Exchange& exchange, const Call& call,
                     std::optional<ModelRuntime::Protocol> protocol = std::nullopt);
  // A model's queue is what its event loop has found ready: who waited there for too long is answered with 429, or 408,
  // before any work goes into the request. True when it was.
  bool RefuseLate(net::Exchange& exchange, const Call& call);
  void ScoreByModel(net::Exchange& exchange, const Call& call);
  void ScoreByScript(net::Exchange& exchange, const std::shared_ptr<const RoutingTable>& table, const Call& call);
  void Answer(net::Exchange& exchange, const Call& call, const CallAnswer& answer);
  void AnswerWithMessage(net::Exchange& exchange, const Call& call, int status, std::string_view reason,
                         std::string_view message);

  // The routes of other protocols (data_plane_protocols.cc); models alone speak them.
  void AnswerProbe(net::Exchange& exchange, const Call& call, Route route) const;
  void HandleProtocol(net::Exchange& exchange, Call& call, const RouteMatch& match);
  // As Choose, for a request that names a model.
  bool ChooseModel(net::Exchange& exchange, Call& call, const RouteMatch& match);
  void AnswerAboutModel(net::Exchange& exchange, const Call& call, Route route);
  void Invoke(net::Exchange& exchange, const Call& call);
  void ScoreAs(net::Exchange& exchange, const Call& call, ModelRuntime::Protocol protocol);

  Lane& LaneOf(const net::Exchange& exchange) { return lanes_[static_cast<size_t>(exchange.core())]; }

  RoutingTableHolder& tables_;
  LogSink& sink_;
  const Clock& clock_;
  const std::function<std::string()> metrics_page_;
  std::vector<Lane> lanes_;
  Mirror mirror_;
  AttemptLimiter attempts_;
};

}  // namespace slipway::gateway
