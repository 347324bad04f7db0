// Assets that come with Slipway: components whose steps its own program `slipway-step` runs, and the environment they
// run in. They stand in the registry "slipway": azureml://registries/slipway/components/train-tabular.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/domain/asset.h"
#include "slipway/domain/reference.h"
#include "slipway/domain/registry.h"
#include "slipway/domain/stores.h"

namespace slipway::registry {

inline constexpr std::string_view kCuratedRegistry = "slipway";
inline constexpr std::string_view kCuratedVersion = "1";

// Names of registries compare without case.
bool IsCurated(std::string_view registry);

// It is of no subscription and no resource group.
domain::AssetRegistry CuratedRegistry();

// `reference` is one into that registry. "@latest", version 1 and no version at all name the same; kNotFound (with the
// nearest name) for what does not come with Slipway.
Result<domain::AssetVersion> FindCurated(const domain::AssetReference& reference, domain::AssetKind kind);

// The same, and lists of what there is of a kind, in the order in which a pipeline would use them. Nothing is archived.
Result<domain::AssetContainer> FindCuratedContainer(const std::string& name, domain::AssetKind kind);
std::vector<domain::AssetContainer> ListCurated(domain::AssetKind kind, domain::ListView view);

}  // namespace slipway::registry
