// The event-loop server itself: what it does for slow callers and with certificates.
#include "slipway/net/core_server.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "slipway/base/file.h"

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

TEST(CoreServerTest, ARequestThatTricklesInIsGivenUp) {
  OkHandler handler;
  CoreServerOptions options;
  options.listen = {{}};
  options.receive_timeout_ms = 1;
  auto server = CoreServer::Start(options, handler);
  ASSERT_TRUE(server) << server.error().ToString();
  const int fd = Connect((*server)->ports()[0]);
  constexpr std::string_view kPart = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc";
  EXPECT_EQ(send(fd, kPart.data(), kPart.size(), MSG_NOSIGNAL), static_cast<ssize_t>(kPart.size()));
  // Returns when the server closes: at a sweep, although the idle time-out is a minute away.
  char byte = 0;
  EXPECT_EQ(recv(fd, &byte, 1, 0), 0);
  close(fd);
}

// One TLS connection with its session tickets.
class TlsPeer {
 public:
  TlsPeer() : context_(SSL_CTX_new(TLS_client_method())) {
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

TEST(CoreServerTest, SessionsAreResumedEvenAfterTheCertificateWasReadAgain) {
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
  TlsPeer peer;
  EXPECT_FALSE(peer.CallResumes(port));
  EXPECT_TRUE(peer.CallResumes(port));
  ASSERT_TRUE((*server)->ReloadTls());
  EXPECT_TRUE(peer.CallResumes(port));
  std::filesystem::remove(files->private_key);
  EXPECT_FALSE((*server)->ReloadTls());
  EXPECT_TRUE(peer.CallResumes(port));
}

}  // namespace
}  // namespace slipway::net
