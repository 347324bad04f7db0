#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "slipway/api/alert_routes.h"
#include "slipway/api/arm_schedules.h"
#include "slipway/api/testing/ask.h"
#include "slipway/domain/testing/fake_submitter.h"
#include "slipway/domain/testing/memory_audit_log.h"
#include "slipway/domain/testing/memory_schedule_store.h"
#include "slipway/domain/testing/memory_workspace_store.h"
#include "slipway/monitor/testing/fake_logs.h"
#include "slipway/monitor/testing/fake_messenger.h"
#include "slipway/schedules/windows_zones.h"
#include "slipway/spec/schedule.h"
#include "slipway/wire/alert.h"
#include "slipway/wire/schedule.h"

namespace slipway::api {
namespace {

using nlohmann::json;

const std::string kGroup = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local";
const std::string kW = kGroup + "/providers/Microsoft.MachineLearningServices/workspaces/default";

domain::CommandSpec TrueCommand() {
  domain::CommandSpec command;
  command.command = "true";
  command.environment = "azureml:e:1";
  return command;
}

class RouterTest : public ::testing::Test {
 protected:
  net::Response Send(const std::string& method, const std::string& target, const json& body = nullptr) {
    std::string text;
    if (!body.is_null()) text = body.is_string() ? body.get<std::string>() : body.dump();
    return testing::Ask(router_, method, target, std::move(text));
  }
  json Call(const std::string& method, const std::string& target, const json& body = nullptr, int status = 200) {
    const auto response = Send(method, target, body);
    EXPECT_EQ(response.status, status) << response.body;
    return json::parse(response.body, nullptr, false);
  }

  ManualClock clock_{*ParseTimestamp("2026-03-04T10:00:00Z")};
  net::Router router_;
};

class SchedulesApi : public RouterTest {
 protected:
  SchedulesApi() { MountSchedules(router_, {scheduler_, store_, workspaces_}); }

  static json Nightly() {
    domain::Schedule schedule;
    schedule.trigger.rule = domain::CronTrigger{"0 2 * * *"};
    schedule.create_job.body = TrueCommand();
    json arm = wire::ScheduleToArm({}, schedule);
    return {{"properties", arm["properties"]}};
  }

