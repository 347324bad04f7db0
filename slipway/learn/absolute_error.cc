#include "slipway/learn/absolute_error.h"

#include <algorithm>
#include <bit>
#include <numeric>

namespace slipway::learn {

double WeightedMedian(std::vector<WeightedValue>& rows) {
  std::sort(rows.begin(), rows.end(), [](const WeightedValue& a, const WeightedValue& b) { return a.value < b.value; });
  double total = 0;
  for (const WeightedValue& row : rows) total += row.weight;
  double below = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    below += rows[i].weight;
    if (2 * below < total) continue;
    return 2 * below == total && i + 1 < rows.size() ? (rows[i].value + rows[i + 1].value) / 2 : rows[i].value;
  }
  return rows.back().value;
}

void AbsoluteErrors::Side::Clear(size_t count) {
  weight.assign(count + 1, 0);
  sum.assign(count + 1, 0);
  total_weight = total_sum = 0;
}

void AbsoluteErrors::Side::Add(size_t rank, double w, double wy) {
  total_weight += w;
  total_sum += wy;
  for (size_t i = rank + 1; i < weight.size(); i += i & (~i + 1)) {
    weight[i] += w;
    sum[i] += wy;
  }
}

// Down the tree to the last rank with less than half of the weight up to it; the next one is a median.
double AbsoluteErrors::Side::Error(const std::vector<double>& values) const {
  if (!(total_weight > 0)) return 0;
  size_t at = 0;
  double below = 0, below_sum = 0;
  for (size_t step = std::bit_floor(values.size()); step > 0; step /= 2) {
    if (at + step > values.size() || 2 * (below + weight[at + step]) >= total_weight) continue;
    at += step;
    below += weight[at];
    below_sum += sum[at];
  }
  const double median = values[std::min(at, values.size() - 1)];
  return median * below - below_sum + (total_sum - below_sum) - median * (total_weight - below);
}

void AbsoluteErrors::Begin(std::span<const WeightedValue> rows) {
  const size_t count = rows.size();
  rows_.assign(rows.begin(), rows.end());
  order_.resize(count);
  rank_.resize(count);
  values_.resize(count);
  std::iota(order_.begin(), order_.end(), 0);
  std::sort(order_.begin(), order_.end(), [&](uint32_t a, uint32_t b) {
    return rows_[a].value != rows_[b].value ? rows_[a].value < rows_[b].value : a < b;
  });
  full_.Clear(count);
  for (uint32_t rank = 0; rank < count; ++rank) {
    const uint32_t row = order_[rank];
    rank_[row] = rank;
    values_[rank] = rows_[row].value;
    full_.Add(rank, rows_[row].weight, rows_[row].weight * rows_[row].value);
  }
  node_error_ = full_.Error(values_);
  Reset();
}

void AbsoluteErrors::Reset() {
  left_.Clear(rows_.size());
  right_ = full_;
}

void AbsoluteErrors::MoveLeft(uint32_t index) {
  const double weight = rows_[index].weight, sum = weight * rows_[index].value;
  right_.Add(rank_[index], -weight, -sum);
  left_.Add(rank_[index], weight, sum);
}

}  // namespace slipway::learn
