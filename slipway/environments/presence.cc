#include "slipway/environments/presence.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/process/run.h"
#include "slipway/process/spawn.h"

namespace slipway::environments {
namespace {

// Names come from a user's YAML: nothing that dpkg-query could take for an option.
bool IsPackageName(const std::string& name) {
  const auto is_good = [](unsigned char c) { return std::isalnum(c) || c == '+' || c == '-' || c == '.' || c == ':'; };
  return !name.empty() && std::isalnum(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(), is_good);
}

bool IsInstalled(const std::string& output, const std::string& package) {
  const std::string line = package + " installed";
  const auto lines = Split(output, '\n');
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

}  // namespace

Status CheckPrograms(const std::vector<std::string>& programs, const std::string& search_path) {
  std::vector<std::string> missing;
  for (const std::string& program : programs) {
    if (!process::FindProgram(program, search_path)) missing.push_back(program);
  }
  if (missing.empty()) return {};
  return FailedPrecondition(
      fmt::format("the environment needs programs that are not on this machine's PATH: {}", Join(missing, ", ")));
}

Status CheckPackages(const std::vector<std::string>& packages, process::Supervisor& supervisor) {
  if (packages.empty()) return {};
  for (const std::string& package : packages) {
    if (!IsPackageName(package))
      return InvalidArgument(fmt::format("'{}' is not the name of a Debian package", package));
  }
  process::SpawnOptions query;
  query.arguments = {"dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\\n"};
  query.arguments.insert(query.arguments.end(), packages.begin(), packages.end());
  query.environment = {{"PATH", "/usr/bin:/bin"}, {"LC_ALL", "C"}};
  SLIPWAY_ASSIGN_OR_RETURN(const auto result,
                           With(process::RunToEnd(supervisor, std::move(query), std::chrono::seconds(30)),
                                "looking for the environment's packages"));
  std::vector<std::string> missing;
  for (const std::string& package : packages) {
    if (!IsInstalled(result.output, package.substr(0, package.find(':')))) missing.push_back(package);
  }
  if (missing.empty()) return {};
  return FailedPrecondition(fmt::format(
      "the environment needs Debian packages that are not installed; run: apt-get install {}", Join(missing, " ")));
}

}  // namespace slipway::environments