  domain::testing::MemoryScheduleStore store_;
  domain::testing::MemoryWorkspaceStore workspaces_{domain::Workspace{}};
  domain::testing::FakeSubmitter submitter_;
  schedules::Scheduler scheduler_{{}, {store_, workspaces_, submitter_, clock_}};
};

TEST_F(SchedulesApi, AScheduleIsMadeReadListedDisabledAndDeleted) {
  const json made = Call("PUT", kW + "/schedules/nightly", Nightly(), 201);
  EXPECT_EQ(made["name"], "nightly");
  EXPECT_EQ(made["properties"]["provisioningState"], "Succeeded");
  EXPECT_EQ(made["properties"]["slipway"]["nextFireAt"], "2026-03-05T02:00:00.000000Z");
  EXPECT_EQ(Call("GET", kW + "/schedules/nightly"), made);
  EXPECT_EQ(Call("GET", kW + "/schedules")["value"].size(), 1u);
  EXPECT_EQ(Call("GET", kW + "/schedules?listViewType=DisabledOnly")["value"].size(), 0u);

  const json refused = Call("DELETE", kW + "/schedules/nightly", nullptr, 400);
  EXPECT_EQ(refused["error"]["message"], "schedule 'nightly' is enabled: disable it before deleting it");
  json disabled = made;
  disabled["properties"]["isEnabled"] = false;
  EXPECT_EQ(Call("PUT", kW + "/schedules/nightly", disabled)["properties"]["isEnabled"], false);
  EXPECT_EQ(Call("GET", kW + "/schedules")["value"].size(), 0u);
  EXPECT_EQ(Call("GET", kW + "/schedules?listViewType=All")["value"].size(), 1u);
  EXPECT_EQ(Call("GET", kW + "/schedules?listViewType=DisabledOnly")["value"].size(), 1u);
  EXPECT_EQ(Send("DELETE", kW + "/schedules/nightly").status, 200);
  EXPECT_EQ(Send("DELETE", kW + "/schedules/nightly").status, 204);
  EXPECT_EQ(Call("GET", kW + "/schedules/nightly", nullptr, 404)["error"]["code"], "ResourceNotFound");
}

TEST_F(SchedulesApi, TriggeringTellsTheJob) {
  Call("PUT", kW + "/schedules/nightly", Nightly(), 201);
  EXPECT_EQ(Call("POST", kW + "/slipway/schedules/nightly/trigger", json::object()),
            (json{{"jobName", "generated-1"}, {"scheduleActionType", "CreateJob"}}));
  Call("POST", kW + "/slipway/schedules/weekly/trigger", json::object(), 404);
}

TEST_F(SchedulesApi, AFailedFiringShowsInTheProperties) {
  Call("PUT", kW + "/schedules/nightly", Nightly(), 201);
  submitter_.failure = NotFound("there is no environment 'e'");
  scheduler_.Tick(*ParseTimestamp("2026-03-05T02:00:00Z"));
  const json properties = Call("GET", kW + "/schedules/nightly")["properties"];
  EXPECT_EQ(properties["properties"]["slipway.lastError"], "there is no environment 'e'");
  EXPECT_EQ(properties["slipway"]["lastFiredAt"], "2026-03-05T02:00:00.000000Z");
}

TEST_F(SchedulesApi, MistakesAreTold) {
  json bad = Nightly();
  bad["properties"]["trigger"]["expression"] = "0 2 * * funday";
  EXPECT_NE(Call("PUT", kW + "/schedules/x", bad, 400).dump().find("'funday' is not a day of week"), std::string::npos);
  bad = Nightly();
  bad["properties"]["trigger"]["timeZone"] = "Europe/Berlin";
  EXPECT_NE(Call("PUT", kW + "/schedules/x", bad, 400).dump().find("W. Europe Standard Time"), std::string::npos);
  Call("PUT", kW + "/schedules/x", json::object(), 400);
  Call("PUT", kW + "/schedules/x", json("not json"), 400);
  Call("PUT", kW + "/schedules/a%20b", Nightly(), 400);
}

TEST(SchedulesApiZones, TheClientsAndTheServersZonesAreTheSame) {
  std::vector<std::string> names;
  for (const auto& zone : schedules::WindowsZones()) names.emplace_back(zone.windows);
  EXPECT_EQ(names, spec::WindowsTimeZones());
}

class AlertsApi : public RouterTest {
 protected:
  AlertsApi() { MountAlerts(router_, {service_, alerts_, groups_, workspaces_, audit_, clock_}); }

  static json Drift() {
    domain::AlertRule rule;
    rule.conditions[0].query = "traces";
    rule.conditions[0].threshold = 2;
    rule.create_job = domain::JobSpec{};
    rule.create_job->body = TrueCommand();
    const json arm = wire::AlertRuleToArm({}, rule);
    return {{"location", "local"}, {"properties", arm["properties"]}};
  }
  const std::string rules_ = kGroup + "/providers/Microsoft.Insights/scheduledQueryRules";

  domain::testing::MemoryScheduleStore alerts_;
  domain::testing::MemoryWorkspaceStore workspaces_{domain::Workspace{}};
  domain::testing::FakeSubmitter jobs_;
  monitor::testing::FakeLogs logs_;
  monitor::testing::FakeMessenger messenger_;
  domain::testing::MemoryActionGroupStore groups_;
  domain::testing::MemoryAuditLog audit_;
  monitor::AlertService service_{{}, {alerts_, groups_, workspaces_, jobs_.jobs, jobs_, logs_, messenger_, clock_}};
};

TEST_F(AlertsApi, AFreezeIsOnRecordWithWhoAndWhy) {
  const std::string freeze = kW + "/slipway/alertFreeze";
  EXPECT_EQ(Call("GET", freeze)["frozen"], false);
  Call("PUT", freeze, json::object(), 400);
  EXPECT_EQ(Call("PUT", freeze, {{"reason", "release week"}, {"by", "somebody else"}})["freeze"]["by"], "local");
  EXPECT_EQ(Call("DELETE", freeze)["frozen"], false);
  const auto entries = *audit_.List({});
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].action, "alert.unfreeze");
  EXPECT_EQ(entries[1].action, "alert.freeze");
  EXPECT_EQ(entries[1].reason, "release week");
  EXPECT_EQ(entries[1].actor, "local");
  EXPECT_EQ(entries[1].scope, domain::Scope{}.ArmId());
}

