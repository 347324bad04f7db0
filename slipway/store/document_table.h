// Tables whose rows are a key, a name and a JSON document in ARM's shape (docs/decisions/0002). For this room's own
// files.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/domain/common.h"
#include "slipway/sql/database.h"

namespace slipway::store {

// The first key of every table: the workspace's ARM id in lower case.
std::string WorkspaceKey(const domain::Scope& scope);

// Bytes that are no UTF-8 are replaced.
std::string DocumentText(const nlohmann::json& document);
// kDataLoss when `text` is no JSON; `what` names the thing, "the schedule 'nightly'".
Result<nlohmann::json> ReadDocument(const std::string& text, std::string_view what);

// A stored thing that its codec refuses is damaged, whatever the codec calls it.
template <typename T>
Result<T> AsStored(Result<T> read, std::string_view what) {
  if (read) return read;
  return DataLoss(fmt::format("{} as stored is not readable: {}", what, read.error().ToString()));
}

struct Document {
  std::string name;  // in the case that it was made with
  nlohmann::json body;
};

// Each document through `read`, a function that gives Result<T>.
template <typename T, typename Read>
Result<std::vector<T>> ReadAll(const std::vector<Document>& documents, const Read& read) {
  std::vector<T> all;
  all.reserve(documents.size());
  for (const Document& document : documents) {
    SLIPWAY_ASSIGN_OR_RETURN(T one, read(document));
    all.push_back(std::move(one));
  }
  return all;
}

// A value. Methods run inside the transaction of the connection they are given.
class DocumentTable {
 public:
  // `noun` is for messages ("schedule"). The last key column holds the name in lower case.
  DocumentTable(std::string table, std::string noun, std::vector<std::string> key_columns);

  std::string CreateStatement() const;

  // Inserts, or replaces the body and keeps the name.
  Status Put(sql::Connection& connection, const std::vector<std::string>& keys, const std::string& name,
             const nlohmann::json& body) const;
  // kNotFound names `name`.
  Result<Document> Get(sql::Connection& connection, const std::vector<std::string>& keys,
                       const std::string& name) const;
  // Of all rows whose first keys are these, by name.
  Result<std::vector<Document>> List(sql::Connection& connection, const std::vector<std::string>& keys) const;
  // All rows whose first keys are these; there may be none.
  Status Delete(sql::Connection& connection, const std::vector<std::string>& keys) const;

 private:
  std::string Where(size_t keys) const;  // " WHERE …" with the first keys; "" for none
  Result<Document> Read(const sql::Row& row) const;

  std::string table_, noun_;
  std::vector<std::string> key_columns_;
};

// The same with a transaction for each call, for things that a workspace holds by name: keys (workspace, name).
class NamedDocuments {
 public:
  NamedDocuments(sql::Database& database, DocumentTable table) : database_(database), table_(std::move(table)) {}

  Status Put(const domain::Scope& scope, const std::string& name, const nlohmann::json& body) const;
  Result<Document> Get(const domain::Scope& scope, const std::string& name) const;
  Result<std::vector<Document>> List(const domain::Scope& scope) const;
  Status Delete(const domain::Scope& scope, const std::string& name) const;

 private:
  sql::Database& database_;
  DocumentTable table_;
};

}  // namespace slipway::store
