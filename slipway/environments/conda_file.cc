#include "slipway/environments/conda_file.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "slipway/base/text.h"

namespace slipway::environments {
namespace {

Error Complaint(const YAML::Mark& mark, std::string message) {
  return InvalidArgument(std::move(message)).At({"conda_file", mark.line + 1, mark.column + 1});
}

Status ReadPipSection(const YAML::Node& section, CondaFile& into) {
  if (!section.IsSequence()) return Complaint(section.Mark(), "'pip' must be a list of requirements");
  for (const auto& item : section) {
    if (!item.IsScalar()) return Complaint(item.Mark(), "a pip requirement is a text such as 'numpy==1.24.2'");
    into.requirements.push_back(item.as<std::string>());
  }
  return {};
}

// "conda-forge::python=3.11" → name "python", the rest "=3.11".
void ReadCondaPackage(const std::string& text, CondaFile& into) {
  const size_t channel = text.find("::");
  const std::string package = channel == std::string::npos ? text : text.substr(channel + 2);
  const size_t end = package.find_first_of("=<>! ");
  const std::string name = package.substr(0, end);
  if (name == "python") {
    const size_t version = end == std::string::npos ? std::string::npos : package.find_first_not_of("=<>! ", end);
    into.python_version = version == std::string::npos ? "" : package.substr(version);
  } else if (name != "pip") {
    into.conda_only.push_back(text);
  }
}

Result<CondaFile> Read(const YAML::Node& root) {
  CondaFile file;
  if (!root.IsMap()) return Complaint(root.Mark(), "a conda file is a map with 'dependencies'");
  const YAML::Node dependencies = root["dependencies"];
  if (!dependencies) return file;
  if (!dependencies.IsSequence()) return Complaint(dependencies.Mark(), "'dependencies' must be a list");
  for (const auto& item : dependencies) {
    if (item.IsScalar()) {
      ReadCondaPackage(item.as<std::string>(), file);
    } else if (item.IsMap() && item["pip"]) {
      SLIPWAY_RETURN_IF_ERROR(ReadPipSection(item["pip"], file));
    } else {
      return Complaint(item.Mark(), "a dependency is a package such as 'python=3.11', or 'pip:' with a list");
    }
  }
  return file;
}

}  // namespace

Result<CondaFile> ParseCondaFile(std::string_view text) {
  try {
    return Read(YAML::Load(std::string(text)));
  } catch (const YAML::Exception& failure) {
    return Complaint(failure.mark, failure.msg);
  }
}

}  // namespace slipway::environments
