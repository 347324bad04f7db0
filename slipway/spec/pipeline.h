// YAML of pipeline jobs.
#pragma once

#include "slipway/domain/job.h"
#include "slipway/spec/reader.h"
#include "slipway/spec/references.h"

namespace slipway::spec {

domain::PipelineSpec ReadPipeline(ObjectReader& reader, AnonymousAssets& anonymous);

// The pipeline's graph: bindings that lead nowhere, a step that waits for itself, cycles. Complains at the step's
// value.
void CheckPipeline(const domain::PipelineSpec& pipeline, const Value& jobs);

}  // namespace slipway::spec
