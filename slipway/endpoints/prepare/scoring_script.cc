#include "slipway/endpoints/prepare/scoring_script.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"

namespace slipway::endpoints {
namespace fs = std::filesystem;
namespace {

bool IsOneOf(const std::string& extension, std::initializer_list<std::string_view> known) {
  return std::find(known.begin(), known.end(), ToLower(extension)) != known.end();
}

Result<ScoringScript> AsItIs(const fs::path& code, const std::string& script, std::string language) {
  SLIPWAY_ASSIGN_OR_RETURN(const fs::path file, JoinBelow(code, script));
  std::error_code failure;
  if (fs::is_regular_file(file, failure)) return ScoringScript{script, std::move(language)};
  return InvalidArgument(fmt::format("the code has no file '{}', which is its scoring script", script));
}

Result<ScoringScript> Built(const fs::path& code, const std::string& script) {
  const std::string stem = fs::path(script).stem().string();
  SLIPWAY_ASSIGN_OR_RETURN(const auto files, ListFiles(code));
  std::vector<std::string> found, in_build;
  for (const FileEntry& file : files) {
    const std::string name = fs::path(file.path).filename().string();
    if (name != stem + ".so" && name != "lib" + stem + ".so") continue;
    found.push_back(file.path);
    if (file.path.starts_with("build/")) in_build.push_back(file.path);
  }
  if (found.size() == 1) return ScoringScript{found.front(), "cpp"};
  if (in_build.size() == 1) return ScoringScript{in_build.front(), "cpp"};
  if (!found.empty())
    return FailedPrecondition(
        fmt::format("which shared object is '{}'? The build made {}: name one of them as scoring_script", script,
                    Join(found, ", ")));
  return FailedPrecondition(
      fmt::format("the environment's build command made no '{0}.so' (or 'lib{0}.so') of the scoring "
                  "script '{1}'; with CMake: add_library({0} MODULE {1})",
                  stem, script));
}

}  // namespace

Result<ScoringScript> FindScoringScript(const fs::path& code, const std::string& script) {
  const std::string extension = fs::path(script).extension().string();
  if (IsOneOf(extension, {".py"})) return AsItIs(code, script, "python");
  if (IsOneOf(extension, {".so"})) return AsItIs(code, script, "cpp");
  if (IsOneOf(extension, {".cpp", ".cc", ".cxx"})) return Built(code, script);
  return InvalidArgument(
      fmt::format("the scoring script '{}' is of no known kind: it is a .py, a .cpp (or .cc, .cxx) or a .so", script));
}

}  // namespace slipway::endpoints
