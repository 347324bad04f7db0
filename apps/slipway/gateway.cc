// slipway-gateway: the data plane, and (as `slipway-gateway worker`) the host of one C++ scoring script.
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "apps/slipway/gateway_address.h"
#include "slipway/base/file.h"
#include "slipway/base/log.h"
#include "slipway/base/text.h"
#include "slipway/base/time.h"
#include "slipway/gateway/gateway.h"
#include "slipway/gateway/worker_host.h"

namespace {

using slipway::Result;

constexpr int kUsageExit = 2;
constexpr std::string_view kUsage = R"(usage: slipway-gateway --home DIR [options]
       slipway-gateway worker --script FILE.so

  --home DIR               the folder of all state
  --control URL            the control plane, e.g. http://127.0.0.1:7300; without it the routing on disk is served
  --token-file FILE        its token: a text, or JSON with the member "token" (default: DIR/credentials)
  --control-ca-file FILE   authorities that vouch for an https control plane
  --listen ADDRESS:PORT    https, port 0 takes a free one (default 127.0.0.1:7443)
  --plain-listen 127.0.0.1:PORT   plain http besides, on loopback only
  --dns-name NAME          a further name for the certificate, "*.local.inference.example.org" too; may be repeated
  --certificate FILE       the certificate and its chain (PEM) in place of one that the local authority signs,
  --private-key FILE       and its key; both are read again when they change, and at SIGHUP
  --threads N              event loops (default: one a core)
  --max-request-bytes N    larger request bodies get 413 (default 8388608)
  --traffic-log on|off     whether every request becomes a row of AmlOnlineEndpointTrafficLog (default on)
  --worker-sandbox on|required|off   whether scoring scripts may touch nothing but their model, their code and the
                           system's programs; on (the default): where the kernel can, and deployments may do without
  --worker-cgroup DIR      a cgroup (version 2) without processes, below which workers with a memory limit get groups of
                           their own (default: their memory is measured)
  --worker-user NAME       whom scoring scripts run as, when the gateway is root (default: as the gateway)
)";

struct Address {
  std::string host;
  uint16_t port;
};

Result<Address> ParseAddress(std::string_view text) {
  const size_t colon = text.rfind(':');
  const auto port = slipway::ParseInt(colon == std::string_view::npos ? "" : text.substr(colon + 1));
  if (!port || *port < 0 || *port > 65535) {
    return slipway::InvalidArgument(fmt::format("'{}' is not an address like 127.0.0.1:7443", text));
  }
  return Address{std::string(text.substr(0, colon)), static_cast<uint16_t>(*port)};
}

Result<long long> ParsePositive(std::string_view option, std::string_view text) {
  const auto number = slipway::ParseInt(text);
  if (number && *number > 0) return *number;
  return slipway::InvalidArgument(fmt::format("{} takes a positive number, not '{}'", option, text));
}

Result<std::string> ReadToken(const std::string& path) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::string text, slipway::ReadFile(path));
  const auto document = nlohmann::json::parse(text, nullptr, false);
  if (!document.is_object()) return std::string(slipway::Trim(text));
  return document.value("token", "");
}

Result<slipway::process::User> FindWorkerUser(const std::string& name) {
  if (geteuid() != 0)
    return slipway::FailedPrecondition(
        "--worker-user needs a gateway of root's: others cannot start programs as somebody else");
  return slipway::process::FindUser(name);
}

slipway::Status ApplyOption(slipway::gateway::GatewayOptions& options, std::string& token_file,
                            const std::string& option, const std::string& value) {
  if (option == "--home") {
    options.home = value;
  } else if (option == "--control") {
    options.control_url = value;
  } else if (option == "--token-file") {
    token_file = value;
  } else if (option == "--control-ca-file") {
    options.control_ca_file = value;
  } else if (option == "--listen") {
    SLIPWAY_ASSIGN_OR_RETURN(const Address address, ParseAddress(value));
    options.listen_address = address.host;
    options.tls_port = address.port;
  } else if (option == "--plain-listen") {
    SLIPWAY_ASSIGN_OR_RETURN(const Address address, ParseAddress(value));
    if (address.host != "127.0.0.1") return slipway::InvalidArgument("--plain-listen takes 127.0.0.1:PORT alone");
    options.plain_port = address.port;
  } else if (option == "--dns-name") {
    options.dns_names.push_back(value);
  } else if (option == "--certificate" || option == "--private-key") {
    if (!options.certificate) options.certificate.emplace();
    (option == "--certificate" ? options.certificate->certificate_chain_file : options.certificate->private_key_file) =
        std::filesystem::absolute(value).string();
  } else if (option == "--threads") {
    SLIPWAY_ASSIGN_OR_RETURN(const long long threads, ParsePositive(option, value));
    options.threads = static_cast<int>(threads);
  } else if (option == "--max-request-bytes") {
    SLIPWAY_ASSIGN_OR_RETURN(const long long bytes, ParsePositive(option, value));
    options.request_bytes_max = static_cast<uint64_t>(bytes);
  } else if (option == "--worker-sandbox") {
    const auto sandbox = slipway::gateway::ParseSandbox(value);
    if (!sandbox) return slipway::InvalidArgument(fmt::format("{} takes on, required or off, not '{}'", option, value));
    options.workers.sandbox = *sandbox;
  } else if (option == "--worker-cgroup") {
    options.workers.memory_groups = value;
  } else if (option == "--worker-user") {
    SLIPWAY_ASSIGN_OR_RETURN(options.workers.user, FindWorkerUser(value));
  } else if (option == "--traffic-log") {
    if (value != "on" && value != "off")
      return slipway::InvalidArgument(fmt::format("--traffic-log takes on or off, not '{}'", value));
    options.traffic_log = value == "on";
  } else {
    return slipway::InvalidArgument(fmt::format("unknown option '{}'", option));
  }
  return {};
}

