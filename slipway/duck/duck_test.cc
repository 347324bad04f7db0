#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "slipway/base/file.h"
#include "slipway/duck/connection.h"

namespace slipway::duck {
namespace {

class Duck : public testing::Test {
 protected:
  Database database_ = std::move(*Database::Open(""));
  Connection connection_ = std::move(*database_.Connect());

  // The only cell of a one-row answer, which has to be a BIGINT.
  int64_t Number(const std::string& sql) {
    auto result = connection_.Query(sql);
    EXPECT_TRUE(result) << result.error().ToString();
    EXPECT_TRUE(result->NextChunk());
    return result->column(0).Int64(0);
  }
};

TEST_F(Duck, ParametersComeBackAsTheyWereGiven) {
  const std::vector<Value> values = {true, int64_t{-7}, 0.5, std::string("it's \"x\"; --\0!", 15), std::monostate()};
  auto result = connection_.Query("select $1::boolean, $2::bigint, $3::double, $4::varchar, $5::varchar", values);
  ASSERT_TRUE(result) << result.error().ToString();
  ASSERT_TRUE(result->NextChunk());
  EXPECT_EQ(result->chunk_rows(), 1u);
  EXPECT_TRUE(result->column(0).Bool(0));
  EXPECT_EQ(result->column(1).Int64(0), -7);
  EXPECT_EQ(result->column(2).Double(0), 0.5);
  EXPECT_EQ(result->column(3).String(0), std::get<std::string>(values[3]));
  EXPECT_TRUE(result->column(4).IsNull(0));
  EXPECT_FALSE(result->NextChunk());
}

TEST_F(Duck, ManyRowsArriveInChunks) {
  auto result = connection_.Query("select i from range(100000) t(i)");
  ASSERT_TRUE(result);
  int64_t sum = 0, rows = 0;
  while (result->NextChunk()) {
    for (size_t row = 0; row < result->chunk_rows(); ++row) sum += result->column(0).Int64(row);
    rows += static_cast<int64_t>(result->chunk_rows());
  }
  EXPECT_EQ(rows, 100000);
  EXPECT_EQ(sum, 4999950000);
}

TEST_F(Duck, AppendedRowsAreThereAfterFlush) {
  ASSERT_TRUE(connection_.Execute("create table t(a bigint, b varchar, c double, d boolean, e integer)"));
  auto appender = connection_.AppendTo("t");
  ASSERT_TRUE(appender);
  appender->AppendInt64(5);
  appender->AppendString("text");
  appender->AppendDouble(1.5);
  appender->AppendBool(true);
  appender->AppendNull();
  ASSERT_TRUE(appender->EndRow());
  ASSERT_TRUE(appender->Flush());
  EXPECT_EQ(Number("select count(*) from t where a = 5 and b = 'text' and c = 1.5 and d and e is null"), 1);
}

TEST_F(Duck, ATransactionThatIsNotCommittedLeavesNothing) {
  ASSERT_TRUE(connection_.Execute("create table t(a bigint)"));
  {
    auto transaction = Transaction::Begin(connection_);
    ASSERT_TRUE(transaction);
    ASSERT_TRUE(connection_.Execute("insert into t values (1)"));
  }
  EXPECT_EQ(Number("select count(*) from t"), 0);
}

TEST_F(Duck, ADeadlineEndsALongQueryAndTheConnectionGoesOn) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(50);
  auto result = connection_.Query("select sum(a.i * b.i) from range(1000000) a(i), range(1000000) b(i)", {},
                                  {.deadline = deadline});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Code::kDeadlineExceeded);
  EXPECT_EQ(Number("select 7::bigint"), 7);
}

TEST_F(Duck, InterruptCancelsFromAnotherThread) {
  std::atomic<bool> done = false;
  std::thread interrupter([&] {
    while (!done) {
      connection_.Interrupt();
      std::this_thread::yield();
    }
  });
  auto result = connection_.Query("select sum(a.i * b.i) from range(1000000) a(i), range(1000000) b(i)");
  done = true;
  interrupter.join();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Code::kCancelled);
}

TEST_F(Duck, StatementsReachNoFiles) {
  const auto read = connection_.Query("select * from read_csv('/etc/passwd')");
  EXPECT_FALSE(read);
  EXPECT_FALSE(connection_.Execute("copy (select 1) to '/tmp/slipway-duck-test.csv'"));
  EXPECT_FALSE(connection_.Execute("set enable_external_access = true"));
}

TEST_F(Duck, ABadStatementIsAnInvalidArgument) {
  const auto result = connection_.Query("selekt 1");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Code::kInvalidArgument);
}

TEST(DuckFile, RowsOutliveTheProcessObject) {
  const auto folder = TemporaryDirectory::Make();
  const auto file = folder->path() / "t.duckdb";
  {
    auto database = Database::Open(file);
    ASSERT_TRUE(database) << database.error().ToString();
    auto connection = database->Connect();
    ASSERT_TRUE(connection->Execute("create table t as select 42::bigint as a"));
  }
  auto database = Database::Open(file);
  ASSERT_TRUE(database) << database.error().ToString();
  auto connection = database->Connect();
  auto result = connection->Query("select a from t");
  ASSERT_TRUE(result && result->NextChunk());
  EXPECT_EQ(result->column(0).Int64(0), 42);
}

TEST(DuckFile, IdentifiersAreQuoted) {
  EXPECT_EQ(QuoteIdentifier("a\"b"), "\"a\"\"b\"");
}

}  // namespace
}  // namespace slipway::duck
