// From the columns of a table to the features of a model, as scikit-learn's ColumnTransformer of SimpleImputer,
// OneHotEncoder, OrdinalEncoder and scalers does it (1.2). Values; no I/O.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/learn/binning.h"
#include "slipway/model/column_transform.h"
#include "slipway/model/signature.h"
#include "slipway/tabular/table.h"

namespace slipway::learn {

// What a missing value becomes. kNone: it stays missing (boosted trees alone take that); of texts, a category.
enum class Impute { kMean, kMedian, kMostFrequent, kConstant, kNone };
Result<Impute> ParseImpute(std::string_view name);  // mean, median, most_frequent, constant, none

enum class Scaling { kNone, kStandard, kMinMax, kRobust };
Result<Scaling> ParseScaling(std::string_view name);  // none, standard, minmax, robust

struct NumericOptions {
  Impute impute = Impute::kMedian;
  double fill_value = 0;  // of kConstant
  // After imputing. kStandard: mean 0 and population standard deviation 1; kMinMax: 0 to 1; kRobust: median 0,
  // interquartile range 1. A constant column is moved, not stretched.
  Scaling scaling = Scaling::kNone;
  bool add_indicator = false;  // one more feature where the training column has missing values: was it missing?
};

enum class Encoding { kOneHot, kOrdinal };
Result<Encoding> ParseEncoding(std::string_view name);                        // onehot, ordinal
Result<model::ColumnTransform::Unknown> ParseUnknown(std::string_view name);  // ignore, error, infrequent

struct CategoryOptions {
  Impute impute = Impute::kMostFrequent;  // or kConstant or kNone
  std::string fill_value = "missing";     // of kConstant
  Encoding encoding = Encoding::kOneHot;
  model::ColumnTransform::Unknown unknown = model::ColumnTransform::Unknown::kIgnore;
  // One-hot: texts in fewer rows than that share one feature, as do the rarest when there would be more features than
  // max_categories. 0: no bound.
  size_t min_frequency = 0;
  size_t max_categories = 0;
  float unknown_code = -1;  // ordinal
  bool add_indicator = false;
};

struct TransformOptions {
  NumericOptions numeric;
  CategoryOptions categorical;
  std::map<std::string, NumericOptions> numeric_by_column;
  std::map<std::string, CategoryOptions> categorical_by_column;
  std::vector<std::string> columns;   // features; empty: every column
  std::vector<std::string> left_out;  // of those
};

// What each chosen column of the training table becomes, in the table's order; booleans without missing values are 0
// and
// 1. kNotFound (with the nearest name) for a name that is not there; kInvalidArgument, naming the column, for
// datetimes, columns without any value, numbers beyond float32, and options that do not fit.
Result<std::vector<model::ColumnTransform>> FitTransforms(const tabular::Table& train,
                                                          const TransformOptions& options = {});

// The features of every row of `table`, which has the columns of `transforms` by name (others are ignored): one or,
// with an indicator, two for each. kInvalidArgument for a column that is missing or of another kind, and for a text
// that is unknown where that is an error.
Result<std::vector<FeatureColumn>> Transform(const std::vector<model::ColumnTransform>& transforms,
                                             const tabular::Table& table);

// A name for each feature: the column's, with "=category" behind it for one-hot, "=(infrequent)", "=(missing)".
std::vector<std::string> FeatureNames(const std::vector<model::ColumnTransform>& transforms);

// The signature's inputs as MLflow infers them from the training table: a column with missing values is not required,
// and whole numbers with missing values are doubles. `train` has the columns of `transforms`.
std::vector<model::ColumnSpec> InputSpecs(const std::vector<model::ColumnTransform>& transforms,
                                          const tabular::Table& train);

}  // namespace slipway::learn
