// Nested hyperparameters: a choice whose value is a map of further ones, which have a value only where it was chosen.
//
// SweepSpec::search_space holds them flat. `depth` in value 1 of the choice `model` is "model[1].depth"; the literal of
// that value is the map as JSON text. Commands name it ${{search_space.model.depth}}.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/domain/job.h"

namespace slipway::domain {

struct NestedName {
  std::string choice;  // "model", or nested itself: "model[1].booster"
  size_t branch = 0;
  std::string name;  // "depth"
};
// nullopt for a name that is nested in nothing.
std::optional<NestedName> ParseNestedName(std::string_view key);
std::string MakeNestedName(std::string_view choice, size_t branch, std::string_view name);

// What commands call it, "model.depth"; and what they call all of a space, each once.
std::string SearchPlaceholder(std::string_view key);
std::vector<std::string> SearchPlaceholders(const std::map<std::string, SearchDistribution>& space);

// The entries that are nested in value `branch` of `choice`, by their own names.
std::map<std::string, const SearchDistribution*> NestedIn(const std::map<std::string, SearchDistribution>& space,
                                                          std::string_view choice, size_t branch);

}  // namespace slipway::domain
