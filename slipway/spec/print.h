// Domain values as the dialect's commands print them: snake_case keys, sorted; keys without a value left out. What
// comes out can be fed back as YAML.
#pragma once

#include <nlohmann/json.hpp>

#include "slipway/domain/alert.h"
#include "slipway/domain/asset.h"
#include "slipway/domain/common.h"
#include "slipway/domain/endpoint.h"
#include "slipway/domain/job.h"
#include "slipway/domain/schedule.h"

namespace slipway::spec {

nlohmann::json ToJson(const domain::Workspace& workspace);
nlohmann::json ToJson(const domain::Datastore& datastore);
nlohmann::json ToJson(const domain::Compute& compute);
nlohmann::json ToJson(const domain::AssetVersion& asset);
nlohmann::json ToJson(const domain::AssetContainer& container);
nlohmann::json ToJson(const domain::JobSpec& spec);
nlohmann::json ToJson(const domain::Job& job);
nlohmann::json ToJson(const domain::OnlineEndpoint& endpoint);
nlohmann::json ToJson(const domain::OnlineDeployment& deployment);
nlohmann::json ToJson(const domain::Schedule& schedule);
nlohmann::json ToJson(const domain::AlertRule& rule);
nlohmann::json ToJson(const domain::AlertEvent& event);
nlohmann::json ToJson(const domain::ActionGroup& group);  // without secrets
nlohmann::json ToJson(const domain::CommandComponent& component);
nlohmann::json ToJson(const domain::CreationContext& context);

// A YAML text as JSON; text and numbers as YAML's core schema reads them. null when it cannot be parsed.
nlohmann::json YamlToJson(const std::string& text);

// "uri_file", "uri_folder", "mltable".
std::string_view DataTypeName(domain::DataType type);

}  // namespace slipway::spec
