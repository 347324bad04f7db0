// Steps of jobs and composite actions. For this folder's own files.
#pragma once

#include <vector>

#include "slipway/spec/workflow/checks.h"
#include "slipway/spec/workflow/workflow.h"

namespace slipway::spec::workflow {

enum class StepsOf { kJob, kAction };

std::vector<Step> ReadSteps(const Value& steps, StepsOf owner, Checker& checker);
// A map of texts, or one expression that gives such a map.
Node ReadEnv(const Value& env, Place place, Checker& checker);

}  // namespace slipway::spec::workflow
