#include "slipway/sdk/table.h"

#include "slipway/sdk/unwrap.h"
#include "slipway/tabular/concatenate.h"
#include "slipway/tabular/csv.h"
#include "slipway/tabular/json_records.h"
#include "slipway/tabular/read.h"
#include "slipway/tabular/split.h"
#include "slipway/tabular/table.h"

namespace slipway::sdk {
namespace {

Table Own(tabular::Table table) {
  return Table(std::make_shared<const tabular::Table>(std::move(table)));
}

}  // namespace

Table Table::Read(const std::string& path) {
  return Own(Unwrap(tabular::ReadTable(path)));
}

Table Table::ParseCsv(std::string_view text) {
  return Own(Unwrap(tabular::ParseCsv(text)));
}

size_t Table::rows() const {
  return table_->rows();
}

std::vector<std::string> Table::columns() const {
  return table_->names();
}

std::string Table::ToJsonRecords() const {
  return tabular::ToJsonRecords(*table_);
}

void Table::WriteCsv(const std::string& path) const {
  Unwrap(tabular::WriteCsvFile(*table_, path));
}

Table Table::Head(size_t rows) const {
  return Own(table_->Head(rows));
}

Table Table::Without(std::string_view column) const {
  Unwrap(table_->Get(column));
  return Own(table_->Without(column));
}

Table Table::Append(const Table& other) const {
  return Own(Unwrap(tabular::Append(*table_, *other.table_)));
}

std::pair<Table, Table> Table::Split(double test_share, uint64_t seed) const {
  const tabular::RowSplit split = Unwrap(tabular::SplitRows(rows(), test_share, seed));
  return {Own(table_->TakeRows(split.train)), Own(table_->TakeRows(split.test))};
}

}  // namespace slipway::sdk
