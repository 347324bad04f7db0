// Assets that come with Slipway: components whose steps its own program `slipway-step` runs, and the environment they
// run in. They stand in the registry "slipway": azureml://registries/slipway/components/train-tabular.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/domain/asset.h"
#include "slipway/domain/reference.h"

namespace slipway::registry {

inline constexpr std::string_view kCuratedRegistry = "slipway";
inline constexpr std::string_view kCuratedVersion = "1";

// `reference` is one into that registry. "@latest", version 1 and no version at all name the same; kNotFound (with the
// nearest name) for what does not come with Slipway.
Result<domain::AssetVersion> FindCurated(const domain::AssetReference& reference, domain::AssetKind kind);

// What comes with Slipway of a kind.
std::vector<std::string> CuratedNames(domain::AssetKind kind);

}  // namespace slipway::registry
