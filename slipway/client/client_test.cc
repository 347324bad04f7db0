#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/client/connection.h"
#include "slipway/client/ignore_rules.h"
#include "slipway/client/upload.h"
#include "slipway/client/workspace.h"
#include "slipway/net/router.h"
#include "slipway/net/server.h"

namespace slipway::client {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

// A server that answers what a test tells it, and counts what it was asked.
class FakeServer {
 public:
  FakeServer() {
    auto started = net::Server::Start({}, [this](const net::Request& request) { return Answer(request); });
    EXPECT_TRUE(started) << started.error().ToString();
    server_ = std::move(*started);
  }

  // The next answers to a method and path; the last one stays.
  void On(const std::string& method_and_path, std::vector<net::Response> answers) {
    const std::lock_guard lock(mutex_);
    answers_[method_and_path] = std::move(answers);
  }
  int Count(const std::string& method_and_path) {
    const std::lock_guard lock(mutex_);
    return counts_[method_and_path];
  }
  std::string url() const { return fmt::format("http://127.0.0.1:{}", server_->port()); }
  Connection Connect() const { return Connection({url(), "secret", ""}); }
  net::Request last_request() {
    const std::lock_guard lock(mutex_);
    return last_;
  }

 private:
  net::Response Answer(const net::Request& request) {
    const std::lock_guard lock(mutex_);
    last_ = request;
    const std::string key = request.method + " " + request.path;
    const int count = counts_[key]++;
    auto found = answers_.find(key);
    if (found == answers_.end())
      return net::Response::Json(404, R"({"error":{"code":"NotFound","message":"nothing here"}})");
    return found->second[std::min<size_t>(static_cast<size_t>(count), found->second.size() - 1)];
  }

  std::mutex mutex_;
  std::map<std::string, std::vector<net::Response>> answers_;
  std::map<std::string, int> counts_;
  net::Request last_;
  std::unique_ptr<net::Server> server_;
};

net::Response Json(int status, std::string_view body) {
  return net::Response::Json(status, std::string(body));
}

net::Response WithHeader(net::Response response, std::string_view name, std::string value) {
  response.headers.Set(name, std::move(value));
  return response;
}

TEST(Connections, SendTheTokenAndAnApiVersion) {
  FakeServer server;
  server.On("GET /x", {Json(200, R"({"a":1})")});
  auto answer = server.Connect().Get("/x?b=c");
  ASSERT_TRUE(answer) << answer.error().ToString();
  EXPECT_EQ((*answer)["a"], 1);
  EXPECT_EQ(*server.last_request().headers.Find("Authorization"), "Bearer secret");
  EXPECT_TRUE(server.last_request().Parameter("api-version"));
  EXPECT_EQ(server.last_request().Parameter("b"), "c");
}

TEST(Connections, TurnErrorsOfTheServerIntoErrors) {
  FakeServer server;
  auto missing = server.Connect().Get("/nothing");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), Code::kNotFound);
  EXPECT_EQ(missing.error().message(), "nothing here");
  server.On(
      "GET /q",
      {Json(
          400,
          R"({"error":{"code":"BadArgumentError","message":"outer","innererror":{"innererror":{"message":"line 1: what is wrong"}}}})")});
  EXPECT_EQ(server.Connect().Get("/q").error().message(), "line 1: what is wrong");
  server.On("GET /html", {net::Response::Text(502, "<html>")});
  EXPECT_EQ(server.Connect().Get("/html").error().message(), "the server answered 502 Bad Gateway");
}

TEST(Connections, SayHowToStartAServerThatDoesNotAnswer) {
  std::string url;
  {
    FakeServer gone;
    url = gone.url();
  }
  auto answer = Connection({url, "", ""}).Get("/x");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().ToString(),
            fmt::format("no Slipway server answers at {}: start one with `slipway serve`", url));
}

