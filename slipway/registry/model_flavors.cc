#include "slipway/registry/model_flavors.h"

#include <yaml-cpp/yaml.h>

#include "slipway/base/file.h"
#include "slipway/model/model_directory.h"

namespace slipway::registry {
namespace {

Error At(const std::filesystem::path& file, const YAML::Mark& mark, std::string message) {
  return InvalidArgument(std::move(message))
      .At({file.string(), mark.is_null() ? 0 : mark.line + 1, mark.is_null() ? 0 : mark.column + 1});
}

std::string TextOf(const YAML::Node& value) {
  if (value.IsScalar()) return value.Scalar();
  YAML::Emitter emitter;
  emitter << YAML::Flow << value;
  return emitter.c_str();
}

std::map<std::string, std::string> SettingsOf(const YAML::Node& flavor) {
  std::map<std::string, std::string> settings;
  if (!flavor.IsMap()) return settings;
  for (const auto& entry : flavor) {
    if (entry.first.IsScalar() && !entry.second.IsNull()) settings[entry.first.Scalar()] = TextOf(entry.second);
  }
  return settings;
}

}  // namespace

Result<Flavors> ReadFlavors(const std::filesystem::path& folder) {
  const auto file = folder / model::kModelFileName;
  SLIPWAY_ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
  try {
    const YAML::Node root = YAML::Load(text);
    const YAML::Node flavors = root.IsMap() ? root["flavors"] : YAML::Node(YAML::NodeType::Undefined);
    if (!flavors || !flavors.IsMap()) {
      return At(file, root.Mark(), "an MLmodel file maps 'flavors' to the settings of each");
    }
    Flavors result;
    for (const auto& flavor : flavors) {
      if (flavor.first.IsScalar()) result[flavor.first.Scalar()] = SettingsOf(flavor.second);
    }
    return result;
  } catch (const YAML::Exception& error) {
    return At(file, error.mark, error.msg);
  }
}

}  // namespace slipway::registry
