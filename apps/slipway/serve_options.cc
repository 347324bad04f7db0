#include "apps/slipway/serve_options.h"

#include <cstdlib>
#include <functional>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::apps {
namespace {

namespace fs = std::filesystem;

fs::path DefaultHome() {
  if (const char* home = std::getenv("SLIPWAY_HOME"); home && *home) return home;
  const char* user = std::getenv("HOME");
  return fs::path(user && *user ? user : ".") / ".slipway";
}

Status SetPort(std::string_view option, std::string_view text, uint16_t& port) {
  const auto number = ParseInt(text);
  if (!number || *number < 0 || *number > 65535) {
    return InvalidArgument(fmt::format("{} takes a port from 0 to 65535, not '{}'", option, text));
  }
  port = static_cast<uint16_t>(*number);
  return {};
}

// "ADDRESS:PORT".
Status SetAddress(std::string_view option, std::string_view text, std::string& address, uint16_t& port) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) {
    return InvalidArgument(fmt::format("{} takes ADDRESS:PORT, not '{}'", option, text));
  }
  address = text.substr(0, colon);
  return SetPort(option, text.substr(colon + 1), port);
}

Status SetPullPolicy(std::string_view option, std::string_view text, environments::ContainerSettings::Pull& policy) {
  using Pull = environments::ContainerSettings::Pull;
  if (text == "missing") {
    policy = Pull::kMissing;
  } else if (text == "never") {
    policy = Pull::kNever;
  } else if (text == "always") {
    policy = Pull::kAlways;
  } else {
    return InvalidArgument(fmt::format("{} takes missing, never or always, not '{}'", option, text));
  }
  return {};
}

using Setter = std::function<Status(std::string_view option, const std::string& value)>;

std::map<std::string, Setter> SettersOf(ServeOptions& options) {
  const auto text = [](std::string& into) {
    return [&into](std::string_view, const std::string& value) -> Status {
      into = value;
      return {};
    };
  };
  const auto port = [](uint16_t& into) {
    return [&into](std::string_view option, const std::string& value) { return SetPort(option, value, into); };
  };
  const auto hand_on = [](std::vector<std::string>& words) {
    return [&words](std::string_view option, const std::string& value) -> Status {
      words.insert(words.end(), {std::string(option), value});
      return {};
    };
  };
  return {
      {"--home",
       [&](std::string_view, const std::string& value) -> Status {
         options.home = value;
         return {};
       }},
      {"--port", port(options.port)},
      {"--tls-port", port(options.tls_port)},
      {"--gateway-port", port(options.gateway_port)},
      {"--tls-listen",
       [&](std::string_view option, const std::string& value) {
         return SetAddress(option, value, options.tls_address, options.tls_port);
       }},
      {"--gateway-listen",
       [&](std::string_view option, const std::string& value) {
         return SetAddress(option, value, options.gateway_address, options.gateway_port);
       }},
      {"--dns-name",
       [&](std::string_view, const std::string& value) -> Status {
         options.dns_names.push_back(value);
         return {};
       }},
      {"--worker-sandbox", hand_on(options.worker_options)},
      {"--worker-cgroup", hand_on(options.worker_options)},
      {"--worker-user", hand_on(options.worker_options)},
      {"--container-engine", text(options.containers.engine)},
      {"--container-pull",
       [&](std::string_view option, const std::string& value) {
         return SetPullPolicy(option, value, options.containers.pull);
       }},
      {"--domain", text(options.domain)},
      {"--database", text(options.database)},
      {"--mail-server", text(options.mail_server)},
      {"--mail-from", text(options.mail_from)},
  };
}

Error UnknownOption(const std::string& option, const std::map<std::string, Setter>& setters) {
  std::vector<std::string> names = {"--help", "--no-gateway", "--verbose"};
  for (const auto& [name, setter] : setters) names.push_back(name);
  return InvalidArgument(fmt::format("unknown option '{}'{}", option, DidYouMean(option, names)));
}

}  // namespace

const std::string_view kServeUsage = R"(usage: slipway serve [options]

Starts the control plane, and a gateway beside it, until Ctrl-C.

  --home DIR                 the folder of all state (default: $SLIPWAY_HOME, else ~/.slipway)
  --port N                   plain HTTP, on 127.0.0.1 only (default 7300; 0: a free one, kept over restarts)
  --tls-port N               the same with TLS, as official Azure clients want it (default 7301)
  --tls-listen ADDRESS:PORT  the same on another address than 127.0.0.1
  --gateway-port N           where endpoints are scored, HTTPS (default 7443)
  --gateway-listen ADDRESS:PORT
  --no-gateway               start no gateway: `slipway gateway` runs elsewhere
  --worker-sandbox on|required|off   whether scoring scripts may touch nothing but their model, their code and the
                             system's programs; on (the default): where the kernel can, and deployments may do without
  --worker-cgroup DIR        a cgroup (version 2) without processes, below which scoring scripts with a memory limit get
                             groups of their own (default: their memory is measured)
  --worker-user NAME         whom scoring scripts run as, when the server is root (default: as the server)
  --container-engine PROGRAM runs the images of environments (default: podman, else docker, on the PATH)
  --container-pull missing|never|always   which images it fetches: those that are not on this machine (the default),
                             none, or each anew for every job
  --dns-name NAME            a further name of this machine, for certificates and the Host check; may be repeated
  --domain DOMAIN            scoring URIs become https://<endpoint>.<region>.inference.<domain>
  --database URL             metadata: sqlite:///PATH (default: slipway.db in the home) or postgresql://USER:PW@HOST/DB
  --mail-server URL          smtp://HOST:PORT or smtps://HOST:PORT, for alerts that mail; its user and password are
                             $SLIPWAY_MAIL_USER and $SLIPWAY_MAIL_PASSWORD
  --mail-from ADDRESS        whom those mails come from
  --verbose                  log more
)";

Result<ParsedServeOptions> ParseServeOptions(const std::vector<std::string>& arguments) {
  ParsedServeOptions parsed;
  ServeOptions& options = parsed.options;
  const auto setters = SettersOf(options);
  for (size_t i = 0; i < arguments.size(); ++i) {
    std::string option = arguments[i];
    std::optional<std::string> value;
    if (const size_t equals = option.find('='); equals != std::string::npos) {
      value = option.substr(equals + 1);
      option.resize(equals);
    }
    if (option == "--help" || option == "-h") {
      parsed.wants_help = true;
    } else if (option == "--no-gateway") {
      options.has_gateway = false;
    } else if (option == "--verbose") {
      options.is_verbose = true;
    } else {
      const auto setter = setters.find(option);
      if (setter == setters.end()) return UnknownOption(option, setters);
      if (!value && ++i >= arguments.size()) return InvalidArgument(fmt::format("'{}' needs a value", option));
      SLIPWAY_RETURN_IF_ERROR(setter->second(option, value ? *value : arguments[i]));
    }
  }
  if (!options.mail_server.empty() && options.mail_from.empty())
    return InvalidArgument("--mail-server needs --mail-from, the sender's address");
  if (options.home.empty()) options.home = DefaultHome();
  options.home = fs::absolute(options.home).lexically_normal();
  if (options.database.empty()) options.database = "sqlite://" + (options.home / "slipway.db").string();
  return parsed;
}

}  // namespace slipway::apps
