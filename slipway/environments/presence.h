// Whether what an environment takes for granted is on this machine.
#pragma once

#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/process/supervisor.h"

namespace slipway::environments {

// kFailedPrecondition naming every program that is not on `search_path`.
Status CheckPrograms(const std::vector<std::string>& programs, const std::string& search_path);

// kFailedPrecondition naming every Debian package that is not installed, with the command that installs them.
Status CheckPackages(const std::vector<std::string>& packages, process::Supervisor& supervisor);

}  // namespace slipway::environments
