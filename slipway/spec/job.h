// YAML of jobs: command, sweep, pipeline.
#pragma once

#include "slipway/base/result.h"
#include "slipway/domain/job.h"
#include "slipway/spec/document.h"
#include "slipway/spec/references.h"

namespace slipway::spec {

struct JobDocument {
  domain::JobSpec job;
  AnonymousAssets anonymous;
};

// Also reads the component files that steps and trials name, and checks the graph of a pipeline: every binding leads
// somewhere, no step waits for itself. Local paths in the result are absolute and exist.
Result<JobDocument> ReadJob(const Document& document);

// The same where a job stands inside another document; complaints are added to the value's.
domain::JobSpec ReadJobValue(const Value& value, AnonymousAssets& anonymous);

}  // namespace slipway::spec
