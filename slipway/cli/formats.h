// Output formats as the dialect's command line prints them. Values are nlohmann::ordered_json: objects from data have
// sorted keys, objects made by a query keep the order they were written in.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace slipway::cli {

// Indent 2, keys sorted at every level, non-ASCII kept, one line end after it. With `colored`, ANSI colours.
std::string FormatJson(const nlohmann::ordered_json& value, bool colored = false);
// Block style, keys sorted.
std::string FormatYaml(const nlohmann::ordered_json& value);
// One line an element of the top-level list; values of an object in its order.
std::string FormatTsv(const nlohmann::ordered_json& value);
// Columns from scalar values; `id`, `type` and `etag` are left out unless `is_built_in` (a command's own columns).
std::string FormatTable(const nlohmann::ordered_json& value, bool is_built_in);

// The same value with the keys of every object sorted.
nlohmann::ordered_json SortKeys(const nlohmann::ordered_json& value);

}  // namespace slipway::cli
