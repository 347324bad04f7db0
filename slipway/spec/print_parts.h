// Pieces that the printers share.
#pragma once

#include <map>
#include <string>

#include <nlohmann/json.hpp>

#include "slipway/domain/job.h"

namespace slipway::spec {

// Sets the key unless the text is empty.
void PutText(nlohmann::json& into, const char* key, const std::string& text);
// Sets the key, to {} when the map is empty.
void PutMap(nlohmann::json& into, const char* key, const std::map<std::string, std::string>& map);

nlohmann::json LiteralToJson(const domain::Literal& literal);
nlohmann::json InputsToJson(const std::map<std::string, domain::JobInput>& inputs);
nlohmann::json OutputsToJson(const std::map<std::string, domain::JobOutput>& outputs);
nlohmann::json ResourcesToJson(const domain::Resources& resources);
nlohmann::json SweepToJson(const domain::SweepSpec& sweep);

}  // namespace slipway::spec
