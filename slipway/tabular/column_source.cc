#include "slipway/tabular/column_source.h"

#include "slipway/tabular/missing_column.h"

namespace slipway::tabular {
namespace {

class TableColumns final : public ColumnSource {
 public:
  explicit TableColumns(const Table& table) : table_(table) {
    for (const Column& column : table.columns()) columns_.push_back({column.name, column.type});
  }
  uint64_t rows() const override { return table_.rows(); }
  const std::vector<ColumnInfo>& columns() const override { return columns_; }
  Result<std::shared_ptr<const Column>> Read(size_t index) const override {
    return std::shared_ptr<const Column>(std::shared_ptr<const Column>(), &table_.column(index));  // owns nothing
  }

 private:
  const Table& table_;
  std::vector<ColumnInfo> columns_;
};

}  // namespace

std::optional<size_t> ColumnSource::IndexOf(std::string_view name) const {
  for (size_t i = 0; i < columns().size(); ++i)
    if (columns()[i].name == name) return i;
  return std::nullopt;
}

Result<size_t> ColumnSource::Get(std::string_view name) const {
  if (const auto index = IndexOf(name)) return *index;
  return NoSuchColumn(name, names());
}

std::vector<std::string> ColumnSource::names() const {
  std::vector<std::string> names;
  for (const ColumnInfo& column : columns()) names.push_back(column.name);
  return names;
}

std::unique_ptr<ColumnSource> SourceOf(const Table& table) {
  return std::make_unique<TableColumns>(table);
}

Result<Table> ReadAll(const ColumnSource& source) {
  std::vector<Column> columns;
  for (size_t i = 0; i < source.columns().size(); ++i) {
    SLIPWAY_ASSIGN_OR_RETURN(const auto column, source.Read(i));
    columns.push_back(*column);
  }
  return Table::Make(std::move(columns));
}

}  // namespace slipway::tabular
