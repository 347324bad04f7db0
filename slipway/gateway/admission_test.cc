// Who is let in: queues with bounds in number and time, callers who guess keys, and every status a caller can see.
#include <array>
#include <future>
#include <map>
#include <stop_token>

#include "slipway/base/text.h"
#include "slipway/gateway/credentials.h"
#include "slipway/gateway/gateway_fixture.h"
#include "slipway/gateway/request_queue.h"

namespace slipway::gateway {
namespace {

using std::chrono::seconds;

class RequestQueueTest : public testing::Test {
 protected:
  RequestQueue queue_;
  const SteadyTime start_ = std::chrono::steady_clock::now();
  std::map<std::string, ScoreOutcome::Kind> outcomes_;

  void Push(const std::string& name, seconds deadline, std::optional<seconds> start_by = std::nullopt) {
    QueuedRequest request{name, start_ + deadline, start_, start_by ? start_ + *start_by : SteadyTime::max(),
                          [this, name](const ScoreOutcome& outcome) { outcomes_[name] = outcome.kind; }};
    ASSERT_TRUE(queue_.Push(request));
  }
};

TEST_F(RequestQueueTest, WhoWaitsTooLongIsToldApartFromWhoIsLate) {
  Push("late", seconds(5), seconds(9));
  Push("waited", seconds(9), seconds(5));
  Push("patient", seconds(9));
  queue_.Expire(start_ + seconds(4));
  EXPECT_TRUE(outcomes_.empty());
  queue_.Expire(start_ + seconds(5));
  EXPECT_EQ(outcomes_.at("late"), ScoreOutcome::Kind::kTimedOut);
  EXPECT_EQ(outcomes_.at("waited"), ScoreOutcome::Kind::kWaitedTooLong);
  EXPECT_EQ(queue_.TryPop()->message, "patient");
  EXPECT_FALSE(queue_.TryPop());
}

TEST_F(RequestQueueTest, WhoWasTakenInTimeDoesNotExpire) {
  Push("taken", seconds(9), seconds(5));
  ASSERT_TRUE(queue_.TryPop());
  queue_.Expire(start_ + seconds(6));
  EXPECT_TRUE(outcomes_.empty());
}

TEST_F(RequestQueueTest, AThreadExpiresWhatComesFirstWheneverItCame) {
  std::jthread expiry([this](const std::stop_token& stop) { queue_.ExpireUntilStopped(stop); });
  std::promise<ScoreOutcome::Kind> first;
  QueuedRequest far{"far", start_ + seconds(600), start_, SteadyTime::max(), [](const ScoreOutcome&) {}};
  QueuedRequest near{"near", start_ + seconds(600), start_, start_,
                     [&first](const ScoreOutcome& outcome) { first.set_value(outcome.kind); }};
  ASSERT_TRUE(queue_.Push(far));
  ASSERT_TRUE(queue_.Push(near));
  EXPECT_EQ(first.get_future().get(), ScoreOutcome::Kind::kWaitedTooLong);
  EXPECT_EQ(queue_.TryPop()->message, "far");
}

class AdmissionTest : public GatewayTest {
 protected:
  std::string WaitOrder(const std::string& gate) const {
    return Json{{"do", "wait"}, {"for", (home_.path() / gate).string()}}.dump();
  }
  net::Response Wrong() const { return Score("{}", Header("Authorization", "Bearer wrong")); }
};

TEST_F(AdmissionTest, WhoWaitsLongerThanMaxQueueWaitIsRefusedWhileTheWorkerIsBusy) {
  Json blue = PythonDeployment("blue");
  blue["max_queue_wait_ms"] = 50;
  blue["request_timeout_ms"] = 60'000;
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {blue})));
  // It takes the only worker; whoever comes then waits in vain.
  std::thread first([&] {
    int status = 429;
    while (status == 429) status = Score(WaitOrder("gate")).status;
    EXPECT_EQ(status, 200);
  });
  net::Response refused;
  EXPECT_TRUE(WaitFor([&] {
    refused = Score("{}");
    return refused.status == 429;
  }));
  EXPECT_EQ(HeaderOf(refused, "ms-azureml-model-error-reason"), "too_many_pending_request");
  EXPECT_EQ(HeaderOf(refused, "Retry-After"), "1");
  ASSERT_TRUE(WriteFileAtomic(home_.path() / "gate", ""));
  first.join();
  EXPECT_EQ(Score("{}").status, 200);
}

