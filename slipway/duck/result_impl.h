// The inside of a ResultSet, shared by this room's files.
#pragma once

#include <duckdb.h>

#include <vector>

#include "slipway/duck/result_set.h"

namespace slipway::duck {

struct ResultSet::Impl {
  duckdb_result result{};
  duckdb_data_chunk chunk = nullptr;
  size_t chunk_rows = 0;
  std::vector<ColumnView> columns;

  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl();
  void PrepareColumns();
};

}  // namespace slipway::duck
