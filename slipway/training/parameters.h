// Options of a fit by the names that scikit-learn's and XGBoost's users know, as texts: for command lines and YAML.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/learn/fitted_model.h"

namespace slipway::training {

// Sets one parameter, e.g. ("n_estimators", "500"), ("max_depth", "none"), ("max_features", "sqrt"), ("scaling",
// "standard"). kInvalidArgument for a name that the algorithm (options.algorithm, set before) does not have, with the
// nearest one, and for a value that does not fit.
Status SetParameter(learn::FitOptions& options, std::string_view name, std::string_view value);

// The names, in order: the algorithm's, then those of the columns' transforms.
std::vector<std::string> ParameterNames(learn::Algorithm algorithm);

// "balanced", "balanced_subsample", "none", or weights by label, "yes=3,no=1".
Status SetClassWeight(learn::FitOptions& options, std::string_view text);

// How columns become features.
Status SetNumericParameter(learn::NumericOptions& options, std::string_view name, std::string_view value);
Status SetCategoryParameter(learn::CategoryOptions& options, std::string_view name, std::string_view value);
std::vector<std::string> NumericParameterNames();
std::vector<std::string> CategoryParameterNames();

}  // namespace slipway::training
