// SQL over SOCI: SQLite (default) or PostgreSQL. The only room that includes SOCI; its exceptions end here as Errors.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "slipway/base/result.h"

namespace slipway::sql {

// monostate = NULL. Text is UTF-8 without NUL characters (kInvalidArgument otherwise). A NaN must not be stored: SQLite
// would make it NULL.
using Value = std::variant<std::monostate, int64_t, double, std::string>;

// One row of a result; values by position in the SELECT list.
class Row {
 public:
  explicit Row(std::vector<Value> values) : values_(std::move(values)) {}
  bool is_null(size_t i) const { return std::holds_alternative<std::monostate>(values_[i]); }
  // A NULL reads as 0, 0.0 or "". Numbers convert between each other and from text.
  int64_t Int(size_t i) const;
  double Double(size_t i) const;
  std::string Text(size_t i) const;
  std::optional<std::string> MaybeText(size_t i) const;
  size_t size() const { return values_.size(); }

 private:
  std::vector<Value> values_;
};

// One connection inside a transaction. Not thread-safe; borrowed from a Database.
// Parameters are written :p1, :p2 … in the text, in the order of `parameters`; each may stand there more than once, and
// must at least once. Statements are prepared once a connection: keep texts few and values in parameters.
// Columns are to be declared TEXT, INTEGER, BIGINT or DOUBLE PRECISION, which both databases know. The value of an
// expression (COUNT(*), a + b) may arrive as text; Row converts.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual Result<std::vector<Row>> Query(std::string_view sql, const std::vector<Value>& parameters = {}) = 0;
  // The number of rows changed.
  virtual Result<int64_t> Execute(std::string_view sql, const std::vector<Value>& parameters = {}) = 0;
};

// A pool: one connection that writes, a few that read. Thread-safe. Bodies must not call the Database again.
// Unique-key violations come back as kAlreadyExists, a full disk as kResourceExhausted, a busy or unreachable database
// as kUnavailable after the busy timeout (10 s), a damaged file or one that is no database as kDataLoss.
class Database {
 public:
  // "sqlite:///path/to/file", "sqlite::memory:" or "postgresql://user:password@host:port/database". A missing file is
  // made, with its folder, readable by its owner alone. SQLite runs in WAL mode with synchronous=FULL:
  // what a committed transaction wrote survives kill -9 and power loss.
  static Result<std::unique_ptr<Database>> Open(const std::string& url);
  virtual ~Database() = default;

  // Runs `body` in a write transaction: committed when it returns a good result, rolled back otherwise. A statement
  // that failed fails the transaction, even when `body` goes on. One write runs at a time, over all processes that use
  // the database (PostgreSQL: an advisory lock), so `body` may read, decide and write.
  virtual Status Write(const std::function<Status(Connection&)>& body) = 0;
  // Runs `body` in a read transaction: a consistent snapshot, beside a running write. For reading only.
  virtual Status Read(const std::function<Status(Connection&)>& body) = 0;
  virtual bool is_postgresql() const = 0;
};

}  // namespace slipway::sql
