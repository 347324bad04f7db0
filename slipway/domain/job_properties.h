// Properties of jobs that Slipway itself writes and reads.
#pragma once

#include <string_view>

namespace slipway::domain {

// "low", "medium" or "high" (`queue_settings.priority`); what runs below a job has its priority. None: medium.
inline constexpr std::string_view kPriorityProperty = "slipway.priority";
// slipway.registered.<output>: the asset that a completed job's output became, "azureml:name:version".
inline constexpr std::string_view kRegisteredPrefix = "slipway.registered.";
// slipway.search.<name>: the value that a trial got from its sweep's search space.
inline constexpr std::string_view kSearchPrefix = "slipway.search.";
// Of a command's resources: further options for a container's engine, `docker_args`, as a shell would split them.
inline constexpr std::string_view kEngineOptionsProperty = "docker_args";

}  // namespace slipway::domain
