// YAML of schedules.
#pragma once

#include <string>

#include "slipway/base/result.h"
#include "slipway/domain/schedule.h"
#include "slipway/spec/document.h"
#include "slipway/spec/references.h"

namespace slipway::spec {

struct ScheduleDocument {
  domain::Schedule schedule;
  // A submitted job whose definition is to be taken as `create_job`; "" when the document holds the definition.
  std::string create_job_of;
  AnonymousAssets anonymous;
};
Result<ScheduleDocument> ReadSchedule(const Document& document);

// The Windows zone names that `time_zone` takes.
const std::vector<std::string>& WindowsTimeZones();

}  // namespace slipway::spec
