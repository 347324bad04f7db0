#include "slipway/registry/curated.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slipway/domain/testing/memory_asset_store.h"
#include "slipway/domain/testing/memory_job_store.h"
#include "slipway/domain/testing/memory_workspace_store.h"
#include "slipway/registry/catalog.h"

namespace slipway::registry {
namespace {

using domain::AssetKind;
using domain::CommandComponent;
using ::testing::AllOf;
using ::testing::HasSubstr;

class CuratedTest : public ::testing::Test {
 protected:
  Result<domain::AssetVersion> Find(const std::string& path, AssetKind kind = AssetKind::kComponent) {
    return catalog_.Find({}, "azureml://registries/slipway/" + path, kind);
  }

  domain::testing::MemoryWorkspaceStore workspaces_;
  domain::testing::MemoryAssetStore assets_;
  domain::testing::MemoryJobStore jobs_;
  Catalog catalog_{workspaces_, assets_, jobs_};
};

TEST_F(CuratedTest, HasTheComponentsThatACsvOwnerNeeds) {
  for (const std::string name : {"split", "data-quality", "train-tabular", "compare", "register", "drift", "export"}) {
    const auto asset = Find("components/" + name);
    ASSERT_TRUE(asset) << asset.error().ToString();
    const auto& component = std::get<CommandComponent>(asset->body);
    EXPECT_EQ(component.command, "slipway-step " + name);
    const auto environment = catalog_.Find({}, component.environment, AssetKind::kEnvironment);
    ASSERT_TRUE(environment) << environment.error().ToString();
    EXPECT_EQ(std::get<domain::EnvironmentBody>(environment->body).native->provider, "native");
  }
}

TEST_F(CuratedTest, PinsToAnAddressThatNamesTheSame) {
  for (const std::string ending : {"", "/versions/1", "/labels/latest"}) {
    const auto pinned =
        catalog_.Pin({}, "azureml://registries/slipway/components/split" + ending, AssetKind::kComponent);
    EXPECT_EQ(pinned.value(), "azureml://registries/slipway/components/split/versions/1");
  }
}

TEST_F(CuratedTest, SaysWhatThereIs) {
  EXPECT_THAT(Find("components/train-tabulr").error().message(),
              AllOf(HasSubstr("train-tabular, compare, register"), HasSubstr("did you mean 'train-tabular'")));
  EXPECT_THAT(Find("components/split/versions/2").error().message(), HasSubstr("version 1 of 'split' alone"));
  EXPECT_THAT(Find("models/m", AssetKind::kModel).error().message(), HasSubstr("no model 'm'"));
  const auto other = catalog_.Find({}, "azureml://registries/azureml/components/x", AssetKind::kComponent);
  EXPECT_EQ(other.error().code(), Code::kNotFound);
}

}  // namespace
}  // namespace slipway::registry
