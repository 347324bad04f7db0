// The event-loop server itself: what it does for slow callers and with certificates.
#include "slipway/net/core_server.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <latch>
#include <string>
#include <string_view>
#include <thread>

#include "slipway/base/file.h"
#include "slipway/base/thread_pool.h"
#include "slipway/net/client.h"

namespace slipway::net {
namespace {

int Connect(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  return fd;
}

class OkHandler final : public ExchangeHandler {
 public:
  void Handle(Exchange& exchange) override { exchange.Reply(200, "", "ok"); }
};

void SendAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    ASSERT_GT(size, 0);
    bytes.remove_prefix(static_cast<size_t>(size));
  }
}

// What comes until the server closes.
std::string ReadToEnd(int fd) {
  std::string received;
  char buffer[4096];
  for (ssize_t n; (n = recv(fd, buffer, sizeof(buffer), 0)) > 0;) received.append(buffer, static_cast<size_t>(n));
  return received;
}

int CountOf(std::string_view text, std::string_view part) {
  int count = 0;
  for (size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

template <class Condition>
bool WaitFor(Condition&& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

std::unique_ptr<CoreServer> StartPlain(CoreServerOptions options, ExchangeHandler& handler) {
  options.listen = {{}};
  auto server = CoreServer::Start(options, handler);
  EXPECT_TRUE(server) << server.error().ToString();
  return std::move(*server);
}

TEST(CoreServerTest, ARequestThatTricklesInIsGivenUp) {
  OkHandler handler;
  CoreServerOptions options;
  options.receive_timeout_ms = 1;
  const auto server = StartPlain(options, handler);
  for (const std::string_view part :
       {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc", "POST / HTTP/1.1\r\nHost: x\r\nX-Slow: a", "P",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"}) {
    const int fd = Connect(server->ports()[0]);
    SendAll(fd, part);
    // Returns when the server closes: at a sweep, although the idle time-out is a minute away.
    EXPECT_EQ(ReadToEnd(fd), "") << part;
    close(fd);
  }
}

TEST(CoreServerTest, AConnectionWithoutARequestIsClosedWhenItIsIdle) {
  OkHandler handler;
  CoreServerOptions options;
  options.idle_timeout_ms = 1;
  const auto server = StartPlain(options, handler);
  const int fd = Connect(server->ports()[0]);
  EXPECT_EQ(ReadToEnd(fd), "");
  close(fd);
}

// Answers everything with a megabyte.
class LargeHandler final : public ExchangeHandler {
 public:
  void Handle(Exchange& exchange) override {
    ++handled;
    exchange.Reply(200, "", body_);
  }
  std::atomic<int> handled{0};

 private:
  const std::string body_ = std::string(1 << 20, 'x');
};

TEST(CoreServerTest, AClientThatDoesNotReadIsReadNoFurtherAndClosed) {
  LargeHandler handler;
  CoreServerOptions options;
  options.idle_timeout_ms = 100;
  const auto server = StartPlain(options, handler);
  const int fd = Connect(server->ports()[0]);
  std::string requests;
  constexpr int kRequests = 1'000;  // their answers would be a gigabyte
  for (int i = 0; i < kRequests; ++i) requests += "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  SendAll(fd, requests);
  EXPECT_TRUE(WaitFor([&] { return server->totals().connections == 1 && server->open_connections() == 0; }));
  EXPECT_GT(handler.handled, 0);
  EXPECT_LT(handler.handled, 100);  // as many as the system's buffers hold, which is a few
  close(fd);
}

TEST(CoreServerTest, AClientThatReadsSlowlyGetsEverything) {
  LargeHandler handler;
  const auto server = StartPlain({}, handler);
  const int fd = Connect(server->ports()[0]);
  constexpr int kRequests = 20;
  std::string requests;
  for (int i = 1; i < kRequests; ++i) requests += "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  SendAll(fd, requests + "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string received = ReadToEnd(fd);
  EXPECT_EQ(CountOf(received, "HTTP/1.1 200 OK\r\n"), kRequests);
  EXPECT_EQ(static_cast<int>(std::count(received.begin(), received.end(), 'x')), kRequests << 20);
  close(fd);
}

TEST(CoreServerTest, AClientThatSendsNothingMoreIsStillAnswered) {
  OkHandler handler;
  const auto server = StartPlain({}, handler);
  const int fd = Connect(server->ports()[0]);
  SendAll(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n");
  shutdown(fd, SHUT_WR);
  EXPECT_EQ(CountOf(ReadToEnd(fd), "HTTP/1.1 200 OK\r\n"), 2);  // and closed, long before the idle time-out
  close(fd);
}

// Answers later, from another thread, with the request's target.
class LateHandler final : public ExchangeHandler {
 public:
  void Handle(Exchange& exchange) override {
    std::shared_ptr<PendingReply> reply = exchange.Defer();
    pool_.Submit([this, reply] {
      go.wait();
      reply->Send(200, "", std::string(reply->request().target));
    });
  }
  std::latch go{1};

 private:
  ThreadPool pool_{1};
};

TEST(CoreServerTest, PipelinedRequestsAreAnsweredInOrderWhenTheAnswersComeLate) {
  LateHandler handler;
  const auto server = StartPlain({}, handler);
  const int fd = Connect(server->ports()[0]);
  std::string requests, wanted;
  for (int i = 0; i < 50; ++i) {
    requests += "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
    wanted += "/" + std::to_string(i);
  }
  SendAll(fd, requests);
  shutdown(fd, SHUT_WR);
  handler.go.count_down();
  std::string targets;
  const std::string received = ReadToEnd(fd);
  for (size_t at = received.find("\r\n\r\n"); at != std::string::npos; at = received.find("\r\n\r\n", at + 1))
    targets += received.substr(at + 4, received.find("HTTP", at) - at - 4);
  EXPECT_EQ(targets, wanted);
  close(fd);
}

// Promises an answer and forgets it, or forgets even that.
class ForgetfulHandler final : public ExchangeHandler {
 public:
  void Handle(Exchange& exchange) override {
    if (exchange.request().target == "/promise") exchange.Defer();
  }
};

TEST(CoreServerTest, AForgottenRequestIsAnsweredWith500) {
  ForgetfulHandler handler;
  const auto server = StartPlain({}, handler);
  const int fd = Connect(server->ports()[0]);
  SendAll(fd, "GET /promise HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(CountOf(ReadToEnd(fd), "HTTP/1.1 500 Internal Server Error\r\n"), 2);
  close(fd);
}

// Counts the requests of a connection on it.
class CountingHandler final : public ExchangeHandler {
 public:
  void Handle(Exchange& exchange) override {
    std::shared_ptr<void>& attachment = exchange.attachment();
    if (!attachment)
      attachment = std::shared_ptr<int>(new int(0), [this](const int* count) {
        delete count;
        ++gone;
      });
    exchange.Reply(200, "", std::to_string(++*static_cast<int*>(attachment.get())));
  }
  std::atomic<int> gone{0};
};

TEST(CoreServerTest, AnAttachmentLivesAsLongAsItsConnection) {
  CountingHandler handler;
  const auto server = StartPlain({}, handler);
  for (int i = 0; i < 2; ++i) {
    const int fd = Connect(server->ports()[0]);
    SendAll(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const std::string received = ReadToEnd(fd);
    EXPECT_TRUE(received.ends_with("\r\n\r\n2")) << received;
    EXPECT_NE(received.find("\r\n\r\n1HTTP"), std::string::npos) << received;
    close(fd);
  }
  EXPECT_TRUE(WaitFor([&] { return handler.gone == 2; }));
}

TEST(CoreServerTest, AClientThatIsGoneBeforeItsAnswerHarmsNobody) {
  LateHandler handler;
  const auto server = StartPlain({}, handler);
  for (int i = 0; i < 20; ++i) {
    const int fd = Connect(server->ports()[0]);
    SendAll(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const linger at_once{1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));  // a reset
    close(fd);
  }
  handler.go.count_down();
  const int fd = Connect(server->ports()[0]);
  SendAll(fd, "GET /alive HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_NE(ReadToEnd(fd).find("/alive"), std::string::npos);
  close(fd);
  EXPECT_TRUE(WaitFor([&] { return server->open_connections() == 0; }));
}

// What two servers might read differently is answered with 4xx or 501, and nothing behind it is looked at.
TEST(CoreServerTest, NothingIsSmuggledBehindAnAmbiguousRequest) {
  LargeHandler handler;
  const auto server = StartPlain({}, handler);
  const std::string_view smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
  for (const std::string head : {
           "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
           "Content-Length: 0\r\nContent-Length: 44\r\n\r\n",
           "Content-Length: 0, 44\r\n\r\n",
           "Content-Length : 44\r\n\r\n",
           "X: y\r\n Content-Length: 44\r\n\r\n",
           "Transfer-Encoding: xchunked\r\n\r\n",
           "Transfer-Encoding: chunked, identity\r\n\r\n",
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
           "Transfer-Encoding:\x0b"
           "chunked\r\n\r\n0\r\n\r\n",
           "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffe\r\n\r\n",
           "Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n",
           "Transfer-Encoding: chunked\r\n\r\n0\n\n",
           "X: a\nContent-Length: 44\r\n\r\n",
           "Host: y\r\n\r\n",
       }) {
    const int fd = Connect(server->ports()[0]);
    SendAll(fd, "POST / HTTP/1.1\r\nHost: x\r\n" + head + std::string(smuggled));
    const std::string answer = ReadToEnd(fd);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 400") || answer.starts_with("HTTP/1.1 501") ||
                answer.starts_with("HTTP/1.1 413"))
        << head << answer.substr(0, 200);
    EXPECT_EQ(CountOf(answer, "HTTP/1.1"), 1) << head;
    close(fd);
  }
  EXPECT_EQ(handler.handled, 0);
}

// The certificate that a new connection gets, as DER.
std::string ServedCertificate(uint16_t port) {
  const int fd = Connect(port);
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  SSL* const ssl = SSL_new(context);
  SSL_set_fd(ssl, fd);
  EXPECT_EQ(SSL_connect(ssl), 1);
  unsigned char* bytes = nullptr;
  const int size = i2d_X509(SSL_get0_peer_certificate(ssl), &bytes);
  const std::string certificate(reinterpret_cast<char*>(bytes), static_cast<size_t>(std::max(size, 0)));
  OPENSSL_free(bytes);
  SSL_free(ssl);
  SSL_CTX_free(context);
  close(fd);
  return certificate;
}

// One TLS connection with its session tickets.
class TlsPeer {
 public:
  explicit TlsPeer(int version) : context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_min_proto_version(context_, version);
    SSL_CTX_set_max_proto_version(context_, version);
    SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_CLIENT);
  }
  ~TlsPeer() {
    SSL_SESSION_free(session_);
    SSL_CTX_free(context_);
  }

  // Calls the server and keeps the session for the next call; whether the call resumed the last one.
  bool CallResumes(uint16_t port) {
    const int fd = Connect(port);
    SSL* ssl = SSL_new(context_);
    SSL_set_fd(ssl, fd);
    if (session_) SSL_set_session(ssl, session_);
    EXPECT_EQ(SSL_connect(ssl), 1);
    constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    EXPECT_EQ(SSL_write(ssl, kRequest.data(), kRequest.size()), static_cast<int>(kRequest.size()));
    char buffer[4096];
    while (SSL_read(ssl, buffer, sizeof(buffer)) > 0) continue;
    SSL_shutdown(ssl);  // or the session counts as broken
    const bool is_resumed = SSL_session_reused(ssl) == 1;
    SSL_SESSION_free(session_);
    session_ = SSL_get1_session(ssl);
    SSL_free(ssl);
    close(fd);
    return is_resumed;
  }

 private:
  SSL_CTX* context_;
  SSL_SESSION* session_ = nullptr;
};

class TlsVersionTest : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Versions, TlsVersionTest, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& info) { return info.param == TLS1_2_VERSION ? "Tls12" : "Tls13"; });

TEST_P(TlsVersionTest, SessionsAreResumedEvenAfterTheCertificateWasReadAgain) {
  const SystemClock clock;
  const TemporaryDirectory folder = std::move(*TemporaryDirectory::Make());
  const auto files = EnsureLocalCertificates(folder.path(), {}, clock);
  ASSERT_TRUE(files) << files.error().ToString();
  OkHandler handler;
  CoreServerOptions options;
  options.listen = {{"127.0.0.1", 0, TlsFiles{files->certificate, files->private_key}}};
  auto server = CoreServer::Start(options, handler);
  ASSERT_TRUE(server) << server.error().ToString();
  const uint16_t port = (*server)->ports()[0];
  TlsPeer peer(GetParam());
  EXPECT_FALSE(peer.CallResumes(port));
  EXPECT_TRUE(peer.CallResumes(port));
  ASSERT_TRUE((*server)->ReloadTls());
  EXPECT_TRUE(peer.CallResumes(port));
  std::filesystem::remove(files->private_key);
  EXPECT_FALSE((*server)->ReloadTls());
  EXPECT_TRUE(peer.CallResumes(port));
}

TEST(CoreServerTest, TheFirstConnectionAfterAReloadGetsTheNewCertificate) {
  const SystemClock clock;
  const TemporaryDirectory folder = std::move(*TemporaryDirectory::Make());
  OkHandler handler;
  CoreServerOptions options;
  options.threads = 2;
  const auto files = EnsureLocalCertificates(folder.path(), {}, clock);
  ASSERT_TRUE(files) << files.error().ToString();
  options.listen = {{"127.0.0.1", 0, TlsFiles{files->certificate, files->private_key}}};
  auto server = CoreServer::Start(options, handler);
  ASSERT_TRUE(server) << server.error().ToString();
  std::string last = ServedCertificate((*server)->ports()[0]);
  for (int round = 0; round < 20; ++round) {
    std::filesystem::remove(files->certificate);
    std::filesystem::remove(files->private_key);
    ASSERT_TRUE(EnsureLocalCertificates(folder.path(), {}, clock));
    ASSERT_TRUE((*server)->ReloadTls());
    const std::string served = ServedCertificate((*server)->ports()[0]);
    EXPECT_NE(served, last) << round;
    last = served;
  }
  (*server)->Stop();
  EXPECT_TRUE((*server)->ReloadTls()) << "nobody is to take it, and nobody waits";
}

TEST(CoreServerTest, ARequestInFlightIsAnsweredAcrossANewCertificate) {
  const SystemClock clock;
  const TemporaryDirectory folder = std::move(*TemporaryDirectory::Make());
  const auto files = EnsureLocalCertificates(folder.path(), {}, clock);
  ASSERT_TRUE(files) << files.error().ToString();
  LateHandler handler;
  CoreServerOptions options;
  options.listen = {{"127.0.0.1", 0, TlsFiles{files->certificate, files->private_key}}};
  auto server = CoreServer::Start(options, handler);
  ASSERT_TRUE(server) << server.error().ToString();
  const std::string url = "https://127.0.0.1:" + std::to_string((*server)->ports()[0]);
  std::string body;
  std::thread caller([&] {
    const auto response = Client({.ca_file = files->authority}).Send("GET", url + "/late");
    if (response) body = response->body;
  });
  EXPECT_TRUE(WaitFor([&] { return (*server)->totals().bytes_received > 0; }));
  ASSERT_TRUE((*server)->ReloadTls());
  handler.go.count_down();
  caller.join();
  EXPECT_EQ(body, "/late");
}

}  // namespace
}  // namespace slipway::net
