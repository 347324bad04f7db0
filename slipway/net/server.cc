#include "slipway/net/server.h"

#include <exception>

#include "slipway/base/log.h"
#include "slipway/base/text.h"
#include "slipway/base/thread_pool.h"
#include "slipway/net/core_server.h"

namespace slipway::net {
namespace {

// False when the target is malformed.
bool ToRequest(const RequestView& view, Request& request) {
  request.method = view.method;
  for (const HeaderView& header : view.headers) request.headers.Add(header.name, std::string(header.value));
  request.body = view.body;
  request.remote_address = view.remote_address;
  request.secure = view.secure;
  return ParseTarget(view.target, request);
}

bool IsFramingHeader(std::string_view name) {
  return EqualsIgnoreCase(name, "Content-Length") || EqualsIgnoreCase(name, "Transfer-Encoding") ||
         EqualsIgnoreCase(name, "Connection");
}

std::string HeaderBlock(const Headers& headers) {
  std::string block;
  for (const auto& [name, value] : headers) {
    if (!IsFramingHeader(name)) AppendHeader(block, name, value);
  }
  return block;
}

Response CallHandler(const RequestHandler& handler, const Request& request) {
  try {
    return handler(request);
  } catch (const std::exception& exception) {
    LogError("{} {}: {}", request.method, request.path, exception.what());
  } catch (...) {
    LogError("{} {}: an unknown exception", request.method, request.path);
  }
  return Response::Json(500, R"({"error":{"code":"InternalServerError","message":"An internal error occurred."}})");
}

// Moves requests from the event loops to the pool. The pool's queue is bounded by the number of connections, each of
// which has at most one request under way.
class PoolServer final : public Server, private ExchangeHandler {
 public:
  PoolServer(int threads, RequestHandler handler) : handler_(std::move(handler)), pool_(threads) {}
  ~PoolServer() override { Stop(); }

  Status Start(CoreServerOptions options) {
    SLIPWAY_ASSIGN_OR_RETURN(server_, CoreServer::Start(std::move(options), *this));
    return {};
  }

  uint16_t port() const override { return server_->ports().front(); }
  void Stop() override {
    if (server_) server_->Stop();
  }

 private:
  void Handle(Exchange& exchange) override {
    std::shared_ptr<PendingReply> reply = exchange.Defer();
    pool_.Submit([this, reply] { Answer(*reply); });
  }

  void Answer(PendingReply& reply) const {
    Request request;
    const bool is_wellformed = ToRequest(reply.request(), request);
    request.client_gone = reply.client_gone();
    Response response =
        is_wellformed
            ? CallHandler(handler_, request)
            : Response::Json(400, R"({"error":{"code":"BadRequest","message":"The request target is malformed."}})");
    reply.Send(response.status, HeaderBlock(response.headers), std::move(response.body));
  }

  const RequestHandler handler_;
  // Destroyed after the pool, whose last tasks still answer through it.
  std::unique_ptr<CoreServer> server_;
  ThreadPool pool_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::Start(ServerOptions options, RequestHandler handler) {
  CoreServerOptions core;
  core.listen = {{options.address, options.port, options.tls}};
  core.threads = options.io_threads;
  core.header_bytes_max = 64 << 10;
  core.body_bytes_max = options.body_bytes_max;
  core.idle_timeout_ms = options.idle_timeout_ms;
  auto server = std::make_unique<PoolServer>(options.handler_threads, std::move(handler));
  SLIPWAY_RETURN_IF_ERROR(server->Start(std::move(core)));
  return server;
}

}  // namespace slipway::net
