// The DuckDB file of the logs: opened at first use, since most of a server's start would be spent on it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/duck/connection.h"
#include "slipway/logstore/table_set.h"

namespace slipway::logstore {

// Thread-safe.
class LogDatabase {
 public:
  // Statements reach files below these two alone: the database's own folder, and that of sealed files.
  LogDatabase(std::filesystem::path folder, std::filesystem::path sealed_folder)
      : folder_(std::move(folder)), sealed_folder_(std::move(sealed_folder)) {}

  // A connection of the pool, given back when it dies.
  class Lease {
   public:
    Lease(LogDatabase& owner, duck::Connection connection) : owner_(&owner), connection_(std::move(connection)) {}
    Lease(Lease&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)), connection_(std::move(other.connection_)) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease();
    duck::Connection* operator->() { return &*connection_; }
    duck::Connection& operator*() { return *connection_; }

   private:
    LogDatabase* owner_;
    std::optional<duck::Connection> connection_;
  };
  // Opens the database at the first call.
  Result<Lease> Connect();
  // The tables as of the last Reload; after the first Connect.
  std::shared_ptr<const TableSet> tables() const;
  // After a change of tables was committed.
  Status Reload(duck::Connection& connection);
  const std::filesystem::path& sealed_folder() const { return sealed_folder_; }
  // Waits until no connection is out, closes the file and runs `action`; whoever connects meanwhile waits.
  // kUnavailable, with nothing done, when a connection stays out longer than `patience`.
  Status WhileClosed(std::chrono::milliseconds patience, const std::function<Status()>& action);
  // Copies every table into a new file that takes the place of the old one, so that free blocks go back to the disk.
  // kUnavailable when queries go on for longer than `patience`.
  Status Rewrite(std::chrono::milliseconds patience);
  std::filesystem::path file() const { return folder_ / "logs.duckdb"; }

 private:
  friend class Lease;
  Status EnsureOpen();
  void GiveBack(duck::Connection connection);

  const std::filesystem::path folder_;
  const std::filesystem::path sealed_folder_;
  mutable std::mutex mutex_;
  std::shared_ptr<const TableSet> tables_;
  std::condition_variable changed_;
  int leased_ = 0;
  bool is_closed_ = false;
  std::unique_ptr<duck::Database> database_;
  std::vector<duck::Connection> idle_;  // must die before database_
};

}  // namespace slipway::logstore
