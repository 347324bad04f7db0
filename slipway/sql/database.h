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

using Value = std::variant<std::monostate, int64_t, double, std::string>;  // monostate = NULL

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

// One connection inside a transaction, or outside one. Not thread-safe; borrowed from a Database.
// Parameters are written :p1, :p2 … in the text, in the order of `parameters`.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual Result<std::vector<Row>> Query(std::string_view sql, const std::vector<Value>& parameters = {}) = 0;
  // The number of rows changed.
  virtual Result<int64_t> Execute(std::string_view sql, const std::vector<Value>& parameters = {}) = 0;
};

// A pool of connections. Thread-safe. Unique-key violations come back as kAlreadyExists, a full disk as
// kResourceExhausted, a busy database as kUnavailable after the busy timeout.
class Database {
 public:
  // "sqlite:///path/to/file", "sqlite::memory:" or "postgresql://…". SQLite runs in WAL mode with synchronous=FULL:
  // what a committed transaction wrote survives kill -9 and power loss.
  static Result<std::unique_ptr<Database>> Open(const std::string& url);
  virtual ~Database() = default;

  // Runs `body` in a write transaction: committed when it returns a good result, rolled back otherwise.
  virtual Status Write(const std::function<Status(Connection&)>& body) = 0;
  // Runs `body` in a read transaction (a consistent snapshot).
  virtual Status Read(const std::function<Status(Connection&)>& body) = 0;
  virtual bool is_postgresql() const = 0;
};

}  // namespace slipway::sql