TEST(Connections, CollectAllPages) {
  FakeServer server;
  server.On("GET /list", {Json(200, R"({"value":[1,2],"nextLink":"http://elsewhere:1/list2?api-version=1"})")});
  server.On("GET /list2", {Json(200, R"({"value":[3]})")});
  auto all = server.Connect().List("/list");
  ASSERT_TRUE(all) << all.error().ToString();
  EXPECT_THAT(*all, ElementsAre(1, 2, 3));
  EXPECT_THAT(*server.Connect().List("/list", 1), ElementsAre(1));
}

TEST(Operations, AreAwaitedThroughTheirStatus) {
  FakeServer server;
  server.On("PUT /r", {WithHeader(Json(201, R"({"properties":{"provisioningState":"Creating"}})"),
                                  "Azure-AsyncOperation", server.url() + "/op")});
  server.On("GET /op", {Json(200, R"({"status":"InProgress"})"), Json(200, R"({"status":"Succeeded"})")});
  server.On("GET /r", {Json(200, R"({"name":"done"})")});
  auto resource = server.Connect().Put("/r", json::object());
  ASSERT_TRUE(resource) << resource.error().ToString();
  EXPECT_EQ((*resource)["name"], "done");
  EXPECT_EQ(server.Count("GET /op"), 2);
}

TEST(Operations, FailWithTheirOwnMessage) {
  FakeServer server;
  server.On("PUT /r", {WithHeader(Json(201, "{}"), "Azure-AsyncOperation", server.url() + "/op")});
  server.On(
      "GET /op",
      {Json(200, R"({"status":"Failed","error":{"code":"ResourceNotReady","message":"the script does not load"}})")});
  auto resource = server.Connect().Put("/r", json::object());
  ASSERT_FALSE(resource);
  EXPECT_EQ(resource.error().message(), "the script does not load");
}

TEST(Operations, AreAwaitedThroughTheResourceItself) {
  FakeServer server;
  server.On("PUT /r", {Json(201, R"({"properties":{"provisioningState":"Creating"}})")});
  server.On("GET /r", {Json(200, R"({"properties":{"provisioningState":"Updating"}})"),
                       Json(200, R"({"properties":{"provisioningState":"Succeeded"}})")});
  EXPECT_TRUE(server.Connect().Put("/r", json::object()));
  EXPECT_EQ(server.Count("GET /r"), 2);
}

TEST(Operations, OfDeletionAreAwaitedThroughTheirLocation) {
  FakeServer server;
  server.On("DELETE /r", {WithHeader(Json(202, ""), "Location", "/where")});
  server.On("GET /where", {Json(202, ""), Json(204, "")});
  EXPECT_TRUE(server.Connect().Delete("/r"));
  EXPECT_EQ(server.Count("GET /where"), 2);
}

constexpr std::string_view kW =
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/"
    "Microsoft.MachineLearningServices/workspaces/default";

TEST(Uploads, OfCodeAreSkippedWhenTheServerHasTheSnapshot) {
  FakeServer server;
  Workspace workspace(server.Connect(), {});
  auto folder = TemporaryDirectory::Make();
  ASSERT_TRUE(folder);
  ASSERT_TRUE(WriteFileAtomic(folder->path() / "a.txt", "a"));
  server.On(fmt::format("GET {}/datastores", kW), {Json(200, R"({"value":[{"name":"store"}]})")});
  std::vector<std::string> reports;
  const Report report = [&](std::string_view line) { reports.emplace_back(line); };
  auto refused = UploadCode(workspace, folder->path(), report);
  ASSERT_FALSE(refused) << "the fake server takes no files";
  EXPECT_THAT(server.last_request().path, HasSubstr("/slipway/files/store/code/"));

  // The id of equal content is the same: once the server knows it, nothing is sent.
  const std::string path = server.last_request().path;
  const size_t at = path.find("/code/") + 6;
  const std::string hash = path.substr(at, path.find('/', at) - at);
  server.On(fmt::format("GET {}/codes/{}/versions/1", kW, hash), {Json(200, "{}")});
  auto id = UploadCode(workspace, folder->path(), report);
  ASSERT_TRUE(id) << id.error().ToString();
  EXPECT_EQ(*id, fmt::format("{}/codes/{}/versions/1", kW, hash));
  EXPECT_THAT(reports, testing::IsEmpty());
}

TEST(IgnoreRules, FollowGit) {
  IgnoreRules rules;
  rules.Add("# comment\n*.log\n!keep.log\nbuild/\n/top\ndoc/*.txt\n**/cache\nname\\ \n\\#odd\n", "");
  EXPECT_TRUE(rules.IsIgnored("a.log", false));
  EXPECT_TRUE(rules.IsIgnored("deep/a.log", false));
  EXPECT_FALSE(rules.IsIgnored("keep.log", false));
  EXPECT_TRUE(rules.IsIgnored("deep/build", true));
  EXPECT_FALSE(rules.IsIgnored("build", false)) << "a pattern with '/' at its end is for folders";
  EXPECT_TRUE(rules.IsIgnored("top", false));
  EXPECT_FALSE(rules.IsIgnored("deep/top", false));
  EXPECT_TRUE(rules.IsIgnored("doc/a.txt", false));
  EXPECT_FALSE(rules.IsIgnored("deep/doc/a.txt", false)) << "a pattern with '/' inside is anchored";
  EXPECT_TRUE(rules.IsIgnored("a/b/cache", true));
  EXPECT_TRUE(rules.IsIgnored("#odd", false));
}

TEST(IgnoreRules, OfFoldersHoldBelowThem) {
  IgnoreRules rules;
  rules.Add("*.csv\n", "data/");
  EXPECT_TRUE(rules.IsIgnored("data/a.csv", false));
  EXPECT_FALSE(rules.IsIgnored("a.csv", false));
}

std::vector<std::string> Paths(const std::filesystem::path& folder, ParentRules parents) {
  auto files = CollectFiles(folder, parents);
  EXPECT_TRUE(files) << files.error().ToString();
  std::vector<std::string> paths;
  for (const UploadFile& file : *files) paths.push_back(file.path);
  return paths;
}

TEST(CollectedFiles, LeaveOutWhatIsIgnored) {
  auto temporary = TemporaryDirectory::Make();
  const auto& root = temporary->path();
  for (const char* file : {".git/HEAD", "src/a.py", "src/a.pyc", "src/build/x", "src/sub/b.py", "src/sub/secret"})
    ASSERT_TRUE(WriteFileAtomic(root / file, "x"));
  ASSERT_TRUE(WriteFileAtomic(root / ".gitignore", "*.pyc\n"));
  ASSERT_TRUE(WriteFileAtomic(root / "src/.gitignore", "sub/\n"));
  ASSERT_TRUE(WriteFileAtomic(root / "src/.amlignore", "build/\n"));
  ASSERT_TRUE(WriteFileAtomic(root / "src/sub/.gitignore", "secret\n"));
  std::filesystem::create_symlink(root / "nowhere", root / "src/dangling");
  std::filesystem::create_directory_symlink(root / "src", root / "src/loop");
  EXPECT_THAT(Paths(root / "src", ParentRules::kHonour),
              ElementsAre(".amlignore", ".gitignore", "a.py", "sub/.gitignore", "sub/b.py"));
  EXPECT_THAT(Paths(root / "src", ParentRules::kSkip),
              ElementsAre(".amlignore", ".gitignore", "a.py", "a.pyc", "sub/.gitignore", "sub/b.py"));
}

TEST(ServerAddresses, ComeFromVariablesThenFromTheHome) {
  auto home = TemporaryDirectory::Make();
  EXPECT_EQ(FindServer(home->path(), {}, {})->url, kDefaultUrl);
  ASSERT_TRUE(WriteFileAtomic(home->path() / "server.json", R"({"url":"http://127.0.0.1:1234/"})"));
  ASSERT_TRUE(WriteFileAtomic(home->path() / "credentials", R"({"token":"t"})"));
  auto found = FindServer(home->path(), {}, {});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->url, "http://127.0.0.1:1234");
  EXPECT_EQ(found->token, "t");
  found = FindServer(home->path(), "https://other", "u");
  EXPECT_EQ(found->url, "https://other");
  EXPECT_EQ(found->token, "u");
  EXPECT_FALSE(FindServer(home->path(), "other", {}));
}

}  // namespace
}  // namespace slipway::client
