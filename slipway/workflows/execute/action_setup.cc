// actions/setup-*: the tool that is installed is used; nothing is downloaded.
#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/workflows/execute/actions.h"

namespace slipway::workflows {
namespace {

namespace fs = std::filesystem;

struct Tool {
  std::string_view action, name;  // "python"
  std::vector<std::string> programs;
  std::vector<std::string> version_words;
  std::string_view location_variable;
};

const std::vector<Tool>& Tools() {
  static const std::vector<Tool> kTools = {
      {"actions/setup-python", "python", {"python", "python3"}, {"--version"}, "pythonLocation"},
      {"actions/setup-node", "node", {"node"}, {"--version"}, ""},
      {"actions/setup-java", "java", {"java"}, {"-version"}, "JAVA_HOME"},
      {"actions/setup-go", "go", {"go"}, {"version"}, "GOROOT"},
      {"actions/setup-dotnet", "dotnet", {"dotnet"}, {"--version"}, "DOTNET_ROOT"},
  };
  return kTools;
}

// "3.11.2" of "Python 3.11.2".
std::string VersionIn(std::string_view text) {
  const size_t start = text.find_first_of("0123456789");
  if (start == std::string_view::npos) return "";
  const size_t end = text.find_first_not_of("0123456789.", start);
  return std::string(text.substr(start, end == std::string_view::npos ? end : end - start));
}

// "3", "3.11", "3.x", "18.*" fit 3.11.2; ranges are taken as they come.
bool Fits(std::string_view wanted, const std::string& version) {
  if (wanted.find_first_not_of("0123456789.x*") != std::string_view::npos) return true;
  const auto want = Split(wanted, '.'), have = Split(version, '.');
  for (size_t i = 0; i < want.size() && want[i] != "x" && want[i] != "*"; ++i)
    if (i >= have.size() || want[i] != have[i]) return false;
  return true;
}

}  // namespace

Status SetupTool(ActionCall& call) {
  for (const Tool& tool : Tools()) {
    if (tool.action != call.action) continue;
    const std::string key = fmt::format("{}-version", tool.name);
    for (const std::string& program : tool.programs) {
      const auto path =
          process::FindProgram(program, call.environment.count("PATH") ? call.environment.at("PATH") : "");
      if (!path) continue;
      std::vector<std::string> words = {*path};
      words.insert(words.end(), tool.version_words.begin(), tool.version_words.end());
      std::string printed;
      SLIPWAY_ASSIGN_OR_RETURN(const ProgramEnd end, call.run(std::move(words), call.work, &printed));
      if (!end.ok()) continue;
      const std::string version = VersionIn(printed), wanted = call.Input(key);
      call.log(fmt::format("{} {} ({})", tool.name, version, *path));
      if (!wanted.empty() && !Fits(wanted, version))
        call.warn(fmt::format("{} {} is wanted, {} is installed and used: nothing is downloaded", tool.name, wanted,
                              version));
      call.outputs[key] = version;
      call.outputs[fmt::format("{}-path", tool.name)] = *path;
      if (tool.name == "python")
        call.variables.emplace_back(std::string(tool.location_variable),
                                    fs::path(*path).parent_path().parent_path().string());
      return {};
    }
    return NotFound(fmt::format("there is no {} on the PATH: install it, nothing is downloaded", tool.name));
  }
  return Unimplemented(fmt::format("'{}' is not supported", call.action));
}

}  // namespace slipway::workflows
