// For the room's tests: small tables as literals, and the shared data when they lie beside the checkout.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/tabular/csv.h"
#include "slipway/tabular/table.h"

namespace slipway::stats::testing {

inline tabular::Column Numbers(const std::string& name, const std::vector<std::optional<double>>& values) {
  tabular::ColumnBuilder builder(name, tabular::ColumnType::kFloat64);
  for (const auto& value : values) value ? builder.AddDouble(*value) : builder.AddNull();
  return std::move(builder).Build();
}

inline tabular::Column Texts(const std::string& name, const std::vector<std::optional<std::string>>& values) {
  tabular::ColumnBuilder builder(name, tabular::ColumnType::kString);
  for (const auto& value : values) value ? builder.AddString(*value) : builder.AddNull();
  return std::move(builder).Build();
}

inline tabular::Table TableOf(std::vector<tabular::Column> columns) {
  return tabular::Table::Make(std::move(columns)).value();
}

inline tabular::Table Csv(std::string_view text) {
  return tabular::ParseCsv(text).value();
}

// A folder or file of the shared data; nullopt where only the checkout is.
inline std::optional<std::filesystem::path> Shared(const std::string& relative) {
  const auto path = std::filesystem::path(SLIPWAY_SOURCE_DIR).parent_path() / "shared" / "data" / relative;
  if (!std::filesystem::exists(path)) return std::nullopt;
  return path;
}

inline tabular::Table SharedTable(const std::string& relative) {
  return tabular::ReadCsvFile(*Shared(relative)).value();
}

inline nlohmann::json SharedJson(const std::string& relative) {
  return nlohmann::json::parse(ReadFile(*Shared(relative)).value());
}

}  // namespace slipway::stats::testing
