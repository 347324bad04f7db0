#include "slipway/domain/registry.h"

#include <gmock/gmock.h>

namespace slipway::domain {
namespace {

TEST(RegistryAddress, IsReadAndPrinted) {
  for (const std::string text :
       {"azureml://registries/prod/models/credit/versions/3", "azureml://registries/prod/environments/e/versions/1.2",
        "azureml://registries/prod/components/train/labels/latest", "azureml://registries/prod/data/d/versions/1",
        "azureml://registries/prod/codes/abc/versions/1"}) {
    const auto address = ParseRegistryAddress(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->registry, "prod");
    EXPECT_EQ(address->ToString(), text);
  }
}

TEST(RegistryAddress, OtherTextsAreNone) {
  for (const std::string text : {"azureml:credit:3", "azureml://registries/prod", "azureml://registries/prod/jobs/x",
                                 "azureml://datastores/d/paths/registries/x", "", "azureml://registries//models/m"})
    EXPECT_FALSE(ParseRegistryAddress(text)) << text;
}

}  // namespace
}  // namespace slipway::domain
