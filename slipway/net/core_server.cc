#include "slipway/net/core_server.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <future>
#include <thread>

#include "slipway/base/log.h"
#include "slipway/net/connection.h"

namespace slipway::net {
namespace {

constexpr auto kDrainTime = std::chrono::seconds(2);
constexpr auto kAcceptRetryTime = std::chrono::milliseconds(100);
constexpr int kBacklog = 4096;
constexpr int kAcceptsMax = 64;  // in a row, before connections have their turn

using TlsContext = std::shared_ptr<SSL_CTX>;

std::string LastTlsError() {
  char text[256] = "no details";
  if (const unsigned long code = ERR_get_error()) ERR_error_string_n(code, text, sizeof(text));
  ERR_clear_error();
  return text;
}

Result<TlsContext> MakeTlsContext(const TlsFiles& files) {
  ERR_clear_error();
  const TlsContext context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!context) return Internal(fmt::format("cannot set up TLS: {}", LastTlsError()));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  if (SSL_CTX_use_certificate_chain_file(context.get(), files.certificate_chain_file.c_str()) != 1) {
    return FailedPrecondition(
        fmt::format("cannot use the certificate file '{}': {}", files.certificate_chain_file, LastTlsError()));
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), files.private_key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return FailedPrecondition(
        fmt::format("cannot use the private key file '{}': {}", files.private_key_file, LastTlsError()));
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

std::string NumericHost(const sockaddr_storage& address, socklen_t size) {
  char host[NI_MAXHOST] = "";
  getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, host, sizeof(host), nullptr, 0, NI_NUMERICHOST);
  return host;
}

// A socket bound to the address, listening.
Result<Socket> OpenListening(const ListenAddress& listen_address) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(listen_address.address.c_str(), std::to_string(listen_address.port).c_str(), &hints, &found) != 0)
    return InvalidArgument(fmt::format("'{}' is not an IP address to listen on", listen_address.address));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> address(found, freeaddrinfo);
  Socket socket(::socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int yes = 1;
  const bool is_open = socket.IsOpen() && setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == 0 &&
                       bind(socket.get(), address->ai_addr, address->ai_addrlen) == 0 &&
                       listen(socket.get(), kBacklog) == 0;
  if (is_open) return socket;
  const std::string why = errno == EADDRINUSE ? "the port is in use by another program" : std::strerror(errno);
  return FailedPrecondition(
      fmt::format("cannot listen on {}:{}: {}", listen_address.address, listen_address.port, why));
}

