// The rows that a scored request carried, and those of its answer, as data collection writes them: one JSON array of
// one object a row. Pure: texts in, text out. For the collecting thread: it takes its time, on the request path nothing
// here runs.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "slipway/base/result.h"

namespace slipway::gateway::collection {

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

}  // namespace slipway::gateway::collection
