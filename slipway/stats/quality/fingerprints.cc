#include "slipway/stats/quality/fingerprints.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <string_view>

namespace slipway::stats {
namespace {

using tabular::Column;
using tabular::ColumnType;

constexpr uint64_t kMissing = 0x6d697373696e67ULL;

uint64_t Mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

uint64_t HashText(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325ULL + text.size();
  for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return Mix(hash);
}

uint64_t BitsOf(double value) {
  // Adding zero makes -0 and 0 one value.
  return std::isnan(value) ? kMissing : std::bit_cast<uint64_t>(value + 0.0);
}

// A whole number as the float it equals; ids beyond 2^53 keep all their digits.
uint64_t BitsOf(int64_t value) {
  constexpr int64_t kExactMax = int64_t{1} << 53;
  return value >= -kExactMax && value <= kExactMax ? BitsOf(static_cast<double>(value)) : static_cast<uint64_t>(value);
}

template <typename ValueBits>
void Add(const Column& column, std::vector<Fingerprint>& prints, const ValueBits& bits) {
  for (size_t row = 0; row < prints.size(); ++row) {
    const uint64_t value = column.is_null(row) ? kMissing : bits(row);
    Fingerprint& print = prints[row];
    print.low = Mix(print.low * 0x9e3779b97f4a7c15ULL + value + 1);
    print.high = Mix((print.high ^ value) * 0xd6e8feb86659fd93ULL + 0x9e3779b97f4a7c15ULL);
  }
}

}  // namespace

std::vector<Fingerprint> RowFingerprints(const std::vector<const Column*>& columns) {
  std::vector<Fingerprint> prints(columns.empty() ? 0 : columns[0]->size());
  for (const Column* column : columns) {
    if (column->type == ColumnType::kString) {
      std::vector<uint64_t> hashes;
      for (const std::string& text : column->dictionary) hashes.push_back(HashText(text));
      Add(*column, prints, [&](size_t row) { return hashes[column->codes[row]]; });
    } else if (column->type == ColumnType::kFloat64) {
      Add(*column, prints, [&](size_t row) { return BitsOf(column->doubles[row]); });
    } else {
      Add(*column, prints, [&](size_t row) { return BitsOf(column->ints[row]); });
    }
  }
  return prints;
}

std::vector<std::vector<uint32_t>> EqualRows(const std::vector<Fingerprint>& fingerprints) {
  std::vector<uint32_t> order(fingerprints.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return fingerprints[a] != fingerprints[b] ? fingerprints[a] < fingerprints[b] : a < b;
  });
  std::vector<std::vector<uint32_t>> groups;
  for (size_t i = 0, end = 0; i < order.size(); i = end) {
    while (end < order.size() && fingerprints[order[end]] == fingerprints[order[i]]) ++end;
    if (end - i > 1)
      groups.emplace_back(order.begin() + static_cast<std::ptrdiff_t>(i),
                          order.begin() + static_cast<std::ptrdiff_t>(end));
  }
  std::sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) {
    return a.size() != b.size() ? a.size() > b.size() : a.front() < b.front();
  });
  return groups;
}

}  // namespace slipway::stats
