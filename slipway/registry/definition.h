// What makes two definitions of an asset version the same. For this room's own files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "slipway/domain/asset.h"

namespace slipway::registry {

// A reference to storage in its short form, without '/' at its end; other texts as they are.
std::string NormalPath(std::string_view path);

// What of the parts that cannot change differs, one text each: "path ('a' is stored, 'b' was sent)". Empty for the same
// definition: datastore paths compare whatever their form, conda files by what they say, the code's hash only when
// both have one. Names, versions, descriptions, tags, display names, stages and flavors are no part of a definition.
std::vector<std::string> DefinitionDifferences(const domain::AssetBody& stored, const domain::AssetBody& sent);

}  // namespace slipway::registry
