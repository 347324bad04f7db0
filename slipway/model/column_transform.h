// How one column of a table becomes numbers of the feature row: what training fits, and what the ONNX graph spells out.
// After scikit-learn's SimpleImputer, OneHotEncoder, OrdinalEncoder, StandardScaler, MinMaxScaler and RobustScaler.
#pragma once

#include <string>
#include <vector>

#include "slipway/model/onnx_graph.h"

namespace slipway::model {

// Features stand in the order of the columns; those of one column stand together, its indicator last.
struct ColumnTransform {
  enum class Kind {
    kNumeric,      // a missing value (NaN) becomes imputed_number, then (x - offset) * factor
    kCategorical,  // a missing value ("") becomes imputed_category, then one 0/1 feature a category
    kOrdinal,      // the same, then the category's number in the list
    kPassthrough,  // the number as it is
  };
  // What becomes of a text that is none of the categories.
  enum class Unknown {
    kIgnore,      // all features 0; of an ordinal, unknown_code
    kError,       // the request fails (kCategorical alone)
    kInfrequent,  // it counts as an infrequent one where there are any, else as kIgnore (kCategorical alone)
  };

  std::string name;
  Kind kind = Kind::kNumeric;
  // Of the graph's input: kString for kCategorical and kOrdinal; else kFloat, kDouble, kInt64 or kBool (others are cast
  // to float).
  ElementType input_type = ElementType::kFloat;
  float imputed_number = 0;
  std::string imputed_category = {};         // empty: "" is a category like any other
  std::vector<std::string> categories = {};  // distinct
  // Of kCategorical: further texts, distinct from the categories, that share one feature after those of the categories.
  std::vector<std::string> infrequent = {};
  Unknown unknown = Unknown::kIgnore;
  float unknown_code = -1;
  float offset = 0, factor = 1;
  bool has_indicator = false;  // one more feature: 1 where the value was missing, else 0. Not of kPassthrough.

  bool takes_text() const { return kind == Kind::kCategorical || kind == Kind::kOrdinal; }
  bool is_scaled() const { return offset != 0 || factor != 1; }
  // Features without the indicator.
  size_t value_count() const {
    return kind == Kind::kCategorical ? categories.size() + (infrequent.empty() ? 0 : 1) : 1;
  }
  size_t feature_count() const { return value_count() + (has_indicator ? 1 : 0); }
};

}  // namespace slipway::model
