// Which tables there are: read from the log database, immutable once read.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/duck/connection.h"
#include "slipway/logstore/log_catalog.h"
#include "slipway/logstore/log_table.h"
#include "slipway/logstore/schema.h"

namespace slipway::logstore {

using StoredTables = std::map<std::string, StoredTable, std::less<>>;

struct TableSet {
  StoredTables tables;
  std::map<std::string, int, std::less<>> retention_days;  // of tables that do not have the default
  LogCatalog catalog;

  int RetentionOf(std::string_view table) const;
  LogTable Describe(const StoredTable& table) const;
};

// The store's own tables: reading positions of spools, custom tables, retention, sealed files, collection rules.
std::string OwnTablesSql();

// Makes the tables that are missing, adds the columns that are, and makes all views anew. Within the transaction that
// is open, if one is.
Status MakeLogTables(duck::Connection& connection, const std::filesystem::path& sealed_folder);
// Makes one table's views anew, over what is sealed now.
Status RefreshViews(duck::Connection& connection, const StoredTable& table, const std::filesystem::path& sealed_folder);

Result<std::shared_ptr<const TableSet>> LoadTableSet(duck::Connection& connection);
// Of one table, or of all (""). Their files are relative to the folder of sealed files.
Result<std::vector<SealedPart>> ListSealed(duck::Connection& connection, std::string_view table);

// Makes a custom table or adds columns to one; kInvalidArgument for what cannot be a table, or a column of another
// type.
Status PutCustomTable(duck::Connection& connection, const TableSet& set, const std::filesystem::path& sealed_folder,
                      const std::string& name, const std::vector<ResultColumn>& columns);
Status DropCustomTable(duck::Connection& connection, const StoredTable& table);
Status SetRetention(duck::Connection& connection, const std::string& table, int days);

}  // namespace slipway::logstore
