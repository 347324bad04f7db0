#include "slipway/sql/database.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <filesystem>
#include <mutex>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/sql/soci_connection.h"
#include "slipway/sql/url.h"

namespace slipway::sql {
namespace {

constexpr size_t kReadersMax = 4;

// Endpoint keys and passwords stand in the database. SQLite gives its side files the mode of the main one.
Status MakePrivateFile(const std::filesystem::path& path) {
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(path.parent_path()));
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return FromErrno(errno, fmt::format("cannot open the database '{}'", path.string()));
  ::close(file);
  return {};
}

std::string NameOf(const DatabaseUrl& url) {
  if (url.kind == DatabaseUrl::Kind::kPostgresql) return "the PostgreSQL database";
  return url.path.empty() ? "the database in memory" : fmt::format("the database '{}'", url.path);
}

// Connections of one kind, made when they are needed. Lends each to one thread at a time; who finds all lent waits.
class Pool {
 public:
  Pool(const DatabaseUrl& url, Access access, size_t size_max) : url_(url), access_(access), size_max_(size_max) {}

  // Runs `body` in a transaction on a connection.
  Status Run(const std::function<Status(Connection&)>& body) {
    Loan loan(*this);
    SLIPWAY_RETURN_IF_ERROR(Begin(loan.connection));
    Status done = body(*loan.connection);
    if (done) done = loan.connection->Commit();
    if (!done) loan.connection->Rollback();
    return done;
  }

 private:
  struct Loan {
    explicit Loan(Pool& owner) : pool(owner), connection(pool.Take()) {}
    ~Loan() { pool.GiveBack(std::move(connection)); }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    Pool& pool;
    std::unique_ptr<SociConnection> connection;  // null: to be opened
  };

  std::unique_ptr<SociConnection> Take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !idle_.empty() || lent_ < size_max_; });
    ++lent_;
    if (idle_.empty()) return nullptr;
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
  }

  void GiveBack(std::unique_ptr<SociConnection> connection) {
    {
      std::lock_guard lock(mutex_);
      --lent_;
      if (connection && !connection->is_broken()) idle_.push_back(std::move(connection));
    }
    changed_.notify_one();
  }

  // A connection that broke while it was idle is replaced once: its server may be back.
  Status Begin(std::unique_ptr<SociConnection>& connection) {
    if (connection) {
      Status begun = connection->Begin();
      if (begun) return begun;
      connection->Rollback();
      if (!connection->is_broken()) return begun;
    }
    SLIPWAY_ASSIGN_OR_RETURN(connection, SociConnection::Open(url_, access_));
    Status begun = connection->Begin();
    if (!begun) connection->Rollback();
    return begun;
  }

  const DatabaseUrl url_;
  const Access access_;
  const size_t size_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<SociConnection>> idle_;
  size_t lent_ = 0;
};

class PooledDatabase final : public Database {
 public:
  explicit PooledDatabase(const DatabaseUrl& url) : url_(url), writers_(url, Access::kWrite, 1) {
    // A database in memory belongs to its one connection.
    if (url.kind != DatabaseUrl::Kind::kSqliteMemory) readers_.emplace(url, Access::kRead, kReadersMax);
  }

  Status Write(const std::function<Status(Connection&)>& body) override { return writers_.Run(body); }
  Status Read(const std::function<Status(Connection&)>& body) override {
    return readers_ ? readers_->Run(body) : writers_.Run(body);
  }
  bool is_postgresql() const override { return url_.kind == DatabaseUrl::Kind::kPostgresql; }

 private:
  const DatabaseUrl url_;
  Pool writers_;
  std::optional<Pool> readers_;
};

}  // namespace

Result<std::unique_ptr<Database>> Database::Open(const std::string& text) {
  SLIPWAY_ASSIGN_OR_RETURN(const DatabaseUrl url, DatabaseUrl::Parse(text));
  if (url.kind == DatabaseUrl::Kind::kSqliteFile) SLIPWAY_RETURN_IF_ERROR(MakePrivateFile(url.path));
  auto database = std::make_unique<PooledDatabase>(url);
  SLIPWAY_RETURN_IF_ERROR(With(database->Write([](Connection&) -> Status { return {}; }), NameOf(url)));
  return std::unique_ptr<Database>(std::move(database));
}

}  // namespace slipway::sql
