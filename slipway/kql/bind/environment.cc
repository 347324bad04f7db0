#include "slipway/kql/bind/environment.h"

#include <utility>

namespace slipway::kql::bind {

const Definition* Find(const EnvironmentPtr& environment, std::string_view name) {
  for (const Environment* at = environment.get(); at != nullptr; at = at->next.get()) {
    if (at->definition.name == name) return &at->definition;
  }
  return nullptr;
}

const Definition* FindInScope(const EnvironmentPtr& environment, int scope, std::string_view name) {
  for (const Environment* at = environment.get(); at != nullptr && at->scope == scope; at = at->next.get()) {
    if (at->definition.name == name) return &at->definition;
  }
  return nullptr;
}

EnvironmentPtr With(EnvironmentPtr environment, Definition definition, int scope) {
  return std::make_shared<const Environment>(Environment{std::move(definition), scope, std::move(environment)});
}

std::vector<std::string> NamesOf(const EnvironmentPtr& environment) {
  std::vector<std::string> names;
  for (const Environment* at = environment.get(); at != nullptr; at = at->next.get())
    names.push_back(at->definition.name);
  return names;
}

}  // namespace slipway::kql::bind
