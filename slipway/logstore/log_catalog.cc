#include "slipway/logstore/log_catalog.h"

namespace slipway::logstore {

LogCatalog::LogCatalog(const std::vector<LogView>& views) {
  for (const LogView& view : views) {
    kql::CatalogTable table{view.name, view.name, {}, view.time_column, std::string(kScopeColumn)};
    for (const ViewColumn& column : view.columns) table.columns.push_back({column.name, column.type});
    tables_.emplace(view.name, std::move(table));
  }
}

const kql::CatalogTable* LogCatalog::FindTable(std::string_view name) const {
  const auto table = tables_.find(name);
  return table == tables_.end() ? nullptr : &table->second;
}

std::vector<std::string> LogCatalog::TableNames() const {
  std::vector<std::string> names;
  for (const auto& [name, table] : tables_) names.push_back(name);
  return names;
}

}  // namespace slipway::logstore
