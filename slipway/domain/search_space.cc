#include "slipway/domain/search_space.h"

#include <set>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::domain {

std::optional<NestedName> ParseNestedName(std::string_view key) {
  const size_t end = key.rfind("].");
  const size_t begin = end == std::string_view::npos ? end : key.rfind('[', end);
  if (begin == std::string_view::npos) return std::nullopt;
  const auto branch = ParseInt(key.substr(begin + 1, end - begin - 1));
  if (!branch || *branch < 0) return std::nullopt;
  return NestedName{std::string(key.substr(0, begin)), static_cast<size_t>(*branch), std::string(key.substr(end + 2))};
}

std::string MakeNestedName(std::string_view choice, size_t branch, std::string_view name) {
  return fmt::format("{}[{}].{}", choice, branch, name);
}

std::string SearchPlaceholder(std::string_view key) {
  const auto nested = ParseNestedName(key);
  return nested ? fmt::format("{}.{}", SearchPlaceholder(nested->choice), nested->name) : std::string(key);
}

std::vector<std::string> SearchPlaceholders(const std::map<std::string, SearchDistribution>& space) {
  std::set<std::string> names;
  for (const auto& [key, distribution] : space) names.insert(SearchPlaceholder(key));
  return {names.begin(), names.end()};
}

std::map<std::string, const SearchDistribution*> NestedIn(const std::map<std::string, SearchDistribution>& space,
                                                          std::string_view choice, size_t branch) {
  std::map<std::string, const SearchDistribution*> nested;
  for (const auto& [key, distribution] : space) {
    const auto name = ParseNestedName(key);
    if (name && name->choice == choice && name->branch == branch) nested[name->name] = &distribution;
  }
  return nested;
}

}  // namespace slipway::domain
