// Folders with an `MLTable` file, as Azure Machine Learning defines them.
#pragma once

#include <filesystem>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/tabular/table.h"

namespace slipway::tabular {

// Reads the files that `folder`/MLTable names and applies its transformations in their order. Supported:
// read_delimited, read_json_lines, read_parquet, keep_columns, drop_columns, convert_column_types, filter, take, skip,
// take_random_sample. What is not (read_delta_lake, remote paths …) is kUnimplemented by name; every complaint about
// the file carries its position. An empty field of a delimited file alone is null here, "NA" is a text; a column of
// mixed types is a string column there.
Result<Table> ReadMltable(const std::filesystem::path& folder);

// The data files it names, in the order they are read; patterns and folders sorted by path.
Result<std::vector<std::filesystem::path>> ListMltableFiles(const std::filesystem::path& folder);

}  // namespace slipway::tabular
