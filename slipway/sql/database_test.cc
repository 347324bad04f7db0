// One set of rules for SQLite in a file, SQLite in memory, and a PostgreSQL server when there is one.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <limits>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"
#include "slipway/sql/database.h"
#include "slipway/sql/testing/postgres_server.h"

namespace slipway::sql {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

enum class Kind { kFile, kMemory, kPostgresql };

Status Ok(const Result<int64_t>& result) {
  SLIPWAY_RETURN_IF_ERROR(result);
  return {};
}

class AnyDatabase : public ::testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    if (GetParam() == Kind::kMemory) url_ = "sqlite::memory:";
    if (GetParam() == Kind::kFile) url_ = "sqlite://" + (folder_->path() / "with blank & a = b" / "x.db").string();
    if (GetParam() == Kind::kPostgresql) {
      std::string why;
      auto* server = testing::PostgresServer::Get(&why);
      if (!server) GTEST_SKIP() << why;
      url_ = server->MakeDatabaseUrl();
    }
    auto opened = Database::Open(url_);
    ASSERT_TRUE(opened) << opened.error().ToString();
    database_ = std::move(*opened);
  }

  Status Execute(const std::string& sql, const std::vector<Value>& parameters = {}) {
    return database_->Write([&](Connection& connection) { return Ok(connection.Execute(sql, parameters)); });
  }
  void MustExecute(const std::string& sql, const std::vector<Value>& parameters = {}) {
    const Status status = Execute(sql, parameters);
    ASSERT_TRUE(status) << status.error().ToString();
  }
  std::vector<Row> Query(const std::string& sql, const std::vector<Value>& parameters = {}) {
    std::vector<Row> rows;
    const Status status = database_->Read([&](Connection& connection) -> Status {
      SLIPWAY_ASSIGN_OR_RETURN(rows, connection.Query(sql, parameters));
      return {};
    });
    EXPECT_TRUE(status) << status.error().ToString();
    return rows;
  }

  Result<TemporaryDirectory> folder_ = TemporaryDirectory::Make();
  std::string url_;
  std::unique_ptr<Database> database_;
};

constexpr const char* kKindNames[] = {"SqliteFile", "SqliteMemory", "Postgresql"};

INSTANTIATE_TEST_SUITE_P(Sql, AnyDatabase, ::testing::Values(Kind::kFile, Kind::kMemory, Kind::kPostgresql),
                         [](const auto& info) { return kKindNames[static_cast<int>(info.param)]; });

