// Digests and random bits. SHA-256 is OpenSSL's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace slipway {

// Lower-case hex SHA-256.
std::string Sha256Hex(std::string_view bytes);

// The same over parts that arrive one after another.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void Update(std::string_view bytes);
  std::string FinishHex();

 private:
  void* context_;
};

// Lower-case hex HMAC-SHA-256 of `message` under `key` (RFC 2104).
std::string HmacSha256Hex(std::string_view key, std::string_view message);

// CRC-32C (Castagnoli), as in iSCSI; `seed` chains calls.
uint32_t Crc32c(std::string_view bytes, uint32_t seed = 0);

// `bytes` of the operating system's randomness, as lower-case hex. For keys, tokens and ids.
std::string RandomHex(int bytes);
// A random (version 4) UUID in its usual text form.
std::string RandomUuid();

// True when both are equal; takes the same time wherever they differ. For keys.
bool EqualConstantTime(std::string_view a, std::string_view b);

// SplitMix64 by Sebastiano Vigna: a small seeded generator whose numbers are the same everywhere.
class SplitMix64 {
 public:
  explicit SplitMix64(uint64_t seed) : state_(seed) {}
  uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  double NextUnit() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }  // [0, 1)
  uint64_t NextBelow(uint64_t bound) { return static_cast<uint64_t>((static_cast<__uint128_t>(Next()) * bound) >> 64); }
  using result_type = uint64_t;
  static constexpr uint64_t min() { return 0; }
  static constexpr uint64_t max() { return ~0ULL; }
  uint64_t operator()() { return Next(); }

 private:
  uint64_t state_;
};

}  // namespace slipway
