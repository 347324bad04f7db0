#include "slipway/domain/registry.h"
#include "slipway/store/store_fixture.h"

namespace slipway::store {
namespace {

using namespace domain;

class RegistryStoreTest : public AnyStore {
 protected:
  static AssetRegistry Registry(const std::string& name) {
    AssetRegistry registry;
    registry.scope.workspace.clear();
    registry.scope.registry = name;
    registry.id = "id-" + name;
    registry.description = "shared models";
    registry.tags = {{"team", "risk"}};
    registry.context.created_at = registry.context.last_modified_at = Timestamp(std::chrono::hours(480'000));
    return registry;
  }
  static AssetVersion Model(const std::string& version) {
    AssetVersion model;
    model.kind = AssetKind::kModel;
    model.name = "credit";
    model.version = version;
    ModelBody body;
    body.path = "azureml://registries/prod/models/credit/versions/" + version;
    model.body = body;
    return model;
  }
};

TEST_P(RegistryStoreTest, KeepsAllOfARegistry) {
  AssetRegistry registry = Registry("Prod");
  registry.remote = RemoteRegistry{"https://hub:7301", "central", "/etc/token", "/etc/ca.pem"};
  registry.is_public = false;
  SLIPWAY_ASSERT_OK(store_->registries().PutRegistry(registry));
  const AssetRegistry read = Must(store_->registries().GetRegistry("prod"));
  EXPECT_EQ(read.scope, registry.scope);
  EXPECT_EQ(read.id, registry.id);
  EXPECT_EQ(read.description, registry.description);
  EXPECT_EQ(read.tags, registry.tags);
  EXPECT_FALSE(read.is_public);
  ASSERT_TRUE(read.remote);
  EXPECT_EQ(read.remote->url, "https://hub:7301");
  EXPECT_EQ(read.remote->registry, "central");
  EXPECT_EQ(read.remote->token_file, "/etc/token");
  EXPECT_EQ(read.remote->ca_file, "/etc/ca.pem");
  EXPECT_EQ(store_->registries().GetRegistry("other").error().code(), Code::kNotFound);
}

TEST_P(RegistryStoreTest, AssetsOfARegistryAreApartFromWorkspacesAndGoWithIt) {
  const AssetRegistry registry = Registry("prod");
  SLIPWAY_ASSERT_OK(store_->registries().PutRegistry(registry));
  SLIPWAY_ASSERT_OK(store_->registries().PutRegistry(Registry("beta")));
  SLIPWAY_ASSERT_OK(store_->assets().InsertVersion(registry.scope, Model("3")));
  EXPECT_FALSE(store_->assets().GetVersion(scope_, AssetKind::kModel, "credit", "3"));
  EXPECT_TRUE(store_->assets().GetVersion(registry.scope, AssetKind::kModel, "credit", "3"));
  EXPECT_EQ(Must(store_->registries().ListRegistries()).size(), 2u);
  SLIPWAY_ASSERT_OK(store_->registries().DeleteRegistry(registry));
  EXPECT_EQ(Must(store_->registries().ListRegistries()).size(), 1u);
  EXPECT_FALSE(store_->assets().GetVersion(registry.scope, AssetKind::kModel, "credit", "3"));
  SLIPWAY_ASSERT_OK(store_->registries().DeleteRegistry(registry));
}

TEST_P(RegistryStoreTest, KeepsPromotionsNewestFirst) {
  Promotion promotion;
  promotion.name = "credit-3-1";
  promotion.model = "credit";
  promotion.version = "3";
  promotion.from.workspace = "staging";
  promotion.registry = "prod";
  promotion.gate = "production";
  promotion.requested_by = "ada";
  promotion.evidence = R"({"metrics":[{"name":"f1"}]})";
  promotion.requested_at = Timestamp(std::chrono::hours(480'000));
  SLIPWAY_ASSERT_OK(store_->promotions().PutPromotion(scope_, promotion));
  promotion.name = "credit-2-1";
  promotion.requested_at += std::chrono::hours(1);
  promotion.status = PromotionStatus::kRolledBack;
  promotion.previous_version = "1";
  SLIPWAY_ASSERT_OK(store_->promotions().PutPromotion(scope_, promotion));
  const auto all = Must(store_->promotions().ListPromotions(scope_));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].name, "credit-2-1");
  EXPECT_EQ(all[0].status, PromotionStatus::kRolledBack);
  const Promotion first = Must(store_->promotions().GetPromotion(scope_, "Credit-3-1"));
  EXPECT_EQ(first.from, promotion.from);
  EXPECT_EQ(first.gate, "production");
  EXPECT_EQ(first.evidence, promotion.evidence);
  EXPECT_EQ(first.requested_by, "ada");
}

SLIPWAY_OVER_ALL_DATABASES(RegistryStoreTest);

}  // namespace
}  // namespace slipway::store
