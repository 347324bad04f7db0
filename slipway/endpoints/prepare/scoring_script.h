// Which file a deployment's `scoring_script` means, once its environment has been built.
//
//   score.py          runs under the environment's Python as it is
//   online_score.so   a shared object (slipway/sdk/scoring_script.h) as it is
//   online_score.cpp  the shared object that the environment's build command made of it: a file online_score.so or
//                     libonline_score.so below the code's folder; the one in build/ where there are several
#pragma once

#include <filesystem>
#include <string>

#include "slipway/base/result.h"

namespace slipway::endpoints {

struct ScoringScript {
  std::string path;      // relative to the code's folder
  std::string language;  // "cpp", "python"
};

// `script` as the user wrote it, `code` the folder with what the build command made. kInvalidArgument for a script that
// is not there or of an unknown kind, kFailedPrecondition when no or more than one shared object was built.
Result<ScoringScript> FindScoringScript(const std::filesystem::path& code, const std::string& script);

}  // namespace slipway::endpoints
