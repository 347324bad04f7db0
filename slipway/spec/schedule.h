// YAML of schedules and alert rules.
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

struct AlertDocument {
  domain::AlertRule rule;
  AnonymousAssets anonymous;
};
// Slipway's own YAML for a scheduled query rule: name, query, operator, threshold, and evaluation_frequency,
// window_size, mute_actions_duration (ISO 8601 durations), severity, time_aggregation, metric_measure_column,
// auto_mitigate, display_name, description, tags, is_enabled, create_job.
Result<AlertDocument> ReadAlertRule(const Document& document);

// The Windows zone names that `time_zone` takes.
const std::vector<std::string>& WindowsTimeZones();

}  // namespace slipway::spec
