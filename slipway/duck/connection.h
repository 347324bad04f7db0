// DuckDB behind RAII types: database, connection, prepared statement, appender. This room alone includes duckdb.h.
//
// Errors keep DuckDB's own text in their message: callers who show errors to users say what was wrong in their own
// words.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/duck/result_set.h"
#include "slipway/duck/value.h"

struct _duckdb_database;
struct _duckdb_connection;
struct _duckdb_prepared_statement;
struct _duckdb_appender;

namespace slipway::duck {

struct DatabaseOptions {
  std::string memory_limit = "512MB";
  int threads = 2;
  // Off: no statement reaches the file system or the network by itself.
  bool external_access = false;
  // Except below these folders.
  std::vector<std::filesystem::path> allowed_folders = {};
};

using Deadline = std::optional<std::chrono::steady_clock::time_point>;

// When a statement is given up: at a time, or when someone asks.
struct Patience {
  Deadline deadline = std::nullopt;
  std::stop_token stop = {};
};

class Connection;
struct ScalarFunction;

// A prepared statement; parameters are "$1", "$2", … in its text. Not thread-safe; must not outlive its connection.
class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;
  ~Statement();

  // Runs to the end with these parameters. kDeadlineExceeded once the deadline has passed, kCancelled when it was asked
  // to stop or after Connection::Interrupt, kResourceExhausted beyond the memory limit.
  Result<ResultSet> Run(std::span<const Value> parameters = {}, const Patience& patience = {});

 private:
  friend class Connection;
  Statement(_duckdb_connection* connection, _duckdb_prepared_statement* handle)
      : connection_(connection), handle_(handle) {}
  Status Bind(std::span<const Value> parameters);
  _duckdb_connection* connection_ = nullptr;
  _duckdb_prepared_statement* handle_ = nullptr;
};

// Adds rows to one table, fastest. Call one Append… a column, then EndRow. Rows are in the table after Flush (within
// the transaction that is open, if one is). Not thread-safe; must not outlive its connection.
class Appender {
 public:
  Appender(Appender&& other) noexcept;
  Appender& operator=(Appender&& other) noexcept;
  ~Appender();  // rows that were not flushed are dropped

  void AppendNull();
  void AppendBool(bool value);
  void AppendInt32(int32_t value);
  void AppendInt64(int64_t value);
  void AppendDouble(double value);
  void AppendString(std::string_view value);
  // The first failure of the row's appends.
  Status EndRow();
  Status Flush();

 private:
  friend class Connection;
  explicit Appender(_duckdb_appender* handle) : handle_(handle) {}
  Error TakeError() const;
  _duckdb_appender* handle_ = nullptr;
  bool failed_ = false;
};

// Not thread-safe but for Interrupt. Must not outlive its database.
class Connection {
 public:
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&& other) noexcept;
  ~Connection();

  Result<Statement> Prepare(const std::string& sql);
  // Prepares and runs one statement.
  Result<ResultSet> Query(const std::string& sql, std::span<const Value> parameters = {},
                          const Patience& patience = {});
  // Runs any number of statements without parameters, separated by ';'.
  Status Execute(const std::string& sql);
  Result<Appender> AppendTo(const std::string& table);
  // Stops what runs on this connection. From any thread.
  void Interrupt();

 private:
  friend class Database;
  friend Status Register(Connection& connection, const ScalarFunction& function);
  explicit Connection(_duckdb_connection* handle) : handle_(handle) {}
  _duckdb_connection* handle_ = nullptr;
};

// A transaction that is rolled back unless Commit was called. The connection must outlive it.
class Transaction {
 public:
  static Result<Transaction> Begin(Connection& connection);
  Transaction(Transaction&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Status Commit();

 private:
  explicit Transaction(Connection& connection) : connection_(&connection) {}
  Connection* connection_;
};

// Thread-safe. Closes the file when it dies; connections must be gone by then.
class Database {
 public:
  // `file` "" keeps everything in memory. kUnavailable when another process has the file open.
  static Result<Database> Open(const std::filesystem::path& file, const DatabaseOptions& options = {});
  Database(Database&& other) noexcept;
  Database& operator=(Database&& other) noexcept;
  ~Database();
  Result<Connection> Connect() const;

 private:
  explicit Database(_duckdb_database* handle) : handle_(handle) {}
  _duckdb_database* handle_ = nullptr;
};

// 'text' with quotes, as an SQL literal.
std::string QuoteLiteral(std::string_view text);
// "name" with quotes, as an SQL identifier.
std::string QuoteIdentifier(std::string_view name);

}  // namespace slipway::duck