TEST_P(AnyDatabase, KeepsValuesOfEveryKind) {
  MustExecute("CREATE TABLE t (k TEXT, i INTEGER, b BIGINT, d DOUBLE PRECISION, s TEXT)");
  const int64_t big = std::numeric_limits<int64_t>::min() + 1;
  const std::string text = "na\xc3\xafve ' \" :p1 \\ \n";
  MustExecute("INSERT INTO t VALUES (:p1, :p2, :p3, :p4, :p5)", {"full", int64_t{-7}, big, 0.1, text});
  MustExecute("INSERT INTO t VALUES (:p1, :p2, :p3, :p4, :p5)",
              {"null", std::monostate{}, std::monostate{}, std::monostate{}, std::monostate{}});
  MustExecute("INSERT INTO t (k, d) VALUES (:p1, :p2)", {"infinite", -std::numeric_limits<double>::infinity()});

  const Row full = Query("SELECT i, b, d, s FROM t WHERE k = :p1", {"full"}).at(0);
  EXPECT_EQ(full.Int(0), -7);
  EXPECT_EQ(full.Int(1), big);
  EXPECT_EQ(full.Double(2), 0.1);
  EXPECT_EQ(full.Text(3), text);
  const Row null = Query("SELECT i, b, d, s FROM t WHERE k = :p1", {"null"}).at(0);
  for (size_t i = 0; i < 4; ++i) EXPECT_TRUE(null.is_null(i)) << i;
  EXPECT_EQ(null.MaybeText(3), std::nullopt);
  EXPECT_EQ(Query("SELECT d FROM t WHERE k = 'infinite'").at(0).Double(0), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(Query("SELECT COUNT(*) FROM t").at(0).Int(0), 3);
}

TEST_P(AnyDatabase, ReadsIntegerColumnsWithAllBitsTheyHold) {
  if (GetParam() == Kind::kPostgresql) GTEST_SKIP() << "PostgreSQL's INTEGER has 32 bits";
  MustExecute("CREATE TABLE t (i INTEGER)");
  MustExecute("INSERT INTO t VALUES (:p1)", {int64_t{1} << 40});
  EXPECT_EQ(Query("SELECT i FROM t").at(0).Int(0), int64_t{1} << 40);
}

TEST_P(AnyDatabase, TakesAParameterMoreThanOnce) {
  MustExecute("CREATE TABLE t (a TEXT, b TEXT)");
  MustExecute("INSERT INTO t VALUES (:p1, (SELECT COALESCE(MAX(a), 'none') FROM t WHERE a = :p1))", {"x"});
  MustExecute("INSERT INTO t VALUES (:p1, (SELECT COALESCE(MAX(a), 'none') FROM t WHERE a = :p1))", {"x"});
  EXPECT_EQ(Query("SELECT b FROM t WHERE a = :p2 AND (b = :p1 OR b = :p2)", {"none", "x"}).size(), 2u);
}

TEST_P(AnyDatabase, ServesMoreThanNineParametersAndChangingTypes) {
  MustExecute("CREATE TABLE t (a TEXT, b BIGINT)");
  std::string sum = "INSERT INTO t (b) VALUES (CAST(:p1 AS BIGINT)";
  std::vector<Value> parameters = {int64_t{1}};
  for (int64_t i = 2; i <= 12; ++i) {
    sum += " + CAST(:p" + std::to_string(i) + " AS BIGINT)";
    parameters.emplace_back(i);
  }
  MustExecute(sum + ")", parameters);
  EXPECT_EQ(Query("SELECT b FROM t").at(0).Int(0), 78);
  for (const Value& value : {Value(std::string("text")), Value(), Value(std::string("again"))})
    MustExecute("INSERT INTO t (a) VALUES (:p1)", {value});
  EXPECT_EQ(Query("SELECT a FROM t WHERE a IS NOT NULL ORDER BY a").at(1).Text(0), "text");
}

TEST_P(AnyDatabase, KeepsTextsOfMegabytes) {
  MustExecute("CREATE TABLE t (a TEXT)");
  std::string text;
  SplitMix64 random(1);
  while (text.size() < 5'000'000) text += std::to_string(random.Next());
  MustExecute("INSERT INTO t VALUES (:p1)", {text});
  EXPECT_TRUE(Query("SELECT a FROM t").at(0).Text(0) == text);
}

TEST_P(AnyDatabase, RefusesTextsWithNulCharacters) {
  MustExecute("CREATE TABLE t (a TEXT)");
  const Status status = Execute("INSERT INTO t VALUES (:p1)", {std::string("a\0b", 3)});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), Code::kInvalidArgument);
}

TEST_P(AnyDatabase, SaysHowManyRowsChanged) {
  MustExecute("CREATE TABLE t (a BIGINT)");
  for (int64_t i = 0; i < 3; ++i) MustExecute("INSERT INTO t VALUES (:p1)", {i});
  const Status status = database_->Write([](Connection& connection) -> Status {
    EXPECT_EQ(connection.Execute("UPDATE t SET a = a + 1 WHERE a > :p1", {int64_t{0}}).value_or(-1), 2);
    EXPECT_EQ(connection.Execute("DELETE FROM t WHERE a = :p1", {int64_t{99}}).value_or(-1), 0);
    EXPECT_EQ(connection.Execute("DELETE FROM t").value_or(-1), 3);
    return {};
  });
  EXPECT_TRUE(status);
}

TEST_P(AnyDatabase, RollsBackWhatFails) {
  MustExecute("CREATE TABLE t (a BIGINT PRIMARY KEY)");
  EXPECT_FALSE(database_->Write([](Connection& connection) -> Status {
    SLIPWAY_RETURN_IF_ERROR(connection.Execute("INSERT INTO t VALUES (1)"));
    return NotFound("the body's own error");
  }));
  EXPECT_TRUE(Query("SELECT a FROM t").empty());
}

