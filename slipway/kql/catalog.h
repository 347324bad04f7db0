// What a query may read: tables with typed columns. The language core knows no more of where rows are stored.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "slipway/kql/type.h"

namespace slipway::kql {

struct CatalogColumn {
  std::string name;
  Type type = Type::kString;
};

struct CatalogTable {
  std::string name;
  std::string source;  // the stored relation; its columns have the names of `columns`
  std::vector<CatalogColumn> columns;
  std::string time_column;   // a datetime that a query's time range applies to; "" for none
  std::string scope_column;  // a stored string column, not among `columns`, that the scope applies to; "" for none
};

class Catalog {
 public:
  virtual ~Catalog() = default;
  // nullptr when there is none; names are case-sensitive. The table lives as long as the catalog.
  virtual const CatalogTable* FindTable(std::string_view name) const = 0;
  virtual std::vector<std::string> TableNames() const = 0;
};

}  // namespace slipway::kql