TEST_F(AdmissionTest, WhoWouldWaitTooLongByWhatOthersTookIsRefusedAtOnce) {
  Json blue = PythonDeployment("blue");
  blue["max_queue_wait_ms"] = 1'000;
  blue["request_timeout_ms"] = 60'000;
  blue["max_concurrent_requests_per_instance"] = 8;
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {blue})));
  // One of these runs, and takes about as long as the other waits in vain.
  std::atomic<int> refused{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 2; ++i) callers.emplace_back([&] { refused += Score(WaitOrder("first")).status == 429; });
  EXPECT_TRUE(WaitFor([&] { return refused == 1; }));
  ASSERT_TRUE(WriteFileAtomic(home_.path() / "first", ""));
  for (std::thread& caller : callers) caller.join();
  // A caller who is answered before it could have waited in vain itself.
  std::thread runs([&] {
    while (Score(WaitOrder("second")).status == 429) std::this_thread::yield();
  });
  std::string retry_after;
  EXPECT_TRUE(WaitFor([&] {
    net::Client client({.timeout_ms = 200});
    const auto response = client.Send("POST", Url("/endpoints/credit/score"),
                                      Header("Authorization", "Bearer " + std::string(kKey)), WaitOrder("second"));
    if (response && response->status == 429) retry_after = HeaderOf(*response, "Retry-After");
    return !retry_after.empty();
  }));
  EXPECT_GE(ParseInt(retry_after), 2);
  ASSERT_TRUE(WriteFileAtomic(home_.path() / "second", ""));
  runs.join();
}

TEST_F(AdmissionTest, UnderOverloadEveryRequestIsAnsweredOrRefusedAndTheQueueStaysShort) {
  Json blue = PythonDeployment("blue");
  blue["request_timeout_ms"] = 60'000;
  blue["max_queue_wait_ms"] = 0;
  blue["max_concurrent_requests_per_instance"] = 2;
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {blue})));
  constexpr int kCallers = 12, kRequests = 30;  // three times the four that may be pending
  std::array<std::atomic<int>, 600> answers{};
  std::vector<std::thread> callers;
  for (int i = 0; i < kCallers; ++i) {
    callers.emplace_back([&] {
      for (int k = 0; k < kRequests; ++k) ++answers[static_cast<size_t>(Score(R"({"do":"doze"})").status)];
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(answers[200] + answers[429], kCallers * kRequests);
  EXPECT_GT(answers[200], 0);
  EXPECT_GT(answers[429], 0);
  EXPECT_EQ(Score("{}").status, 200);
}

TEST_F(AdmissionTest, WhoGuessesKeysIsHeldBackAtThatEndpointAlone) {
  Json snapshot = Snapshot(Endpoint({{"blue", 100}}, {PythonDeployment("blue")}));
  Json other = snapshot["endpoints"][0];
  other["name"] = "churn";
  snapshot["endpoints"].push_back(other);
  StartWith(snapshot);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Wrong().status, 401) << i;
  const net::Response held_back = Score("{}");  // the right key does not help: that would confirm a guess
  EXPECT_EQ(held_back.status, 429);
  EXPECT_EQ(held_back.body, "too_many_failed_attempts");
  EXPECT_EQ(HeaderOf(held_back, "Retry-After"), "1");
  EXPECT_EQ(Score("{}", {}, "POST", "/endpoints/churn/score").status, 200);
  EXPECT_TRUE(WaitFor([&] { return Score("{}").status == 200; }));
  EXPECT_EQ(Wrong().status, 401);  // the right key made it forget
  EXPECT_EQ(Score("{}").status, 200);
}

TEST_F(AdmissionTest, ARequestWithoutACredentialIsNoGuess) {
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {PythonDeployment("blue")})));
  for (int i = 0; i < 30; ++i) EXPECT_EQ(Score("{}", Header("Authorization", "Basic x")).status, 401);
  EXPECT_EQ(Score("{}").status, 200);
}

