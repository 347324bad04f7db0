// The programs installed beside this one.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "slipway/base/result.h"

namespace slipway::cli {

// This program's own file.
Result<std::filesystem::path> OwnProgram();
// `name` in this program's folder, or in ../libexec/slipway. kFailedPrecondition when it is in neither.
Result<std::filesystem::path> FindSibling(const std::string& name);
// Replaces this process by the program; returns only when that fails.
Error ReplaceProcess(const std::filesystem::path& program, std::span<const std::string> words);

}  // namespace slipway::cli
