// From a category's text to its code, once per cell.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::scoring {

// Immutable after Build. Open addressing at most half full; the texts stand in one array.
class CategoryTable {
 public:
  static constexpr uint32_t kUnknown = 0xFFFF'FFFF;

  // Code i is texts[i]; texts are distinct.
  explicit CategoryTable(const std::vector<std::string>& texts = {});

  // kUnknown when `text` is none of them.
  uint32_t Find(std::string_view text) const noexcept {
    const uint64_t hash = Hash(text);
    for (size_t at = hash & mask_;; at = (at + 1) & mask_) {
      const Entry& entry = entries_[at];
      if (entry.code == kUnknown) return kUnknown;
      if (entry.hash == static_cast<uint32_t>(hash >> 32) &&
          text == std::string_view(texts_.data() + entry.begin, entry.size))
        return entry.code;
    }
  }

 private:
  struct Entry {
    uint32_t code = kUnknown;
    uint32_t hash = 0;
    uint32_t begin = 0;
    uint32_t size = 0;
  };

  static uint64_t Load(const char* at, size_t size) noexcept {
    uint64_t word = 0;
    std::memcpy(&word, at, size);
    return word;
  }

  // First and last bytes and the length for short texts; every byte counts for longer ones.
  static uint64_t Hash(std::string_view text) noexcept {
    uint64_t hash = text.size() * 0x9E3779B97F4A7C15u;
    const char* at = text.data();
    size_t left = text.size();
    for (; left > 16; at += 8, left -= 8) hash = Mix(hash ^ Load(at, 8));
    if (left >= 8) return Mix(Mix(hash ^ Load(at, 8)) ^ Load(at + left - 8, 8));
    if (left >= 4) return Mix(hash ^ Load(at, 4) ^ Load(at + left - 4, 4) << 32);
    if (left == 0) return Mix(hash);
    const auto byte = [at](size_t i) { return static_cast<uint64_t>(static_cast<unsigned char>(at[i])); };
    return Mix(hash ^ byte(0) ^ byte(left / 2) << 8 ^ byte(left - 1) << 16);
  }
  static uint64_t Mix(uint64_t word) noexcept {
    word = (word ^ word >> 32) * 0xA0761D6478BD642Fu;
    return word ^ word >> 29;
  }

  std::vector<Entry> entries_;
  std::string texts_;
  size_t mask_ = 0;
};

}  // namespace slipway::scoring
