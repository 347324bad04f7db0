#include "slipway/sql/soci_error.h"

#include <string>
#include <string_view>

#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <fmt/format.h>

namespace slipway::sql {
namespace {

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// SQLite says which constraint it was only in the text.
Code SqliteConstraintCode(std::string_view message) {
  if (Contains(message, "UNIQUE constraint")) return Code::kAlreadyExists;
  return Contains(message, "FOREIGN KEY constraint") ? Code::kFailedPrecondition : Code::kInternal;
}

// https://www.sqlite.org/rescode.html; the low byte is the primary code.
Code SqliteCode(int result, std::string_view message) {
  switch (result & 0xff) {
    case SQLITE_CONSTRAINT:
      return SqliteConstraintCode(message);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      return Code::kUnavailable;
    case SQLITE_FULL:
    case SQLITE_TOOBIG:
    case SQLITE_NOMEM:
      return Code::kResourceExhausted;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Code::kDataLoss;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return Code::kPermissionDenied;
    default:
      return Code::kInternal;
  }
}

// https://www.postgresql.org/docs/15/errcodes-appendix.html: whole states first, then their classes.
struct StateCode {
  std::string_view prefix;
  Code code;
};
constexpr StateCode kStateCodes[] = {
    {"23505", Code::kAlreadyExists},       // unique_violation
    {"23503", Code::kFailedPrecondition},  // foreign_key_violation
    {"53300", Code::kUnavailable},         // too_many_connections
    {"53", Code::kResourceExhausted},      // disk_full, out_of_memory …
    {"54", Code::kResourceExhausted},      // program_limit_exceeded
    {"55P03", Code::kUnavailable},         // lock_not_available
    {"40", Code::kUnavailable},            // deadlock, serialization failure
    {"57P", Code::kUnavailable},           // shutting down, starting up
    {"57014", Code::kDeadlineExceeded},    // query_canceled
    {"08", Code::kUnavailable},            // connection exceptions
    {"22021", Code::kInvalidArgument},     // not in the encoding
    {"42501", Code::kPermissionDenied},    // insufficient_privilege
    {"28", Code::kPermissionDenied},       // invalid authorization
    {"XX001", Code::kDataLoss},            // data_corrupted
    {"XX002", Code::kDataLoss},            // index_corrupted
};

Code PostgresqlCode(std::string_view state) {
  for (const StateCode& known : kStateCodes)
    if (state.starts_with(known.prefix)) return known.code;
  return Code::kInternal;
}

// SOCI names its own functions at the start; libpq ends lines.
std::string Tidy(std::string message) {
  if (message.starts_with("sqlite3_statement_backend::")) message.erase(0, message.find(": ") + 2);
  while (!message.empty() && (message.back() == '\n' || message.back() == ' ')) message.pop_back();
  return message;
}

}  // namespace

Error CurrentError() {
  try {
    throw;
  } catch (const soci::sqlite3_soci_error& error) {
    const std::string message = Tidy(error.get_error_message());
    return Error(SqliteCode(error.result(), message), fmt::format("SQLite: {}", message));
  } catch (const soci::postgresql_soci_error& error) {
    return Error(PostgresqlCode(error.sqlstate()), fmt::format("PostgreSQL: {}", Tidy(error.get_error_message())));
  } catch (const soci::soci_error& error) {
    const std::string message = Tidy(error.get_error_message());
    const bool is_connecting = Contains(message, "Cannot establish connection");
    return Error(is_connecting ? Code::kUnavailable : Code::kInternal, fmt::format("SQL: {}", message));
  } catch (const std::exception& error) {
    return Internal(fmt::format("SQL: {}", error.what()));
  }
}

}  // namespace slipway::sql
