// Custom tables, retention, sealed days, backups: what happens to rows after they were stored.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/logstore/log_database.h"
#include "slipway/logstore/log_store.h"
#include "slipway/logstore/maintainer.h"
#include "slipway/logstore/sealing.h"
#include "slipway/spool/spool.h"

namespace slipway::logstore {
namespace {

namespace fs = std::filesystem;
using Rows = std::vector<std::vector<std::string>>;

class LogTables : public testing::Test {
 protected:
  void SetUp() override { Reopen(); }
  void Reopen() {
    store_.reset();
    auto opened = LogStore::Open(root_.path() / "logs", root_.path() / "spool", clock_, sealed_);
    ASSERT_TRUE(opened) << opened.error().ToString();
    store_ = std::move(*opened);
  }
  Rows Ask(std::string_view kql, const TimeRange& range = {}) {
    auto result = store_->Query(kql, range, "");
    EXPECT_TRUE(result) << result.error().ToString();
    return result ? std::move(result->rows) : Rows{};
  }
  std::string Count(const std::string& table) { return Ask(table + " | count").at(0).at(0); }
  // One trace a minute from 00:00 of that day of March 2026.
  void AddTraces(int day, int count) {
    std::vector<std::string> rows;
    for (int i = 0; i < count; ++i) {
      rows.push_back(
          fmt::format(R"({{"TimeGenerated":"2026-03-{:02}T{:02}:{:02}:00.5Z","Message":"m{}","SeverityLevel":{}}})",
                      day, i / 60, i % 60, i, i % 5));
    }
    const auto added = store_->Ingest("AppTraces", rows);
    ASSERT_TRUE(added) << added.error().ToString();
  }
  size_t FilesThere() {
    std::error_code ignored;
    return fs::exists(sealed_, ignored) ? ListFiles(sealed_)->size() : 0;
  }
  static SealOptions AllDays() { return {.table = "", .keep_days = 2, .rows_min = 1}; }

