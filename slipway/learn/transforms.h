// From the columns of a table to the features of a forest, as scikit-learn's ColumnTransformer of SimpleImputer and
// OneHotEncoder(handle_unknown="ignore") does it. Values; no I/O.
#pragma once

#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/learn/binning.h"
#include "slipway/model/signature.h"
#include "slipway/model/tabular_classifier_graph.h"
#include "slipway/tabular/table.h"

namespace slipway::learn {

// What each column of the training table becomes: numbers keep their place, the median of those that are there stands
// for missing ones; texts become a 0/1 feature for each text seen, sorted, the most frequent (the first of equals)
// standing for missing ones; booleans are 0 and 1. kInvalidArgument, naming the column, for datetimes, columns without
// any value and numbers beyond float32.
Result<std::vector<model::ColumnTransform>> FitTransforms(const tabular::Table& train);

// The features of every row of `table`, which has the columns of `transforms` by name (others are ignored).
// kInvalidArgument for a column that is missing or of another kind.
Result<std::vector<FeatureColumn>> Transform(const std::vector<model::ColumnTransform>& transforms,
                                             const tabular::Table& table);

// The signature's inputs as MLflow infers them from the training table: a column with missing values is not required,
// and whole numbers with missing values are doubles.
std::vector<model::ColumnSpec> InputSpecs(const tabular::Table& train);

}  // namespace slipway::learn
