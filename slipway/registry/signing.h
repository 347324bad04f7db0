// Ed25519 signatures (RFC 8032, OpenSSL's) of what stands in registries, and the operator's rules about them.
#pragma once

#include <filesystem>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/base/time.h"

namespace slipway::registry {

// Keys and signatures are base64 texts here: 32 and 64 bytes.
using PublicKey = std::string;

// The server's own key. Immutable, thread-safe.
class SigningKey {
 public:
  // Reads the file, or makes a key and keeps it there (PEM, mode 0600).
  static Result<SigningKey> Open(const std::filesystem::path& file);
  Result<std::string> Sign(std::string_view text) const;
  const PublicKey& public_key() const { return public_key_; }

 private:
  SigningKey(std::string pem, PublicKey public_key) : pem_(std::move(pem)), public_key_(std::move(public_key)) {}

  std::string pem_;
  PublicKey public_key_;
};

// False for another text, another key's signature, and what is no key or signature at all.
bool IsSignatureOf(const PublicKey& key, std::string_view text, const std::string& signature);

struct TrustedKey {
  PublicKey key;
  std::string name;
  Timestamp since{};
  bool is_revoked = false;
};

// What the operator demands: $SLIPWAY_HOME/registry-policy.json,
//   {"requireSignatures": ["prod", …], "keys": [{"key", "name", "since", "revoked"}, …]}
// The file is read at every check, so an edit holds at once. Thread-safe.
class SignaturePolicy {
 public:
  SignaturePolicy(std::filesystem::path file, PublicKey own_key)
      : file_(std::move(file)), own_key_(std::move(own_key)) {}

  // Whether content of `registry` that `key` signed ("" = nobody did) may be used; kPermissionDenied says why not.
  Status Check(const std::string& registry, const PublicKey& key) const;

  // The server's own key first; it is trusted until it is revoked.
  Result<std::vector<TrustedKey>> List() const;
  Result<std::set<std::string>> Requiring() const;
  // kInvalidArgument for what is no key.
  Status Trust(const PublicKey& key, const std::string& name, Timestamp now);
  // By key, or all of a name. A revoked key is refused everywhere, required or not.
  Status Revoke(const std::string& key_or_name);
  Status Require(const std::string& registry, bool is_required);

 private:
  struct Rules;
  Result<Rules> Read() const;
  Status Write(const Rules& rules) const;

  const std::filesystem::path file_;
  const PublicKey own_key_;
  mutable std::mutex mutex_;
};

}  // namespace slipway::registry
