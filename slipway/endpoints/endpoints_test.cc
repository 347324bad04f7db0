// The service with stores in memory, real builds, and a gateway that says what the test wants.
#include "slipway/endpoints/endpoints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <future>

#include "slipway/base/hash.h"
#include "slipway/base/text.h"
#include "slipway/endpoints/testing/endpoint_world.h"

namespace slipway::endpoints {
namespace {

using namespace domain;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using State = ProvisioningState;
using std::chrono::milliseconds;

class EndpointsTest : public ::testing::Test, protected testing::EndpointWorld {
 protected:
  void SetUp() override {
    ASSERT_TRUE(start_status) << start_status.error().ToString();
    ASSERT_TRUE(service->PutEndpoint(scope, Endpoint()));
  }
  Status SetTraffic(std::map<std::string, int> traffic, std::map<std::string, int> mirror = {}) {
    OnlineEndpoint wanted = Endpoint();
    wanted.traffic = std::move(traffic);
    wanted.mirror_traffic = std::move(mirror);
    SLIPWAY_RETURN_IF_ERROR(service->PutEndpoint(scope, wanted));
    return {};
  }
  std::string Logs(LogKind kind) { return service->ReadLogs(scope, "credit", "blue", kind, 100).value_or("no logs"); }
};

TEST_F(EndpointsTest, AModelGoesToTheGatewayAndServesOnceThatSaysSo) {
  const auto put = service->PutDeployment(scope, ModelDeployment());
  ASSERT_TRUE(put) << put.error().ToString();
  EXPECT_TRUE(put->is_new);
  EXPECT_EQ(put->value.state, State::kCreating);
  EXPECT_EQ(put->value.model, "azureml:m:1");
  WaitUntilPrepared();
  const auto routed = Routed();
  EXPECT_EQ(routed["kind"], "model");
  EXPECT_EQ(routed["model_name"], "m");
  EXPECT_THAT(routed["model_dir"].get<std::string>(), EndsWith("/models/m/1"));
  EXPECT_THAT(routed["model_path"].get<std::string>(), EndsWith("/models/m/1/model.onnx"));
  EXPECT_EQ(Deployment().state, State::kCreating);
  Report(1, "Succeeded");
  EXPECT_EQ(Deployment().state, State::kSucceeded);
}

TEST_F(EndpointsTest, AScriptIsBuiltAndRunsInItsEnvironment) {
  ASSERT_TRUE(service->PutDeployment(scope, ScriptDeployment("builds")));
  WaitUntilPrepared();
  const auto routed = Routed();
  ASSERT_TRUE(routed.is_object()) << Deployment().state_message;
  EXPECT_EQ(routed["kind"], "script");
  EXPECT_EQ(routed["language"], "cpp");
  EXPECT_EQ(routed["scoring_script"], "build/score.so");
  EXPECT_TRUE(std::filesystem::exists(std::filesystem::path(routed["code_dir"].get<std::string>()) / "build/score.so"));
  EXPECT_EQ(routed["environment_variables"]["FROM_ENVIRONMENT"], "1");
  EXPECT_THAT(Logs(LogKind::kPreparation), AllOf(HasSubstr("built it"), HasSubstr("prepared")));
}

TEST_F(EndpointsTest, APythonScriptRunsUnderTheEnvironmentsPython) {
  ASSERT_TRUE(service->PutDeployment(scope, ScriptDeployment("plain", "score.py")));
  WaitUntilPrepared();
  const auto routed = Routed();
  ASSERT_TRUE(routed.is_object()) << Deployment().state_message;
  EXPECT_EQ(routed["language"], "python");
  EXPECT_THAT(routed["program"][0].get<std::string>(), EndsWith("/python3"));
}

TEST_F(EndpointsTest, ABuildThatBreaksIsTheDeploymentsFailureAndItsLog) {
  ASSERT_TRUE(service->PutDeployment(scope, ScriptDeployment("breaks")));
  const OnlineDeployment failed = WaitUntilPrepared();
  EXPECT_EQ(failed.state, State::kFailed);
  EXPECT_THAT(failed.state_message, AllOf(::testing::StartsWith("ImageBuildFailure: "), HasSubstr("exit code 7"),
                                          HasSubstr("no such header")));
  EXPECT_TRUE(Routed().is_null());
  EXPECT_THAT(Logs(LogKind::kConsole), HasSubstr("no such header"));
}

TEST_F(EndpointsTest, ABuildWithoutTheSharedObjectFails) {
  ASSERT_TRUE(service->PutDeployment(scope, ScriptDeployment("makes-nothing")));
  EXPECT_THAT(WaitUntilPrepared().state_message,
              HasSubstr("BadArgument: the environment's build command made no 'score.so'"));
}

TEST_F(EndpointsTest, AScriptInAContainerIsRefusedAtOnce) {
  domain::EnvironmentBody image;
  image.image = "python:3.11";
  AddAsset(domain::AssetKind::kEnvironment, "image", image);
  const auto put = service->PutDeployment(scope, ScriptDeployment("image"));
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code(), Code::kUnimplemented);
  EXPECT_THAT(put.error().ToString(), HasSubstr("environment 'image' is a container image"));
}

TEST_F(EndpointsTest, ReferencesThatLeadNowhereAreRefusedAtOnce) {
  OnlineDeployment wanted = ModelDeployment();
  wanted.model = "azureml:mm:1";
  const auto put = service->PutDeployment(scope, wanted);
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code(), Code::kNotFound);
  EXPECT_THAT(put.error().ToString(), HasSubstr("model: there is no model 'mm'"));
  wanted.model = "azureml:m:9";
  EXPECT_THAT(service->PutDeployment(scope, wanted).error().ToString(), HasSubstr("the newest is '1'"));
  AddEnvironment("exotic", "");
  OnlineDeployment exotic = ScriptDeployment("exotic");
  exotic.endpoint_name = "credti";
  const auto misspelt = service->PutDeployment(scope, exotic);
  EXPECT_EQ(misspelt.error().code(), Code::kNotFound);
  EXPECT_THAT(misspelt.error().ToString(), HasSubstr("did you mean 'credit'"));
}

