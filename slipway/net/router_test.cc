#include "slipway/net/router.h"

#include <gtest/gtest.h>

namespace slipway::net {
namespace {

RouteHandler Named(const std::string& name) {
  return [name](const Request&, const PathParameters&) { return Response::Text(200, name); };
}

Router ExampleRouter() {
  Router router;
  router.Add("GET", "/subscriptions/{sub}/workspaces/{ws}", Named("workspace"));
  router.Add("DELETE", "/subscriptions/{sub}/workspaces/{ws}", Named("delete"));
  router.Add("GET", "/subscriptions/{sub}/workspaces/list", Named("list"));
  router.Add("GET", "/files/{datastore}/{path...}", Named("files"));
  return router;
}

std::string Answer(const Router::Match& match) {
  return match.handler ? (*match.handler)({}, match.parameters).body : "";
}

TEST(RouterTest, TakesParametersDecodedAndLiteralsWithoutCase) {
  const Router router = ExampleRouter();
  const auto match = router.Find("GET", "/SUBSCRIPTIONS/a%20b/Workspaces/w%2Fx");
  EXPECT_EQ(Answer(match), "workspace");
  EXPECT_EQ(match.parameters.at("sub"), "a b");
  EXPECT_EQ(match.parameters.at("ws"), "w/x");
}

TEST(RouterTest, LiteralsWinOverParameters) {
  EXPECT_EQ(Answer(ExampleRouter().Find("GET", "/subscriptions/s/workspaces/list")), "list");
}

TEST(RouterTest, TheRestKeepsItsSlashes) {
  const Router router = ExampleRouter();
  EXPECT_EQ(router.Find("GET", "/files/d/a/b%20c/").parameters.at("path"), "a/b c/");
  EXPECT_EQ(router.Find("GET", "/files/d/").parameters.at("path"), "");
  EXPECT_EQ(router.Find("GET", "/files/d").parameters.at("path"), "");
}

TEST(RouterTest, OtherMethodsAreNamed) {
  const auto match = ExampleRouter().Find("PUT", "/subscriptions/s/workspaces/w");
  EXPECT_EQ(match.handler, nullptr);
  EXPECT_EQ(match.allowed, (std::vector<std::string>{"GET", "DELETE"}));
}

TEST(RouterTest, HeadFallsBackToGet) {
  EXPECT_EQ(Answer(ExampleRouter().Find("HEAD", "/files/d/x")), "files");
}

TEST(RouterTest, UnknownAndMalformedPathsMatchNothing) {
  for (const char* path : {"/nothing", "/subscriptions/s/workspaces", "/subscriptions//workspaces/w", "/files/%zz/a"}) {
    const auto match = ExampleRouter().Find("GET", path);
    EXPECT_EQ(match.handler, nullptr) << path;
    EXPECT_TRUE(match.allowed.empty()) << path;
  }
}

TEST(ParseTargetTest, DecodesTheQueryAndKeepsThePath) {
  Request request;
  ASSERT_TRUE(ParseTarget("/a%2Fb?$top=5&q=x+y%2B&empty", request));
  EXPECT_EQ(request.path, "/a%2Fb");
  EXPECT_EQ(request.Parameter("$TOP"), "5");
  EXPECT_EQ(request.Parameter("q"), "x y+");
  EXPECT_EQ(request.Parameter("empty"), "");
  EXPECT_EQ(request.Parameter("other"), std::nullopt);
}

TEST(ParseTargetTest, RefusesWhatIsNoTarget) {
  Request request;
  for (const char* target : {"", "a", "/%zz", "/a?x=%q", "/a b"}) EXPECT_FALSE(ParseTarget(target, request)) << target;
}

}  // namespace
}  // namespace slipway::net
