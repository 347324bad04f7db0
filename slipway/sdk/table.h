// A table of named, typed columns. Reads CSV files, folders of them and MLTable folders.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::tabular {
class Table;
}

namespace slipway::sdk {

// Immutable; copies share the data. Every failure throws Failure (program.h).
class Table {
 public:
  // A CSV or JSON-lines file, a folder of such files, or a folder with an MLTable file.
  static Table Read(const std::string& path);
  static Table ParseCsv(std::string_view text);

  size_t rows() const;
  std::vector<std::string> columns() const;
  // As JSON records: [{"column": value, …}, …].
  std::string ToJsonRecords() const;
  void WriteCsv(const std::string& path) const;

  Table Head(size_t rows) const;
  Table Without(std::string_view column) const;
  // The rows of both; columns must be the same.
  Table Append(const Table& other) const;

  // Two tables of disjoint random rows, `test_share` (0 to 1) of them in the second. The same seed splits the same way.
  std::pair<Table, Table> Split(double test_share, uint64_t seed) const;

  // For the SDK's own headers.
  explicit Table(std::shared_ptr<const tabular::Table> table) : table_(std::move(table)) {}
  const tabular::Table& get() const { return *table_; }

 private:
  std::shared_ptr<const tabular::Table> table_;
};

}  // namespace slipway::sdk
