// The DuckDB file of the logs: opened at first use, since most of a server's start would be spent on it.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/duck/connection.h"

namespace slipway::logstore {

// Thread-safe.
class LogDatabase {
 public:
  explicit LogDatabase(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // A connection of the pool, given back when it dies.
  class Lease {
   public:
    Lease(LogDatabase& owner, duck::Connection connection) : owner_(&owner), connection_(std::move(connection)) {}
    Lease(Lease&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)), connection_(std::move(other.connection_)) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease();
    duck::Connection* operator->() { return &connection_; }
    duck::Connection& operator*() { return connection_; }

   private:
    LogDatabase* owner_;
    duck::Connection connection_;
  };
  // Opens the database at the first call.
  Result<Lease> Connect();

 private:
  friend class Lease;
  Status EnsureOpen();

  const std::filesystem::path folder_;
  std::mutex mutex_;
  std::unique_ptr<duck::Database> database_;
  std::vector<duck::Connection> idle_;  // must die before database_
};

}  // namespace slipway::logstore
