// The weighted absolute errors around the medians of a node's two sides, while rows move from the right to the left
// one: two Fenwick trees over the ranks of the rows' values, so that a move and a look cost log n.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace slipway::learn {

struct WeightedValue {
  double weight;
  double value;
};

// The value with half of the weight on either side; between two of them, their mean. Reorders `rows`, which has one.
double WeightedMedian(std::vector<WeightedValue>& rows);

// Not thread-safe; its buffers are reused from node to node.
class AbsoluteErrors {
 public:
  // Takes the node's rows; all are on the right side.
  void Begin(std::span<const WeightedValue> rows);
  // All back to the right side.
  void Reset();
  // Row `index` of the node goes from the right to the left side.
  void MoveLeft(uint32_t index);
  // The sum of both sides' absolute errors.
  double Sum() const { return left_.Error(values_) + right_.Error(values_); }
  double node_error() const { return node_error_; }

 private:
  // Weights and weighted values by rank, as prefix sums.
  struct Side {
    std::vector<double> weight, sum;
    double total_weight = 0, total_sum = 0;

    void Clear(size_t count);
    void Add(size_t rank, double w, double wy);
    double Error(const std::vector<double>& values) const;
  };

  std::vector<WeightedValue> rows_;
  std::vector<uint32_t> order_, rank_;
  std::vector<double> values_;  // by rank
  Side left_, right_, full_;
  double node_error_ = 0;
};

}  // namespace slipway::learn
