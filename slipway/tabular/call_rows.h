// The rows that a request to a model carried, and those of its answer: one JSON array of one object a row. Texts in,
// text out. It takes its time: for those who look at calls afterwards, not for the path of a request.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "slipway/base/result.h"

namespace slipway::tabular {

enum class BodyForm {
  kJson,     // any of the dialect's JSON forms (CompiledModel::ScoreJson), MLflow's among them
  kCsv,      // with a header line
  kTensors,  // the Open Inference Protocol's
};

// `columns`: the names of columns for rows that come as lists; "0", "1" … where there are none. kInvalidArgument when
// the body has no rows in that form.
Result<std::string> InputRows(std::string_view body, BodyForm form, std::span<const std::string> columns);

// A row of {"predictions": […], "probabilities": […]} has a value of each list; a list gives its elements, those that
// are no objects as {"predictions": element}; tensors one column each. Explanations are left out.
Result<std::string> OutputRows(std::string_view body);

// Row by row the members of both; kInvalidArgument when they are not equally many. An output whose name is an input's
// too is called "output.<name>".
Result<std::string> JoinRows(std::string_view inputs, std::string_view outputs);

}  // namespace slipway::tabular
