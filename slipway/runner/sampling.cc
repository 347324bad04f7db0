#include "slipway/runner/sampling.h"

namespace slipway::runner {

Sampler MakeSampler() {
  return [](const domain::Job&, int) -> Result<std::optional<SampledValues>> { return Unimplemented("sampling"); };
}

EarlyStop MakeEarlyStop() {
  return nullptr;
}

}  // namespace slipway::runner
