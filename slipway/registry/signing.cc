#include "slipway/registry/signing.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/base/text.h"

namespace slipway::registry {
namespace {

using nlohmann::json;

constexpr size_t kKeyBytes = 32, kSignatureBytes = 64;

template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Context = std::unique_ptr<EVP_MD_CTX, Freer<EVP_MD_CTX_free>>;
using Memory = std::unique_ptr<BIO, Freer<BIO_free>>;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Key ReadPem(const std::string& pem) {
  const Memory memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return Key(PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr));
}

Result<std::string> MakePem() {
  const Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  const Memory memory(BIO_new(BIO_s_mem()));
  if (!key || PEM_write_bio_PrivateKey(memory.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return Internal("cannot make an Ed25519 key");
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return std::string(text, static_cast<size_t>(size));
}

Result<PublicKey> PublicKeyOf(const std::string& pem) {
  const Key key = ReadPem(pem);
  std::string bytes(kKeyBytes, '\0');
  size_t size = bytes.size();
  if (!key || EVP_PKEY_get_raw_public_key(key.get(), reinterpret_cast<unsigned char*>(bytes.data()), &size) != 1 ||
      size != kKeyBytes)
    return InvalidArgument("holds no Ed25519 key");
  return Base64Encode(bytes);
}

bool IsKey(const PublicKey& key) {
  const auto bytes = Base64Decode(key);
  return bytes && bytes->size() == kKeyBytes;
}

}  // namespace

Result<SigningKey> SigningKey::Open(const std::filesystem::path& file) {
  auto pem = ReadFile(file);
  if (!pem && pem.error().code() == Code::kNotFound) {
    SLIPWAY_ASSIGN_OR_RETURN(pem, MakePem());
    SLIPWAY_RETURN_IF_ERROR(WriteFileAtomic(file, *pem, 0600));
  }
  if (!pem) return std::move(pem.error());
  SLIPWAY_ASSIGN_OR_RETURN(PublicKey key, With(PublicKeyOf(*pem), fmt::format("'{}'", file.string())));
  return SigningKey(std::move(*pem), std::move(key));
}

Result<std::string> SigningKey::Sign(std::string_view text) const {
  const Key key = ReadPem(pem_);
  const Context context(EVP_MD_CTX_new());
  std::string signature(kSignatureBytes, '\0');
  size_t size = signature.size();
  const bool is_done = key && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
                       EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                                      Bytes(text), text.size()) == 1;
  if (!is_done) return Internal("cannot sign");
  return Base64Encode(signature);
}

bool IsSignatureOf(const PublicKey& key, std::string_view text, const std::string& signature) {
  const auto key_bytes = Base64Decode(key);
  const auto bytes = Base64Decode(signature);
  if (!key_bytes || key_bytes->size() != kKeyBytes || !bytes || bytes->size() != kSignatureBytes) return false;
  const Key read(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Bytes(*key_bytes), kKeyBytes));
  const Context context(EVP_MD_CTX_new());
  return read && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, read.get()) == 1 &&
         EVP_DigestVerify(context.get(), Bytes(*bytes), bytes->size(), Bytes(text), text.size()) == 1;
}

struct SignaturePolicy::Rules {
  std::set<std::string> requiring;  // names of registries in lower case
  std::vector<TrustedKey> keys;

  TrustedKey* Find(const PublicKey& key) {
    const auto found =
        std::find_if(keys.begin(), keys.end(), [&](const TrustedKey& known) { return known.key == key; });
    return found == keys.end() ? nullptr : &*found;
  }
};

Result<SignaturePolicy::Rules> SignaturePolicy::Read() const {
  Rules rules;
  const auto text = ReadFile(file_);
  if (!text && text.error().code() != Code::kNotFound) return text.error();
  const json document = text ? json::parse(*text, nullptr, false) : json::object();
  const auto damaged = [&](std::string_view why) {
    return FailedPrecondition(fmt::format("the rules for signatures in '{}' cannot be read: {}", file_.string(), why));
  };
  if (!document.is_object()) return damaged("they are no JSON object");
  try {
    for (const auto& name : document.value("requireSignatures", std::vector<std::string>()))
      rules.requiring.insert(ToLower(name));
    for (const json& entry : document.value("keys", json::array())) {
      const auto since = ParseTimestamp(entry.value("since", ""));
      rules.keys.push_back({entry.at("key").get<std::string>(), entry.value("name", ""), since ? *since : Timestamp{},
                            entry.value("revoked", false)});
    }
  } catch (const json::exception& failure) {
    return damaged(failure.what());
  }
  if (rules.Find(own_key_) == nullptr)
    rules.keys.insert(rules.keys.begin(), TrustedKey{own_key_, "this server", {}, false});
  return rules;
}

