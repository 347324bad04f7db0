// What commands have wherever they are written: components, command jobs, pipeline steps, trials.
#pragma once

#include "slipway/domain/job.h"
#include "slipway/spec/reader.h"
#include "slipway/spec/references.h"

namespace slipway::spec {

// A whole command component; `name` optional.
domain::CommandComponent ReadCommandComponent(const Value& value, AnonymousAssets& anonymous);
// A component file, or a registered one: exactly one of the results is filled.
struct ComponentOrReference {
  std::optional<domain::CommandComponent> component;
  std::string reference;
};
ComponentOrReference ReadComponentOrReference(const Value& value, AnonymousAssets& anonymous);

// `command`, `code`, `environment`, `environment_variables`, `resources`, and refusals of what is not supported.
void ReadCommandFields(ObjectReader& reader, domain::CommandComponent& into, AnonymousAssets& anonymous);
domain::Resources ReadResources(const Value& value);

// Every ${{inputs.x}} and ${{outputs.x}} of a command has to be declared. `search_space` true allows
// ${{search_space.x}}.
struct DeclaredNames {
  std::vector<std::string> inputs, outputs, search_space;
};
void CheckPlaceholders(const Value& command, const DeclaredNames& declared);

template <typename Map>
std::vector<std::string> KeysOf(const Map& map) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : map) keys.push_back(key);
  return keys;
}

}  // namespace slipway::spec
