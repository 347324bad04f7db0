#include "slipway/cli/settings.h"

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"

namespace slipway::cli {
namespace {

std::filesystem::path ConfigFile(const EnvironmentReader& environment) {
  if (auto folder = environment("AZURE_CONFIG_DIR"); folder && !folder->empty())
    return std::filesystem::path(*folder) / "config";
  return std::filesystem::path(environment("HOME").value_or(".")) / ".azure" / "config";
}

std::string VariableName(std::string_view section, std::string_view key) {
  std::string name = fmt::format("AZURE_{}_{}", section, key);
  for (char& c : name)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return name;
}

}  // namespace

Settings::Settings(const EnvironmentReader& environment) : environment_(environment), file_(ConfigFile(environment)) {
  auto text = ReadFile(file_);
  if (!text) return;
  std::string section;
  for (std::string_view line : Split(*text, '\n')) {
    line = Trim(line);
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    const size_t equals = line.find('=');
    if (line.front() == '[' && line.back() == ']')
      section = line.substr(1, line.size() - 2);
    else if (equals != std::string_view::npos)
      sections_[section][std::string(Trim(line.substr(0, equals)))] = Trim(line.substr(equals + 1));
  }
}

std::optional<std::string> Settings::Get(std::string_view section, std::string_view key) const {
  if (auto value = environment_(VariableName(section, key)); value && !value->empty()) return value;
  auto found = sections_.find(std::string(section));
  if (found == sections_.end()) return std::nullopt;
  auto value = found->second.find(std::string(key));
  return value == found->second.end() || value->second.empty() ? std::nullopt : std::optional(value->second);
}

Status Settings::Set(const std::string& section, const std::string& key, const std::string& value) {
  if (value.find('\n') != std::string::npos)
    return InvalidArgument(fmt::format("the value of '{}' has a line end", key));
  if (value.empty())
    sections_[section].erase(key);
  else
    sections_[section][key] = value;
  std::string text;
  for (const auto& [name, keys] : sections_) {
    if (keys.empty()) continue;
    text += fmt::format("[{}]\n", name);
    for (const auto& [each, content] : keys) text += fmt::format("{} = {}\n", each, content);
    text += "\n";
  }
  return WriteFileAtomic(file_, text, 0600);
}

std::map<std::string, std::string> Settings::Section(const std::string& section) const {
  auto found = sections_.find(section);
  return found == sections_.end() ? std::map<std::string, std::string>() : found->second;
}

}  // namespace slipway::cli
