// The pieces that jobs, steps, trials and components share in ARM's shape. For this room's own files.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "slipway/domain/job.h"
#include "slipway/wire/json_view.h"

namespace slipway::wire {

void PutText(nlohmann::json& into, std::string_view key, const std::string& value);  // left out when empty

// "ro_mount" ⇄ "ReadOnlyMount" …; an unknown one stays as it is.
std::string ModeToArm(std::string_view mode);
std::string ModeFromArm(std::string_view mode);
// "random" ⇄ "Random", "median_stopping" ⇄ "MedianStopping".
std::string PascalCase(std::string_view snake);
std::string SnakeOfPascal(std::string_view pascal);

// A literal that arrived as text, as the kind that `type` (a port's) demands.
domain::Literal LiteralOfType(std::string_view type, domain::Literal literal);

nlohmann::json InputsToArm(const std::map<std::string, domain::JobInput>& inputs);
std::map<std::string, domain::JobInput> ReadInputs(const JsonView& owner);
nlohmann::json OutputsToArm(const std::map<std::string, domain::JobOutput>& outputs);
std::map<std::string, domain::JobOutput> ReadOutputs(const JsonView& owner);

nlohmann::json ResourcesToArm(const domain::Resources& resources);  // {} when all is default
domain::Resources ReadResources(const JsonView& view);

// Seconds as an ISO 8601 duration; read from one or from a number of seconds.
void PutSeconds(nlohmann::json& into, std::string_view key, const std::optional<int64_t>& seconds);
std::optional<int64_t> ReadSeconds(const JsonView& owner, std::string_view key);

// {"jobLimitsType":"Command","timeout","retries"}; null when nothing is limited.
nlohmann::json CommandLimitsToArm(const std::optional<int64_t>& timeout, int retries);

domain::CommandComponent ReadComponent(const JsonView& view);

// A sweep's own fields: trial, searchSpace, objective, samplingAlgorithm, earlyTermination, limits.
void PutSweep(nlohmann::json& into, const domain::SweepSpec& sweep);
domain::SweepSpec ReadSweep(const JsonView& view);

}  // namespace slipway::wire