TEST_F(EndpointsTest, AnEnvironmentThisMachineCannotMakeIsRefusedAtOnce) {
  EnvironmentBody body;
  body.native = NativeProvider{"native", "", {}, {"no-such-program-here"}, {}};
  AddAsset(AssetKind::kEnvironment, "needs", body);
  EXPECT_THAT(service->PutDeployment(scope, ScriptDeployment("needs")).error().ToString(),
              HasSubstr("no-such-program-here"));
  EnvironmentBody container;
  container.native = NativeProvider{"native", "", {}, {}, {}};
  container.scoring_route = Route{8080, "/predict"};
  AddAsset(AssetKind::kEnvironment, "custom", container);
  EXPECT_THAT(service->PutDeployment(scope, ScriptDeployment("custom")).error().ToString(),
              HasSubstr("custom containers) are not supported yet"));
}

TEST_F(EndpointsTest, CollectionsAreDataAssetsInTheDefaultDatastore) {
  auto wanted = ModelDeployment();
  wanted.data_collector.emplace();
  wanted.data_collector->collections["model_inputs"].enabled = true;
  wanted.data_collector->collections["request"].enabled = false;
  ASSERT_EQ(Deploy(wanted).state, ProvisioningState::kSucceeded);
  const std::string uri = "azureml://datastores/store/paths/modelDataCollector/credit/blue/model_inputs";
  const auto asset = assets.GetVersion(scope, domain::AssetKind::kData, "credit-blue-model_inputs", "1");
  ASSERT_TRUE(asset) << asset.error().ToString();
  EXPECT_EQ(std::get<domain::DataBody>(asset->body).path, uri + "/");
  EXPECT_EQ(std::get<domain::DataBody>(asset->body).type, domain::DataType::kUriFolder);
  const auto collections = Routed()["data_collector"]["collections"];
  EXPECT_EQ(collections.size(), 1u);
  const std::filesystem::path folder = home.path() / "store/modelDataCollector/credit/blue/model_inputs";
  EXPECT_EQ(collections["model_inputs"]["folder"], folder.string());
  EXPECT_EQ(collections["model_inputs"]["uri"], uri);
  EXPECT_TRUE(std::filesystem::is_directory(folder));
  const auto stored = Deployment().data_collector->collections.at("model_inputs");
  EXPECT_EQ(stored.data_name, "credit-blue-model_inputs");
  // The same again changes nothing.
  const int revision = Deployment().revision;
  ASSERT_TRUE(service->PutDeployment(scope, wanted));
  EXPECT_EQ(Deployment().revision, revision);
}

