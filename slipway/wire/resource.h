// The envelope that ARM resources share: id, name, type, systemData. For this room's own files.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "slipway/domain/common.h"
#include "slipway/wire/json_view.h"

namespace slipway::wire {

nlohmann::json SystemDataToArm(const domain::CreationContext& context);
domain::CreationContext ReadSystemData(const JsonView& resource);

// The segment after `collection` in the resource's id ("…/data/<name>/versions/<v>"); "" without one.
std::string SegmentOfId(const JsonView& resource, std::string_view collection);

void PutTime(nlohmann::json& into, std::string_view key, const std::optional<Timestamp>& time);
std::optional<Timestamp> ReadTime(const JsonView& view, std::string_view key);

// Milliseconds as an ISO 8601 duration, and back.
std::string MillisecondsToArm(int64_t milliseconds);
int64_t ReadMilliseconds(const JsonView& view, std::string_view key, int64_t otherwise);

// `tags` stand in the properties of assets, and beside them in tracked resources.
void PutMap(nlohmann::json& into, std::string_view key, const std::map<std::string, std::string>& map);

}  // namespace slipway::wire
