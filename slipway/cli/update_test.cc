#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slipway/cli/resource.h"

namespace slipway::cli {
namespace {

using testing::HasSubstr;

Arguments With(std::string_view flag, std::vector<std::string> values) {
  Arguments arguments;
  arguments.Add(flag, std::move(values));
  return arguments;
}

TEST(GenericUpdates, SetValuesAsJsonWhereTheyAre) {
  Json object = Json::parse(R"({"tags":{},"list":[{"name":"a","x":1},{"name":"b"}]})");
  ASSERT_TRUE(ApplyUpdate(
      With("set", {"tags.run=123", "tags.url=https://a?b=c", "list[name=b].x=true", "list[0].x=[1]", "new=text"}),
      object));
  EXPECT_EQ(object["tags"]["run"], 123);
  EXPECT_EQ(object["tags"]["url"], "https://a?b=c");
  EXPECT_EQ(object["list"][1]["x"], true);
  EXPECT_EQ(object["list"][0]["x"], Json::array({1}));
  EXPECT_EQ(object["new"], "text");
  Arguments forced = With("set", {"tags.run=123"});
  forced.Set("force-string", "true");
  ASSERT_TRUE(ApplyUpdate(forced, object));
  EXPECT_EQ(object["tags"]["run"], "123");
}

TEST(GenericUpdates, AddToListsAndRemove) {
  Json object = Json::parse(R"({"tags":{"a":"b"},"list":[1]})");
  ASSERT_TRUE(ApplyUpdate(With("add", {"list", "k=v", "n=2"}), object));
  EXPECT_EQ(object["list"][1], (Json{{"k", "v"}, {"n", 2}}));
  ASSERT_TRUE(ApplyUpdate(With("remove", {"list", "0"}), object));
  EXPECT_EQ(object["list"].size(), 1u);
  ASSERT_TRUE(ApplyUpdate(With("remove", {"tags.a"}), object));
  EXPECT_TRUE(object["tags"].empty());
}

TEST(GenericUpdates, SayWhatThereIsInstead) {
  Json object = Json::parse(R"({"settings":{"timeout":1},"list":[1]})");
  EXPECT_THAT(ApplyUpdate(With("set", {"setting.deep.timeout=2"}), object).error().ToString(),
              HasSubstr("couldn't find 'setting' in 'setting.deep.timeout'. Available options: list, settings"));
  EXPECT_THAT(ApplyUpdate(With("set", {"list[3]=2"}), object).error().ToString(), HasSubstr("the list has 1 elements"));
  EXPECT_THAT(ApplyUpdate(With("set", {"settings.timeout.x=2"}), object).error().ToString(),
              HasSubstr("the value before it has no keys"));
  EXPECT_FALSE(ApplyUpdate(With("set", {"novalue"}), object));
  EXPECT_FALSE(ApplyUpdate(With("remove", {"list", "5"}), object));
}

}  // namespace
}  // namespace slipway::cli
