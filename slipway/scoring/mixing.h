// Numbers that are made before the model sees them, and are no Feature (feature.h): of several features of a row, as a
// product with a matrix (PCA, a dense layer) or a norm; or of one, by a table.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/scoring/feature_rows.h"

namespace slipway::scoring {

// One node of the graph. Its outputs count as columns of the row layout, from `first_column` on, so that features can
// be made of them as of the request's columns.
struct Mix {
  enum class Kind {
    kProduct,       // row · weights, float32, input after input
    kNormalizeMax,  // divided by the largest value, with its sign; by nothing when that is 0
    kNormalizeL1,   // by the sum of the magnitudes
    kNormalizeL2,   // by the root of the sum of the squares
    kBinarize,      // 1 above the threshold, else 0; NaN is refused
    kLookUp         // as the table has it
  };
  Kind kind = Kind::kProduct;
  std::string node;                   // as errors name it
  std::vector<Feature> inputs;        // of columns of the request, or of earlier mixes
  std::vector<float> weights = {};    // kProduct: inputs × outputs
  std::map<float, float> table = {};  // kLookUp: none of the keys is NaN
  float otherwise = 0;                // what is not in the table
  float threshold = 0;
  size_t first_column = 0;
  size_t outputs = 0;
};

// The mixes of a graph, one after the other, on rows that stand in slots. Immutable.
class MixPlan {
 public:
  // Appends what the mixes read to `slots`; the layout that Run is given is made of these and others.
  MixPlan(std::vector<Mix> mixes, std::vector<Slot>& slots);

  bool empty() const { return mixes_.empty(); }
  // "" without mixes, else "2 mixes, ".
  std::string description() const;
  // Fills what is made of mixes in every row. kInvalidArgument names the row and the node. `values` is working memory.
  Status Run(FeatureRows& rows, std::vector<float>& values) const;

 private:
  Status RunRow(const Mix& mix, const float* inputs, size_t row, std::vector<float>& values) const;

  std::vector<Mix> mixes_;
  std::vector<size_t> first_slots_;  // of each mix' inputs
};

}  // namespace slipway::scoring
