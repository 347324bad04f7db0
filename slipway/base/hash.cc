#include "slipway/base/hash.h"

#include <array>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "slipway/base/text.h"

namespace slipway {
namespace {

constexpr std::array<uint32_t, 256> MakeCrcTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? 0x82F63B78u : 0u);
    table[i] = crc;
  }
  return table;
}

constexpr std::array<uint32_t, 256> kCrcTable = MakeCrcTable();

uint32_t CrcByTable(std::string_view bytes, uint32_t crc) {
  for (const char c : bytes) crc = (crc >> 8) ^ kCrcTable[(crc ^ static_cast<unsigned char>(c)) & 255];
  return crc;
}

#if defined(__x86_64__)
// The processor's own CRC-32C, eight bytes at a time: every log record is checksummed on the scoring path.
__attribute__((target("sse4.2"))) uint32_t CrcByInstruction(std::string_view bytes, uint32_t crc) {
  uint64_t wide = crc;
  for (; bytes.size() >= sizeof(uint64_t); bytes.remove_prefix(sizeof(uint64_t))) {
    uint64_t word;
    std::memcpy(&word, bytes.data(), sizeof(word));
    wide = __builtin_ia32_crc32di(wide, word);
  }
  auto narrow = static_cast<uint32_t>(wide);
  for (const char c : bytes) narrow = __builtin_ia32_crc32qi(narrow, static_cast<unsigned char>(c));
  return narrow;
}
#endif

EVP_MD_CTX* AsContext(void* context) {
  return static_cast<EVP_MD_CTX*>(context);
}

// Fetched once: looking an algorithm up costs OpenSSL more than digesting a key.
const EVP_MD* Sha256Algorithm() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return algorithm;
}

std::string RandomBytes(int count) {
  std::string bytes(count, '\0');
  // Without randomness no key can be made: there is nothing sensible left to do.
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), count) != 1) std::abort();
  return bytes;
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  EVP_DigestInit_ex(AsContext(context_), Sha256Algorithm(), nullptr);
}
Sha256::~Sha256() {
  EVP_MD_CTX_free(AsContext(context_));
}
void Sha256::Update(std::string_view bytes) {
  EVP_DigestUpdate(AsContext(context_), bytes.data(), bytes.size());
}

std::string Sha256::FinishHex() {
  std::string digest(32, '\0');
  EVP_DigestFinal_ex(AsContext(context_), reinterpret_cast<unsigned char*>(digest.data()), nullptr);
  return HexEncode(digest);
}

std::string HmacSha256Hex(std::string_view key, std::string_view message) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(message.data()),
       message.size(), digest, &size);
  return HexEncode({reinterpret_cast<const char*>(digest), size});
}

std::string Sha256Hex(std::string_view bytes) {
  Sha256 hash;
  hash.Update(bytes);
  return hash.FinishHex();
}

uint32_t Crc32c(std::string_view bytes, uint32_t seed) {
#if defined(__x86_64__)
  static const bool has_instruction = __builtin_cpu_supports("sse4.2");
  if (has_instruction) return ~CrcByInstruction(bytes, ~seed);
#endif
  return ~CrcByTable(bytes, ~seed);
}

std::string RandomHex(int bytes) {
  return HexEncode(RandomBytes(bytes));
}

std::string RandomUuid() {
  std::string bytes = RandomBytes(16);
  bytes[6] = static_cast<char>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3F) | 0x80);
  const std::string hex = HexEncode(bytes);
  return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" + hex.substr(16, 4) + "-" +
         hex.substr(20);
}

bool EqualConstantTime(std::string_view a, std::string_view b) {
  return a.size() == b.size() ? CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0
                              : (CRYPTO_memcmp(a.data(), a.data(), a.size()), false);
}

}  // namespace slipway
