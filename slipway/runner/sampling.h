// The samplers and early termination policies of learn/, as the planner wants them.
#pragma once

#include "slipway/base/result.h"
#include "slipway/domain/job.h"
#include "slipway/runner/plan/snapshot.h"

namespace slipway::runner {

// Whether a sweep's space can be sampled as it wishes: complaints of learn/ with the sweep's own words.
Status CheckSampling(const domain::SweepSpec& sweep);

// Values by trial number: the same for the same sweep, so that a restart repeats them; of a Bayesian one, for the same
// trials before it. A sweep without a seed has one derived from its name.
Sampler MakeSampler();
EarlyStop MakeEarlyStop();

}  // namespace slipway::runner
