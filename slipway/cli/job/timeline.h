// When the parts of a job waited, queued and ran, as a chart of text.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "slipway/base/time.h"
#include "slipway/domain/job.h"

namespace slipway::cli {

struct TimelineRow {
  std::string label;  // indented by depth
  domain::JobStatus status = domain::JobStatus::kNotStarted;
  Timestamp created_at{};
  Timestamp ready_at{};  // when the steps that it takes from had ended; created_at when it takes from none
  std::optional<Timestamp> started_at, ended_at;
  bool is_cached = false;  // took over earlier outputs
  std::optional<domain::ResourceUse> resources;
};

// The rows of a job with all below it (`tree` in any order), parents before children, siblings by when they began.
std::vector<TimelineRow> TimelineOf(const std::vector<domain::Job>& tree, const std::string& root);

// A table with a chart `width` columns wide from the first row's creation to its end, or to `now`: '.' waits for other
// steps, '-' queues or is prepared, '#' runs, 'c' taken over.
std::string DrawTimeline(const std::vector<TimelineRow>& rows, Timestamp now, size_t width);

}  // namespace slipway::cli
