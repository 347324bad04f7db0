#include "slipway/spec/registry.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "slipway/spec/document.h"

namespace slipway::spec {
namespace {

using ::testing::HasSubstr;

Result<domain::AssetRegistry> Read(const std::string& text) {
  auto document = ParseDocument(text, "registry.yml", "/project");
  if (!document) return std::move(document.error());
  return ReadRegistry(*document);
}

TEST(RegistryFile, IsReadInAzuresWords) {
  const auto registry = Read(
      "name: shared\nlocation: eastus\ndescription: d\ndisplay_name: Shared\ntags: {team: risk}\n"
      "public_network_access: disabled\nreplication_locations:\n  - location: eastus\n  - location: westus\n");
  ASSERT_TRUE(registry) << registry.error().ToString();
  EXPECT_EQ(registry->scope.registry, "shared");
  EXPECT_EQ(registry->scope.workspace, "");
  EXPECT_EQ(registry->location, "eastus");
  EXPECT_EQ(registry->display_name, "Shared");
  EXPECT_EQ(registry->tags.at("team"), "risk");
  EXPECT_FALSE(registry->is_public);
  EXPECT_FALSE(registry->remote);
}

TEST(RegistryFile, MayNameAnotherServer) {
  const auto registry =
      Read("name: hub\nslipway:\n  url: https://hub:7301\n  token_file: ./token\n  registry: central\n");
  ASSERT_TRUE(registry) << registry.error().ToString();
  ASSERT_TRUE(registry->remote);
  EXPECT_EQ(registry->remote->url, "https://hub:7301");
  EXPECT_EQ(registry->remote->token_file, "/project/token");
  EXPECT_EQ(registry->remote->registry, "central");
  EXPECT_EQ(registry->remote->ca_file, "");
}

TEST(RegistryFile, SaysWhereItIsWrong) {
  EXPECT_THAT(Read("location: x\n").error().ToString(), HasSubstr("name"));
  EXPECT_THAT(Read("name: x\n").error().ToString(), HasSubstr("registry.yml:1:7: "));
  EXPECT_THAT(Read("name: hub\nslipway: {url: https://hub:7301}\n").error().ToString(), HasSubstr("token_file"));
  EXPECT_THAT(Read("name: hub\nlocaton: x\n").error().ToString(), HasSubstr("did you mean 'location'"));
}

TEST(RegistryFile, WhatIsPrintedIsReadBack) {
  auto registry =
      Read("name: hub\ndescription: d\nslipway: {url: https://hub:7301, token_file: /t, ca_file: /ca.pem}\n");
  ASSERT_TRUE(registry);
  const auto again = Read(ToJson(*registry).dump());
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_EQ(again->scope.registry, "hub");
  EXPECT_EQ(again->description, "d");
  EXPECT_EQ(again->remote->ca_file, "/ca.pem");
}

}  // namespace
}  // namespace slipway::spec