TEST_P(AnyDatabase, FailsATransactionWhoseStatementFailedEvenWhenItsBodyGoesOn) {
  MustExecute("CREATE TABLE t (a BIGINT PRIMARY KEY)");
  MustExecute("INSERT INTO t VALUES (1)");
  const Status status = database_->Write([](Connection& connection) -> Status {
    (void)connection.Execute("INSERT INTO t VALUES (2)");
    (void)connection.Execute("INSERT INTO t VALUES (1)");
    return {};
  });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), Code::kAlreadyExists);
  EXPECT_EQ(Query("SELECT a FROM t").size(), 1u);
  MustExecute("INSERT INTO t VALUES (2)");  // the connection goes on
}

TEST_P(AnyDatabase, TellsUniqueKeysFromForeignOnes) {
  MustExecute("CREATE TABLE parent (a BIGINT PRIMARY KEY)");
  MustExecute("CREATE TABLE child (a BIGINT REFERENCES parent (a))");
  MustExecute("INSERT INTO parent VALUES (:p1)", {int64_t{1}});
  const Status twice = Execute("INSERT INTO parent VALUES (:p1)", {int64_t{1}});
  EXPECT_EQ(twice.error().code(), Code::kAlreadyExists) << twice.error().ToString();
  const Status orphan = Execute("INSERT INTO child VALUES (:p1)", {int64_t{2}});
  EXPECT_EQ(orphan.error().code(), Code::kFailedPrecondition) << orphan.error().ToString();
}

TEST_P(AnyDatabase, LeavesValuesOutOfItsErrors) {
  MustExecute("CREATE TABLE t (a TEXT PRIMARY KEY)");
  MustExecute("INSERT INTO t VALUES (:p1)", {"secret"});
  if (GetParam() == Kind::kPostgresql) GTEST_SKIP() << "PostgreSQL itself repeats the key in DETAIL";
  EXPECT_THAT(Execute("INSERT INTO t VALUES (:p1)", {"secret"}).error().ToString(), Not(HasSubstr("secret")));
}

TEST_P(AnyDatabase, ExplainsAStatementThatIsWrong) {
  const Status status = Execute("SELEKT 1");
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().ToString(), HasSubstr("SELEKT"));
  MustExecute("CREATE TABLE t (a BIGINT)");
}

