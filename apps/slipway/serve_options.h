// The command line of slipway-serve.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/environments/container_engine.h"

namespace slipway::apps {

struct ServeOptions {
  std::filesystem::path home;  // default: $SLIPWAY_HOME, else ~/.slipway
  uint16_t port = 7300;        // plain, on 127.0.0.1 only; 0: the one of the last life, else a free one
  uint16_t tls_port = 7301;    // the same faces with TLS
  std::string tls_address = "127.0.0.1";
  uint16_t gateway_port = 7443;
  std::string gateway_address = "127.0.0.1";
  bool has_gateway = true;                  // false: `slipway gateway` is run by somebody else
  std::vector<std::string> dns_names;       // further names of this server and the gateway
  std::vector<std::string> worker_options;  // of the gateway's command line: how scoring scripts are kept
  environments::ContainerSettings containers;
  std::string domain;       // of scoring URIs; "" = by path on 127.0.0.1
  std::string database;     // default: sqlite in the home
  std::string mail_server;  // smtp://HOST:PORT, for alerts; "" sends no mails
  std::string mail_from;    // the sender's address
  bool is_verbose = false;
};

struct ParsedServeOptions {
  ServeOptions options;
  bool wants_help = false;
};

// kInvalidArgument names the argument, with the nearest option for a slip.
Result<ParsedServeOptions> ParseServeOptions(const std::vector<std::string>& arguments);

extern const std::string_view kServeUsage;

}  // namespace slipway::apps