Status SignaturePolicy::Write(const Rules& rules) const {
  json keys = json::array();
  for (const TrustedKey& key : rules.keys)
    keys.push_back(
        {{"key", key.key}, {"name", key.name}, {"since", FormatTimestamp(key.since)}, {"revoked", key.is_revoked}});
  const json document = {{"requireSignatures", rules.requiring}, {"keys", std::move(keys)}};
  return WriteFileAtomic(file_, document.dump(1) + "\n", 0600);
}

Status SignaturePolicy::Check(const std::string& registry, const PublicKey& key) const {
  const std::lock_guard lock(mutex_);
  SLIPWAY_ASSIGN_OR_RETURN(Rules rules, Read());
  const bool is_required = rules.requiring.contains(ToLower(registry));
  const TrustedKey* known = key.empty() ? nullptr : rules.Find(key);
  if (known != nullptr && known->is_revoked)
    return Error(Code::kPermissionDenied,
                 fmt::format("it was signed with the key '{}' ({}), which is revoked", known->name, known->key));
  if (!is_required || known != nullptr) return {};
  if (key.empty())
    return Error(Code::kPermissionDenied,
                 fmt::format("the registry '{}' demands a signature, and this was not signed", registry));
  return Error(Code::kPermissionDenied,
               fmt::format("the registry '{}' demands a trusted signature, and the key {} is not trusted here "
                           "(slipway registry keys trust)",
                           registry, key));
}

Result<std::vector<TrustedKey>> SignaturePolicy::List() const {
  const std::lock_guard lock(mutex_);
  SLIPWAY_ASSIGN_OR_RETURN(Rules rules, Read());
  return std::move(rules.keys);
}

Result<std::set<std::string>> SignaturePolicy::Requiring() const {
  const std::lock_guard lock(mutex_);
  SLIPWAY_ASSIGN_OR_RETURN(Rules rules, Read());
  return std::move(rules.requiring);
}

Status SignaturePolicy::Trust(const PublicKey& key, const std::string& name, Timestamp now) {
  if (!IsKey(key))
    return InvalidArgument(fmt::format("'{}' is no public key: 32 bytes of an Ed25519 key as base64 are", key));
  const std::lock_guard lock(mutex_);
  SLIPWAY_ASSIGN_OR_RETURN(Rules rules, Read());
  TrustedKey* known = rules.Find(key);
  if (known == nullptr) known = &rules.keys.emplace_back();
  *known = {key, name.empty() ? known->name : name, now, false};
  return Write(rules);
}

Status SignaturePolicy::Revoke(const std::string& key_or_name) {
  const std::lock_guard lock(mutex_);
  SLIPWAY_ASSIGN_OR_RETURN(Rules rules, Read());
  bool is_known = false;
  for (TrustedKey& key : rules.keys) {
    if (key.key != key_or_name && key.name != key_or_name) continue;
    key.is_revoked = is_known = true;
  }
  // A key that was never trusted can be ruled out before it turns up.
  if (!is_known && !IsKey(key_or_name)) return NotFound(fmt::format("there is no key '{}'", key_or_name));
  if (!is_known) rules.keys.push_back({key_or_name, "", {}, true});
  return Write(rules);
}

Status SignaturePolicy::Require(const std::string& registry, bool is_required) {
  const std::lock_guard lock(mutex_);
  SLIPWAY_ASSIGN_OR_RETURN(Rules rules, Read());
  if (is_required)
    rules.requiring.insert(ToLower(registry));
  else
    rules.requiring.erase(ToLower(registry));
  return Write(rules);
}

}  // namespace slipway::registry