  TemporaryDirectory root_ = std::move(*TemporaryDirectory::Make());
  fs::path sealed_ = root_.path() / "datastore" / "sealed";
  ManualClock clock_{*ParseTimestamp("2026-03-10T12:00:00Z")};
  std::unique_ptr<LogStore> store_;
};

const std::vector<ResultColumn> kOrderColumns = {
    {"TimeGenerated", "datetime"}, {"Customer", "string"}, {"Amount", "real"}, {"Lines", "int"}, {"Extra", "dynamic"}};

TEST_F(LogTables, ACustomTableTakesRowsAndKeepsThemOverARestart) {
  const auto table = store_->PutTable({"Orders_CL", kOrderColumns, std::nullopt});
  ASSERT_TRUE(table) << table.error().ToString();
  EXPECT_TRUE(table->is_custom);
  EXPECT_EQ(table->retention_days, kDefaultRetentionDays);
  ASSERT_TRUE(store_->Ingest("Orders_CL", {R"({"Customer":"a","Amount":1.5,"Lines":2,"Extra":{"x":[1]}})"}));
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(Ask("Orders_CL | project Customer, Amount, Lines, tostring(Extra.x[0]), TimeGenerated, Type"),
              (Rows{{"\"a\"", "1.5", "2", "\"1\"", "\"2026-03-10T12:00:00Z\"", "\"Orders_CL\""}}));
    Reopen();
  }
}

TEST_F(LogTables, ColumnsAreAddedAndOlderRowsHaveNone) {
  ASSERT_TRUE(store_->PutTable({"Orders_CL", kOrderColumns, std::nullopt}));
  ASSERT_TRUE(store_->Ingest("Orders_CL", {R"({"Customer":"old"})"}));
  ASSERT_TRUE(
      store_->PutTable({"Orders_CL", std::vector<ResultColumn>{{"City", "string"}, {"Count", "long"}}, std::nullopt}));
  Reopen();
  ASSERT_TRUE(store_->Ingest("Orders_CL", {R"({"Customer":"new","City":"Ulm","Count":3})"}));
  EXPECT_EQ(Ask("Orders_CL | project Customer, City, Count | sort by Customer asc"),
            (Rows{{"\"new\"", "\"Ulm\"", "3"}, {"\"old\"", "\"\"", "null"}}));
}

TEST_F(LogTables, WhatCannotBeATableIsRefused) {
  const auto refused = [&](const std::string& name, std::vector<ResultColumn> columns) {
    const auto put = store_->PutTable({name, std::move(columns), std::nullopt});
    EXPECT_FALSE(put) << name;
    return put ? "" : put.error().message();
  };
  EXPECT_NE(refused("Orders", {}).find("'_CL' at the end"), std::string::npos);
  EXPECT_NE(refused("1_CL", {}).find("cannot be the name"), std::string::npos);
  EXPECT_NE(refused("A\"; DROP TABLE x; --_CL", {}).find("cannot be the name"), std::string::npos);
  EXPECT_NE(refused("A_CL", {{"a b", "string"}}).find("'a b'"), std::string::npos);
  EXPECT_NE(refused("A_CL", {{"a", "float32"}}).find("cannot be a 'float32'"), std::string::npos);
  EXPECT_NE(refused("A_CL", {{"TenantId", "string"}}).find("by itself"), std::string::npos);
  EXPECT_NE(refused("A_CL", {{"TimeGenerated", "string"}}).find("is a datetime"), std::string::npos);
  EXPECT_NE(refused("AppTraces", {{"a", "string"}}).find("Azure Monitor's"), std::string::npos);
  ASSERT_TRUE(store_->PutTable({"A_CL", std::vector<ResultColumn>{{"x", "long"}}, std::nullopt}));
  EXPECT_NE(refused("A_CL", {{"x", "string"}}).find("is a long named 'x' already"), std::string::npos);
  EXPECT_NE(refused("a_CL", {{"x", "long"}}).find("'A_CL' already"), std::string::npos);
  EXPECT_EQ(store_->PutTable({"Nothing", std::nullopt, 30}).error().code(), Code::kNotFound);
  EXPECT_EQ(store_->PutTable({"AppTraces", std::nullopt, 2}).error().code(), Code::kInvalidArgument);
  EXPECT_FALSE(store_->DeleteTable("AppTraces"));
}

TEST_F(LogTables, ADeletedTableIsGone) {
  ASSERT_TRUE(store_->PutTable({"A_CL", std::vector<ResultColumn>{{"x", "long"}}, 30}));
  ASSERT_TRUE(store_->Ingest("A_CL", {R"({"x":1})"}));
  ASSERT_TRUE(store_->DeleteTable("A_CL"));
  EXPECT_FALSE(store_->Query("A_CL", {}, ""));
  ASSERT_TRUE(store_->PutTable({"A_CL", std::vector<ResultColumn>{{"x", "string"}}, std::nullopt}));
  EXPECT_EQ(Count("A_CL"), "0");
}

TEST_F(LogTables, RowsThatFitInPartAreTakenWhenAskedFor) {
  ASSERT_TRUE(store_->PutTable(
      {"A_CL", std::vector<ResultColumn>{{"n", "long"}, {"r", "real"}, {"b", "boolean"}, {"s", "string"}},
       std::nullopt}));
  ASSERT_TRUE(store_->IngestAll({{"A_CL", R"({"n":"12","r":"0.5","b":"TRUE","s":7,"other":1})", true},
                                 {"A_CL", R"({"n":"twelve","r":[],"b":3,"s":{"a":1}})", true}}));
  EXPECT_EQ(Ask("A_CL | project n, r, b, s | sort by n asc nulls last"),
            (Rows{{"12", "0.5", "true", "\"7\""}, {"null", "null", "null", R"("{\"a\":1}")"}}));
  EXPECT_FALSE(store_->IngestAll({{"A_CL", R"({"n":"12"})"}}));
}

TEST_F(LogTables, RequestsAtTheSameTimeAreStoredEachOnItsOwn) {
  std::vector<std::thread> threads;
  std::atomic<int> refused{0};
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        const bool is_bad = t == 0 && i % 2 == 0;
        const auto stored = store_->Ingest(
            "AppTraces", {R"({"Message":"first"})", is_bad ? R"({"Mesage":"x"})" : R"({"Message":"second"})"});
        refused += stored ? 0 : 1;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(refused, 10);
  EXPECT_EQ(Count("traces"), "300");
}

TEST_F(LogTables, OlderDaysAreSealedAndEveryRowIsStillSeenOnce) {
  for (int day = 5; day <= 10; ++day) AddTraces(day, 100);
  const std::string all =
      "AppTraces | summarize n = count(), s = sum(SeverityLevel), t = min(TimeGenerated), u = max(TimeGenerated), "
      "m = dcount(Message)";
  const std::string filtered =
      "traces | where timestamp between (datetime(2026-03-07) .. datetime(2026-03-09T00:30)) and message "
      "has 'm7' | summarize count() by bin(timestamp, 1d) | sort by timestamp asc";
  const Rows before = Ask(all), filtered_before = Ask(filtered);
  Reopen();  // nothing was written since the start
  const auto sealed = store_->Seal(AllDays());
  ASSERT_TRUE(sealed) << sealed.error().ToString();
  ASSERT_EQ(sealed->size(), 3u);  // the 5th, 6th and 7th
  EXPECT_EQ(sealed->front().rows, 100u);
  EXPECT_EQ(FilesThere(), 3u);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(Ask(all), before);
    EXPECT_EQ(Ask(filtered), filtered_before);
    Reopen();
  }
  EXPECT_TRUE(store_->Seal(AllDays())->empty());
}

TEST_F(LogTables, LateRowsOfASealedDayAreSealedBesides) {
  AddTraces(5, 10);
  ASSERT_EQ(store_->Seal(AllDays())->size(), 1u);
  AddTraces(5, 4);
  EXPECT_EQ(Count("traces"), "14");
  const auto again = store_->Seal(AllDays());
  ASSERT_TRUE(again) << again.error().ToString();
  ASSERT_EQ(again->size(), 1u);
  EXPECT_EQ(again->front().rows, 4u);
  EXPECT_EQ(FilesThere(), 2u);
  EXPECT_EQ(Count("traces"), "14");
}

TEST_F(LogTables, SmallDaysStayInTheDatabase) {
  AddTraces(5, 10);
  EXPECT_TRUE(store_->Seal({})->empty());
  EXPECT_EQ(store_->Seal({.table = "AppMetrics", .keep_days = 0, .rows_min = 1})->size(), 0u);
  EXPECT_EQ(store_->Seal({.table = "Apptraces", .keep_days = 0, .rows_min = 1}).error().code(), Code::kNotFound);
}

TEST_F(LogTables, ATableThatGrewAColumnAfterSealingIsReadInBothForms) {
  ASSERT_TRUE(store_->PutTable({"A_CL", std::vector<ResultColumn>{{"x", "long"}}, std::nullopt}));
  ASSERT_TRUE(store_->Ingest("A_CL", {R"({"x":1,"TimeGenerated":"2026-03-01T00:00:00Z"})"}));
  ASSERT_EQ(store_->Seal(AllDays())->size(), 1u);
  ASSERT_TRUE(store_->PutTable({"A_CL", std::vector<ResultColumn>{{"s", "string"}, {"d", "dynamic"}}, std::nullopt}));
  ASSERT_TRUE(store_->Ingest("A_CL", {R"({"x":2,"s":"b","d":[1],"TimeGenerated":"2026-03-02T00:00:00Z"})"}));
  const Rows expected = {{"1", "\"\"", "null"}, {"2", "\"b\"", "\"[1]\""}};
  EXPECT_EQ(Ask("A_CL | project x, s, d | sort by x asc"), expected);
  ASSERT_EQ(store_->Seal(AllDays())->size(), 1u);
  EXPECT_EQ(Ask("A_CL | project x, s, d | sort by x asc"), expected);
}

// The moment between the two steps of sealing: the file is there, the transaction is not.
TEST_F(LogTables, AFileWithoutItsTransactionIsNoRow) {
  AddTraces(5, 10);
  store_.reset();
  {
    LogDatabase database(root_.path() / "logs", sealed_);
    auto connection = database.Connect();
    ASSERT_TRUE(connection) << connection.error().ToString();
    const auto set = database.tables();
    const SealRequest request{&set->tables.at("AppTraces"), ToTicks(clock_.Now()), ToTicks(clock_.Now()) * 2, 1};
    ASSERT_TRUE(
        WriteSealedDay(**connection, sealed_, request, DayOf(ToTicks(*ParseTimestamp("2026-03-05T00:00:00Z")))));
  }
  Reopen();
  EXPECT_EQ(FilesThere(), 1u);
  EXPECT_EQ(Count("traces"), "10");
  ASSERT_TRUE(store_->Purge());
  EXPECT_EQ(FilesThere(), 0u);
  EXPECT_EQ(Count("traces"), "10");
  EXPECT_EQ(store_->Seal(AllDays())->size(), 1u);
  EXPECT_EQ(Count("traces"), "10");
}

// A process that seals day after day, until it is killed.
TEST_F(LogTables, AKillWhileSealingLosesAndRepeatsNothing) {
  constexpr int kDays = 8, kRowsOfDay = 300;
  for (int day = 1; day <= kDays; ++day) AddTraces(day, kRowsOfDay);
  store_.reset();
  for (int round = 0; round < 6; ++round) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      auto store = LogStore::Open(root_.path() / "logs", root_.path() / "spool", clock_, sealed_);
      if (!store || !(*store)->Query("print 1", {}, "")) ::_exit(3);
      if (::write(pipe[1], "x", 1) != 1) ::_exit(4);
      (void)(*store)->Seal(AllDays());
      ::_exit(0);
    }
    char ready = 0;
    ASSERT_EQ(::read(pipe[0], &ready, 1), 1);
    std::this_thread::sleep_for(std::chrono::milliseconds(3 * round * round));  // another moment each round
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ::close(pipe[0]);
    ::close(pipe[1]);
    Reopen();
    EXPECT_EQ(Ask("traces | summarize n = count(), days = dcount(startofday(timestamp)), pairs = "
                  "dcount(strcat(timestamp, message))"),
              (Rows{{fmt::format("{}", kDays * kRowsOfDay), fmt::format("{}", kDays),
                     fmt::format("{}", kDays * kRowsOfDay)}}))
        << "round " << round;
    store_.reset();
  }
  Reopen();
  ASSERT_TRUE(store_->Purge());
  ASSERT_TRUE(store_->Seal(AllDays()));
  EXPECT_EQ(FilesThere(), static_cast<size_t>(kDays - 1));
  EXPECT_EQ(Count("traces"), fmt::format("{}", kDays * kRowsOfDay));
}

TEST_F(LogTables, APurgeTakesOldRowsAndFilesOfEachTableByItsRetention) {
  for (int day = 1; day <= 10; ++day) AddTraces(day, 10);
  ASSERT_TRUE(store_->Ingest("AppEvents", {R"({"Name":"old","TimeGenerated":"2020-01-01T00:00:00Z"})"}));
  ASSERT_EQ(store_->Seal({.table = "AppTraces", .keep_days = 2, .rows_min = 1})->size(), 7u);
  ASSERT_TRUE(store_->PutTable({"AppTraces", std::nullopt, 5}));
  ASSERT_TRUE(store_->PutTable({"AppEvents", std::nullopt, kKeptForever}));
  const auto purged = store_->Purge();
  ASSERT_TRUE(purged) << purged.error().ToString();
  EXPECT_EQ(purged->rows, 40u);  // the 1st to the 4th
  EXPECT_EQ(Ask("traces | summarize count(), min(timestamp)"), (Rows{{"60", "\"2026-03-05T00:00:00.5Z\""}}));
  EXPECT_EQ(Count("customEvents"), "1");
  EXPECT_EQ(FilesThere(), 7u) << "a query may still read them";
  EXPECT_EQ(store_->Purge()->files, 4u);
  EXPECT_EQ(FilesThere(), 3u);
}

struct ClockChange {
  const char* zone;
  const char* day;  // of UTC, in which the zone's clocks change; any day for a zone whose clocks do not
};

// Retention counts days of UTC: what a zone does to the clock on the wall moves none of its boundaries.
class Retention : public LogTables, public testing::WithParamInterface<ClockChange> {
 protected:
  static constexpr int kDays = 4;
  static constexpr auto kDay = std::chrono::hours(24), kRowPeriod = std::chrono::hours(2);

  void SetUp() override {
    if (const char* zone = std::getenv("TZ")) zone_before_ = zone;
    ::setenv("TZ", GetParam().zone, 1);
    ::tzset();
    LogTables::SetUp();
    change_day_ = *ParseTimestamp(std::string(GetParam().day) + "T00:00:00Z");
    first_ = change_day_ - (kDays + 1) * kDay;
    ASSERT_TRUE(store_->PutTable({"AppTraces", std::nullopt, kDays}));
    std::vector<std::string> rows;
    for (Timestamp time = first_; time < change_day_ + 2 * kDay; time += kRowPeriod)
      rows.push_back(fmt::format(R"({{"TimeGenerated":"{}","Message":"m"}})", FormatTimestamp(time)));
    ASSERT_TRUE(store_->Ingest("AppTraces", rows));
  }
  void TearDown() override {
    zone_before_.empty() ? ::unsetenv("TZ") : ::setenv("TZ", zone_before_.c_str(), 1);
    ::tzset();
  }
  uint64_t Purged() {
    const auto purged = store_->Purge();
    EXPECT_TRUE(purged) << purged.error().ToString();
    return purged ? purged->rows : 0;
  }
  std::string Oldest() { return Ask("traces | summarize min(timestamp)").at(0).at(0).substr(1, 10); }

  std::string zone_before_;
  Timestamp change_day_{}, first_{};
};

TEST_P(Retention, DeletesEachDayOfUtcOnceWhateverTheClockOnTheWallDoes) {
  constexpr uint64_t kRowsOfDay = kDay / kRowPeriod;
  const auto hour = std::chrono::hours(1);
  for (Timestamp now = change_day_ - hour; now <= change_day_ + kDay + hour; now += hour) {
    clock_.Set(now);
    const bool begins_day = (now - first_) % kDay == Duration(0);
    EXPECT_EQ(Purged(), begins_day ? kRowsOfDay : 0) << FormatTimestamp(now);
    if (begins_day) {
      EXPECT_EQ(Oldest(), FormatTimestamp(now - kDays * kDay).substr(0, 10));
    }
  }
  for (const auto back : {2 * hour, 26 * hour, 24 * 400 * hour}) {
    clock_.Set(change_day_ + kDay + hour - back);
    EXPECT_EQ(Purged(), 0u) << "set back by " << back.count() << " hours";
  }
  clock_.Set(change_day_ + 2 * kDay - std::chrono::minutes(1));
  EXPECT_EQ(Purged(), 0u);
  clock_.Set(change_day_ + 2 * kDay);
  EXPECT_EQ(Purged(), kRowsOfDay) << "its turn comes once more after that";
}

INSTANTIATE_TEST_SUITE_P(
    Zones, Retention,
    testing::Values(ClockChange{"Europe/Berlin", "2026-03-29"}, ClockChange{"Europe/Berlin", "2026-10-25"},
                    ClockChange{"America/New_York", "2026-03-08"}, ClockChange{"America/New_York", "2026-11-01"},
                    ClockChange{"Australia/Lord_Howe", "2026-04-04"}, ClockChange{"Australia/Lord_Howe", "2026-10-03"},
                    ClockChange{"Asia/Kathmandu", "2026-06-01"}, ClockChange{"Africa/Casablanca", "2026-02-15"},
                    ClockChange{"Africa/Casablanca", "2026-03-22"}),
    [](const auto& info) {
      return ReplaceAll(ReplaceAll(fmt::format("{}_{}", info.param.zone, info.param.day), "/", "_"), "-", "_");
    });

// Its period is one of the steady clock: a clock on the wall that is set back holds it up no more than one set forward.
TEST_F(LogTables, TheMaintainerGoesOnWhenTheClockIsSetBack) {
  AddTraces(5, 10);
  ASSERT_TRUE(store_->PutTable({"AppTraces", std::nullopt, 6}));
  clock_.Advance(-std::chrono::hours(24 * 30));
  const Maintainer maintainer(*store_, {std::chrono::milliseconds(1), std::chrono::milliseconds(5)});
  const auto holds = [](const auto& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!condition() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    return condition();
  };
  // What it has deleted by then tells that it went through a turn with the clock as it is.
  const auto add_old = [&] {
    ASSERT_TRUE(store_->Ingest("AppTraces", {R"({"Message":"old","TimeGenerated":"2020-01-01T00:00:00Z"})"}));
  };
  add_old();
  EXPECT_TRUE(holds([&] { return Count("traces") == "10"; })) << "a turn with the clock set back";
  clock_.Advance(std::chrono::hours(24 * 30));
  add_old();
  EXPECT_TRUE(holds([&] { return Count("traces") == "10"; }));
  clock_.Advance(std::chrono::hours(24 * 2));
  EXPECT_TRUE(holds([&] { return Count("traces") == "0"; })) << "the day is older than six days now";
}

TEST_F(LogTables, TheMaintainerSealsAndPurgesByItself) {
  AddTraces(1, 10);
  AddTraces(5, 1200);
  ASSERT_TRUE(store_->PutTable({"AppTraces", std::nullopt, 6}));
  const Maintainer maintainer(*store_, {std::chrono::milliseconds(1), std::chrono::milliseconds(5)});
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while ((store_->ListSealed()->size() != 1 || Count("traces") != "1200") &&
         std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  EXPECT_EQ(store_->ListSealed()->size(), 1u);
  EXPECT_EQ(Count("traces"), "1200");
}

TEST_F(LogTables, AFileThatWasFreedIsWrittenAnew) {
  LogDatabase database(root_.path() / "other", root_.path() / "other-sealed");
  const auto run = [&](const std::string& sql) {
    auto connection = database.Connect();
    ASSERT_TRUE(connection) << connection.error().ToString();
    const auto done = (*connection)->Execute(sql);
    ASSERT_TRUE(done) << done.error().ToString();
  };
  run("INSERT INTO \"log_AppTraces\" (\"Message\", \"SeverityLevel\") SELECT 'text ' || hash(i), i FROM range(300000) "
      "r(i); "
      "CHECKPOINT; DELETE FROM \"log_AppTraces\" WHERE \"SeverityLevel\" >= 10; CHECKPOINT");
  const auto before = fs::file_size(database.file());
  {
    const auto query = database.Connect();
    EXPECT_EQ(database.Rewrite(std::chrono::milliseconds(1)).error().code(), Code::kUnavailable);
  }
  const auto rewritten = database.Rewrite(std::chrono::seconds(60));
  ASSERT_TRUE(rewritten) << rewritten.error().ToString();
  EXPECT_LT(fs::file_size(database.file()), before / 2);
  auto connection = database.Connect();
  ASSERT_TRUE(connection) << connection.error().ToString();
  auto rows = (*connection)->Query("SELECT count(*) FROM \"AppTraces\"");
  ASSERT_TRUE(rows && rows->NextChunk());
  EXPECT_EQ(rows->column(0).Int64(0), 10);
}

TEST_F(LogTables, ABackupComesBackAsItWas) {
  for (int day = 5; day <= 10; ++day) AddTraces(day, 20);
  ASSERT_TRUE(store_->PutTable({"A_CL", std::vector<ResultColumn>{{"x", "long"}}, 30}));
  ASSERT_TRUE(store_->Ingest("A_CL", {R"({"x":1})"}));
  ASSERT_EQ(store_->Seal(AllDays())->size(), 3u);
  const fs::path backup = root_.path() / "backup";
  const auto written = store_->Backup(backup);
  ASSERT_TRUE(written) << written.error().ToString();
  EXPECT_EQ(store_->Backup(backup).error().code(), Code::kAlreadyExists);
  AddTraces(10, 20);
  ASSERT_TRUE(store_->DeleteTable("A_CL"));
  const auto aside = store_->Restore(backup);
  ASSERT_TRUE(aside) << aside.error().ToString();
  EXPECT_TRUE(fs::exists(*aside / "logs.duckdb"));
  EXPECT_EQ(Count("traces"), "120");
  EXPECT_EQ(Ask("A_CL | project x"), (Rows{{"1"}}));
  AddTraces(10, 20);
  Reopen();
  EXPECT_EQ(Count("traces"), "140");
}

TEST_F(LogTables, ADamagedBackupChangesNothing) {
  AddTraces(5, 20);
  const fs::path backup = root_.path() / "backup";
  ASSERT_TRUE(store_->Backup(backup));
  std::ofstream(backup / "logs.duckdb", std::ios::app) << "x";
  const auto restored = store_->Restore(backup);
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code(), Code::kDataLoss);
  EXPECT_EQ(store_->Restore(root_.path()).error().code(), Code::kNotFound);
  EXPECT_EQ(Count("traces"), "20");
}

TEST_F(LogTables, ACheckNamesWhatIsDamagedOrMissing) {
  for (int day = 5; day <= 7; ++day) AddTraces(day, 20);
  ASSERT_EQ(store_->Seal(AllDays())->size(), 3u);
  const auto bad = [&] {
    std::vector<std::string> names;
    const auto findings = store_->Check();
    EXPECT_TRUE(findings) << findings.error().ToString();
    for (const LogFinding& finding : *findings) {
      if (!finding.is_good) names.push_back(finding.what);
    }
    return names;
  };
  EXPECT_TRUE(bad().empty());
  fs::remove(sealed_ / "AppTraces/2026-03-05-1.parquet");
  std::ofstream(sealed_ / "AppTraces/2026-03-06-1.parquet", std::ios::in | std::ios::out | std::ios::binary)
      << "damage";
  EXPECT_EQ(bad(), (std::vector<std::string>{"AppTraces/2026-03-05-1.parquet", "AppTraces/2026-03-06-1.parquet"}));
  fs::remove(sealed_ / "AppTraces/2026-03-06-1.parquet");
  Reopen();
  EXPECT_EQ(Count("traces"), "20") << "what is left is still found";
}

TEST_F(LogTables, RowsArePushedInTheOrderInWhichTheyCame) {
  auto seen = store_->NewestReceived();
  ASSERT_TRUE(seen) << seen.error().ToString();
  EXPECT_FALSE(*store_->WaitForRows(*seen, std::chrono::milliseconds(1)));
  AddTraces(5, 3);
  EXPECT_TRUE(*store_->WaitForRows(*seen, std::chrono::seconds(60)));
  const std::string later = fmt::format("traces | where _TimeReceived > datetime({}) | count", *seen);
  EXPECT_EQ(Ask(later), (Rows{{"3"}}));
  seen = store_->NewestReceived();
  clock_.Advance(-std::chrono::hours(5));
  AddTraces(6, 2);
  Reopen();
  AddTraces(7, 1);
  EXPECT_EQ(Ask(fmt::format("traces | where _TimeReceived > datetime({}) | count", *seen)), (Rows{{"3"}}))
      << "a clock that goes back hides no row";
}

TEST_F(LogTables, WhoWaitsSeesWhatTheGatewayAppends) {
  const auto seen = store_->NewestReceived();
  ASSERT_TRUE(seen);
  auto writer = spool::Writer::Open(root_.path() / "spool" / "gateway", {.segment_bytes = 1 << 16});
  ASSERT_TRUE(writer);
  std::thread appender([&] { EXPECT_TRUE((*writer)->Append("AppTraces", R"({"Message":"live"})")); });
  EXPECT_TRUE(*store_->WaitForRows(*seen, std::chrono::seconds(60)));
  appender.join();
  store_->StopWaiting();
  EXPECT_FALSE(*store_->WaitForRows(*store_->NewestReceived(), std::chrono::seconds(60)));
}

TEST_F(LogTables, TheLagOfIngestionIsAMetric) {
  ASSERT_TRUE(
      store_->Ingest("AppTraces", {R"({"Message":"a","WorkspaceId":"w","TimeGenerated":"2026-03-10T11:59:58Z"})",
                                   R"({"Message":"b","WorkspaceId":"w","TimeGenerated":"2026-03-10T11:59:59Z"})"}));
  EXPECT_EQ(Ask("AppMetrics | where Name == 'slipway.ingestion.lag' | project table = tostring(Properties.table), Sum, "
                "Min, Max, "
                "ItemCount, TenantId"),
            (Rows{{"\"AppTraces\"", "3000", "1000", "2000", "2", "\"w\""}}));
  const auto statistics = store_->Statistics();
  ASSERT_TRUE(statistics);
  EXPECT_EQ(statistics->rows, 2u);
  EXPECT_EQ(statistics->lag_max_ms, 2000);
}

}  // namespace
}  // namespace slipway::logstore
