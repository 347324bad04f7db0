// What a YAML file says of a table's columns: how they are read, and how they become features.
//
//   columns:
//     zip_code:  {type: text, encoding: ordinal}      # read as texts although they look like numbers
//     income:    {type: number, impute: mean, scaling: standard}
//     customer:  {type: ignore}                       # no feature
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/learn/fitted_model.h"
#include "slipway/tabular/table.h"

namespace slipway::training {

struct Schema {
  std::map<std::string, tabular::ColumnType> types;  // for the CSV reader
  std::vector<std::string> ignored;
  // Options by column, as (name, value), in the file's order; checked when read.
  std::map<std::string, std::vector<std::pair<std::string, std::string>>> numeric, categorical;
};

// Errors carry file, line and column: unknown keys (with the nearest), types and values.
Result<Schema> ParseSchema(const std::string& yaml, const std::string& file);
Result<Schema> ReadSchema(const std::filesystem::path& file);

// On top of the options for all columns. kNotFound for a column that the table does not have, with the nearest name.
Status ApplySchema(const Schema& schema, const tabular::Table& table, learn::FitOptions& options);

}  // namespace slipway::training
