#include "slipway/workflows/execute/environment_file.h"

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::workflows {

Result<std::vector<std::pair<std::string, std::string>>> ParseEnvironmentFile(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> entries;
  const auto lines = Split(text, '\n');
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = lines[i];
    if (line.empty() || line == "\r") continue;
    const size_t equals = line.find('='), block = line.find("<<");
    if (equals != std::string_view::npos && (block == std::string_view::npos || equals < block)) {
      if (equals == 0) return InvalidArgument(fmt::format("line {}: there is no name before '='", i + 1));
      entries.emplace_back(line.substr(0, equals), line.substr(equals + 1));
      continue;
    }
    if (block == std::string_view::npos)
      return InvalidArgument(
          fmt::format("line {}: '{}' is neither NAME=value nor NAME<<END", i + 1, line.substr(0, 80)));
    const std::string_view name = line.substr(0, block), end = line.substr(block + 2);
    if (name.empty() || end.empty())
      return InvalidArgument(fmt::format("line {}: '<<' needs a name before it and an end mark after it", i + 1));
    const size_t start = i + 1;
    std::string value;
    for (++i; i < lines.size() && lines[i] != end; ++i) {
      if (i > start) value += '\n';
      value += lines[i];
    }
    if (i == lines.size())
      return InvalidArgument(fmt::format("line {}: the end mark '{}' of '{}' never comes", start, end, name));
    entries.emplace_back(name, value);
  }
  return entries;
}

}  // namespace slipway::workflows