TEST_F(EndpointsTest, ACollectionMayUseADataAssetThatIsThere) {
  AddAsset(domain::AssetKind::kData, "mine",
           domain::DataBody{domain::DataType::kUriFolder, "azureml://datastores/store/paths/mine/"});
  auto wanted = ModelDeployment();
  wanted.data_collector.emplace();
  domain::CollectorSettings& inputs = wanted.data_collector->collections["model_inputs"];
  inputs.enabled = true;
  inputs.data_name = "azureml:mine:1";
  ASSERT_EQ(Deploy(wanted).state, ProvisioningState::kSucceeded);
  EXPECT_EQ(Routed()["data_collector"]["collections"]["model_inputs"]["folder"], (home.path() / "store/mine").string());
  inputs.data_name = "mine";
  inputs.data_path = "azureml://datastores/store/paths/other";
  const auto refused = service->PutDeployment(scope, wanted);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().ToString(), HasSubstr("choose another version or name"));
  inputs.data_path = "azureml://datastores/none/paths/x";
  inputs.data_name.clear();
  EXPECT_FALSE(service->PutDeployment(scope, wanted));
}

TEST_F(EndpointsTest, TheOldRevisionIsRoutedUntilTheNewOneIsPrepared) {
  ASSERT_EQ(Deploy(ModelDeployment()).state, State::kSucceeded);
  const auto put = service->PutDeployment(scope, ScriptDeployment("builds"));
  ASSERT_TRUE(put);
  EXPECT_FALSE(put->is_new);
  EXPECT_EQ(put->value.state, State::kUpdating);
  EXPECT_EQ(put->value.revision, 2);
  EXPECT_EQ(WaitUntilPrepared().state, State::kUpdating);
  EXPECT_EQ(Routed()["revision"], 2);
  Report(1, "Succeeded");  // the gateway still tells of the old one
  EXPECT_EQ(Deployment().state, State::kUpdating);
  Report(2, "Succeeded");
  EXPECT_EQ(Deployment().state, State::kSucceeded);
  EXPECT_EQ(Routed()["kind"], "script");
}

TEST_F(EndpointsTest, AFailedUpdateKeepsTheOldRevisionAndSaysSo) {
  ASSERT_EQ(Deploy(ModelDeployment()).state, State::kSucceeded);
  ASSERT_TRUE(service->PutDeployment(scope, ScriptDeployment("builds")));
  WaitUntilPrepared();
  Report(2, "Failed", "init raised; the console's last lines: boom");
  EXPECT_EQ(Deployment().state, State::kFailed);
  EXPECT_EQ(Deployment().state_message,
            "ResourceNotReady: init raised; the console's last lines: boom\nRevision 1 goes on serving.");
  EXPECT_EQ(Routed()["revision"], 1);
  ASSERT_TRUE(service->PutDeployment(scope, ScriptDeployment("breaks")));
  EXPECT_EQ(WaitUntilPrepared().state, State::kFailed);
  EXPECT_EQ(Routed()["revision"], 1);
}

TEST_F(EndpointsTest, WhatTheGatewayNeverReportsFailsInTime) {
  OnlineDeployment wanted = ModelDeployment();
  wanted.readiness_probe = {1000, 1000, 1000, 1, 9};
  ASSERT_TRUE(service->PutDeployment(scope, wanted));
  WaitUntilPrepared();
  clock.Advance(std::chrono::seconds(78));
  service->CheckDeadlines();
  EXPECT_EQ(Deployment().state, State::kCreating);
  clock.Advance(std::chrono::seconds(1));
  service->CheckDeadlines();
  EXPECT_EQ(Deployment().state, State::kFailed);
  EXPECT_THAT(Deployment().state_message, HasSubstr("did not report the deployment ready within 79 s"));
  EXPECT_TRUE(Routed().is_null());
}

