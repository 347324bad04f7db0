// Experiments and runs over every database.
#include <cmath>
#include <limits>
#include <thread>

#include "slipway/store/store_fixture.h"

namespace slipway::store {
namespace {

using domain::MetricPoint;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

domain::Experiment NewExperiment(const std::string& id, const std::string& name) {
  domain::Experiment experiment;
  experiment.id = id;
  experiment.name = name;
  return experiment;
}

domain::Run NewRun(const std::string& id, const std::string& experiment) {
  domain::Run run;
  run.id = id;
  run.experiment_id = experiment;
  return run;
}

class Runs : public AnyStore {
 protected:
  domain::RunStore& runs() { return store_->runs(); }
  std::string MakeExperiment(const std::string& name = "exp") {
    return Must(runs().GetOrCreateExperiment(scope_, name, Timestamp(Duration(5)))).id;
  }
  void MakeRun(const std::string& id, const std::string& experiment) {
    SLIPWAY_ASSERT_OK(runs().InsertRun(scope_, NewRun(id, experiment)));
  }
  Status Log(const std::vector<MetricPoint>& metrics, const std::map<std::string, std::string>& parameters = {},
             const domain::Tags& tags = {}) {
    return runs().LogBatch(scope_, "r", metrics, parameters, tags);
  }
  std::vector<double> History(const std::string& key) {
    std::vector<double> values;
    for (const auto& point : Must(runs().GetMetricHistory(scope_, "r", key))) values.push_back(point.value);
    return values;
  }
  double Latest(const std::string& key) {
    for (const auto& point : Must(runs().GetRun(scope_, "r")).latest_metrics)
      if (point.key == key) return point.value;
    return -1;
  }
};
SLIPWAY_OVER_ALL_DATABASES(Runs);

TEST_P(Runs, BelongToExperimentsThatAreMadeOnce) {
  const std::string id = MakeExperiment("Credit");
  EXPECT_EQ(MakeExperiment("CREDIT"), id);
  EXPECT_NE(MakeExperiment("other"), id);
  const auto found = Must(runs().GetExperiment(scope_, id));
  EXPECT_EQ(found.name, "Credit");
  EXPECT_EQ(found.created_at, Timestamp(Duration(5)));
  EXPECT_EQ(Must(runs().GetExperimentByName(scope_, "credit")).id, id);
  EXPECT_EQ(Must(runs().ListExperiments(scope_)).size(), 2u);
  for (const char* missing : {"99", "-1", "x", ""})
    EXPECT_EQ(runs().GetExperiment(scope_, missing).error().code(), Code::kNotFound) << missing;
}

TEST_P(Runs, BelongToExperimentsThatKeepWhatTheyHold) {
  domain::Experiment experiment;
  experiment.id = "0";
  experiment.name = "Default";
  experiment.artifact_location = "a";
  experiment.tags = {{"k", "v"}};
  experiment = Must(runs().InsertExperiment(scope_, experiment));
  EXPECT_EQ(experiment.id, "0");
  EXPECT_EQ(MakeExperiment("next"), "1");
  const auto twice = runs().InsertExperiment(scope_, NewExperiment("", "DEFAULT"));
  EXPECT_EQ(twice.error().code(), Code::kAlreadyExists);
  EXPECT_EQ(runs().InsertExperiment(scope_, NewExperiment("x", "y")).error().code(), Code::kInvalidArgument);
  experiment.name = "Renamed";
  experiment.is_deleted = true;
  SLIPWAY_ASSERT_OK(runs().UpdateExperiment(scope_, experiment));
  const auto found = Must(runs().GetExperiment(scope_, "0"));
  EXPECT_EQ(found.name, "Renamed");
  EXPECT_TRUE(found.is_deleted);
  EXPECT_EQ(found.tags, experiment.tags);
  experiment.name = "NEXT";
  EXPECT_EQ(runs().UpdateExperiment(scope_, experiment).error().code(), Code::kAlreadyExists);
  experiment.id = "44";
  EXPECT_EQ(runs().UpdateExperiment(scope_, experiment).error().code(), Code::kNotFound);
}

TEST_P(Runs, ComeBackWhole) {
  domain::Run run;
  run.id = "Run-1";
  run.name = "n";
  run.experiment_id = MakeExperiment();
  run.user_id = "ann";
  run.status = domain::RunStatus::kFailed;
  run.start_time_ms = 1'700'000'000'123;
  run.end_time_ms = 1'700'000'000'456;
  run.artifact_uri = "u";
  run.tags = {{"t", "1"}};
  run.parameters = {{"p", "2"}};
  run.latest_metrics = {{"auc", 0.123456789012345678, 11, 3}};
  SLIPWAY_ASSERT_OK(runs().InsertRun(scope_, run));
  const auto found = Must(runs().GetRun(scope_, "run-1"));
  EXPECT_EQ(found.id, "Run-1");
  EXPECT_EQ(found.user_id, "ann");
  EXPECT_EQ(found.status, domain::RunStatus::kFailed);
  EXPECT_EQ(found.start_time_ms, run.start_time_ms);
  EXPECT_EQ(found.end_time_ms, run.end_time_ms);
  EXPECT_EQ(found.tags, run.tags);
  EXPECT_EQ(found.parameters, run.parameters);
  ASSERT_EQ(found.latest_metrics.size(), 1u);
  EXPECT_EQ(found.latest_metrics[0].value, 0.123456789012345678);
  EXPECT_EQ(runs().InsertRun(scope_, run).error().code(), Code::kAlreadyExists);
}

TEST_P(Runs, AreUpdatedWithoutWhatTheyLogged) {
  MakeRun("r", MakeExperiment());
  SLIPWAY_ASSERT_OK(Log({{"m", 1, 1, 1}}, {{"p", "1"}}, {{"t", "1"}}));
  domain::Run run = Must(runs().GetRun(scope_, "r"));
  EXPECT_EQ(run.end_time_ms, std::nullopt);
  run.status = domain::RunStatus::kFinished;
  run.end_time_ms = 9;
  run.tags.clear();
  run.parameters.clear();
  SLIPWAY_ASSERT_OK(runs().UpdateRun(scope_, run));
  const auto found = Must(runs().GetRun(scope_, "r"));
  EXPECT_EQ(found.status, domain::RunStatus::kFinished);
  EXPECT_EQ(found.end_time_ms, 9);
  EXPECT_EQ(found.tags.size() + found.parameters.size(), 2u);
  run.id = "none";
  EXPECT_EQ(runs().UpdateRun(scope_, run).error().code(), Code::kNotFound);
}

TEST_P(Runs, NeedTheirExperiment) {
  EXPECT_EQ(runs().InsertRun(scope_, NewRun("r", "7")).error().code(), Code::kNotFound);
}

TEST_P(Runs, AreListedByExperimentNewestFirst) {
  const std::string one = MakeExperiment("one"), two = MakeExperiment("two"), three = MakeExperiment("three");
  MakeRun("a", one);
  MakeRun("b", two);
  MakeRun("r", one);
  MakeRun("d", three);
  SLIPWAY_ASSERT_OK(Log({{"m", 4, 1, 1}}, {{"p", "1"}}));
  const auto list = [&](const std::vector<std::string>& experiments) {
    std::vector<std::string> ids;
    for (const auto& run : Must(runs().ListRuns(scope_, experiments))) ids.push_back(run.id);
    return ids;
  };
  EXPECT_THAT(list({one, two}), ElementsAre("r", "b", "a"));
  EXPECT_THAT(list({three, "99", "no id"}), ElementsAre("d"));
  EXPECT_TRUE(list({}).empty());
  EXPECT_EQ(Must(runs().ListRuns(scope_, {one}))[0].parameters.at("p"), "1");
  EXPECT_TRUE(Must(runs().ListRuns(scope_, {one}))[1].parameters.empty());
}

TEST_P(Runs, KnowTheLatestMetricByStepThenTimeThenValue) {
  MakeRun("r", MakeExperiment());
  SLIPWAY_ASSERT_OK(Log({{"m", 1.0, 100, 2}, {"m", 2.0, 500, 1}}));
  EXPECT_EQ(Latest("m"), 1.0);
  SLIPWAY_ASSERT_OK(Log({{"m", 3.0, 101, 2}, {"m", 2.5, 101, 2}}));
  EXPECT_EQ(Latest("m"), 3.0);
  EXPECT_THAT(History("m"), ElementsAre(2.0, 1.0, 2.5, 3.0));
  EXPECT_TRUE(History("M").empty());
}

TEST_P(Runs, StoreTheSamePointOnce) {
  MakeRun("r", MakeExperiment());
  const MetricPoint point{"m", 0.1, 5, 1};
  SLIPWAY_ASSERT_OK(Log({point, point}));
  SLIPWAY_ASSERT_OK(Log({point}));
  EXPECT_THAT(History("m"), ElementsAre(0.1));
}

TEST_P(Runs, KeepNumbersThatAreNone) {
  MakeRun("r", MakeExperiment());
  const double infinity = std::numeric_limits<double>::infinity();
  SLIPWAY_ASSERT_OK(Log({{"nan", std::nan(""), 1, 1}, {"inf", infinity, 1, 1}, {"minus", -infinity, 1, 1}}));
  EXPECT_TRUE(std::isnan(Latest("nan")));
  EXPECT_TRUE(std::isnan(History("nan").at(0)));
  EXPECT_EQ(Latest("inf"), infinity);
  EXPECT_EQ(Latest("minus"), -infinity);
}

TEST_P(Runs, RefuseToChangeAParameterAndThenTakeNothingOfTheBatch) {
  MakeRun("r", MakeExperiment());
  SLIPWAY_ASSERT_OK(Log({}, {{"depth", "3"}}));
  SLIPWAY_ASSERT_OK(Log({}, {{"depth", "3"}, {"Depth", "4"}}));
  const Status refused = Log({{"m", 1, 1, 1}}, {{"depth", "5"}}, {{"t", "1"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::kInvalidArgument);
  EXPECT_THAT(refused.error().message(), HasSubstr("'depth' was logged as '3'"));
  const auto run = Must(runs().GetRun(scope_, "r"));
  EXPECT_EQ(run.parameters.at("depth"), "3");
  EXPECT_EQ(run.parameters.at("Depth"), "4");
  EXPECT_TRUE(run.tags.empty());
  EXPECT_TRUE(run.latest_metrics.empty());
}

TEST_P(Runs, ReplaceAndDeleteTags) {
  MakeRun("r", MakeExperiment());
  SLIPWAY_ASSERT_OK(Log({}, {}, {{"a", "1"}, {"b", "2"}}));
  SLIPWAY_ASSERT_OK(Log({}, {}, {{"a", "3"}}));
  SLIPWAY_ASSERT_OK(runs().DeleteTag(scope_, "R", "b"));
  EXPECT_EQ(Must(runs().GetRun(scope_, "r")).tags, (domain::Tags{{"a", "3"}}));
  EXPECT_EQ(runs().DeleteTag(scope_, "r", "b").error().code(), Code::kNotFound);
}

TEST_P(Runs, ThatAreMissingOrDeletedTakeNothing) {
  EXPECT_EQ(Log({{"m", 1, 1, 1}}).error().code(), Code::kNotFound);
  MakeRun("r", MakeExperiment());
  auto run = Must(runs().GetRun(scope_, "r"));
  run.is_deleted = true;
  SLIPWAY_ASSERT_OK(runs().UpdateRun(scope_, run));
  EXPECT_EQ(Log({{"m", 1, 1, 1}}).error().code(), Code::kInvalidArgument);
  EXPECT_EQ(runs().GetMetricHistory(scope_, "none", "m").error().code(), Code::kNotFound);
}

TEST_P(Runs, TakeMetricsFromManyThreads) {
  MakeRun("r", MakeExperiment());
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      for (int step = 0; step < 10; ++step) {
        const Status logged = Log({{"m", double(i), step, step * 8 + i}, {"own" + std::to_string(i), 1, step, step}});
        EXPECT_TRUE(logged) << logged.error().ToString();
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(History("m").size(), 80u);
  EXPECT_EQ(Latest("m"), 7.0);
}

}  // namespace
}  // namespace slipway::store
