// $SLIPWAY_HOME of a control plane: the lock, the token, the certificates and what tells clients where it listens.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "slipway/base/file.h"
#include "slipway/base/result.h"

namespace slipway::apps {

struct ServerPorts {
  uint16_t plain = 0;
  uint16_t tls = 0;
};

// A home of which this process is the only server. Made with its folders when it is missing; nobody else may read it.
class Home {
 public:
  static Result<Home> Open(std::filesystem::path folder);

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path operator/(std::string_view name) const { return folder_ / name; }
  // Of the control plane: made at the first start, kept in `credentials` (mode 0600).
  const std::string& token() const { return token_; }
  // Where the server listened in its last life: jobs and gateways that outlived it look for it there.
  ServerPorts LastPorts() const;
  Status WriteServerFile(ServerPorts ports, const std::string& version) const;

 private:
  Home(std::filesystem::path folder, FileLock lock) : folder_(std::move(folder)), lock_(std::move(lock)) {}
  Status ReadOrMakeToken();

  std::filesystem::path folder_;
  FileLock lock_;
  std::string token_;
};

}  // namespace slipway::apps
