#include "slipway/cli/arguments.h"

#include "slipway/base/text.h"

namespace slipway::cli {

std::optional<std::string> Arguments::Get(std::string_view name) const {
  auto found = values_.find(name);
  if (found == values_.end()) return std::nullopt;
  return found->second.empty() ? std::string() : found->second.back();
}

std::string Arguments::GetOr(std::string_view name, std::string_view fallback) const {
  return Get(name).value_or(std::string(fallback));
}

std::vector<std::string> Arguments::All(std::string_view name) const {
  auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

std::vector<std::string> Arguments::Names(std::string_view name) const {
  std::vector<std::string> names;
  for (const std::string& value : All(name))
    for (const std::string_view part : Split(value, ','))
      if (!Trim(part).empty()) names.emplace_back(Trim(part));
  return names;
}

void Arguments::Add(std::string_view name, std::vector<std::string> values) {
  auto& list = values_[std::string(name)];
  list.insert(list.end(), values.begin(), values.end());
}

void Arguments::Set(std::string_view name, std::string value) {
  values_[std::string(name)] = {std::move(value)};
}

}  // namespace slipway::cli
