#include "slipway/api/logs/query_parameters.h"

#include <fmt/format.h>

namespace slipway::api {

Result<logstore::QueryParameters> ReadQueryParameters(const nlohmann::json& json, std::string_view where) {
  logstore::QueryParameters parameters;
  if (json.is_null()) return parameters;
  if (!json.is_object())
    return InvalidArgument(fmt::format("'{}' must be an object of names and values, not {}", where, json.type_name()));
  for (const auto& [name, value] : json.items())
    parameters[name] = value.is_string() ? value.get<std::string>() : value.dump();
  return parameters;
}

}  // namespace slipway::api
