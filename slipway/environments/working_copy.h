// A private copy of a shared, cached folder.
#pragma once

#include <filesystem>

#include "slipway/base/result.h"

namespace slipway::environments {

// Copies the tree `from` to `to` with modes kept. Files from 1 MiB on are hard links instead, which is why the cache
// takes the right to write from them (Seal): small files, which programs do write to, are real copies.
Status MakeWorkingCopy(const std::filesystem::path& from, const std::filesystem::path& to);

// Takes write permission from the files of a cached tree that working copies will link to.
Status Seal(const std::filesystem::path& folder);

}  // namespace slipway::environments