uint16_t PortOf(const Socket& socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

// Accepts on the first core and deals the connections out to all of them in turn.
class Listener : private EventLoop::Watcher {
 public:
  Listener(std::vector<std::shared_ptr<Core>> cores, Socket socket, TlsContext tls)
      : cores_(std::move(cores)), socket_(std::move(socket)), port_(PortOf(socket_)), tls_(std::move(tls)) {}

  uint16_t port() const { return port_; }

  // For connections accepted once the future is ready (which it is, too, when the loop has been closed); those that are
  // open keep the context they began with.
  std::future<void> UseTls(TlsContext tls) {
    auto taken = std::make_shared<std::promise<void>>();
    std::future<void> future = taken->get_future();
    cores_[0]->loop.Post([this, tls = std::move(tls), taken = std::move(taken)] {
      ShareTickets(tls_.get(), tls.get());
      tls_ = tls;
      taken->set_value();
    });
    return future;
  }

  // On the first core, or before it runs.
  void Open() {
    const Status watched = cores_[0]->loop.WatchReading(socket_.get(), *this);
    if (!watched) LogError("nothing is accepted on port {}: {}", port_, watched.error().ToString());
  }
  void Close() { socket_.Close(); }

 private:
  void OnReady(uint32_t) override {
    for (int i = 0; i < kAcceptsMax && socket_.IsOpen(); ++i) {
      sockaddr_storage address{};
      socklen_t size = sizeof(address);
      auto accepted = std::make_shared<Socket>(
          accept4(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (accepted->IsOpen()) {
        Admit(NumericHost(address, size), accepted);
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        return;
      } else if (errno != EINTR && errno != ECONNABORTED) {
        return RetryLater(std::strerror(errno));
      }
    }
  }

  // Out of descriptors, mostly: connections that end will free some.
  void RetryLater(std::string_view why) {
    LogWarning("cannot accept a connection: {}", why);
    EventLoop& loop = cores_[0]->loop;
    loop.Unwatch(socket_.get());
    loop.After(kAcceptRetryTime, [this] {
      if (socket_.IsOpen()) Open();
    });
  }

  void Admit(std::string remote_address, const std::shared_ptr<Socket>& socket) {
    const int yes = 1;
    setsockopt(socket->get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    const std::shared_ptr<Core>& core = cores_[next_++ % cores_.size()];
    core->loop.Post([core, tls = tls_, remote_address = std::move(remote_address), socket] {
      if (core->is_draining) return;
      if (tls) {
        std::make_shared<Connection<TlsStream>>(core, remote_address, std::move(*socket), tls.get())->Start();
      } else {
        std::make_shared<Connection<PlainStream>>(core, remote_address, std::move(*socket))->Start();
      }
    });
  }

  const std::vector<std::shared_ptr<Core>> cores_;
  Socket socket_;
  const uint16_t port_;
  TlsContext tls_;  // none: plain; changed on the first core alone
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
      TlsContext tls;
      if (listen.tls) {
        SLIPWAY_ASSIGN_OR_RETURN(tls, MakeTlsContext(*listen.tls));
      }
      SLIPWAY_ASSIGN_OR_RETURN(Socket socket, OpenListening(listen));
      listeners_.push_back(std::make_unique<Listener>(cores_, std::move(socket), std::move(tls)));
      ports_.push_back(listeners_.back()->port());
    }
    return {};
  }

  void Run() {
    for (const auto& listener : listeners_) listener->Open();
    for (const auto& core : cores_) {
      core->loop.Post([core_pointer = core.get()] { core_pointer->Sweep(); });
      threads_.emplace_back([core] { core->loop.Run(); });
    }
  }

  std::vector<uint16_t> ports() const override { return ports_; }

  uint64_t open_connections() const override {
    uint64_t count = 0;
    for (const auto& core : cores_) count += core->counters.open.load(std::memory_order_relaxed);
    return count;
  }

  Totals totals() const override {
    Totals totals;
    for (const auto& core : cores_) {
      totals.connections += core->counters.accepted.load(std::memory_order_relaxed);
      totals.bytes_received += core->counters.bytes_received.load(std::memory_order_relaxed);
      totals.bytes_sent += core->counters.bytes_sent.load(std::memory_order_relaxed);
    }
    return totals;
  }

  Status ReloadTls() override {
    std::vector<std::pair<Listener*, TlsContext>> reloaded;
    for (size_t i = 0; i < listeners_.size(); ++i) {
      if (!options_.listen[i].tls) continue;
      SLIPWAY_ASSIGN_OR_RETURN(auto tls, MakeTlsContext(*options_.listen[i].tls));
      reloaded.emplace_back(listeners_[i].get(), std::move(tls));
    }
    std::vector<std::future<void>> taken;
    for (auto& [listener, tls] : reloaded) taken.push_back(listener->UseTls(std::move(tls)));
    for (const std::future<void>& future : taken) future.wait();
    return {};
  }

  void Stop() override {
    if (threads_.empty()) return;
    cores_[0]->loop.Post([this] {
      for (const auto& listener : listeners_) listener->Close();
    });
    for (const auto& core : cores_) core->loop.Post([core_pointer = core.get()] { Drain(*core_pointer); });
    const auto deadline = std::chrono::steady_clock::now() + kDrainTime;
    while (open_connections() > 0 && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    for (const auto& core : cores_) core->loop.Stop();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    for (const auto& core : cores_) core->Finish();
    listeners_.clear();
  }

 private:
  static void Drain(Core& core) {
    core.is_draining = true;
    for (const auto& connection : core.connections()) connection->Drain();
  }

  const CoreServerOptions options_;
  std::vector<std::shared_ptr<Core>> cores_;
  std::vector<std::unique_ptr<Listener>> listeners_;
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
