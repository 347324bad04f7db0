// The file `MLTable` of a local data folder, checked before it is uploaded.
#pragma once

#include <filesystem>

#include "slipway/spec/reader.h"

namespace slipway::spec {

// `at` is where the folder is named; complaints about the file itself carry the file's own positions.
void CheckMltableFolder(const std::filesystem::path& folder, const Value& at, Complaints& complaints);

}  // namespace slipway::spec
