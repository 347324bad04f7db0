#include "slipway/net/core_server.h"

#include <fmt/format.h>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include <thread>

#include "slipway/base/log.h"
#include "slipway/net/connection.h"

namespace slipway::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kDrainTime = std::chrono::seconds(2);
constexpr auto kAcceptRetryTime = std::chrono::milliseconds(100);

Result<std::shared_ptr<asio::ssl::context>> MakeTlsContext(const TlsFiles& files) {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_options(context->native_handle(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context->native_handle(), SSL_MODE_RELEASE_BUFFERS);
  error_code ec;
  context->use_certificate_chain_file(files.certificate_chain_file, ec);
  if (ec) {
    return FailedPrecondition(
        fmt::format("cannot use the certificate file '{}': {}", files.certificate_chain_file, ec.message()));
  }
  context->use_private_key_file(files.private_key_file, asio::ssl::context::pem, ec);
  if (ec) {
    return FailedPrecondition(
        fmt::format("cannot use the private key file '{}': {}", files.private_key_file, ec.message()));
  }
  return context;
}

// Sessions of `from` can be resumed on `to`.
void ShareTickets(SSL_CTX* from, SSL_CTX* to) {
  std::vector<unsigned char> keys(static_cast<size_t>(SSL_CTX_get_tlsext_ticket_keys(from, nullptr, 0)));
  SSL_CTX_get_tlsext_ticket_keys(from, keys.data(), static_cast<long>(keys.size()));
  SSL_CTX_set_tlsext_ticket_keys(to, keys.data(), static_cast<long>(keys.size()));
  OPENSSL_cleanse(keys.data(), keys.size());
}

// Accepts on the first core and deals the connections out to all of them in turn.
class Listener : public std::enable_shared_from_this<Listener> {
 public:
  Listener(std::vector<std::shared_ptr<Core>> cores, std::shared_ptr<asio::ssl::context> tls)
      : cores_(std::move(cores)), tls_(std::move(tls)), acceptor_(cores_[0]->context), retry_(cores_[0]->context) {}

  Status Open(const ListenAddress& listen) {
    error_code ec;
    const auto address = asio::ip::make_address(listen.address, ec);
    if (ec) return InvalidArgument(fmt::format("'{}' is not an IP address to listen on", listen.address));
    const tcp::endpoint endpoint(address, listen.port);
    acceptor_.open(endpoint.protocol(), ec);
    if (!ec) acceptor_.set_option(tcp::acceptor::reuse_address(true), ec);
    if (!ec) acceptor_.bind(endpoint, ec);
    if (!ec) acceptor_.listen(4096, ec);
    if (!ec) return {};
    std::string why = ec == asio::error::address_in_use ? "the port is in use by another program" : ec.message();
    return FailedPrecondition(fmt::format("cannot listen on {}:{}: {}", listen.address, listen.port, why));
  }

  uint16_t port() const { return acceptor_.local_endpoint().port(); }

  // For connections accepted from now on. A connection's stream holds on to the context it began with.
  void UseTls(std::shared_ptr<asio::ssl::context> tls) {
    asio::post(cores_[0]->context, [self = shared_from_this(), tls = std::move(tls)]() mutable {
      ShareTickets(self->tls_->native_handle(), tls->native_handle());
      self->tls_ = std::move(tls);
    });
  }

  void Accept() {
    const std::shared_ptr<Core> core = cores_[next_++ % cores_.size()];
    acceptor_.async_accept(core->context, [self = shared_from_this(), core](const error_code& ec, CoreSocket socket) {
      if (ec == asio::error::operation_aborted || !self->acceptor_.is_open()) return;
      if (ec) return self->RetryLater(ec);
      self->Admit(core, std::move(socket));
      self->Accept();
    });
  }

  void Close() {
    error_code ignored;
    acceptor_.close(ignored);
    retry_.cancel();
  }

 private:
  // Out of descriptors, mostly: connections that end will free some.
  void RetryLater(const error_code& why) {
    LogWarning("cannot accept a connection: {}", why.message());
    retry_.expires_after(kAcceptRetryTime);
    retry_.async_wait([self = shared_from_this()](const error_code& ec) {
      if (!ec) self->Accept();
    });
  }

  void Admit(const std::shared_ptr<Core>& core, CoreSocket socket) {
    asio::post(core->context, [core, tls = tls_, socket = std::move(socket)]() mutable {
      if (core->is_draining) return;
      error_code ec;
      const auto remote = socket.remote_endpoint(ec);
      if (!ec) socket.set_option(tcp::no_delay(true), ec);
      if (ec) return;
      std::string address = remote.address().to_string();
      if (tls) {
        std::make_shared<Connection<TlsStream>>(core, std::move(address), std::move(socket), *tls)->Start();
      } else {
        std::make_shared<Connection<PlainStream>>(core, std::move(address), std::move(socket))->Start();
      }
    });
  }

  const std::vector<std::shared_ptr<Core>> cores_;
  std::shared_ptr<asio::ssl::context> tls_;  // changed on the first core alone
  tcp::acceptor acceptor_;
  asio::steady_timer retry_;
  size_t next_ = 0;
};

class CoreServerImpl final : public CoreServer {
 public:
  CoreServerImpl(CoreServerOptions options, ExchangeHandler& handler) : options_(std::move(options)) {
    for (int i = 0; i < options_.threads; ++i) cores_.push_back(std::make_shared<Core>(i, handler, options_));
  }
  ~CoreServerImpl() override { Stop(); }

  Status Listen() {
    for (const ListenAddress& listen : options_.listen) {
      std::shared_ptr<asio::ssl::context> tls;
      if (listen.tls) {
        SLIPWAY_ASSIGN_OR_RETURN(tls, MakeTlsContext(*listen.tls));
      }
      auto listener = std::make_shared<Listener>(cores_, tls);
      SLIPWAY_RETURN_IF_ERROR(listener->Open(listen));
      ports_.push_back(listener->port());
      listeners_.push_back(std::move(listener));
    }
    return {};
  }

  void Run() {
    for (const auto& listener : listeners_) listener->Accept();
    for (const auto& core : cores_) {
      asio::post(core->context, [core] { Core::Sweep(core); });
      threads_.emplace_back([core] {
        const auto work = asio::make_work_guard(core->context);
        core->context.run();
      });
    }
  }

  std::vector<uint16_t> ports() const override { return ports_; }

  uint64_t open_connections() const override {
    uint64_t count = 0;
    for (const auto& core : cores_) count += core->connection_count.load(std::memory_order_relaxed);
    return count;
  }

  Status ReloadTls() override {
    std::vector<std::pair<Listener*, std::shared_ptr<asio::ssl::context>>> reloaded;
    for (size_t i = 0; i < listeners_.size(); ++i) {
      if (!options_.listen[i].tls) continue;
      SLIPWAY_ASSIGN_OR_RETURN(auto tls, MakeTlsContext(*options_.listen[i].tls));
      reloaded.emplace_back(listeners_[i].get(), std::move(tls));
    }
    for (auto& [listener, tls] : reloaded) listener->UseTls(std::move(tls));
    return {};
  }

  void Stop() override {
    if (threads_.empty()) return;
    asio::post(cores_[0]->context, [listeners = listeners_] {
      for (const auto& listener : listeners) listener->Close();
    });
    for (const auto& core : cores_) {
      asio::post(core->context, [core] {
        core->is_draining = true;
        const std::vector<ConnectionBase*> connections(core->connections.begin(), core->connections.end());
        for (ConnectionBase* connection : connections) connection->Drain();
      });
    }
    const auto deadline = std::chrono::steady_clock::now() + kDrainTime;
    while (open_connections() > 0 && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    for (const auto& core : cores_) core->context.stop();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    for (const auto& core : cores_) Finish(*core);
    listeners_.clear();
  }

 private:
  // Runs what the loop still holds, so that the handlers (and the connections they keep) go.
  static void Finish(Core& core) {
    const std::vector<ConnectionBase*> connections(core.connections.begin(), core.connections.end());
    for (ConnectionBase* connection : connections) connection->Abort();
    core.CancelSweep();
    core.context.restart();
    core.context.poll();
  }

  const CoreServerOptions options_;
  std::vector<std::shared_ptr<Core>> cores_;
  std::vector<std::shared_ptr<Listener>> listeners_;
  std::vector<uint16_t> ports_;
  std::vector<std::thread> threads_;
};

}  // namespace

Result<std::unique_ptr<CoreServer>> CoreServer::Start(CoreServerOptions options, ExchangeHandler& handler) {
  auto server = std::make_unique<CoreServerImpl>(std::move(options), handler);
  SLIPWAY_RETURN_IF_ERROR(server->Listen());
  server->Run();
  return server;
}

}  // namespace slipway::net
