#include "slipway/net/server.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <latch>
#include <mutex>
#include <thread>

#include "slipway/base/file.h"
#include "slipway/net/client.h"

namespace slipway::net {
namespace {

Response Echo(const Request& request) {
  if (request.path == "/throw") throw std::runtime_error("a bug");
  Response response = Response::Text(request.path == "/missing" ? 404 : 200, request.method + " " + request.body);
  response.headers.Add("X-Secure", request.secure ? "yes" : "no");
  response.headers.Add("X-Split", "a\r\nInjected: b");
  return response;
}

std::unique_ptr<Server> StartEcho(ServerOptions options = {}) {
  auto server = Server::Start(std::move(options), Echo);
  EXPECT_TRUE(server) << server.error().ToString();
  return std::move(*server);
}

std::string Url(const Server& server, std::string_view path, std::string_view scheme = "http") {
  return std::string(scheme) + "://127.0.0.1:" + std::to_string(server.port()) + std::string(path);
}

int Connect(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  return fd;
}

// Sends raw bytes and reads until the server closes.
std::string Raw(uint16_t port, std::string_view bytes) {
  const int fd = Connect(port);
  EXPECT_EQ(send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  std::string received;
  char buffer[4096];
  for (ssize_t n; (n = recv(fd, buffer, sizeof(buffer), 0)) > 0;) received.append(buffer, static_cast<size_t>(n));
  close(fd);
  return received;
}

TEST(ServerTest, TellsAHandlerThatItsClientHasGone) {
  std::latch is_asked(1);
  std::promise<void> is_gone;
  auto server = Server::Start({}, [&](const Request& request) {
    is_asked.count_down();
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any().wait(lock, request.client_gone, [] { return false; });
    is_gone.set_value();
    return Response::Text(200, "");
  });
  ASSERT_TRUE(server);
  const int fd = Connect((*server)->port());
  constexpr std::string_view kBytes = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  EXPECT_EQ(send(fd, kBytes.data(), kBytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(kBytes.size()));
  is_asked.wait();
  close(fd);
  EXPECT_EQ(is_gone.get_future().wait_for(std::chrono::seconds(60)), std::future_status::ready);
}

TEST(ServerTest, AnswersOverAKeptConnection) {
  const auto server = StartEcho();
  Client client;
  for (int i = 0; i < 3; ++i) {
    const auto response = client.Send("POST", Url(*server, "/x"), {}, "body");
    ASSERT_TRUE(response) << response.error().ToString();
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, "POST body");
  }
  EXPECT_EQ(client.Send("GET", Url(*server, "/missing"))->status, 404);
  const auto head = client.Send("HEAD", Url(*server, "/"));
  ASSERT_TRUE(head);
  EXPECT_EQ(head->body, "");
  EXPECT_EQ(*head->headers.Find("content-length"), "5");
}

TEST(ServerTest, HeaderValuesCannotSplitTheResponse) {
  const auto server = StartEcho();
  const auto response = Client().Send("GET", Url(*server, "/"));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->headers.Find("Injected"), nullptr);
}

TEST(ServerTest, AnExceptionOfTheHandlerBecomesA500) {
  const auto server = StartEcho();
  EXPECT_EQ(Client().Send("GET", Url(*server, "/throw"))->status, 500);
}

TEST(ServerTest, CarriesLargeBodiesBothWays) {
  const auto server = StartEcho();
  const std::string body(20 << 20, 'x');
  const auto response = Client().Send("PUT", Url(*server, "/"), {}, body);
  ASSERT_TRUE(response) << response.error().ToString();
  EXPECT_EQ(response->body.size(), body.size() + 4);
}

TEST(ServerTest, RefusesABodyOverTheLimitAndSaysSo) {
  ServerOptions options;
  options.body_bytes_max = 1000;
  const auto server = StartEcho(options);
  const auto response = Client().Send("PUT", Url(*server, "/"), {}, std::string(5 << 20, 'x'));
  ASSERT_TRUE(response) << response.error().ToString();
  EXPECT_EQ(response->status, 413);
}

TEST(ServerTest, AnswersPipelinedRequestsInOrder) {
  const auto server = StartEcho();
  const std::string answer = Raw(server->port(),
                                 "PUT /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\none"
                                 "GET /missing HTTP/1.1\r\nHost: h\r\n\r\n"
                                 "PUT /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nConnection: close\r\n\r\ntwo");
  const size_t one = answer.find("PUT one"), missing = answer.find(" 404 "), two = answer.find("PUT two");
  ASSERT_NE(two, std::string::npos) << answer;
  EXPECT_LT(one, missing);
  EXPECT_LT(missing, two);
}

TEST(ServerTest, MalformedRequestsGetA400AndAClose) {
  const auto server = StartEcho();
  const std::string answer = Raw(
      server->port(), "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 Bad Request\r\n")) << answer;
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  EXPECT_EQ(answer.find("HTTP/1.1", 1), std::string::npos);
}

TEST(ServerTest, SaysContinueToAClientThatWaits) {
  const auto server = StartEcho();
  const std::string answer =
      Raw(server->port(),
          "PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: "
          "close\r\n\r\nab");
  EXPECT_NE(answer.find("PUT ab"), std::string::npos) << answer;
}

TEST(ServerTest, APortInUseIsNamed) {
  const auto server = StartEcho();
  ServerOptions options;
  options.port = server->port();
  const auto second = Server::Start(options, Echo);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Code::kFailedPrecondition);
  EXPECT_NE(second.error().message().find("127.0.0.1:" + std::to_string(server->port())), std::string::npos);
}

