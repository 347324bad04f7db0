#include "slipway/store/document_table.h"

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::store {
namespace {

using nlohmann::json;

std::vector<sql::Value> Values(const std::vector<std::string>& keys) {
  return {keys.begin(), keys.end()};
}

std::vector<std::string> KeysOf(const domain::Scope& scope, const std::string& name) {
  return {WorkspaceKey(scope), ToLower(name)};
}

}  // namespace

std::string WorkspaceKey(const domain::Scope& scope) {
  return ToLower(scope.ArmId());
}

std::string DocumentText(const json& document) {
  return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<json> ReadDocument(const std::string& text, std::string_view what) {
  json document = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (document.is_object()) return document;
  return DataLoss(fmt::format("{} as stored is no JSON document", what));
}

DocumentTable::DocumentTable(std::string table, std::string noun, std::vector<std::string> key_columns)
    : table_(std::move(table)), noun_(std::move(noun)), key_columns_(std::move(key_columns)) {}

std::string DocumentTable::CreateStatement() const {
  std::string columns;
  for (const std::string& key : key_columns_) columns += key + " TEXT NOT NULL, ";
  return fmt::format("CREATE TABLE {} ({}name TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY ({}))", table_, columns,
                     Join(key_columns_, ", "));
}

std::string DocumentTable::Where(size_t keys) const {
  std::string condition;
  for (size_t i = 0; i < keys; ++i)
    condition += fmt::format(" {} {} = :p{}", i == 0 ? "WHERE" : "AND", key_columns_[i], i + 1);
  return condition;
}

Result<Document> DocumentTable::Read(const sql::Row& row) const {
  Document document{row.Text(0), {}};
  SLIPWAY_ASSIGN_OR_RETURN(document.body, ReadDocument(row.Text(1), fmt::format("the {} '{}'", noun_, document.name)));
  return document;
}

Status DocumentTable::Put(sql::Connection& connection, const std::vector<std::string>& keys, const std::string& name,
                          const json& body) const {
  std::string places;
  for (size_t i = 1; i <= keys.size() + 2; ++i) places += fmt::format("{}:p{}", i == 1 ? "" : ", ", i);
  const std::string key_list = Join(key_columns_, ", ");
  std::vector<sql::Value> values = Values(keys);
  values.emplace_back(name);
  values.emplace_back(DocumentText(body));
  SLIPWAY_RETURN_IF_ERROR(connection.Execute(
      fmt::format("INSERT INTO {} ({}, name, body) VALUES ({}) ON CONFLICT ({}) DO UPDATE SET body = excluded.body",
                  table_, key_list, places, key_list),
      values));
  return {};
}

Result<Document> DocumentTable::Get(sql::Connection& connection, const std::vector<std::string>& keys,
                                    const std::string& name) const {
  SLIPWAY_ASSIGN_OR_RETURN(
      const auto rows,
      connection.Query(fmt::format("SELECT name, body FROM {}{}", table_, Where(keys.size())), Values(keys)));
  if (rows.empty()) return NotFound(fmt::format("there is no {} '{}'", noun_, name));
  return Read(rows.front());
}

Result<std::vector<Document>> DocumentTable::List(sql::Connection& connection,
                                                  const std::vector<std::string>& keys) const {
  SLIPWAY_ASSIGN_OR_RETURN(const auto rows,
                           connection.Query(fmt::format("SELECT name, body FROM {}{} ORDER BY {}", table_,
                                                        Where(keys.size()), Join(key_columns_, ", ")),
                                            Values(keys)));
  std::vector<Document> documents;
  documents.reserve(rows.size());
  for (const sql::Row& row : rows) {
    SLIPWAY_ASSIGN_OR_RETURN(Document document, Read(row));
    documents.push_back(std::move(document));
  }
  return documents;
}

Status DocumentTable::Delete(sql::Connection& connection, const std::vector<std::string>& keys) const {
  SLIPWAY_RETURN_IF_ERROR(
      connection.Execute(fmt::format("DELETE FROM {}{}", table_, Where(keys.size())), Values(keys)));
  return {};
}

Status NamedDocuments::Put(const domain::Scope& scope, const std::string& name, const json& body) const {
  return database_.Write(
      [&](sql::Connection& connection) { return table_.Put(connection, KeysOf(scope, name), name, body); });
}

Result<Document> NamedDocuments::Get(const domain::Scope& scope, const std::string& name) const {
  Document document;
  SLIPWAY_RETURN_IF_ERROR(database_.Read([&](sql::Connection& connection) -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(document, table_.Get(connection, KeysOf(scope, name), name));
    return {};
  }));
  return document;
}

Result<std::vector<Document>> NamedDocuments::List(const domain::Scope& scope) const {
  std::vector<Document> documents;
  SLIPWAY_RETURN_IF_ERROR(database_.Read([&](sql::Connection& connection) -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(documents, table_.List(connection, {WorkspaceKey(scope)}));
    return {};
  }));
  return documents;
}

Status NamedDocuments::Delete(const domain::Scope& scope, const std::string& name) const {
  return database_.Write([&](sql::Connection& connection) { return table_.Delete(connection, KeysOf(scope, name)); });
}

}  // namespace slipway::store
