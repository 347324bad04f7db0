#include "slipway/stats/column_pair.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <map>

#include "slipway/base/text.h"

namespace slipway::stats {
namespace {

// Unsigned integers in the order of the numbers: negative numbers have all bits turned over, others the sign bit.
uint64_t OrderedBits(double value) {
  const uint64_t bits = std::bit_cast<uint64_t>(value);
  return bits ^ ((bits >> 63) != 0 ? ~0ULL : 1ULL << 63);
}

double FromOrderedBits(uint64_t ordered) {
  return std::bit_cast<double>(ordered ^ ((ordered >> 63) != 0 ? 1ULL << 63 : ~0ULL));
}

// Least significant digit first, eleven bits a pass; passes in which all digits are equal are skipped.
void RadixSort(std::vector<double>& numbers) {
  constexpr int kBits = 11, kPasses = 6;
  constexpr size_t kBuckets = size_t{1} << kBits;
  std::vector<uint64_t> from(numbers.size()), to(numbers.size());
  std::vector<std::array<uint32_t, kBuckets>> counts(kPasses, std::array<uint32_t, kBuckets>{});
  for (size_t i = 0; i < numbers.size(); ++i) {
    from[i] = OrderedBits(numbers[i]);
    for (int pass = 0; pass < kPasses; ++pass)
      ++counts[static_cast<size_t>(pass)][(from[i] >> (pass * kBits)) & (kBuckets - 1)];
  }
  for (int pass = 0; pass < kPasses; ++pass) {
    auto& count = counts[static_cast<size_t>(pass)];
    const int shift = pass * kBits;
    if (count[(from[0] >> shift) & (kBuckets - 1)] == numbers.size()) continue;
    uint32_t start = 0;
    for (uint32_t& bucket : count) start += std::exchange(bucket, start);
    for (uint64_t value : from) to[count[(value >> shift) & (kBuckets - 1)]++] = value;
    from.swap(to);
  }
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = FromOrderedBits(from[i]);
}

struct Side {
  std::map<std::string, size_t> counts;
  size_t rows = 0;
};

Side CountTexts(const tabular::Column& column) {
  Side side;
  if (column.type == tabular::ColumnType::kString) {
    std::vector<size_t> by_code(column.dictionary.size());
    for (size_t row = 0; row < column.size(); ++row)
      if (!column.is_null(row)) ++by_code[column.codes[row]];
    for (size_t code = 0; code < by_code.size(); ++code)
      if (by_code[code] > 0) side.counts[column.dictionary[code]] += by_code[code];
  } else {
    for (size_t row = 0; row < column.size(); ++row)
      if (!column.is_null(row)) ++side.counts[column.text(row)];
  }
  for (const auto& [text, count] : side.counts) side.rows += count;
  return side;
}

CategoryCounts CountsOfTexts(const Side& reference, const Side& current) {
  CategoryCounts counts;
  auto r = reference.counts.begin();
  auto c = current.counts.begin();
  while (r != reference.counts.end() || c != current.counts.end()) {
    const bool take_r = r != reference.counts.end() && (c == current.counts.end() || r->first <= c->first);
    const bool take_c = c != current.counts.end() && (r == reference.counts.end() || c->first <= r->first);
    counts.keys.push_back(take_r ? r->first : c->first);
    counts.reference.push_back(take_r ? (r++)->second : 0);
    counts.current.push_back(take_c ? (c++)->second : 0);
  }
  return counts;
}

CategoryCounts CountsOfNumbers(std::span<const double> reference, std::span<const double> current) {
  CategoryCounts counts;
  size_t r = 0, c = 0;
  while (r < reference.size() || c < current.size()) {
    const bool from_reference = r < reference.size() && (c == current.size() || reference[r] <= current[c]);
    const double value = from_reference ? reference[r] : current[c];
    const size_t r0 = r, c0 = c;
    while (r < reference.size() && reference[r] == value) ++r;
    while (c < current.size() && current[c] == value) ++c;
    counts.keys.push_back(FormatDouble(value));
    counts.reference.push_back(r - r0);
    counts.current.push_back(c - c0);
  }
  return counts;
}

size_t CountDistinctOfBoth(std::span<const double> a, std::span<const double> b, size_t limit) {
  size_t i = 0, j = 0, distinct = 0;
  while ((i < a.size() || j < b.size()) && distinct < limit) {
    const double value = i < a.size() && (j == b.size() || a[i] <= b[j]) ? a[i] : b[j];
    i = static_cast<size_t>(std::upper_bound(a.begin() + static_cast<std::ptrdiff_t>(i), a.end(), value) - a.begin());
    j = static_cast<size_t>(std::upper_bound(b.begin() + static_cast<std::ptrdiff_t>(j), b.end(), value) - b.begin());
    ++distinct;
  }
  return distinct;
}

}  // namespace

void SortNumbers(std::vector<double>& numbers) {
  constexpr size_t kRadixPays = 4096;
  if (numbers.size() < kRadixPays || numbers.size() > UINT32_MAX)
    std::sort(numbers.begin(), numbers.end());
  else
    RadixSort(numbers);
}

std::vector<double> SortedNumbers(const tabular::Column& column) {
  std::vector<double> numbers;
  numbers.reserve(column.size());
  const auto add = [&](size_t row, double value) {
    // Adding zero makes -0 and 0 one value.
    if (!column.is_null(row) && std::isfinite(value)) numbers.push_back(value + 0.0);
  };
  if (column.type == tabular::ColumnType::kFloat64)
    for (size_t row = 0; row < column.doubles.size(); ++row) add(row, column.doubles[row]);
  else
    for (size_t row = 0; row < column.ints.size(); ++row) add(row, static_cast<double>(column.ints[row]));
  SortNumbers(numbers);
  return numbers;
}

ColumnPair MakeColumnPair(const tabular::Column& reference, const tabular::Column& current, FeatureKind kind) {
  ColumnPair pair;
  pair.kind = kind;
  const bool are_numbers = reference.is_numeric() && current.is_numeric() &&
                           reference.type != tabular::ColumnType::kBool && current.type != tabular::ColumnType::kBool;
  if (kind == FeatureKind::kNumeric || are_numbers) {
    pair.reference = SortedNumbers(reference);
    pair.current = SortedNumbers(current);
    pair.reference_rows = pair.reference.size();
    pair.current_rows = pair.current.size();
    pair.distinct = CountDistinctOfBoth(pair.reference, pair.current, ColumnPair::kDistinctMax + 1);
    if (kind == FeatureKind::kNumeric) return pair;
    pair.counts = CountsOfNumbers(pair.reference, pair.current);
  } else {
    const Side reference_side = CountTexts(reference), current_side = CountTexts(current);
    pair.reference_rows = reference_side.rows;
    pair.current_rows = current_side.rows;
    pair.counts = CountsOfTexts(reference_side, current_side);
  }
  pair.distinct = pair.counts.size();
  return pair;
}

PairedHistogram DistributionOf(const ColumnPair& pair) {
  if (pair.kind == FeatureKind::kCategorical) return {{}, pair.counts.keys, pair.counts.reference, pair.counts.current};
  if (pair.reference.empty() && pair.current.empty()) return {};
  const auto edges = DoaneEdges(pair.reference, pair.current);
  return {edges, {}, CountInBins(pair.reference, edges), CountInBins(pair.current, edges)};
}

CategoryCounts CountsByValue(const ColumnPair& pair) {
  return pair.kind == FeatureKind::kCategorical ? pair.counts : CountsOfNumbers(pair.reference, pair.current);
}

size_t CountDistinct(std::span<const double> sorted, size_t limit) {
  return CountDistinctOfBoth(sorted, {}, limit);
}

}  // namespace slipway::stats
