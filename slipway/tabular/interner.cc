#include "slipway/tabular/interner.h"

#include <cstring>

namespace slipway::tabular {
namespace {

constexpr size_t kFirstSlots = 16;

// Eight bytes at a time, mixed by a multiplication; the high bits of the product come down for the mask.
uint64_t HashText(std::string_view text) {
  constexpr uint64_t kMultiplier = 0x9e3779b97f4a7c15ULL;
  uint64_t hash = text.size() * kMultiplier;
  while (!text.empty()) {
    uint64_t word = 0;
    const size_t taken = text.size() < sizeof word ? text.size() : sizeof word;
    std::memcpy(&word, text.data(), taken);
    hash = (hash ^ word) * kMultiplier;
    hash ^= hash >> 32;
    text.remove_prefix(taken);
  }
  return hash;
}

}  // namespace

uint32_t Interner::Intern(std::string_view text, std::vector<std::string>& dictionary) {
  if (2 * used_ >= slots_.size()) Grow();
  const uint64_t hash = HashText(text);
  const size_t mask = slots_.size() - 1;
  size_t at = hash & mask;
  for (; slots_[at].code_plus_one != 0; at = (at + 1) & mask) {
    const Slot& slot = slots_[at];
    if (slot.hash == hash && dictionary[slot.code_plus_one - 1] == text) return slot.code_plus_one - 1;
  }
  dictionary.emplace_back(text);
  slots_[at] = {hash, static_cast<uint32_t>(dictionary.size())};
  ++used_;
  return static_cast<uint32_t>(dictionary.size() - 1);
}

void Interner::Grow() {
  std::vector<Slot> old = std::move(slots_);
  slots_.assign(old.empty() ? kFirstSlots : 2 * old.size(), {});
  const size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.code_plus_one == 0) continue;
    size_t at = slot.hash & mask;
    while (slots_[at].code_plus_one != 0) at = (at + 1) & mask;
    slots_[at] = slot;
  }
}

}  // namespace slipway::tabular
