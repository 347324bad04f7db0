// Rows as 128-bit fingerprints, so that equal rows are found by sorting and looking up numbers. Two rows are taken as
// equal when their fingerprints are; by chance that happens once in 10^25 pairs of a million rows.
#pragma once

#include <compare>
#include <cstdint>
#include <unordered_set>
#include <vector>

#include "slipway/tabular/table.h"

namespace slipway::stats {

struct Fingerprint {
  uint64_t low = 0, high = 0;
  auto operator<=>(const Fingerprint&) const = default;
};

struct FingerprintHash {
  size_t operator()(const Fingerprint& print) const { return print.low; }
};

using FingerprintSet = std::unordered_set<Fingerprint, FingerprintHash>;

// One a row, over `columns` in their order. Missing equals missing, 1 equals 1.0, -0 equals 0; rows of two tables
// compare when their columns stand in the same order.
std::vector<Fingerprint> RowFingerprints(const std::vector<const tabular::Column*>& columns);

// Groups of two and more rows with equal fingerprints: row numbers rising; the largest group first, ties by first row.
std::vector<std::vector<uint32_t>> EqualRows(const std::vector<Fingerprint>& fingerprints);

}  // namespace slipway::stats
