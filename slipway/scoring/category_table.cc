#include "slipway/scoring/category_table.h"

namespace slipway::scoring {

CategoryTable::CategoryTable(const std::vector<std::string>& texts) {
  size_t capacity = 2;
  while (capacity < 2 * texts.size()) capacity *= 2;
  entries_.resize(capacity);
  mask_ = capacity - 1;
  for (uint32_t code = 0; code < texts.size(); ++code) {
    const std::string& text = texts[code];
    const uint64_t hash = Hash(text);
    size_t at = hash & mask_;
    while (entries_[at].code != kUnknown) at = (at + 1) & mask_;
    entries_[at] = {code, static_cast<uint32_t>(hash >> 32), static_cast<uint32_t>(texts_.size()),
                    static_cast<uint32_t>(text.size())};
    texts_ += text;
  }
}

}  // namespace slipway::scoring
