// Opening: migrations, newer versions, damaged files; and what survives a kill.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "slipway/base/hash.h"
#include "slipway/store/migrations.h"
#include "slipway/store/store_fixture.h"

namespace slipway::store {
namespace {

using ::testing::HasSubstr;

class Opening : public AnyStore {
 protected:
  std::unique_ptr<sql::Database> Database() {
    auto opened = sql::Database::Open(url_);
    EXPECT_TRUE(opened) << opened.error().ToString();
    return std::move(*opened);
  }
  static int64_t Number(sql::Database& database, const std::string& query) {
    int64_t number = -1;
    const Status read = database.Read([&](sql::Connection& connection) -> Status {
      SLIPWAY_ASSIGN_OR_RETURN(const auto rows, connection.Query(query));
      number = rows.at(0).Int(0);
      return {};
    });
    EXPECT_TRUE(read) << read.error().ToString();
    return number;
  }
};
SLIPWAY_OVER_ALL_DATABASES(Opening);

TEST_P(Opening, MigratesOnce) {
  if (GetParam() == Kind::kMemory) GTEST_SKIP() << "forgets";
  Reopen();
  EXPECT_EQ(Number(*Database(), "SELECT COUNT(*) FROM schema_version"),
            static_cast<int64_t>(MetadataMigrations().size()));
}

TEST_P(Opening, RefusesANewerDatabase) {
  if (GetParam() == Kind::kMemory) GTEST_SKIP() << "forgets";
  store_.reset();
  SLIPWAY_ASSERT_OK(Database()->Write([](sql::Connection& connection) -> Status {
    SLIPWAY_RETURN_IF_ERROR(connection.Execute("INSERT INTO schema_version (version) VALUES (999)"));
    return {};
  }));
  const auto opened = MetadataStore::Open(url_);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), Code::kFailedPrecondition);
  EXPECT_THAT(opened.error().ToString(), HasSubstr("schema version 999, made by a newer Slipway"));
}

TEST_P(Opening, RunsEachMigrationWholeOrNotAtAll) {
  auto database = Database();
  const std::vector<Migration> good = {{101, {"CREATE TABLE one (a TEXT)"}}, {102, {"CREATE TABLE two (a TEXT)"}}};
  std::vector<Migration> bad = good;
  bad[1].statements.push_back("CREATE TABLE one (a TEXT)");
  const Status failed = Migrate(*database, bad);
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().ToString(), HasSubstr("migration to schema version 102"));
  EXPECT_EQ(Number(*database, "SELECT MAX(version) FROM schema_version"), 101);
  SLIPWAY_ASSERT_OK(Migrate(*database, good));
  SLIPWAY_ASSERT_OK(Migrate(*database, good));
  EXPECT_EQ(Number(*database, "SELECT COUNT(*) FROM two"), 0);
  EXPECT_EQ(Number(*database, "SELECT MAX(version) FROM schema_version"), 102);
}

TEST_P(Opening, MayHappenManyTimesAtOnce) {
  if (GetParam() == Kind::kMemory) GTEST_SKIP() << "forgets";
  if (GetParam() == Kind::kFile) url_ = "sqlite://" + (folder_->path() / "fresh.db").string();
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i)
    threads.emplace_back([&] {
      const auto opened = MetadataStore::Open(url_);
      EXPECT_TRUE(opened) << opened.error().ToString();
    });
  for (std::thread& thread : threads) thread.join();
}

TEST(OpeningAFile, ThatIsNoDatabaseIsSaid) {
  const auto folder = TemporaryDirectory::Make();
  const std::string path = folder->path() / "slipway.db";
  ASSERT_TRUE(WriteFileAtomic(path, "name,age\nann,7\n" + std::string(4096, 'x')));
  const auto opened = MetadataStore::Open("sqlite://" + path);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), Code::kDataLoss);
  EXPECT_THAT(opened.error().ToString(), HasSubstr(path));
}

domain::Job MakeJob(int64_t number, domain::JobStatus status) {
  domain::Job job;
  job.name = job.root = "job-" + std::to_string(number);
  domain::CommandSpec command;
  command.command = std::string(1000, 'c');
  command.environment = "azureml:e:1";
  job.spec.body = command;
  job.status = status;
  return job;
}

