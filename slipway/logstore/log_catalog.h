// The log views as the query language's catalog.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/kql/catalog.h"
#include "slipway/logstore/schema.h"

namespace slipway::logstore {

// Immutable, so thread-safe.
class LogCatalog final : public kql::Catalog {
 public:
  explicit LogCatalog(const std::vector<LogView>& views);
  const kql::CatalogTable* FindTable(std::string_view name) const override;
  std::vector<std::string> TableNames() const override;

 private:
  std::map<std::string, kql::CatalogTable, std::less<>> tables_;
};

}  // namespace slipway::logstore
