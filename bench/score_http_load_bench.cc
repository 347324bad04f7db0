// A load generator for `score-http`: POSTs one body at a constant rate over kept connections, and measures each
// answer's time from the moment its request was due (so that a server that falls behind cannot hide it).
//
//   score_http_load_bench PORT PATH BODY_FILE RATE SECONDS CONNECTIONS [HEADER …]
//
// When another process has its core for a while, what could not be sent meanwhile is no delay of the server's: the
// requests to come are put off by as much, and only what was on its way then is counted with it.
//
// Prints {"rate", "p50_us", "p99_us", "p999_us", "answered", "refused", "failed", "away_ms"}: percentiles are of the
// answers with 200, `rate` of all; `refused` counts those with 429, `failed` any others; `away_ms` is how long this
// program did not run.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Connection {
  int descriptor = -1;
  std::string received;
  Clock::time_point due;
};

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "score_http_load_bench: %s\n", why.c_str());
  std::exit(1);
}

int Connect(uint16_t port) {
  const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) Die("nobody listens");
  const int yes = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
  return descriptor;
}

std::string MakeRequest(const std::string& path, const std::string& body, char** headers, int count) {
  std::string request = "POST " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n";
  for (int i = 0; i < count; ++i) request += std::string(headers[i]) + "\r\n";
  return request + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// The status of a whole answer; nothing when more is to come.
std::optional<int> WholeAnswer(const std::string& received) {
  const size_t head = received.find("\r\n\r\n");
  if (head == std::string::npos) return std::nullopt;
  const size_t length = received.find("Content-Length: ");
  if (length == std::string::npos || length > head) Die("an answer without Content-Length");
  const size_t size = std::strtoul(received.c_str() + length + 16, nullptr, 10);
  if (received.size() < head + 4 + size) return std::nullopt;
  const int status = std::atoi(received.c_str() + 9);
  if (status == 429 && received.find("Retry-After: ") >= head) Die("a refusal without Retry-After");
  return status;
}

class Load {
 public:
  Load(uint16_t port, std::string request, size_t connections) : request_(std::move(request)), poll_(epoll_create1(0)) {
    connections_.resize(connections);
    for (Connection& connection : connections_) {
      connection.descriptor = Connect(port);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.ptr = &connection;
      epoll_ctl(poll_, EPOLL_CTL_ADD, connection.descriptor, &event);
      idle_.push_back(&connection);
    }
  }

  void Run(double rate, double seconds) {
    const auto begin = Clock::now();
    auto start = begin, looked = begin;
    const auto total = static_cast<uint64_t>(rate * seconds);
    uint64_t sent = 0;
    while (answers_ < total) {
      for (; sent < total && !idle_.empty(); ++sent) {
        const auto due =
            start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(sent / rate));
        if (due > Clock::now()) break;
        Send(due);
      }
      Receive();
      const auto now = Clock::now();
      if (now - looked > kAwayMin) {
        start += now - looked;
        away_ += now - looked;
      }
      looked = now;
      if (now - begin > std::chrono::duration<double>(3 * seconds + 10)) Die("the server is too slow for this rate");
    }
    seconds_ = std::chrono::duration<double>(Clock::now() - begin - away_).count();
  }

  void Print() {
    std::sort(latencies_us_.begin(), latencies_us_.end());
    const auto at = [&](double share) {
      return latencies_us_[static_cast<size_t>(share * (latencies_us_.size() - 1))];
    };
    if (latencies_us_.empty()) Die("no request was answered with 200");
    std::printf(
        "{\"rate\": %.1f, \"p50_us\": %.1f, \"p99_us\": %.1f, \"p999_us\": %.1f, \"answered\": %zu, \"refused\": %d, "
        "\"failed\": %d, \"away_ms\": %.1f}\n",
        static_cast<double>(answers_) / seconds_, at(0.5), at(0.99), at(0.999), latencies_us_.size(), refused_, failed_,
        std::chrono::duration<double, std::milli>(away_).count());
  }

 private:
  // A round of sending to every connection and receiving from some takes a third of that.
  static constexpr std::chrono::microseconds kAwayMin{300};
  static constexpr int kEventsMax = 16;

  void Send(Clock::time_point due) {
    Connection* connection = idle_.back();
    idle_.pop_back();
    connection->due = due;
    if (send(connection->descriptor, request_.data(), request_.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request_.size())) {
      Die("a request could not be sent");
    }
  }

  void Receive() {
    epoll_event events[kEventsMax];
    const int count = epoll_wait(poll_, events, kEventsMax, 0);
    for (int i = 0; i < count; ++i) {
      auto* connection = static_cast<Connection*>(events[i].data.ptr);
      char buffer[16384];
      const ssize_t size = recv(connection->descriptor, buffer, sizeof(buffer), 0);
      if (size <= 0) Die("the server closed a connection");
      connection->received.append(buffer, static_cast<size_t>(size));
      const auto status = WholeAnswer(connection->received);
      if (!status) continue;
      Count(*status, Clock::now() - connection->due);
      connection->received.clear();
      idle_.push_back(connection);
    }
  }

  void Count(int status, Clock::duration time) {
    ++answers_;
    if (status == 200) {
      latencies_us_.push_back(std::chrono::duration<double, std::micro>(time).count());
    } else {
      ++(status == 429 ? refused_ : failed_);
    }
  }

  const std::string request_;
  const int poll_;
  std::vector<Connection> connections_;
  std::vector<Connection*> idle_;
  std::vector<double> latencies_us_;
  Clock::duration away_{};
  double seconds_ = 0;
  uint64_t answers_ = 0;
  int refused_ = 0, failed_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 7) Die("usage: PORT PATH BODY_FILE RATE SECONDS CONNECTIONS [HEADER …]");
  std::ifstream file(argv[3], std::ios::binary);
  const std::string body((std::istreambuf_iterator<char>(file)), {});
  if (body.empty()) Die(std::string("no body in ") + argv[3]);
  Load load(static_cast<uint16_t>(std::atoi(argv[1])), MakeRequest(argv[2], body, argv + 7, argc - 7),
            static_cast<size_t>(std::atoi(argv[6])));
  load.Run(std::atof(argv[4]), std::atof(argv[5]));
  load.Print();
  return 0;
}
