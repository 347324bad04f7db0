# DuckDB's C API as the target DuckDB::DuckDB. A system DuckDB wins; else what `./dev setup` put into .deps/duckdb.
find_path(DuckDB_INCLUDE_DIR duckdb.h HINTS "${PROJECT_SOURCE_DIR}/.deps/duckdb/include")
find_library(DuckDB_LIBRARY duckdb HINTS "${PROJECT_SOURCE_DIR}/.deps/duckdb/lib")
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(DuckDB REQUIRED_VARS DuckDB_LIBRARY DuckDB_INCLUDE_DIR
  FAIL_MESSAGE "DuckDB was not found: run ./dev setup")
if(DuckDB_FOUND AND NOT TARGET DuckDB::DuckDB)
  add_library(DuckDB::DuckDB SHARED IMPORTED)
  set_target_properties(DuckDB::DuckDB PROPERTIES IMPORTED_LOCATION "${DuckDB_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${DuckDB_INCLUDE_DIR}")
endif()
