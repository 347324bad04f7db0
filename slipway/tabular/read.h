// Tables from wherever a path leads.
#pragma once

#include <filesystem>

#include "slipway/base/result.h"
#include "slipway/tabular/table.h"

namespace slipway::tabular {

// A file: JSON lines or JSON records (.jsonl, .ndjson, .json), tab-separated (.tsv, .tab), else CSV. A folder with an
// MLTable file: what that says. Any other folder: its data files, also those in folders below, in order of their paths,
// one below the other; their columns must agree. Hidden files and files without a known ending are left out there.
// kNotFound for nothing there, kUnimplemented for compressed files and forms of Parquet that are not supported.
Result<Table> ReadTable(const std::filesystem::path& path);

}  // namespace slipway::tabular
