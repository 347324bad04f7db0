// What a conda environment file asks for, as far as pip can provide it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"

namespace slipway::environments {

struct CondaFile {
  std::string python_version;             // "3.11" of "python=3.11"; "" when not said
  std::vector<std::string> requirements;  // the pip section, line by line
  std::vector<std::string> conda_only;    // packages outside the pip section, but for python and pip themselves
};

// Reads the YAML text. kInvalidArgument with line and column when it is not a conda file.
Result<CondaFile> ParseCondaFile(std::string_view text);

}  // namespace slipway::environments
