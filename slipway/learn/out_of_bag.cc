// What a forest says of the rows that its trees did not see. Bags are drawn again from the trees' seeds in place of
// being kept; trees are added in their order, so that sums do not depend on the number of threads.
#include <algorithm>
#include <bit>
#include <limits>

#include "slipway/base/thread_pool.h"
#include "slipway/learn/feature_rows.h"
#include "slipway/learn/forest.h"
#include "slipway/learn/tree_grower.h"

namespace slipway::learn {
namespace {

constexpr size_t kRowsPerTask = 1024;
constexpr size_t kTreesAtOnce = 64;

// Bit t of word row: tree `first` + t did not see the row.
std::vector<uint64_t> UnseenBits(const std::vector<uint64_t>& seeds, size_t first, size_t rows,
                                 const ForestOptions& options) {
  std::vector<uint64_t> unseen(rows, 0);
  std::vector<uint32_t> draws;
  for (size_t tree = first; tree < std::min(seeds.size(), first + kTreesAtOnce); ++tree) {
    SplitMix64 random(seeds[tree]);
    DrawBag(options, rows, random, draws);
    for (size_t row = 0; row < rows; ++row)
      if (draws[row] == 0) unseen[row] |= uint64_t{1} << (tree - first);
  }
  return unseen;
}

void AddRow(const model::FlatForest& forest, size_t first, uint64_t unseen, const std::vector<float>& features,
            std::span<double> sums) {
  for (; unseen != 0; unseen &= unseen - 1) {
    const size_t tree = first + static_cast<size_t>(std::countr_zero(unseen));
    const double* leaf = &forest.fractions[LeafOf(forest, forest.tree_begin[tree], features) * sums.size()];
    for (size_t k = 0; k < sums.size(); ++k) sums[k] += leaf[k];
  }
}

}  // namespace

std::vector<double> OutOfBagMeans(const model::FlatForest& forest, std::span<const FeatureColumn> columns,
                                  const Targets& targets, const ForestOptions& options) {
  const size_t rows = targets.size(), outputs = targets.class_count <= 2 ? 1 : targets.class_count;
  const std::vector<uint64_t> seeds = TreeSeeds(options);
  std::vector<double> means(rows * outputs, 0);
  std::vector<uint32_t> votes(rows, 0);
  ThreadPool pool(ThreadsOf(options) - 1);
  for (size_t first = 0; first < seeds.size(); first += kTreesAtOnce) {
    const std::vector<uint64_t> unseen = UnseenBits(seeds, first, rows, options);
    pool.ParallelFor((rows + kRowsPerTask - 1) / kRowsPerTask, [&](size_t task) {
      std::vector<float> features;
      for (size_t row = task * kRowsPerTask; row < std::min(rows, (task + 1) * kRowsPerTask); ++row) {
        FillRow(columns, row, features);
        AddRow(forest, first, unseen[row], features, {&means[row * outputs], outputs});
        votes[row] += static_cast<uint32_t>(std::popcount(unseen[row]));
      }
    });
  }
  for (size_t row = 0; row < rows; ++row)
    for (size_t k = 0; k < outputs; ++k)
      means[row * outputs + k] =
          votes[row] == 0 ? std::numeric_limits<double>::quiet_NaN() : means[row * outputs + k] / votes[row];
  return means;
}

}  // namespace slipway::learn
