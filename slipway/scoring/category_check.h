// Categories that an encoder knows and takes no other of (scikit-learn's handle_unknown='error'): rows with another are
// refused, by row and column.
#pragma once

#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/scoring/feature_rows.h"
#include "slipway/scoring/input_columns.h"

namespace slipway::scoring {

struct CategoryCheck {
  std::string node;                 // as errors name it
  std::vector<Feature> indicators;  // all of one column; one of them is not 0 for a category that is known
  std::string known;                // the categories, for the error
};

// The checks of a graph, on rows that stand in slots. Immutable.
class CategoryChecks {
 public:
  // Appends what the checks read to `slots`; the layout that Run is given is made of these and others.
  CategoryChecks(std::vector<CategoryCheck> checks, std::vector<Slot>& slots);

  // kInvalidArgument names row, column and the categories that are known.
  Status Run(const FeatureRows& rows, const InputColumns& columns) const;

 private:
  Error Unknown(size_t row, const CategoryCheck& check, const InputColumns& columns) const;

  std::vector<CategoryCheck> checks_;
  std::vector<size_t> first_slots_;  // of each check's indicators
};

}  // namespace slipway::scoring
