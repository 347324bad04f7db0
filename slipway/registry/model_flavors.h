// Flavors of MLflow models, whatever wrote them. For this room's own files.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "slipway/base/result.h"

namespace slipway::registry {

using Flavors = std::map<std::string, std::map<std::string, std::string>>;

// What the file MLmodel of `folder` says below `flavors`; nested values as YAML in one line, null left out. kNotFound
// without such a file, kInvalidArgument with line and column for one that is none.
Result<Flavors> ReadFlavors(const std::filesystem::path& folder);

}  // namespace slipway::registry
