#include "slipway/workflows/vault.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <memory>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"
#include "slipway/base/text.h"

namespace slipway::workflows {
namespace {

constexpr size_t kKeySize = 32, kNonceSize = 12, kTagSize = 16;
constexpr std::string_view kVersion = "v1:";

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

std::string FromHex(std::string_view hex) {
  std::string bytes;
  const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 32) - 'a' + 10; };
  for (size_t i = 0; i + 1 < hex.size(); i += 2) bytes += static_cast<char>(digit(hex[i]) << 4 | digit(hex[i + 1]));
  return bytes;
}

}  // namespace

Result<Vault> Vault::Open(const std::filesystem::path& key_file) {
  auto text = ReadFile(key_file);
  if (!text && text.error().code() == Code::kNotFound) {
    const std::string key = RandomHex(kKeySize);
    SLIPWAY_RETURN_IF_ERROR(WriteFileAtomic(key_file, key + "\n", 0600));
    return Vault(FromHex(key));
  }
  SLIPWAY_RETURN_IF_ERROR(text);
  const std::string_view hex = Trim(*text);
  if (hex.size() != kKeySize * 2 || hex.find_first_not_of("0123456789abcdef") != std::string_view::npos)
    return DataLoss(
        fmt::format("'{}' is no key: restore it, or delete it and set all secrets again", key_file.string()));
  return Vault(FromHex(hex));
}

Result<std::string> Vault::Encrypt(std::string_view secret, std::string_view place) const {
  std::string out(kNonceSize + secret.size() + kTagSize, '\0');
  unsigned char* nonce = Bytes(out);
  const Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int size = 0;
  const bool good =
      cipher && RAND_bytes(nonce, kNonceSize) == 1 &&
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, Bytes(std::string_view(key_)), nonce) == 1 &&
      EVP_EncryptUpdate(cipher.get(), nullptr, &size, Bytes(place), static_cast<int>(place.size())) == 1 &&
      EVP_EncryptUpdate(cipher.get(), nonce + kNonceSize, &size, Bytes(secret), static_cast<int>(secret.size())) == 1 &&
      EVP_EncryptFinal_ex(cipher.get(), nonce + kNonceSize + size, &size) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagSize, nonce + kNonceSize + secret.size()) == 1;
  if (!good) return Internal("the secret cannot be encrypted");
  return std::string(kVersion) + Base64Encode(out);
}

Result<std::string> Vault::Decrypt(std::string_view text, std::string_view place) const {
  const auto damaged = [&] {
    return DataLoss(fmt::format("the secret {} cannot be decrypted with this server's key: set it again", place));
  };
  if (!text.starts_with(kVersion)) return damaged();
  auto bytes = Base64Decode(text.substr(kVersion.size()));
  if (!bytes || bytes->size() < kNonceSize + kTagSize) return damaged();
  const size_t length = bytes->size() - kNonceSize - kTagSize;
  std::string secret(length, '\0');
  unsigned char* in = Bytes(*bytes);
  const Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int size = 0;
  const bool good =
      cipher && EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, Bytes(std::string_view(key_)), in) == 1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &size, Bytes(place), static_cast<int>(place.size())) == 1 &&
      EVP_DecryptUpdate(cipher.get(), Bytes(secret), &size, in + kNonceSize, static_cast<int>(length)) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagSize, in + kNonceSize + length) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), Bytes(secret) + size, &size) == 1;
  if (!good) return damaged();
  return secret;
}

}  // namespace slipway::workflows