TEST_F(AlertsApi, ARuleIsMadeReadListedAndDeleted) {
  const json made = Call("PUT", rules_ + "/drift", Drift(), 201);
  EXPECT_EQ(made["id"], rules_ + "/drift");
  EXPECT_EQ(Call("GET", rules_ + "/drift"), made);
  EXPECT_EQ(Call("GET", rules_)["value"], json::array({made}));
  Call("PUT", rules_ + "/drift", made, 200);
  EXPECT_EQ(Send("DELETE", rules_ + "/drift").status, 200);
  EXPECT_EQ(Send("DELETE", rules_ + "/drift").status, 204);
  Call("GET", rules_ + "/drift", nullptr, 404);
}

TEST_F(AlertsApi, APatchChangesWhatItNames) {
  Call("PUT", rules_ + "/drift", Drift(), 201);
  const json patched = Call("PATCH", rules_ + "/drift",
                            {{"tags", {{"team", "ml"}}}, {"properties", {{"enabled", false}, {"severity", 1}}}}, 200);
  EXPECT_EQ(patched["properties"]["enabled"], false);
  EXPECT_EQ(patched["properties"]["severity"], 1);
  EXPECT_EQ(patched["tags"]["team"], "ml");
  EXPECT_EQ(patched["properties"]["criteria"], Drift()["properties"]["criteria"]);
  Call("PATCH", rules_ + "/drift", {{"properties", {{"severity", 9}}}}, 400);
  Call("PATCH", rules_ + "/other", json::object(), 404);
}

TEST_F(AlertsApi, RulesAreListedBySubscription) {
  Call("PUT", rules_ + "/drift", Drift(), 201);
  const std::string subscription = kGroup.substr(0, kGroup.find("/resourceGroups/"));
  EXPECT_EQ(Call("GET", subscription + "/providers/Microsoft.Insights/scheduledQueryRules")["value"].size(), 1u);
  EXPECT_EQ(Call("GET", "/subscriptions/x/providers/Microsoft.Insights/scheduledQueryRules")["value"].size(), 0u);
}

TEST_F(AlertsApi, EventsTellWhatARuleDid) {
  Call("PUT", rules_ + "/drift", Drift(), 201);
  EXPECT_EQ(Call("GET", kW + "/slipway/alerts?rule=drift")["value"], json::array());
  logs_.rows = 3;
  service_.Tick(clock_.Now());
  const json events = Call("GET", kW + "/slipway/alerts?rule=drift")["value"];
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0]["rule"], "drift");
  EXPECT_EQ(events[0]["job"], "drift-20260304T100000Z");
  EXPECT_EQ(events[0]["value"], 3.0);
  EXPECT_EQ(events[0]["resolvedAt"], nullptr);
  EXPECT_EQ(Call("GET", rules_ + "/drift")["properties"]["slipway"]["isFired"], true);
}

TEST_F(AlertsApi, WhyARuleCouldNotBeEvaluatedIsShown) {
  Call("PUT", rules_ + "/drift", Drift(), 201);
  logs_.failure = InvalidArgument("the table is gone");
  service_.Tick(clock_.Now());
  EXPECT_EQ(Call("GET", rules_ + "/drift")["properties"]["slipway"]["lastError"], "the table is gone");
}

TEST_F(AlertsApi, TheScopeNamesTheWorkspace) {
  json rule = Drift();
  rule["properties"]["scopes"] = {kGroup + "/providers/Microsoft.OperationalInsights/workspaces/default"};
  Call("PUT", rules_ + "/a", rule, 201);
  for (const json& scopes : {json::array(), json::array({"default"}), json("x"),
                             json::array({"/subscriptions/s/resourceGroups/other/providers/p/workspaces/default"})}) {
    rule["properties"]["scopes"] = scopes;
    EXPECT_NE(Call("PUT", rules_ + "/b", rule, 400)["error"]["message"].dump().find("'properties.scopes'"),
              std::string::npos);
  }
}

TEST_F(AlertsApi, AQueryThatDoesNotCompileIsRefused) {
  logs_.failure = InvalidArgument("SEM0100: no column is named 'x'\ntraces | where x\n               ^");
  const json error = Call("PUT", rules_ + "/drift", Drift(), 400)["error"];
  EXPECT_NE(error["message"].get<std::string>().find("^"), std::string::npos);
}

}  // namespace
}  // namespace slipway::api
