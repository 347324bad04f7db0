// What plan/ decides, as tables.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slipway/base/hash.h"
#include "slipway/endpoints/plan/checks.h"
#include "slipway/endpoints/plan/placement.h"
#include "slipway/endpoints/plan/revision.h"
#include "slipway/endpoints/plan/routing.h"

namespace slipway::endpoints {
namespace {

using namespace domain;
using ::testing::HasSubstr;
using Action = Decision::Action;
using State = ProvisioningState;

constexpr Timestamp kNow{std::chrono::hours(500'000)};

GatewayReport Reported(int64_t revision, std::string state, std::string message = "") {
  return {"credit", "blue", revision, std::move(state), std::move(message)};
}

struct ProgressCase {
  const char* what;
  RevisionProgress progress;
  Action action;
};

// state, revision, preparing, candidate, serving, handed over when, time allowed, preparation, report.
const ProgressCase kProgressCases[] = {
    {"a new deployment is prepared", {State::kCreating, 1, {}, {}, {}, {}, {}, {}, {}}, Action::kPrepare},
    {"once at a time", {State::kCreating, 1, 1, {}, {}, {}, {}, {}, {}}, Action::kNone},
    {"a newer revision does not wait for the preparation of an older",
     {State::kUpdating, 2, 1, {}, {}, {}, {}, {}, {}},
     Action::kPrepare},
    {"the end of an older preparation says nothing",
     {State::kUpdating, 2, 2, {}, {}, {}, {}, PreparationEnd{1, "broken"}, {}},
     Action::kNone},
    {"a failed preparation fails the deployment",
     {State::kCreating, 1, {}, {}, {}, {}, {}, PreparationEnd{1, "broken"}, {}},
     Action::kReject},
    {"a candidate waits for the gateway",
     {State::kCreating, 1, {}, 1, {}, kNow, std::chrono::seconds(1), {}, {}},
     Action::kNone},
    {"while it is loaded",
     {State::kCreating, 1, {}, 1, {}, kNow, std::chrono::seconds(1), {}, Reported(1, "Creating")},
     Action::kNone},
    {"until the gateway says that it works",
     {State::kCreating, 1, {}, 1, {}, kNow, std::chrono::seconds(1), {}, Reported(1, "Succeeded")},
     Action::kConfirm},
    {"or that it does not",
     {State::kCreating, 1, {}, 1, {}, kNow, std::chrono::seconds(1), {}, Reported(1, "Failed")},
     Action::kReject},
    {"or until its time is over",
     {State::kCreating, 1, {}, 1, {}, kNow - std::chrono::seconds(1), std::chrono::seconds(1), {}, {}},
     Action::kReject},
    {"a report about the old revision says nothing",
     {State::kUpdating, 2, {}, 2, 1, kNow, std::chrono::seconds(1), {}, Reported(1, "Succeeded")},
     Action::kNone},
    {"scaling is an update", {State::kScaling, 2, {}, {}, 1, {}, {}, {}, {}}, Action::kPrepare},
    {"after a crash between the two writes of a confirmation the report is waited for again",
     {State::kUpdating, 2, {}, {}, 2, kNow, std::chrono::seconds(1), {}, {}},
     Action::kNone},
    {"and confirms", {State::kUpdating, 2, {}, {}, 2, kNow, {}, {}, Reported(2, "Succeeded")}, Action::kConfirm},
    {"what works is left alone", {State::kSucceeded, 2, {}, {}, 2, {}, {}, {}, {}}, Action::kNone},
    {"also while a new gateway loads it",
     {State::kSucceeded, 2, {}, {}, 2, {}, {}, {}, Reported(2, "Creating")},
     Action::kNone},
    {"and fails when it cannot", {State::kSucceeded, 2, {}, {}, 2, {}, {}, {}, Reported(2, "Failed")}, Action::kReject},
    {"a lost placement is made again", {State::kSucceeded, 2, {}, {}, {}, {}, {}, {}, {}}, Action::kPrepare},
    {"and confirmed without time limit",
     {State::kSucceeded, 2, {}, 2, {}, {}, {}, {}, Reported(2, "Succeeded")},
     Action::kConfirm},
    {"or waited for", {State::kSucceeded, 2, {}, 2, {}, {}, {}, {}, {}}, Action::kNone},
    {"or fails", {State::kSucceeded, 2, {}, {}, {}, {}, {}, PreparationEnd{2, "gone"}, {}}, Action::kReject},
    {"a failed deployment stays so",
     {State::kFailed, 2, {}, {}, 1, {}, {}, {}, Reported(1, "Succeeded")},
     Action::kNone},
    {"unless its own revision works after all",
     {State::kFailed, 2, {}, {}, 2, {}, {}, {}, Reported(2, "Succeeded")},
     Action::kConfirm},
    {"deleted is deleted", {State::kDeleting, 2, {}, {}, 2, {}, {}, {}, Reported(2, "Succeeded")}, Action::kNone},
};

TEST(RevisionProgress, FollowsTheTable) {
  for (const ProgressCase& row : kProgressCases) {
    EXPECT_EQ(static_cast<int>(Decide(row.progress, kNow).action), static_cast<int>(row.action)) << row.what;
  }
}

TEST(RevisionProgress, AFailureTellsWhyAndWhatServesMeanwhile) {
  RevisionProgress progress;
  progress.state = State::kUpdating;
  progress.revision = 4;
  progress.candidate = 4;
  progress.serving = 3;
  progress.report = Reported(4, "Failed", "init raised\n  \n");
  EXPECT_EQ(Decide(progress, kNow).message, "ResourceNotReady: init raised\nRevision 3 goes on serving.");
  progress.serving.reset();
  EXPECT_EQ(Decide(progress, kNow).message, "ResourceNotReady: init raised");
}

TEST(Placements, SurviveTheirText) {
  OnlineDeployment deployment;
  deployment.name = "blue";
  deployment.revision = 3;
  Prepared prepared;
  prepared.model_path = "/m/model";
  EndpointPlacements placements;
  placements["blue"] = {4, 3, MakePlacement(deployment, prepared), std::nullopt};
  const auto read = PlacementsFromText(PlacementsToText("credit", placements));
  ASSERT_TRUE(read) << read.error().ToString();
  const Placements& blue = read->at("blue");
  EXPECT_EQ(blue.last_revision, 4);
  EXPECT_EQ(blue.prepared_revision, 3);
  EXPECT_EQ(blue.serving->revision, 3);
  EXPECT_EQ(blue.serving->document, placements["blue"].serving->document);
  EXPECT_FALSE(blue.candidate);
}

TEST(Placements, RefuseWhatTheyCannotRead) {
  for (const char* text : {"", "{", "[]", R"({"version":2,"deployments":{}})", R"({"version":1})",
                           R"({"version":1,"deployments":{"blue":{}}})"}) {
    EXPECT_EQ(PlacementsFromText(text).error().code(), Code::kDataLoss) << text;
  }
}

TEST(Placements, DropWhatACrashLeftBehind) {
  OnlineDeployment stored;
  stored.revision = 4;
  stored.state = State::kUpdating;
  const auto placements = [](int serving, int candidate) {
    return Placements{9, 0, Placement{serving, {}}, Placement{candidate, {}}};
  };
  Placements kept = placements(3, 4);
  Reconcile(kept, &stored);
  EXPECT_EQ(kept.candidate->revision, 4);
  Placements outdated = placements(2, 3);
  Reconcile(outdated, &stored);
  EXPECT_FALSE(outdated.candidate);
  EXPECT_EQ(outdated.serving->revision, 2);
  stored.state = State::kFailed;
  Placements failed = placements(3, 4);
  Reconcile(failed, &stored);
  EXPECT_FALSE(failed.candidate);
  Placements deleted = placements(3, 4);
  Reconcile(deleted, nullptr);
  EXPECT_EQ(deleted.Routed(), nullptr);
  EXPECT_EQ(deleted.last_revision, 9);
}

TEST(Placements, AScriptSeesItsEnvironmentAndTheDeploymentsVariablesWin) {
  OnlineDeployment deployment;
  deployment.environment_variables = {{"A", "deployment"}, {"B", "2"}};
  Prepared prepared;
  prepared.variables = {{"A", "environment"}, {"PATH", "/bin"}};
  const auto model_only = MakePlacement(deployment, prepared).document;
  EXPECT_EQ(model_only["kind"], "model");
  EXPECT_EQ(model_only["environment_variables"], nlohmann::json({{"A", "deployment"}, {"B", "2"}}));
  EXPECT_FALSE(model_only.contains("code_dir"));
  prepared.scoring_script = "score.py";
  prepared.language = "python";
  prepared.program = {"/usr/bin/python3"};
  const auto script = MakePlacement(deployment, prepared).document;
  EXPECT_EQ(script["kind"], "script");
  EXPECT_EQ(script["environment_variables"], nlohmann::json({{"A", "deployment"}, {"B", "2"}, {"PATH", "/bin"}}));
  EXPECT_EQ(script["program"], nlohmann::json({"/usr/bin/python3"}));
  EXPECT_FALSE(script.contains("scaling"));
  deployment.scale_settings = {true, 1, 4, 70, 1'000, 60'000};
  EXPECT_EQ(MakePlacement(deployment, prepared).document["scaling"],
            nlohmann::json::parse(R"({"is_automatic":true,"instances_min":1,"instances_max":4,
                "target_utilization_percentage":70,"polling_interval_ms":1000,"idle_after_ms":60000})"));
}

OnlineEndpoint EndpointWith(std::map<std::string, int> traffic, std::map<std::string, int> mirror = {}) {
  OnlineEndpoint endpoint;
  endpoint.name = "credit";
  endpoint.primary_key = "one";
  endpoint.secondary_key = "two";
  endpoint.traffic = std::move(traffic);
  endpoint.mirror_traffic = std::move(mirror);
  return endpoint;
}

TEST(Routing, ShowsHashesOfKeysAndAnETagOfTheRest) {
  Workspace workspace;
  workspace.id = "w-1";
  OnlineEndpoint endpoint = EndpointWith({{"blue", 100}});
  const Placement placement{1, {{"name", "blue"}}};
  const Routing routing = MakeRouting({{&workspace, &endpoint, {&placement}}});
  const auto document = nlohmann::json::parse(routing.text);
  EXPECT_EQ(document["version"], 1);
  EXPECT_EQ(document["etag"], routing.etag);
  const auto& routed = document["endpoints"][0];
  EXPECT_EQ(routed["key_sha256"], nlohmann::json({Sha256Hex("one"), Sha256Hex("two")}));
  EXPECT_EQ(routed["workspace_id"], "w-1");
  EXPECT_EQ(routed["deployments"][0]["name"], "blue");
  EXPECT_THAT(routed["arm_id"].get<std::string>(), ::testing::EndsWith("/onlineEndpoints/credit"));
  EXPECT_EQ(routing.text.find("\"one\""), std::string::npos);
  EXPECT_EQ(MakeRouting({{&workspace, &endpoint, {&placement}}}).etag, routing.etag);
  endpoint.secondary_key = "three";
  EXPECT_NE(MakeRouting({{&workspace, &endpoint, {&placement}}}).etag, routing.etag);
}

TEST(Token, IsSignedByASecretThatAnyNewKeyChanges) {
  OnlineEndpoint endpoint = EndpointWith({});
  endpoint.name = "Credit";
  const std::string token = MakeToken(endpoint, Timestamp(std::chrono::seconds(1'767'225'600)));
  const std::string signed_part = "slp1.credit.1767225600";
  EXPECT_EQ(token, signed_part + "." + HmacSha256Hex(TokenSecretOf(endpoint), signed_part));
  const std::string secret = TokenSecretOf(endpoint);
  OnlineEndpoint primary = endpoint, secondary = endpoint;
  primary.primary_key = "new";
  secondary.secondary_key = "new";
  EXPECT_NE(TokenSecretOf(primary), secret);
  EXPECT_NE(TokenSecretOf(secondary), secret);
}

struct RefusalCase {
  std::map<std::string, int> traffic, mirror;
  const char* message;  // "" = accepted
};

TEST(Checks, TrafficAndMirrorTraffic) {
  const RefusalCase cases[] = {
      {{}, {}, ""},
      {{{"blue", 90}, {"green", 10}}, {}, ""},
      {{{"blue", 0}}, {}, ""},
      {{{"blue", 60}, {"green", 30}}, {}, "sums to 90 %"},
      {{{"bleu", 100}}, {}, "did you mean 'blue'"},
      {{{"blue", 100}}, {{"green", 50}}, ""},
      {{{"blue", 100}}, {{"green", 51}}, "from 0 to 50"},
      {{{"blue", 100}}, {{"grean", 10}}, "did you mean 'green'"},
      {{{"blue", 100}}, {{"blue", 10}}, "live or mirrored traffic, not both"},
      {{{"blue", 100}, {"green", 0}}, {{"green", 10}}, ""},
      {{{"blue", 100}}, {{"blue", 0}}, ""},
      {{}, {{"blue", 10}, {"green", 10}}, "to one deployment"},
  };
  for (const RefusalCase& row : cases) {
    const Status status = CheckEndpoint(EndpointWith(row.traffic, row.mirror), {"blue", "green"});
    if (*row.message == '\0') {
      EXPECT_TRUE(status) << status.error().ToString();
    } else {
      ASSERT_FALSE(status) << row.message;
      EXPECT_THAT(status.error().ToString(), HasSubstr(row.message));
      EXPECT_EQ(status.error().code(), Code::kInvalidArgument);
    }
  }
}

TEST(Checks, EntraTokensAreRefusedByName) {
  OnlineEndpoint endpoint = EndpointWith({});
  endpoint.auth_mode = AuthMode::kAadToken;
  const Status status = CheckEndpoint(endpoint, {});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), Code::kUnimplemented);
  EXPECT_THAT(status.error().message(), HasSubstr("AADToken is not supported yet"));
}

OnlineDeployment ModelOnly() {
  OnlineDeployment deployment;
  deployment.name = "blue";
  deployment.model = "azureml:m:1";
  return deployment;
}

TEST(Checks, DeploymentsNeedTheirParts) {
  EXPECT_TRUE(CheckDeployment(ModelOnly()));
  const auto refusal = [](auto&& change) {
    OnlineDeployment deployment = ModelOnly();
    change(deployment);
    const Status status = CheckDeployment(deployment);
    return status ? "accepted" : status.error().ToString();
  };
  EXPECT_THAT(refusal([](auto& d) { d.model.clear(); }), HasSubstr("needs a model, a codeConfiguration or both"));
  EXPECT_THAT(refusal([](auto& d) { d.code = "azureml:c:1"; }), HasSubstr("both codeId and scoringScript"));
  EXPECT_THAT(refusal([](auto& d) { d.code = d.scoring_script = "x"; }), HasSubstr("needs an environment"));
  EXPECT_THAT(refusal([](auto& d) { d.name = "b"; }), HasSubstr("3 to 32 characters"));
  EXPECT_THAT(refusal([](auto& d) { d.instance_count = 0; }), HasSubstr("number of instances is 0"));
  EXPECT_THAT(refusal([](auto& d) { d.request_settings.request_timeout_ms = 180'001; }), HasSubstr("to 180000"));
  EXPECT_THAT(refusal([](auto& d) { d.request_settings.max_concurrent_requests_per_instance = 0; }),
              HasSubstr("maxConcurrentRequestsPerInstance is 0"));
  EXPECT_THAT(refusal([](auto& d) { d.readiness_probe.failure_threshold = 0; }), HasSubstr("of the readiness probe"));
  EXPECT_THAT(refusal([](auto& d) { d.scale_settings.is_automatic = true; }), HasSubstr("need a scoring script"));
  const auto with_script = [](auto& d) {
    d.code = d.environment = "azureml:x:1";
    d.scoring_script = "score.py";
  };
  EXPECT_EQ(refusal([&](auto& d) {
              with_script(d);
              d.scale_settings = {true, 1, 4, 70, 1'000, 60'000};
            }),
            "accepted");
  EXPECT_THAT(refusal([&](auto& d) {
                with_script(d);
                d.scale_settings.instances_min = 2;
              }),
              HasSubstr("minInstances is 2: it has to be from 1 to 1"));
}

TEST(Checks, DataCollectorsNameWhatCanBeCollected) {
  const auto refusal = [](auto&& change) {
    OnlineDeployment deployment = ModelOnly();
    deployment.data_collector.emplace();
    change(deployment, *deployment.data_collector);
    const Status status = CheckDeployment(deployment);
    return status ? "accepted" : status.error().ToString();
  };
  EXPECT_EQ(refusal([](auto&, auto&) {}), "accepted");
  EXPECT_EQ(refusal([](auto&, auto& c) { c.collections["model_inputs_outputs"].enabled = true; }), "accepted");
  EXPECT_THAT(refusal([](auto&, auto& c) { c.collections["model_input"].enabled = true; }),
              HasSubstr("did you mean 'model_inputs'"));
  EXPECT_EQ(refusal([](auto&, auto& c) { c.collections["anything"].enabled = false; }), "accepted");
  EXPECT_THAT(refusal([](auto& d, auto& c) {
                d.code = d.environment = "azureml:x:1";
                d.scoring_script = "score.py";
                c.collections["a/b"].enabled = true;
              }),
              HasSubstr("a collection of the data collector"));
  EXPECT_THAT(refusal([](auto&, auto& c) { c.sampling_rate = 1.5; }), HasSubstr("samplingRate is 1.5"));
  EXPECT_THAT(refusal([](auto&, auto& c) { c.rolling_rate = "week"; }), HasSubstr("one of minute, hour, day"));
  EXPECT_THAT(refusal([](auto&, auto& c) { c.capture_headers = {"authorization"}; }), HasSubstr("credentials"));
  EXPECT_THAT(refusal([](auto& d, auto&) { d.memory_limit_bytes = 1 << 30; }), HasSubstr("needs a scoring script"));
}

TEST(Checks, WhatIsCollectedMattersToTheGateway) {
  OnlineDeployment stored = ModelOnly();
  OnlineDeployment wanted = stored;
  wanted.data_collector.emplace().collections["request"].enabled = false;
  EXPECT_EQ(NeedOf(stored, wanted), ChangeNeed::kNone);
  wanted.data_collector->collections["request"].enabled = true;
  EXPECT_EQ(NeedOf(stored, wanted), ChangeNeed::kUpdate);
}

TEST(Placement, TellsWhereCollectionsLie) {
  OnlineDeployment deployment = ModelOnly();
  deployment.data_collector.emplace();
  deployment.data_collector->sampling_rate = 0.5;
  deployment.data_collector->collections["request"] = {true, "n", "p", "1", 0.25};
  Prepared prepared;
  prepared.collections["request"] = {"/data/request", "azureml://datastores/d/paths/request"};
  const auto document = MakePlacement(deployment, prepared).document;
  EXPECT_EQ(document["data_collector"]["rolling_rate"], "hour");
  const auto& request = document["data_collector"]["collections"]["request"];
  EXPECT_EQ(request["folder"], "/data/request");
  EXPECT_EQ(request["sampling_rate"], 0.25);
}

TEST(Checks, ADeploymentWithTrafficIsNotDeleted) {
  EXPECT_THAT(CheckNoTraffic(EndpointWith({{"blue", 100}}), "Blue").error().message(),
              HasSubstr("gets 100 % of the traffic"));
  EXPECT_THAT(CheckNoTraffic(EndpointWith({}, {{"blue", 10}}), "blue").error().message(),
              HasSubstr("gets 10 % of the mirrored traffic"));
  EXPECT_TRUE(CheckNoTraffic(EndpointWith({{"blue", 0}, {"green", 100}}), "blue"));
}

TEST(Checks, WhatTheGatewayHasToDo) {
  const OnlineDeployment stored = ModelOnly();
  const auto need = [&](auto&& change) {
    OnlineDeployment wanted = stored;
    change(wanted);
    return NeedOf(stored, wanted);
  };
  EXPECT_EQ(need([](auto&) {}), ChangeNeed::kNone);
  EXPECT_EQ(need([](auto& d) { d.tags["a"] = d.description = d.instance_type = "b"; }), ChangeNeed::kNone);
  EXPECT_EQ(need([](auto& d) { d.instance_count = 2; }), ChangeNeed::kScale);
  EXPECT_EQ(need([](auto& d) { d.scale_settings.instances_max = 2; }), ChangeNeed::kScale);
  EXPECT_EQ(need([](auto& d) { d.model = "azureml:m:2"; }), ChangeNeed::kUpdate);
  EXPECT_EQ(need([](auto& d) { d.environment_variables["a"] = "b"; }), ChangeNeed::kUpdate);
  EXPECT_EQ(need([](auto& d) { d.request_settings.request_timeout_ms = 1; }), ChangeNeed::kUpdate);
  EXPECT_EQ(need([](auto& d) { d.readiness_probe.period_ms = 1; }), ChangeNeed::kUpdate);
}

}  // namespace
}  // namespace slipway::endpoints
