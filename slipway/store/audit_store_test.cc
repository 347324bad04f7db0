#include "slipway/store/audit_store.h"

#include <thread>

#include "slipway/sql/testing/postgres_server.h"
#include "slipway/store/store_fixture.h"

namespace slipway::store {
namespace {

using domain::AuditEntry;
using domain::AuditFilter;

class AuditStoreTest : public AnyStore {
 protected:
  static AuditEntry Entry(const std::string& action, const std::string& subject) {
    AuditEntry entry;
    entry.time = Timestamp(std::chrono::microseconds(1'790'000'000'123'456));
    entry.action = action;
    entry.actor = "ada";
    entry.subject = subject;
    entry.evidence = {{"metric f1", "0.47"}, {"bytes", "a\xff"}};
    return entry;
  }
  // Runs a statement as somebody with the database's password could.
  void Tamper(const std::string& statement) {
    store_.reset();
    auto database = sql::Database::Open(url_);
    SLIPWAY_ASSERT_OK(database);
    SLIPWAY_ASSERT_OK((*database)->Write([&](sql::Connection& connection) -> Status {
      SLIPWAY_RETURN_IF_ERROR(connection.Execute(statement));
      return {};
    }));
    database->reset();
    OpenWithHead();
  }
  void OpenWithHead() {
    store_.reset();
    auto opened = MetadataStore::Open(url_, folder_->path() / "head.json");
    SLIPWAY_ASSERT_OK(opened);
    store_ = std::move(*opened);
  }
  void SetUp() override {
    AnyStore::SetUp();
    if (!IsSkipped()) OpenWithHead();
  }
  void RecordThree() {
    for (const char* subject : {"a", "b", "c"})
      SLIPWAY_ASSERT_OK(store_->audit().Record(Entry("model.share", subject)));
  }
};

TEST_P(AuditStoreTest, KeepsEntriesInAChain) {
  RecordThree();
  const auto report = Must(store_->audit().Verify());
  EXPECT_EQ(report.entries, 3);
  EXPECT_FALSE(report.first_broken) << report.problem;
  const auto entries = Must(store_->audit().List({}));
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[0].subject, "c");
  EXPECT_EQ(entries[0].previous_hash, entries[1].hash);
  EXPECT_EQ(entries[0].time, Entry("", "").time);
  EXPECT_EQ(entries[0].evidence.at("metric f1"), "0.47");
  EXPECT_EQ(report.head, entries[0].hash);
}

TEST_P(AuditStoreTest, FiltersAndBounds) {
  RecordThree();
  SLIPWAY_ASSERT_OK(store_->audit().Record(Entry("promotion.approve", "b")));
  AuditFilter filter;
  filter.action = "promotion";
  EXPECT_EQ(Must(store_->audit().List(filter)).size(), 1u);
  filter = {};
  filter.subject = "b";
  EXPECT_EQ(Must(store_->audit().List(filter)).size(), 2u);
  filter = {};
  filter.limit = 3;
  EXPECT_EQ(Must(store_->audit().List(filter)).size(), 3u);
}

TEST_P(AuditStoreTest, GoesOnAfterARestart) {
  if (GetParam() == Kind::kMemory) GTEST_SKIP() << "nothing is left of it";
  RecordThree();
  OpenWithHead();
  SLIPWAY_ASSERT_OK(store_->audit().Record(Entry("model.share", "d")));
  const auto report = Must(store_->audit().Verify());
  EXPECT_EQ(report.entries, 4);
  EXPECT_FALSE(report.first_broken) << report.problem;
}

TEST_P(AuditStoreTest, RecordsOfManyThreadsMakeOneChain) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([this] {
      for (int j = 0; j < 5; ++j) EXPECT_TRUE(store_->audit().Record(Entry("model.share", "x")));
    });
  for (std::thread& thread : threads) thread.join();
  const auto report = Must(store_->audit().Verify());
  EXPECT_EQ(report.entries, 40);
  EXPECT_FALSE(report.first_broken) << report.problem;
}

TEST_P(AuditStoreTest, VerifyNamesTheFirstBrokenEntry) {
  if (GetParam() == Kind::kMemory) GTEST_SKIP() << "nobody else can write to it";
  RecordThree();
  Tamper("UPDATE audit_log SET body = REPLACE(body, '\"subject\":\"b\"', '\"subject\":\"z\"') WHERE sequence = 2");
  const auto report = Must(store_->audit().Verify());
  EXPECT_EQ(report.first_broken, 2);
  EXPECT_THAT(report.problem, ::testing::HasSubstr("entry 2 was changed"));
}

TEST_P(AuditStoreTest, VerifyMissesWhatWasTakenOut) {
  if (GetParam() == Kind::kMemory) GTEST_SKIP() << "nobody else can write to it";
  RecordThree();
  Tamper("DELETE FROM audit_log WHERE sequence = 2");
  EXPECT_EQ(Must(store_->audit().Verify()).first_broken, 2);
}

TEST_P(AuditStoreTest, VerifyMissesWhatWasCutOff) {
  if (GetParam() == Kind::kMemory) GTEST_SKIP() << "nobody else can write to it";
  RecordThree();
  Tamper("DELETE FROM audit_log WHERE sequence > 1");
  const auto report = Must(store_->audit().Verify());
  EXPECT_EQ(report.first_broken, 2);
  EXPECT_THAT(report.problem, ::testing::HasSubstr("3 entries were recorded"));
}

TEST_P(AuditStoreTest, AHeadFileThatIsBehindIsWhatACrashLeaves) {
  RecordThree();
  const auto before = ReadFile(folder_->path() / "head.json");
  SLIPWAY_ASSERT_OK(before);
  SLIPWAY_ASSERT_OK(store_->audit().Record(Entry("model.share", "d")));
  SLIPWAY_ASSERT_OK(WriteFileAtomic(folder_->path() / "head.json", *before));
  EXPECT_FALSE(Must(store_->audit().Verify()).first_broken);
}

SLIPWAY_OVER_ALL_DATABASES(AuditStoreTest);

}  // namespace
}  // namespace slipway::store
