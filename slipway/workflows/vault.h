// Secrets at rest: AES-256-GCM under a key that lies beside the database, in a file that its owner alone can read.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "slipway/base/result.h"

namespace slipway::workflows {

// Immutable, thread-safe.
class Vault {
 public:
  // Makes the key at first use (mode 0600). kDataLoss when the file is no key.
  static Result<Vault> Open(const std::filesystem::path& key_file);

  // `place` names what the secret belongs to; it is bound to the text, so that one cannot be put in another's place.
  Result<std::string> Encrypt(std::string_view secret, std::string_view place) const;
  // kDataLoss for a text that this key and place did not make.
  Result<std::string> Decrypt(std::string_view text, std::string_view place) const;

 private:
  explicit Vault(std::string key) : key_(std::move(key)) {}
  std::string key_;  // 32 bytes
};

}  // namespace slipway::workflows