TEST_F(EndpointsTest, AnUnchangedPutChangesNothingAndTriesAgainWhatFailed) {
  ASSERT_EQ(Deploy(ModelDeployment()).revision, 1);
  const auto same = service->PutDeployment(scope, ModelDeployment());
  EXPECT_EQ(same->value.state, State::kSucceeded);
  EXPECT_EQ(same->value.revision, 1);
  OnlineDeployment renamed = ModelDeployment();
  renamed.description = "other";
  EXPECT_EQ(service->PutDeployment(scope, renamed)->value.revision, 1);
  EXPECT_EQ(Deployment().description, "other");
  Report(1, "Failed", "the model's folder is gone");
  ASSERT_EQ(Deployment().state, State::kFailed);
  EXPECT_EQ(service->ChangeDeployment(scope, "credit", "blue", {Tags{{"a", "b"}}, {}})->state, State::kFailed);
  EXPECT_EQ(service->PutDeployment(scope, ModelDeployment())->value.state, State::kUpdating);
  EXPECT_EQ(Deploy(ModelDeployment()).state, State::kSucceeded);
}

TEST_F(EndpointsTest, ANewModelVersionBehindLatestIsAnUpdate) {
  ASSERT_EQ(Deploy(ModelDeployment()).model, "azureml:m:1");
  AddAsset(AssetKind::kModel, "m", ModelBody{});
  const OnlineDeployment updated = Deploy(ModelDeployment());
  EXPECT_EQ(updated.model, "azureml:m:2");
  EXPECT_EQ(updated.revision, 2);
}

TEST_F(EndpointsTest, InstancesScale) {
  ASSERT_EQ(Deploy(ModelDeployment()).state, State::kSucceeded);
  const auto scaled = service->ChangeDeployment(scope, "credit", "blue", {{}, 3});
  ASSERT_TRUE(scaled);
  EXPECT_EQ(scaled->state, State::kScaling);
  WaitUntilPrepared();
  EXPECT_EQ(Routed()["instance_count"], 3);
  EXPECT_FALSE(service->ChangeDeployment(scope, "credit", "blue", {{}, 0}));
}

TEST_F(EndpointsTest, ARevisionNumberIsNeverUsedTwice) {
  ASSERT_EQ(Deploy(ModelDeployment()).revision, 1);
  ASSERT_TRUE(service->DeleteDeployment(scope, "credit", "blue"));
  ASSERT_TRUE(service->PutDeployment(scope, ModelDeployment()));
  WaitUntilPrepared();
  Report(1, "Succeeded");  // about the deployment that is gone
  EXPECT_EQ(Deployment().state, State::kCreating);
  EXPECT_EQ(Deployment().revision, 2);
  ASSERT_TRUE(service->DeleteEndpoint(scope, "credit"));
  ASSERT_TRUE(service->PutEndpoint(scope, Endpoint()));
  EXPECT_EQ(service->PutDeployment(scope, ModelDeployment())->value.revision, 3);
}

// Restarts.

TEST_F(EndpointsTest, ARestartRoutesAtOnceWhatWorked) {
  ASSERT_EQ(Deploy(ScriptDeployment("builds")).state, State::kSucceeded);
  ASSERT_TRUE(SetTraffic({{"blue", 100}}));
  const auto before = Snapshot();
  StopServer();
  StartServer();
  EXPECT_EQ(Snapshot(), before);
  EXPECT_EQ(Deployment().state, State::kSucceeded);
}

TEST_F(EndpointsTest, ARestartGoesOnWithAnUpdate) {
  ASSERT_EQ(Deploy(ModelDeployment()).state, State::kSucceeded);
  StopServer();
  OnlineDeployment updating = Deployment();
  updating.revision = 2;
  updating.state = State::kUpdating;
  updating.instance_count = 2;
  ASSERT_TRUE(endpoints.PutDeployment(scope, updating));  // stored, and the server was killed
  StartServer();
  WaitUntilPrepared();
  EXPECT_EQ(Routed()["instance_count"], 2);
  StopServer();  // prepared, and the server was killed
  StartServer();
  EXPECT_EQ(Routed()["revision"], 2);
  Report(2, "Succeeded");
  EXPECT_EQ(Deployment().state, State::kSucceeded);
}

