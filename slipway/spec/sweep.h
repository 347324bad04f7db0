// What sweep jobs and sweep steps have in common.
#pragma once

#include "slipway/domain/job.h"
#include "slipway/spec/reader.h"
#include "slipway/spec/references.h"

namespace slipway::spec {

// Reads trial, search space, sampling, objective, limits and early termination. Inputs, outputs and compute have to be
// in `into` already: the trial's command is checked against them.
void ReadSweepFields(ObjectReader& reader, domain::SweepSpec& into, AnonymousAssets& anonymous);

}  // namespace slipway::spec
