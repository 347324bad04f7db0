#include "slipway/cli/siblings.h"

#include <unistd.h>

#include <cerrno>
#include <vector>

#include <fmt/format.h>

namespace slipway::cli {

namespace fs = std::filesystem;

Result<fs::path> OwnProgram() {
  std::error_code failed;
  fs::path program = fs::read_symlink("/proc/self/exe", failed);
  if (failed) return FromErrno(failed.value(), "/proc/self/exe");
  return program;
}

Result<fs::path> FindSibling(const std::string& name) {
  SLIPWAY_ASSIGN_OR_RETURN(const fs::path own, OwnProgram());
  const fs::path folder = own.parent_path();
  for (const fs::path& candidate : {folder / name, folder.parent_path() / "libexec" / "slipway" / name})
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
  return FailedPrecondition(fmt::format("the program '{}' is neither in '{}' nor in '{}'", name, folder.string(),
                                        (folder.parent_path() / "libexec" / "slipway").string()));
}

Error ReplaceProcess(const fs::path& program, std::span<const std::string> words) {
  std::string name = program.filename().string();
  std::vector<char*> arguments{name.data()};
  std::vector<std::string> copies(words.begin(), words.end());
  for (std::string& word : copies) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  execv(program.c_str(), arguments.data());
  return FromErrno(errno, program.string());
}

}  // namespace slipway::cli