Result<slipway::gateway::GatewayOptions> ParseArguments(int argc, char** argv) {
  slipway::gateway::GatewayOptions options;
  std::string token_file;
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 >= argc) return slipway::InvalidArgument(fmt::format("'{}' needs a value", argv[i]));
    SLIPWAY_RETURN_IF_ERROR(ApplyOption(options, token_file, argv[i], argv[i + 1]));
  }
  if (options.home.empty()) return slipway::InvalidArgument("--home is missing");
  options.home = std::filesystem::absolute(options.home);
  if (const auto& files = options.certificate;
      files && (files->certificate_chain_file.empty() || files->private_key_file.empty()))
    return slipway::InvalidArgument("--certificate and --private-key go together");
  if (!options.control_url.empty()) {
    if (token_file.empty()) token_file = (options.home / "credentials").string();
    SLIPWAY_ASSIGN_OR_RETURN(options.control_token, ReadToken(token_file));
  }
  options.program = std::filesystem::read_symlink("/proc/self/exe").string();
  return options;
}

int Fail(const slipway::Error& error, int exit_code) {
  fmt::print(stderr, "slipway-gateway: {}\n", error.ToString());
  if (exit_code == kUsageExit) fmt::print(stderr, "{}", kUsage);
  return exit_code;
}

// Those words of the command line that say how workers are kept.
std::vector<std::string> WorkerOptions(int argc, char** argv) {
  std::vector<std::string> words;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::string_view(argv[i]).starts_with("--worker-")) words.insert(words.end(), {argv[i], argv[i + 1]});
  }
  return words;
}

// Tells the control plane, and who starts it next, where this gateway listens.
slipway::Status Announce(const slipway::gateway::GatewayOptions& options,
                         const std::vector<std::string>& worker_options, const slipway::gateway::Gateway& gateway) {
  slipway::apps::GatewayAddress address;
  SLIPWAY_ASSIGN_OR_RETURN(address.identity, slipway::process::IdentityOf(getpid()));
  address.listen_address = options.listen_address;
  address.tls_port = gateway.tls_port();
  address.plain_port = gateway.plain_port().value_or(0);
  address.control_url = options.control_url;
  address.version = SLIPWAY_VERSION;
  address.worker_options = worker_options;
  return slipway::apps::WriteGatewayAddress(options.home, address);
}

// Every connection takes a descriptor; the default limit is a login shell's.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Until SIGINT or SIGTERM; meanwhile looks after the certificate.
void ServeUntilStopped(slipway::gateway::Gateway& gateway, const sigset_t& signals) {
  constexpr timespec kLookEvery{10, 0};
  while (true) {
    const int signal = sigtimedwait(&signals, nullptr, &kLookEvery);
    if (signal == SIGINT || signal == SIGTERM) return;
    if (signal < 0 && errno != EAGAIN) continue;
    if (const auto refreshed = gateway.RefreshCertificates(signal == SIGHUP); !refreshed)
      slipway::LogWarning("the certificate in use stays: {}", refreshed.error().ToString());
  }
}

int RunGateway(int argc, char** argv) {
  const auto options = ParseArguments(argc, argv);
  if (!options) return Fail(options.error(), kUsageExit);
  // Blocked before any thread starts, so that this thread alone takes the signals.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  RaiseDescriptorLimit();
  const slipway::SystemClock clock;
  auto gateway = slipway::gateway::Gateway::Start(*options, clock);
  if (!gateway) return Fail(gateway.error(), 1);
  if (const auto written = Announce(*options, WorkerOptions(argc, argv), **gateway); !written)
    return Fail(written.error(), 1);
  slipway::LogInfo("gateway listens on https://{}:{}", options->listen_address, (*gateway)->tls_port());
  if (const auto port = (*gateway)->plain_port()) slipway::LogInfo("gateway listens on http://127.0.0.1:{}", *port);
  ServeUntilStopped(**gateway, signals);
  slipway::LogInfo("gateway stops");
  gateway->reset();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view first = argc > 1 ? argv[1] : "";
  if (first == "worker") {
    if (argc != 4 || std::string_view(argv[2]) != "--script") {
      return Fail(slipway::InvalidArgument("a worker is started by the gateway, with --script FILE"), kUsageExit);
    }
    return slipway::gateway::RunWorkerHost(argv[3]);
  }
  if (first == "--help" || first == "-h" || first == "help") {
    fmt::print("{}", kUsage);
    return 0;
  }
  return RunGateway(argc, argv);
}
