// Where the server is and how to speak to it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "slipway/base/result.h"

namespace slipway::client {

inline constexpr std::string_view kDefaultUrl = "http://127.0.0.1:7300";

struct ServerAddress {
  std::string url;      // without a trailing '/'
  std::string token;    // "" = none known
  std::string ca_file;  // the home's local CA; "" when there is none
};

// `url` and `token` (from SLIPWAY_URL and SLIPWAY_TOKEN) win over `home`/server.json and `home`/credentials, which a
// server writes when it starts. What nothing says is kDefaultUrl and no token.
Result<ServerAddress> FindServer(const std::filesystem::path& home, std::optional<std::string> url,
                                 std::optional<std::string> token);

// The token in a file: a JSON object with the member "token" (a home's `credentials`), or the token itself; "" when
// there is none.
std::string TokenIn(const std::filesystem::path& file);

}  // namespace slipway::client
