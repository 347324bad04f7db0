#include "slipway/store/audit_store.h"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/store/document_table.h"
#include "slipway/wire/audit.h"

namespace slipway::store {
namespace {

using domain::AuditEntry;
using nlohmann::json;

Result<AuditEntry> ReadEntry(const sql::Row& row) {
  const std::string what = fmt::format("entry {} of the audit log", row.Int(0));
  SLIPWAY_ASSIGN_OR_RETURN(const json body, ReadDocument(row.Text(1), what));
  return AsStored(wire::AuditEntryFromJson(body), what);
}

Result<std::vector<AuditEntry>> Select(sql::Connection& connection, const std::string& order) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto rows, connection.Query("SELECT sequence, body FROM audit_log " + order));
  std::vector<AuditEntry> entries;
  entries.reserve(rows.size());
  for (const sql::Row& row : rows) {
    SLIPWAY_ASSIGN_OR_RETURN(AuditEntry entry, ReadEntry(row));
    entries.push_back(std::move(entry));
  }
  return entries;
}

bool IsWanted(const AuditEntry& entry, const domain::AuditFilter& filter) {
  return entry.action.starts_with(filter.action) && entry.subject.find(filter.subject) != std::string::npos &&
         (filter.scope.empty() || EqualsIgnoreCase(entry.scope, filter.scope));
}

}  // namespace

std::vector<std::string> AuditTableStatements() {
  return {"CREATE TABLE audit_log (sequence BIGINT PRIMARY KEY, hash TEXT NOT NULL, body TEXT NOT NULL)"};
}

Result<AuditEntry> SqlAuditStore::Record(AuditEntry entry) {
  // Entries are kept as JSON: what is read back must hash to the same.
  for (std::string* field : {&entry.action, &entry.actor, &entry.scope, &entry.subject, &entry.reason})
    *field = ReplaceInvalidUtf8(*field);
  std::map<std::string, std::string> evidence;
  for (const auto& [key, value] : entry.evidence) evidence[ReplaceInvalidUtf8(key)] = ReplaceInvalidUtf8(value);
  entry.evidence = std::move(evidence);
  SLIPWAY_RETURN_IF_ERROR(database_.Write([&](sql::Connection& connection) -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(const auto last,
                             connection.Query("SELECT sequence, hash FROM audit_log ORDER BY sequence DESC LIMIT 1"));
    // So that a file that is missing later was taken away.
    if (last.empty()) SLIPWAY_RETURN_IF_ERROR(WriteHead({}));
    entry.sequence = last.empty() ? 1 : last[0].Int(0) + 1;
    entry.previous_hash = last.empty() ? "" : last[0].Text(1);
    entry.hash = domain::HashOf(entry);
    SLIPWAY_RETURN_IF_ERROR(
        connection.Execute("INSERT INTO audit_log (sequence, hash, body) VALUES (:p1, :p2, :p3)",
                           {entry.sequence, entry.hash, DocumentText(wire::AuditEntryToJson(entry))}));
    return {};
  }));
  SLIPWAY_RETURN_IF_ERROR(WriteHead(entry));
  return entry;
}

Status SqlAuditStore::WriteHead(const AuditEntry& entry) {
  if (head_file_.empty()) return {};
  const std::lock_guard lock(head_);
  if (entry.sequence < written_) return {};  // somebody later was faster
  written_ = entry.sequence;
  return WriteFileAtomic(head_file_, json{{"sequence", entry.sequence}, {"hash", entry.hash}}.dump() + "\n", 0600);
}

Result<std::vector<AuditEntry>> SqlAuditStore::List(const domain::AuditFilter& filter) {
  std::vector<AuditEntry> entries;
  SLIPWAY_RETURN_IF_ERROR(database_.Read([&](sql::Connection& connection) -> Status {
    const bool takes_all = filter.action.empty() && filter.subject.empty() && filter.scope.empty();
    const std::string bound = takes_all ? fmt::format(" LIMIT {}", std::min<size_t>(filter.limit, INT32_MAX)) : "";
    SLIPWAY_ASSIGN_OR_RETURN(entries, Select(connection, "ORDER BY sequence DESC" + bound));
    return {};
  }));
  std::erase_if(entries, [&](const AuditEntry& entry) { return !IsWanted(entry, filter); });
  if (entries.size() > filter.limit) entries.resize(filter.limit);
  return entries;
}

// A crash between the entry and the file leaves the file behind, never ahead.
Status SqlAuditStore::CheckHead(domain::AuditReport& report, const std::vector<AuditEntry>& entries) {
  if (head_file_.empty()) return {};
  const auto text = ReadFile(head_file_);
  if (!text && text.error().code() != Code::kNotFound) return text.error();
  const json head = text ? json::parse(*text, nullptr, false) : json();
  const auto fail = [&](int64_t sequence, std::string problem) {
    report.first_broken = sequence;
    report.problem = std::move(problem);
  };
  const bool is_readable = head.is_object() && head.contains("sequence") && head["sequence"].is_number_integer() &&
                           head.contains("hash") && head["hash"].is_string();
  if (!is_readable) {
    if (!entries.empty())
      fail(entries.back().sequence,
           fmt::format("the file '{}' with the last hash is missing or damaged", head_file_.string()));
    return {};
  }
  const int64_t sequence = head["sequence"].get<int64_t>();
  if (sequence > report.entries)
    fail(report.entries + 1,
         fmt::format("entry {} is missing: {} entries were recorded", report.entries + 1, sequence));
  else if (sequence > 0 &&
           entries[static_cast<size_t>(sequence - 1)].hash != head["hash"].get_ref<const std::string&>())
    fail(sequence, fmt::format("entry {} is not the one that was recorded: the file '{}' names another hash", sequence,
                               head_file_.string()));
  return {};
}

Result<domain::AuditReport> SqlAuditStore::Verify() {
  domain::AuditReport report;
  domain::AuditChain chain;
  std::vector<AuditEntry> entries;
  const Status read = database_.Read([&](sql::Connection& connection) -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(const auto rows,
                             connection.Query("SELECT sequence, body FROM audit_log ORDER BY sequence"));
    for (const sql::Row& row : rows) {
      auto entry = ReadEntry(row);
      const std::string problem = entry ? chain.Add(*entry) : entry.error().ToString();
      if (problem.empty()) {
        entries.push_back(std::move(*entry));
        continue;
      }
      report.first_broken = chain.entries() + 1;
      report.problem = problem;
      return {};
    }
    return {};
  });
  SLIPWAY_RETURN_IF_ERROR(read);
  report.entries = chain.entries();
  report.head = chain.head();
  if (!report.first_broken) SLIPWAY_RETURN_IF_ERROR(CheckHead(report, entries));
  return report;
}

}  // namespace slipway::store