// The platform's list, docs/online-endpoints.md: status, who gave it, why.
TEST_F(AdmissionTest, EveryStatusHasItsHeaders) {
  Json slow = PythonDeployment("slow");
  slow["request_timeout_ms"] = 200;
  Json broken = PythonDeployment("broken");
  broken["scoring_script"] = "missing.py";
  StartWith(Snapshot(Endpoint({{"blue", 100}}, {PythonDeployment("blue"), slow, broken})));
  ASSERT_TRUE(WaitFor([&] { return StateOf("slow") == "Succeeded" && StateOf("broken") == "Failed"; }));
  struct Case {
    std::string deployment, body, key;
    int status;
    std::string model_status, reason, answer;
  };
  const std::string kGood(kKey), large(2 << 20, ' ');
  const std::vector<Case> cases = {
      {"", "{}", kGood, 200, "", "", ""},
      {"", "{}", "", 401, "", "", "key_auth_bad_header_forbidden"},
      {"", "{}", "wrong", 401, "", "", "key_auth_access_denied"},
      {"none", "{}", kGood, 404, "", "", ""},
      {"slow", R"({"do":"hang"})", kGood, 408, "", "", "upstream request timeout"},
      {"", large, kGood, 413, "", "", ""},
      {"", "\xff", kGood, 424, "400", "model_error", ""},
      {"", R"({"do":"teapot"})", kGood, 424, "418", "model_error", "tea"},
      {"", R"({"do":"raise"})", kGood, 424, "500", "model_error", ""},
      {"", R"({"do":"crash"})", kGood, 424, "502", "model_error", ""},
      {"broken", "{}", kGood, 424, "503", "model_not_ready", ""},
  };
  for (const Case& wanted : cases) {
    net::Headers headers = Header("Authorization", "Bearer " + wanted.key);
    if (!wanted.deployment.empty()) headers.Set("azureml-model-deployment", wanted.deployment);
    const net::Response response = Score(wanted.body, headers);
    const std::string what =
        std::to_string(wanted.status) + " " + wanted.model_status + " " + wanted.body.substr(0, 20);
    EXPECT_EQ(response.status, wanted.status) << what;
    EXPECT_EQ(HeaderOf(response, "ms-azureml-model-error-statuscode"), wanted.model_status) << what;
    EXPECT_EQ(HeaderOf(response, "ms-azureml-model-error-reason"), wanted.reason) << what;
    if (!wanted.answer.empty()) {
      EXPECT_EQ(response.body, wanted.answer) << what;
    }
    EXPECT_EQ(HeaderOf(response, "WWW-Authenticate"), wanted.status == 401 ? "Bearer" : "") << what;
    EXPECT_EQ(HeaderOf(response, "x-request-id").empty(), wanted.status == 413) << what;  // 413 comes before routing
  }
}

TEST_F(AdmissionTest, KeysAreChangedWithoutAFailedRequestOnAKeptConnection) {
  Json first = Endpoint({{"blue", 100}}, {PythonDeployment("blue")});
  first["key_sha256"] = {Sha256Hex("primary"), Sha256Hex("secondary")};
  Json second = first;
  second["key_sha256"] = {Sha256Hex("fresh"), Sha256Hex("secondary")};
  FakeControlPlane control;
  control.Set(Snapshot(first));
  Start(control.url());
  ASSERT_TRUE(WaitFor([&] { return StateOf("blue") == "Succeeded"; }));
  net::Client primary, secondary, fresh;  // each keeps its connection
  const auto status = [&](net::Client& client, const std::string& key) {
    const auto response =
        client.Send("POST", Url("/endpoints/credit/score"), Header("Authorization", "Bearer " + key), "{}");
    return response ? response->status : 0;
  };
  EXPECT_EQ(status(primary, "primary"), 200);
  EXPECT_EQ(status(secondary, "secondary"), 200);
  control.Set(Snapshot(second));
  EXPECT_TRUE(WaitFor([&] {
    EXPECT_EQ(status(secondary, "secondary"), 200);
    return status(fresh, "fresh") == 200;
  }));
  EXPECT_TRUE(WaitFor([&] { return status(primary, "primary") == 401; }));
  EXPECT_EQ(status(secondary, "secondary"), 200);
  EXPECT_EQ(status(fresh, "fresh"), 200);
}