TEST(ServerTest, StopLetsTheRequestInFlightEnd) {
  std::latch entered(1), go(1);
  auto server = *Server::Start({}, [&](const Request&) {
    entered.count_down();
    go.wait();
    return Response::Text(200, "done");
  });
  std::atomic<int> status{0};
  std::thread caller([&] {
    const auto response = Client().Send("GET", Url(*server, "/"));
    status = response ? response->status : -1;
  });
  entered.wait();
  std::thread stopper([&] { server->Stop(); });
  go.count_down();
  caller.join();
  stopper.join();
  EXPECT_EQ(status, 200);
  EXPECT_FALSE(Client().Send("GET", Url(*server, "/")));
}

TEST(ClientTest, CallsAgainWhenTheKeptConnectionWasClosed) {
  ServerOptions options;
  auto server = StartEcho(options);
  Client client;
  ASSERT_TRUE(client.Send("GET", Url(*server, "/")));
  options.port = server->port();
  server->Stop();
  server.reset();
  server = StartEcho(options);
  const auto response = client.Send("GET", Url(*server, "/"));
  ASSERT_TRUE(response) << response.error().ToString();
  EXPECT_EQ(response->status, 200);
}

TEST(ClientTest, NobodyListeningIsUnavailable) {
  const auto response = Client().Send("GET", "http://127.0.0.1:1/");
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), Code::kUnavailable);
}

TEST(ClientTest, ASilentServerIsGivenUp) {
  std::latch over(1);
  auto server = *Server::Start({}, [&](const Request&) {
    over.wait();
    return Response{};
  });
  const auto response = Client({.timeout_ms = 50}).Send("GET", Url(*server, "/"));
  over.count_down();
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), Code::kDeadlineExceeded);
}

TEST(ClientTest, MalformedUrlsAreRefused) {
  for (const char* url : {"", "ftp://h/", "http://", "http://h:x/", "http://a@b/", "http://h/a b"}) {
    const auto response = Client().Send("GET", url);
    ASSERT_FALSE(response) << url;
    EXPECT_EQ(response.error().code(), Code::kInvalidArgument) << url;
  }
}

class TlsTest : public testing::Test {
 protected:
  ManualClock clock_{std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now())};
  TemporaryDirectory folder_ = std::move(*TemporaryDirectory::Make());

  static std::string Content(const std::filesystem::path& path) {
    const auto content = ReadFile(path);
    EXPECT_TRUE(content);
    return content ? *content : "";
  }

  LocalCertificates Ensure(const std::vector<std::string>& names = {}) {
    auto files = EnsureLocalCertificates(folder_.path(), names, clock_);
    EXPECT_TRUE(files) << files.error().ToString();
    return *files;
  }
};

TEST_F(TlsTest, TheLocalAuthoritysCertificateIsTrustedByItsClientsOnly) {
  const LocalCertificates files = Ensure({"*.local.inference.example.org"});
  ServerOptions options;
  options.tls = TlsFiles{files.certificate, files.private_key};
  const auto server = StartEcho(options);
  const auto response = Client({.ca_file = files.authority}).Send("GET", Url(*server, "/", "https"));
  ASSERT_TRUE(response) << response.error().ToString();
  EXPECT_EQ(*response->headers.Find("X-Secure"), "yes");
  const auto untrusted = Client().Send("GET", Url(*server, "/", "https"));
  ASSERT_FALSE(untrusted);
  EXPECT_NE(untrusted.error().message().find("no trusted TLS connection"), std::string::npos);
}

TEST_F(TlsTest, CarriesLargeBodiesBothWays) {
  const LocalCertificates files = Ensure();
  ServerOptions options;
  options.tls = TlsFiles{files.certificate, files.private_key};
  const auto server = StartEcho(options);
  Client client({.ca_file = files.authority});
  for (const size_t bytes : {1UL, 16'384UL, 16'385UL, 20'000'000UL}) {
    std::string body(bytes, 'x');
    for (size_t i = 0; i < body.size(); i += 1'000) body[i] = static_cast<char>('a' + i / 1'000 % 26);
    const auto response = client.Send("POST", Url(*server, "/", "https"), {}, body);
    ASSERT_TRUE(response) << response.error().ToString();
    EXPECT_TRUE(response->body == "POST " + body) << bytes;
  }
}

TEST_F(TlsTest, KeysAreTheOwnersAlone) {
  const LocalCertificates files = Ensure();
  struct stat status {};
  ASSERT_EQ(stat(files.private_key.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(TlsTest, CertificatesStayUntilANameOrTimeIsMissing) {
  const LocalCertificates files = Ensure();
  const std::string authority = Content(files.authority), first = Content(files.certificate);
  Ensure();
  EXPECT_EQ(Content(files.certificate), first);
  Ensure({"*.example.org"});
  const std::string second = Content(files.certificate);
  EXPECT_NE(second, first);
  clock_.Advance(std::chrono::days(720));
  Ensure({"*.example.org"});
  EXPECT_NE(Content(files.certificate), second);
  EXPECT_EQ(Content(files.authority), authority);
}

TEST_F(TlsTest, ANameThatIsNoDnsNameIsRefused) {
  const auto files = EnsureLocalCertificates(folder_.path(), {"a,IP:1.2.3.4"}, clock_);
  ASSERT_FALSE(files);
  EXPECT_EQ(files.error().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace slipway::net