TEST_P(AnyDatabase, RunsOneWriteAtATime) {
  MustExecute("CREATE TABLE t (a BIGINT)");
  MustExecute("INSERT INTO t VALUES (0)");
  auto other = GetParam() == Kind::kMemory ? Result<std::unique_ptr<Database>>(nullptr) : Database::Open(url_);
  ASSERT_TRUE(other);
  std::atomic<int> failures = 0;
  const auto increment = [&](Database& database) {
    for (int i = 0; i < 25; ++i) {
      const Status status = database.Write([](Connection& connection) -> Status {
        SLIPWAY_ASSIGN_OR_RETURN(const auto rows, connection.Query("SELECT a FROM t"));
        return Ok(connection.Execute("UPDATE t SET a = :p1", {rows.at(0).Int(0) + 1}));
      });
      if (!status) ++failures;
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) threads.emplace_back([&, i] { increment(i % 2 && *other ? **other : *database_); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(Query("SELECT a FROM t").at(0).Int(0), 200);
}

TEST_P(AnyDatabase, ReadsASnapshotBesideAWrite) {
  if (GetParam() == Kind::kMemory) GTEST_SKIP() << "one connection";
  MustExecute("CREATE TABLE t (a BIGINT)");
  MustExecute("INSERT INTO t VALUES (1)");
  const Status status = database_->Read([&](Connection& connection) -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(const auto before, connection.Query("SELECT a FROM t"));
    std::thread writer([&] { MustExecute("UPDATE t SET a = 2"); });
    writer.join();
    SLIPWAY_ASSIGN_OR_RETURN(const auto after, connection.Query("SELECT a FROM t"));
    EXPECT_EQ(before.at(0).Int(0), 1);
    EXPECT_EQ(after.at(0).Int(0), 1);
    EXPECT_FALSE(connection.Execute("UPDATE t SET a = 3"));
    return {};
  });
  EXPECT_FALSE(status);  // it tried to write
  EXPECT_EQ(Query("SELECT a FROM t").at(0).Int(0), 2);
}

TEST_P(AnyDatabase, LendsItsReadersToMoreThreadsThanThereAre) {
  MustExecute("CREATE TABLE t (a BIGINT)");
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  for (int64_t i = 0; i < 16; ++i)
    threads.emplace_back([&, i] {
      for (int round = 0; round < 20; ++round) {
        if (i % 4 == 0 && !Execute("INSERT INTO t VALUES (:p1)", {i})) ++failures;
        if (!database_->Read([](Connection& c) -> Status {
              SLIPWAY_RETURN_IF_ERROR(c.Query("SELECT COUNT(*) FROM t"));
              return {};
            }))
          ++failures;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(Query("SELECT a FROM t").size(), 80u);
}

TEST(Urls, SayWhatWouldBeRight) {
  EXPECT_THAT(Database::Open("mysql://u:secret@h/d").error().ToString(), HasSubstr("'mysql' is not known"));
  EXPECT_THAT(Database::Open("mysql://u:secret@h/d").error().ToString(), Not(HasSubstr("secret")));
  EXPECT_THAT(Database::Open("sqlite://relative.db").error().ToString(), HasSubstr("absolute path"));
}

TEST(Urls, OfAServerThatIsNotThereAreUnavailable) {
  const auto opened = Database::Open("postgresql://u:secret@127.0.0.1:1/d?connect_timeout=2");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), Code::kUnavailable);
  EXPECT_THAT(opened.error().ToString(), Not(HasSubstr("secret")));
}

class SqliteFile : public ::testing::Test {
 protected:
  std::string Path() const { return folder_->path() / "x.db"; }
  std::unique_ptr<Database> Open() {
    auto opened = Database::Open("sqlite://" + Path());
    EXPECT_TRUE(opened) << opened.error().ToString();
    return opened ? std::move(*opened) : nullptr;
  }
  static Status Run(Database& database, const std::string& sql, const std::vector<Value>& parameters = {}) {
    return database.Write([&](Connection& connection) { return Ok(connection.Execute(sql, parameters)); });
  }

  Result<TemporaryDirectory> folder_ = TemporaryDirectory::Make();
};

TEST_F(SqliteFile, IsReadableByItsOwnerAlone) {
  auto database = Open();
  ASSERT_TRUE(Run(*database, "CREATE TABLE t (a TEXT)"));
  for (const char* suffix : {"", "-wal"}) {
    struct stat info {};
    ASSERT_EQ(::stat((Path() + suffix).c_str(), &info), 0) << suffix;
    EXPECT_EQ(info.st_mode & 0777, 0600u) << suffix;
  }
}

TEST_F(SqliteFile, ThatIsNoDatabaseIsSaid) {
  ASSERT_TRUE(WriteFileAtomic(Path(), std::string(8192, 'x')));
  const auto opened = Database::Open("sqlite://" + Path());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), Code::kDataLoss);
  EXPECT_THAT(opened.error().ToString(), HasSubstr(Path()));
  EXPECT_THAT(opened.error().ToString(), HasSubstr("file is not a database"));
}

TEST_F(SqliteFile, WithDamagedPagesIsSaid) {
  {
    auto database = Open();
    ASSERT_TRUE(Run(*database, "CREATE TABLE t (a TEXT)"));
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(Run(*database, "INSERT INTO t VALUES (:p1)", {std::string(3000, 'a')}));
  }
  auto bytes = ReadFile(Path());
  ASSERT_TRUE(bytes);
  ASSERT_GT(bytes->size(), 20000u);
  std::fill(bytes->begin() + 4096, bytes->end(), '\x7f');
  ASSERT_TRUE(WriteFileAtomic(Path(), *bytes));
  auto database = Open();
  const Status read = database->Read([](Connection& connection) -> Status {
    SLIPWAY_RETURN_IF_ERROR(connection.Query("SELECT a FROM t"));
    return {};
  });
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), Code::kDataLoss) << read.error().ToString();
}