TEST_F(EndpointsTest, WithoutPlacementsNothingIsRoutedUntilWhatWorkedIsBack) {
  ASSERT_EQ(Deploy(ScriptDeployment("builds")).state, State::kSucceeded);
  StopServer();
  ASSERT_TRUE(WriteFileAtomic(home.path() / "endpoints" / "placements" / "credit.json", "{"));
  StartServer();
  auto routing = service->WaitForRouting("", milliseconds(60'000));
  if (routing && !*routing) routing = service->WaitForRouting("", milliseconds(60'000));  // the first one does not wait
  ASSERT_TRUE(routing && *routing);
  EXPECT_THAT((*routing)->text, HasSubstr("build/score.so"));
  EXPECT_EQ(Deployment().state, State::kSucceeded);
}

TEST_F(EndpointsTest, WhatCannotBeStoredIsTriedAgain) {
  ASSERT_TRUE(service->PutDeployment(scope, ModelDeployment()));
  WaitUntilPrepared();
  endpoints.fails = true;
  Report(1, "Succeeded");
  EXPECT_EQ(Deployment().state, State::kCreating);
  EXPECT_FALSE(service->PutEndpoint(scope, Endpoint()));
  endpoints.fails = false;
  service->CheckDeadlines();
  EXPECT_EQ(Deployment().state, State::kSucceeded);
}

// Polls.

TEST_F(EndpointsTest, APollWaitsForNews) {
  Snapshot();
  auto poll = std::async(std::launch::async, [this] { return service->WaitForRouting(etag, milliseconds(60'000)); });
  ASSERT_TRUE(service->PutEndpoint(scope, Endpoint("other-one")));
  const auto news = poll.get();
  ASSERT_TRUE(news && *news);
  EXPECT_THAT((*news)->text, HasSubstr("other-one"));
  EXPECT_FALSE(*service->WaitForRouting((*news)->etag, milliseconds(0)));
}

TEST_F(EndpointsTest, AChangeIsRoutedOnceAGatewayAsksForNewerNews) {
  service->WaitUntilRouted(std::chrono::hours(1));  // nobody listens
  Snapshot();
  (void)service->WaitForRouting(etag, milliseconds(0));
  service->WaitUntilRouted(std::chrono::hours(1));  // it has the newest
  auto poll = std::async(std::launch::async, [this] {
    auto news = service->WaitForRouting(etag, std::chrono::hours(1));
    std::string seen = (*news)->text;
    (void)service->WaitForRouting((*news)->etag, milliseconds(0));
    return seen;
  });
  ASSERT_TRUE(service->PutEndpoint(scope, Endpoint("other-one")));
  service->WaitUntilRouted(std::chrono::hours(1));
  EXPECT_THAT(poll.get(), HasSubstr("other-one"));
}

TEST_F(EndpointsTest, TheFirstPollAfterAStartDoesNotWait) {
  Snapshot();
  StopServer();
  StartServer();
  const auto first = service->WaitForRouting(etag, std::chrono::hours(1));
  ASSERT_TRUE(first);
  EXPECT_FALSE(*first);
}

TEST_F(EndpointsTest, StoppingEndsThePolls) {
  Snapshot();
  auto poll = std::async(std::launch::async, [this] { return service->WaitForRouting(etag, std::chrono::hours(1)); });
  service->Stop();
  EXPECT_FALSE(*poll.get());
}

// Endpoints.

TEST_F(EndpointsTest, NamesAreUniqueAcrossWorkspaces) {
  Workspace other;
  other.scope.workspace = "other";
  ASSERT_TRUE(workspaces.PutWorkspace(other));
  const auto taken = service->PutEndpoint(other.scope, Endpoint("CREDIT"));
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code(), Code::kAlreadyExists);
  EXPECT_THAT(taken.error().message(), HasSubstr("'default' has an endpoint 'credit' already"));
  EXPECT_TRUE(service->PutEndpoint(other.scope, Endpoint("credit2")));
  EXPECT_FALSE(service->LinksOf(scope, "credit2"));
}

TEST_F(EndpointsTest, KeysAreMadeOnceAndRegeneratedOneByOne) {
  const OnlineEndpoint made = *endpoints.GetEndpoint(scope, "credit");
  EXPECT_GE(made.primary_key.size(), 32u);
  EXPECT_NE(made.primary_key, made.secondary_key);
  OnlineEndpoint wanted = Endpoint();
  wanted.primary_key = "mine";
  ASSERT_TRUE(service->PutEndpoint(scope, wanted));
  EXPECT_EQ(endpoints.GetEndpoint(scope, "credit")->primary_key, made.primary_key);
  ASSERT_TRUE(service->RegenerateKey(scope, "credit", KeyKind::kPrimary, made.primary_key));
  const OnlineEndpoint changed = *endpoints.GetEndpoint(scope, "credit");
  EXPECT_NE(changed.primary_key, made.primary_key);
  EXPECT_EQ(changed.secondary_key, made.secondary_key);
  EXPECT_EQ(Snapshot()["endpoints"][0]["key_sha256"],
            nlohmann::json({Sha256Hex(changed.primary_key), Sha256Hex(made.secondary_key)}));
  ASSERT_TRUE(service->RegenerateKey(scope, "credit", KeyKind::kSecondary, "chosen"));
  EXPECT_EQ(endpoints.GetEndpoint(scope, "credit")->secondary_key, "chosen");
}

TEST_F(EndpointsTest, KeysMayBeGivenAtCreation) {
  OnlineEndpoint wanted = Endpoint("with-keys");
  wanted.primary_key = "first";
  ASSERT_TRUE(service->PutEndpoint(scope, wanted));
  const OnlineEndpoint made = *endpoints.GetEndpoint(scope, "with-keys");
  EXPECT_EQ(made.primary_key, "first");
  EXPECT_FALSE(made.secondary_key.empty());
}

TEST_F(EndpointsTest, TokensAreIssuedForTokenEndpointsOnly) {
  EXPECT_EQ(service->IssueToken(scope, "credit").error().code(), Code::kFailedPrecondition);
  OnlineEndpoint wanted = Endpoint();
  wanted.auth_mode = AuthMode::kAmlToken;
  ASSERT_TRUE(service->PutEndpoint(scope, wanted));
  const auto token = service->IssueToken(scope, "credit");
  ASSERT_TRUE(token);
  EXPECT_EQ(token->expiry, clock.Now() + std::chrono::hours(1));
  EXPECT_EQ(token->refresh_after, clock.Now() + std::chrono::minutes(45));
  const auto snapshot = Snapshot()["endpoints"][0];
  EXPECT_EQ(snapshot["auth_mode"], "aml_token");
  const size_t dot = token->token.rfind('.');
  EXPECT_EQ(token->token.substr(dot + 1),
            HmacSha256Hex(snapshot["token_secret"].get<std::string>(), token->token.substr(0, dot)));
}

TEST_F(EndpointsTest, TrafficIsCheckedKeptAndClearedWithItsDeployment) {
  EXPECT_FALSE(SetTraffic({{"blue", 100}}));
  ASSERT_EQ(Deploy(ModelDeployment("blue")).state, State::kSucceeded);
  ASSERT_EQ(Deploy(ModelDeployment("green")).state, State::kSucceeded);
  EXPECT_FALSE(endpoints.GetEndpoint(scope, "credit")->traffic_was_set);
  ASSERT_TRUE(SetTraffic({{"blue", 100}, {"green", 0}}, {{"green", 10}}));
  EXPECT_EQ(Snapshot()["endpoints"][0]["traffic"], nlohmann::json({{"blue", 100}, {"green", 0}}));
  EXPECT_EQ(service->DeleteDeployment(scope, "credit", "blue").error().code(), Code::kFailedPrecondition);
  EXPECT_EQ(service->DeleteDeployment(scope, "credit", "green").error().code(), Code::kFailedPrecondition);
  ASSERT_TRUE(SetTraffic({{"blue", 100}, {"green", 0}}, {{"green", 0}}));
  ASSERT_TRUE(service->DeleteDeployment(scope, "credit", "green"));
  const OnlineEndpoint rest = *endpoints.GetEndpoint(scope, "credit");
  EXPECT_EQ(rest.traffic, (std::map<std::string, int>{{"blue", 100}}));
  EXPECT_TRUE(rest.mirror_traffic.empty());
  EXPECT_TRUE(rest.traffic_was_set);
  EXPECT_TRUE(Routed("green").is_null());
  EXPECT_EQ(service->DeleteDeployment(scope, "credit", "green").error().code(), Code::kNotFound);
}

TEST_F(EndpointsTest, AnEndpointGoesWithItsDeployments) {
  ASSERT_EQ(Deploy(ModelDeployment()).state, State::kSucceeded);
  ASSERT_TRUE(service->DeleteEndpoint(scope, "Credit"));
  EXPECT_TRUE(Snapshot()["endpoints"].empty());
  EXPECT_FALSE(endpoints.GetDeployment(scope, "credit", "blue"));
  EXPECT_EQ(service->DeleteEndpoint(scope, "credit").error().code(), Code::kNotFound);
}

TEST_F(EndpointsTest, AddressesFollowTheGatewayAndTheDomain) {
  service->SetGatewayAddress("0.0.0.0", 1234);
  EXPECT_EQ(service->LinksOf(scope, "credit")->scoring_uri, "https://127.0.0.1:1234/endpoints/credit/score");
  StopServer();
  domain_name = "example.org";
  StartServer();
  EXPECT_EQ(service->LinksOf(scope, "credit")->scoring_uri, "https://credit.local.inference.example.org:7443/score");
  EXPECT_EQ(service->LinksOf(scope, "credit")->swagger_uri,
            "https://credit.local.inference.example.org:7443/swagger.json");
  EXPECT_EQ(*service->LocalScoringUri(scope, "credit"), "https://127.0.0.1:7443/endpoints/credit/score");
}

// Logs.

TEST_F(EndpointsTest, TheConsoleIsWhatTheGatewayKept) {
  ASSERT_EQ(Deploy(ModelDeployment()).state, State::kSucceeded);
  EXPECT_THAT(Logs(LogKind::kConsole), HasSubstr("nothing has been written yet"));
  ASSERT_TRUE(WriteFileAtomic(home.path() / "gateway" / "logs" / "credit" / "blue.log", "one\ntwo\nthree\n"));
  EXPECT_EQ(*service->ReadLogs(scope, "credit", "blue", LogKind::kConsole, 2), "two\nthree");
  Report(1, "Failed", "it crashed; the console's last lines:\n  two\n  three");
  EXPECT_THAT(Logs(LogKind::kConsole),
              EndsWith("three\nslipway: the deployment failed: ResourceNotReady: it crashed\n"));
  ASSERT_TRUE(service->PutDeployment(scope, ScriptDeployment("breaks")));
  WaitUntilPrepared();
  EXPECT_THAT(Logs(LogKind::kConsole), HasSubstr("no such header"));
  EXPECT_EQ(service->ReadLogs(scope, "credit", "green", LogKind::kConsole, 2).error().code(), Code::kNotFound);
}

TEST_F(EndpointsTest, TheLogOfABuildUnderWayCanBeRead) {
  // Named pipes: the build waits for the test and the test for the build.
  const std::string begun = home.path() / "begun", go = home.path() / "go";
  ASSERT_EQ(mkfifo(begun.c_str(), 0600), 0);
  ASSERT_EQ(mkfifo(go.c_str(), 0600), 0);
  AddEnvironment("slow", "echo 'step one'; echo > " + begun + "; cat " + go + "; mkdir build; touch build/score.so");
  ASSERT_TRUE(service->PutDeployment(scope, ScriptDeployment("slow")));
  ASSERT_TRUE(ReadFile(begun));
  EXPECT_EQ(Deployment().state, State::kCreating);
  EXPECT_THAT(Logs(LogKind::kConsole), HasSubstr("step one"));
  ASSERT_TRUE(AppendFile(go, "\n"));
  WaitUntilPrepared();
  EXPECT_TRUE(Routed().is_object());
}

}  // namespace
}  // namespace slipway::endpoints