TEST_F(AdmissionTest, TokensOpenTheirEndpointUntilTheyExpire) {
  Json endpoint = Endpoint({{"blue", 100}}, {PythonDeployment("blue")});
  endpoint["auth_mode"] = "aml_token";
  endpoint["token_secret"] = "secret";
  StartWith(Snapshot(endpoint));
  const auto score = [&](const std::string& token) { return Score("{}", Header("Authorization", "Bearer " + token)); };
  const Timestamp now = clock_.Now();
  EXPECT_EQ(score(MakeEndpointToken("credit", "secret", now + std::chrono::hours(1))).status, 200);
  const net::Response expired = score(MakeEndpointToken("credit", "secret", now - seconds(1)));
  EXPECT_EQ(expired.status, 401);
  EXPECT_EQ(expired.body, "token_auth_expired");
  EXPECT_EQ(HeaderOf(expired, "WWW-Authenticate"), "Bearer");
  EXPECT_EQ(score(MakeEndpointToken("other", "secret", now + std::chrono::hours(1))).status, 401);
  EXPECT_EQ(score(std::string(kKey)).status, 401);
  const auto rows = Rows("AmlOnlineEndpointTrafficLog");
  ASSERT_FALSE(rows.empty());
  EXPECT_EQ(rows[0]["AuthType"], "AMLToken");
}

TEST_F(AdmissionTest, AnEndpointOfEntraTokensSaysThatItCannotCheckThem) {
  Json endpoint = Endpoint({{"blue", 100}}, {PythonDeployment("blue")});
  endpoint["auth_mode"] = "aad_token";
  StartWith(Snapshot(endpoint));
  const net::Response refused = Score("{}");
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.body, "aad_token authentication is not supported yet");
}

// Statuses that no deployment gives: the front's own.
TEST_F(AdmissionTest, TheFrontsOwnStatusesHaveTheirHeaders) {
  StartWith(Snapshot(Endpoint({{"blue", 0}}, {PythonDeployment("blue")})));
  const net::Response nowhere = Score("{}");
  EXPECT_EQ(nowhere.status, 404);
  EXPECT_EQ(HeaderOf(nowhere, "Content-Type"), "application/json");
  EXPECT_NE(HeaderOf(nowhere, "x-request-id"), "");
  EXPECT_EQ(HeaderOf(nowhere, "azureml-model-deployment"), "");
  const net::Response not_ready = Score("", {}, "GET", "/endpoints/credit/v2/health/ready");
  EXPECT_EQ(not_ready.status, 503);
  EXPECT_EQ(not_ready.body, R"({"ready":false})");
  EXPECT_EQ(Score("", {}, "GET", "/endpoints/credit/ping").status, 503);
  const net::Response wrong_method = Score("{}", {}, "DELETE", "/endpoints/credit/invocations");
  EXPECT_EQ(wrong_method.status, 405);
  EXPECT_EQ(HeaderOf(wrong_method, "Allow"), "POST");
  EXPECT_EQ(Score("{}", {}, "POST", "/").status, 405);
  EXPECT_EQ(Score("{}", Header("X-Large", std::string(20'000, 'x'))).status, 431);
  const net::Response pinned = Score("{}", Header("azureml-model-deployment", "blue"));
  EXPECT_EQ(pinned.status, 200);
  EXPECT_EQ(HeaderOf(pinned, "Server"), "slipway");
  EXPECT_NE(HeaderOf(pinned, "Date"), "");
  EXPECT_EQ(HeaderOf(pinned, "x-ms-request-id"), HeaderOf(pinned, "x-request-id"));
}

}  // namespace
}  // namespace slipway::gateway