domain::Run MakeRun(const std::string& id, const std::string& experiment) {
  domain::Run run;
  run.id = id;
  run.experiment_id = experiment;
  return run;
}

// For each job: insert, update, log a batch of its run; then a byte on the pipe.
[[noreturn]] void WorkForever(const std::string& url, int64_t first, int acknowledgements) {
  const domain::Scope scope;
  auto store = MetadataStore::Open(url);
  for (int64_t i = first; store; ++i) {
    const auto experiment = (*store)->runs().GetOrCreateExperiment(scope, "e", {});
    const domain::Job job = MakeJob(i, domain::JobStatus::kRunning);
    if (!experiment || !(*store)->jobs().InsertJob(scope, MakeJob(i, domain::JobStatus::kNotStarted)) ||
        !(*store)->jobs().UpdateJob(scope, job, domain::JobStatus::kNotStarted) ||
        !(*store)->runs().InsertRun(scope, MakeRun(job.name, experiment->id)) ||
        !(*store)->runs().LogBatch(scope, job.name, {{"a", 1, 1, 1}, {"b", 2, 2, 2}}, {{"p", "1"}}, {{"t", "1"}}) ||
        ::write(acknowledgements, "x", 1) != 1)
      break;
  }
  ::_exit(1);
}

// The number of bytes that came before the writer died; kills it after `wanted`.
int64_t KillAfter(pid_t child, int acknowledgements, uint64_t wanted) {
  int64_t acknowledged = 0;
  char byte;
  while (wanted-- > 0 && ::read(acknowledgements, &byte, 1) == 1) ++acknowledged;
  ::kill(child, SIGKILL);
  while (::read(acknowledgements, &byte, 1) == 1) ++acknowledged;
  return acknowledged;
}

void CheckAcknowledged(MetadataStore& store, int64_t number) {
  const std::string name = "job-" + std::to_string(number);
  const auto job = store.jobs().GetJob({}, name);
  const auto run = store.runs().GetRun({}, name);
  ASSERT_TRUE(job && run) << name;
  EXPECT_EQ(job->status, domain::JobStatus::kRunning) << name;
  EXPECT_EQ(run->latest_metrics.size() + run->parameters.size() + run->tags.size(), 4u) << name;
}

// What the writer was at when it died: any step of it may be there, each whole.
void CheckLast(MetadataStore& store, int64_t number) {
  const auto run = store.runs().GetRun({}, "job-" + std::to_string(number));
  if (!run) return;
  const size_t logged = run->latest_metrics.size() + run->parameters.size() + run->tags.size();
  EXPECT_TRUE(logged == 0 || logged == 4) << logged;
}

TEST(KilledWriters, LoseNothingAcknowledgedAndLeaveNothingHalf) {
  const auto folder = TemporaryDirectory::Make();
  const std::string url = "sqlite://" + (folder->path() / "slipway.db").string();
  SplitMix64 random(5);
  int64_t next = 0;
  for (int round = 0; round < 10; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const pid_t child = ::fork();
    if (child == 0) WorkForever(url, next, pipe_ends[1]);
    ::close(pipe_ends[1]);
    const int64_t acknowledged = KillAfter(child, pipe_ends[0], random.NextBelow(8));
    ::close(pipe_ends[0]);
    int result = 0;
    ASSERT_EQ(::waitpid(child, &result, 0), child);
    ASSERT_TRUE(WIFSIGNALED(result)) << "the writer failed by itself";
    auto store = MetadataStore::Open(url);
    ASSERT_TRUE(store) << store.error().ToString();
    for (int64_t i = next; i < next + acknowledged; ++i) CheckAcknowledged(**store, i);
    CheckLast(**store, next + acknowledged);
    next += acknowledged;
    ASSERT_TRUE((*store)->jobs().DeleteJob({}, "job-" + std::to_string(next)));
    next += 1;  // the half-done one's run may be there
  }
}

}  // namespace
}  // namespace slipway::store
