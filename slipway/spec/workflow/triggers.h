// `on` of a workflow file. For this folder's own files.
#pragma once

#include <vector>

#include "slipway/spec/workflow/checks.h"
#include "slipway/spec/workflow/workflow.h"

namespace slipway::spec::workflow {

std::vector<Event> ReadEvents(const Value& on, Checker& checker);
// `inputs` of an event or an action.
std::vector<Input> ReadInputs(const Value& inputs, const std::vector<std::string>& types, Place default_place,
                              Checker& checker);
// A job's, step's or input's id: complains when it is none.
bool CheckId(const Value& value, std::string_view id, std::string_view what);

}  // namespace slipway::spec::workflow