TEST_F(SqliteFile, ThatIsFullIsSaidAndGoesOnWhenThereIsRoom) {
  auto database = Open();
  ASSERT_TRUE(Run(*database, "CREATE TABLE t (a TEXT)"));
  const auto limit = [&](const std::string& pages) {
    return database->Write([&](Connection& connection) -> Status {
      SLIPWAY_RETURN_IF_ERROR(connection.Query("PRAGMA max_page_count = " + pages));
      return {};
    });
  };
  ASSERT_TRUE(limit("10"));
  const Status full = Run(*database, "INSERT INTO t VALUES (:p1)", {std::string(100'000, 'a')});
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code(), Code::kResourceExhausted) << full.error().ToString();
  ASSERT_TRUE(limit("1000"));
  EXPECT_TRUE(Run(*database, "INSERT INTO t VALUES (:p1)", {std::string(100'000, 'a')}));
}

// A child writes pairs of rows, one transaction a pair, and tells each on a pipe once it is committed.
[[noreturn]] void WritePairsForever(const std::string& url, int acknowledgements) {
  auto database = Database::Open(url);
  if (!database) ::_exit(1);
  for (int64_t i = 0;; ++i) {
    const Status written = (*database)->Write([&](Connection& connection) -> Status {
      SLIPWAY_RETURN_IF_ERROR(connection.Execute("INSERT INTO t SELECT COALESCE(MAX(a), 0) + 1, 'left' FROM t"));
      return Ok(connection.Execute("INSERT INTO t SELECT MAX(a), :p1 FROM t", {std::string(2000, 'r')}));
    });
    if (!written || ::write(acknowledgements, "x", 1) != 1) ::_exit(1);
  }
}

TEST_F(SqliteFile, LosesNothingAcknowledgedWhenItsWriterIsKilled) {
  ASSERT_TRUE(Run(*Open(), "CREATE TABLE t (a BIGINT, side TEXT)"));
  SplitMix64 random(7);
  int64_t acknowledged = 0;
  for (int round = 0; round < 12; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const pid_t child = ::fork();
    if (child == 0) WritePairsForever("sqlite://" + Path(), pipe_ends[1]);
    ::close(pipe_ends[1]);
    char byte;
    for (uint64_t wanted = 1 + random.NextBelow(20); wanted > 0 && ::read(pipe_ends[0], &byte, 1) == 1; --wanted) {
      ++acknowledged;
    }
    ::kill(child, SIGKILL);
    while (::read(pipe_ends[0], &byte, 1) == 1) ++acknowledged;
    ::close(pipe_ends[0]);
    int result = 0;
    ASSERT_EQ(::waitpid(child, &result, 0), child);
    ASSERT_TRUE(WIFSIGNALED(result));
    auto database = Open();
    const Status read = database->Read([&](Connection& connection) -> Status {
      SLIPWAY_ASSIGN_OR_RETURN(const auto counts,
                               connection.Query("SELECT COUNT(*), COUNT(DISTINCT a), MAX(a) FROM t"));
      const int64_t pairs = counts.at(0).Int(2);
      EXPECT_EQ(counts.at(0).Int(0), 2 * pairs);
      EXPECT_EQ(counts.at(0).Int(1), pairs);
      EXPECT_GE(pairs, acknowledged);
      EXPECT_LE(pairs, acknowledged + 1);  // the last may have been committed but not told
      acknowledged = pairs;
      return {};
    });
    ASSERT_TRUE(read) << read.error().ToString();
  }
}

TEST(Postgresql, ReplacesConnectionsThatTheServerEnded) {
  std::string why;
  auto* server = testing::PostgresServer::Get(&why);
  if (!server) GTEST_SKIP() << why;
  const std::string url = server->MakeDatabaseUrl();
  auto first = Database::Open(url), second = Database::Open(url);
  ASSERT_TRUE(first && second);
  const Status ended = (*second)->Write([](Connection& connection) -> Status {
    SLIPWAY_RETURN_IF_ERROR(
        connection.Query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                         " WHERE pid <> pg_backend_pid() AND usename = 'slipway'"));
    return {};
  });
  ASSERT_TRUE(ended) << ended.error().ToString();
  const Status again = (*first)->Write([](Connection&) -> Status { return {}; });
  EXPECT_TRUE(again) << again.error().ToString();
}

}  // namespace
}  // namespace slipway::sql
