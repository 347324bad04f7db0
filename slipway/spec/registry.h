// YAML of registries, and how commands print them. `slipway: {url, registry, token_file, ca_file}` makes one a
// reference to a registry of another server.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "slipway/base/result.h"
#include "slipway/domain/registry.h"
#include "slipway/spec/document.h"

namespace slipway::spec {

Result<domain::AssetRegistry> ReadRegistry(const Document& document);
nlohmann::json ToJson(const domain::AssetRegistry& registry);

}  // namespace slipway::spec
