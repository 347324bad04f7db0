// The job that a schedule, an alert rule or an action group starts. For this room's own files.
#pragma once

#include <string>

#include "slipway/domain/job.h"
#include "slipway/spec/reader.h"
#include "slipway/spec/references.h"

namespace slipway::spec {

// `create_job`: a file, "azureml:<job>", a whole job, or {type, job, keys that replace the file's}.
class CreateJobReader {
 public:
  explicit CreateJobReader(AnonymousAssets& anonymous) : anonymous_(anonymous) {}

  domain::JobSpec Read(const Value& value);

  // The submitted job whose definition is meant; "" when the value holds the definition.
  const std::string& job_name() const { return job_name_; }

 private:
  domain::JobSpec ReadNamed(const Value& named, const Value* overrides);

  AnonymousAssets& anonymous_;
  std::string job_name_;
};

// The job of an action, which has to hold its definition.
domain::JobSpec ReadActionJob(const Value& value, AnonymousAssets& anonymous);

}  // namespace slipway::spec
