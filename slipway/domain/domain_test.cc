#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slipway/domain/endpoint.h"
#include "slipway/domain/job.h"
#include "slipway/domain/memory_quantity.h"
#include "slipway/domain/reference.h"

namespace slipway::domain {
namespace {

using testing::HasSubstr;

template <typename T>
T Parsed(std::string_view text, AssetKind kind = AssetKind::kData) {
  auto reference = ParseReference(text, kind);
  EXPECT_TRUE(reference) << text << ": " << (reference ? "" : reference.error().ToString());
  if (!reference || !std::holds_alternative<T>(*reference)) {
    ADD_FAILURE() << text << " has another form";
    return {};
  }
  return std::get<T>(*reference);
}

TEST(References, ShortFormsHaveNameAndVersionOrLabel) {
  auto versioned = Parsed<AssetReference>("azureml:credit:3");
  EXPECT_EQ(versioned.name, "credit");
  EXPECT_EQ(versioned.version, "3");
  auto labelled = Parsed<AssetReference>("azureml:credit@latest");
  EXPECT_EQ(labelled.name, "credit");
  EXPECT_EQ(labelled.label, "latest");
  EXPECT_EQ(labelled.ToString(), "azureml:credit@latest");
  EXPECT_EQ(Parsed<AssetReference>("azureml:credit").version, "");
}

TEST(References, ArmIdsAndRegistryUrisAreAssets) {
  const Scope scope;
  auto arm = Parsed<AssetReference>(AssetArmId(scope, AssetKind::kModel, "m", "2"), AssetKind::kModel);
  EXPECT_EQ(arm.name, "m");
  EXPECT_EQ(arm.version, "2");
  auto prefixed =
      Parsed<AssetReference>("azureml:" + AssetArmId(scope, AssetKind::kModel, "m", "2"), AssetKind::kModel);
  EXPECT_EQ(prefixed.ToString(), "azureml:m:2");
  auto registry =
      Parsed<AssetReference>("azureml://registries/r/environments/e/labels/latest", AssetKind::kEnvironment);
  EXPECT_EQ(registry.registry, "r");
  EXPECT_EQ(registry.label, "latest");
}

TEST(References, OfARegistryAreCompleteOrRefused) {
  const auto newest = Parsed<AssetReference>("azureml://registries/r/models/m", AssetKind::kModel);
  EXPECT_EQ(newest.name + newest.version + newest.label, "m");
  for (const std::string text :
       {"azureml://registries/r/models/m/versions", "azureml://registries/r/models/m/versions/",
        "azureml://registries/r/models", "azureml://registries/r/models/", "azureml://registries/r/models/m/version/1",
        "azureml://registries/r/model/m/versions/1", "azureml://registries/r/data/m/versions/1",
        "azureml://registries//models/m/versions/1", "azureml://registries/r/models/m/versions/1/more",
        "azureml://registries/models/m/versions/1"}) {
    const auto parsed = ParseReference(text, AssetKind::kModel);
    ASSERT_FALSE(parsed) << text;
    EXPECT_NE(parsed.error().message().find("azureml://registries/<registry>/models/<name>/versions/<version>"),
              std::string::npos)
        << parsed.error().message();
  }
}

TEST(References, DatastorePathsHaveAShortAndALongForm) {
  auto brief = Parsed<DatastorePath>("azureml://datastores/d/paths/a/b.csv");
  EXPECT_EQ(brief.datastore, "d");
  EXPECT_EQ(brief.path, "a/b.csv");
  auto full = Parsed<DatastorePath>("azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/d/paths/a/");
  EXPECT_EQ(full.ToString(), "azureml://datastores/d/paths/a/");
  EXPECT_FALSE(ParseReference("azureml://datastores/d/paths/", AssetKind::kData));
}

TEST(References, OutputsOfJobsAndRunsAreTold) {
  auto output = Parsed<JobOutputPath>("azureml://jobs/j/outputs/artifacts/paths/model", AssetKind::kModel);
  EXPECT_EQ(output.job, "j");
  EXPECT_EQ(output.path, "model");
  EXPECT_EQ(Parsed<JobOutputPath>("runs:/r/model", AssetKind::kModel).output, "artifacts");
}

TEST(References, LocalPathsAndUrlsAreTold) {
  EXPECT_EQ(Parsed<LocalPath>("../data").text, "../data");
  EXPECT_EQ(Parsed<LocalPath>("file:./data").text, "./data");
  EXPECT_EQ(Parsed<Url>("https://example.com/a.csv").text, "https://example.com/a.csv");
}

TEST(References, APrefixedLocalPathIsRefusedWithAdvice) {
  auto reference = ParseReference("azureml:./data", AssetKind::kData);
  ASSERT_FALSE(reference);
  EXPECT_THAT(reference.error().ToString(), HasSubstr("write './data'"));
}

TEST(BareNames, DropPrefixesAndPaths) {
  EXPECT_EQ(BareName("azureml:cpu-cluster"), "cpu-cluster");
  EXPECT_EQ(BareName("/subscriptions/s/computes/cpu"), "cpu");
  EXPECT_EQ(BareName("cpu"), "cpu");
}

TEST(Names, EndpointsAreShortAndHaveSingleDashes) {
  EXPECT_TRUE(CheckName(NameKind::kEndpoint, "credit-card-default-oe"));
  for (std::string_view bad :
       {"ab", "1abc", "a--b", "ends-", "under_score", "this-name-is-longer-than-thirty-two-chars"})
    EXPECT_FALSE(CheckName(NameKind::kEndpoint, bad)) << bad;
}

TEST(Names, StepsAreLowerCaseIdentifiers) {
  EXPECT_TRUE(CheckName(NameKind::kStepKey, "train_model"));
  EXPECT_FALSE(CheckName(NameKind::kStepKey, "train-model"));
  EXPECT_FALSE(CheckName(NameKind::kStepKey, "2nd"));
  EXPECT_FALSE(CheckName(NameKind::kStepKey, ""));
}

TEST(States, AreReadBackFromTheirNames) {
  for (int i = 0; i <= static_cast<int>(JobStatus::kCanceled); ++i) {
    const auto status = static_cast<JobStatus>(i);
    EXPECT_EQ(ParseJobStatus(JobStatusName(status)), status);
  }
  EXPECT_EQ(ParseProvisioningState("succeeded"), ProvisioningState::kSucceeded);
  EXPECT_FALSE(ParseJobStatus("Provisioning"));
  EXPECT_TRUE(IsTerminal(JobStatus::kCanceled));
  EXPECT_FALSE(IsTerminal(JobStatus::kCancelRequested));
}

TEST(Traffic, SumsToNothingOrAll) {
  EXPECT_TRUE(CheckTraffic({{"blue", 90}, {"green", 10}}, {"blue", "green"}));
  EXPECT_TRUE(CheckTraffic({{"blue", 0}}, {"blue"}));
  EXPECT_FALSE(CheckTraffic({{"blue", 50}}, {"blue"}));
  auto unknown = CheckTraffic({{"gren", 100}}, {"blue", "green"});
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().ToString(), HasSubstr("did you mean 'green'"));
}

TEST(Bindings, AreReadBackFromTheirText) {
  for (std::string_view text : {"${{parent.inputs.x}}", "${{parent.outputs.x}}", "${{parent.jobs.s.inputs.i}}",
                                "${{parent.jobs.s.outputs.o.p}}"}) {
    auto binding = Binding::Parse(text);
    ASSERT_TRUE(binding) << text;
    EXPECT_EQ(binding->ToString(), text);
  }
  EXPECT_FALSE(Binding::Parse("${{inputs.x}}"));
}

TEST(MemoryQuantities, AreKubernetes) {
  EXPECT_EQ(ParseMemoryQuantity("512Mi").value_or(0), 512u << 20);
  EXPECT_EQ(ParseMemoryQuantity("2G").value_or(0), 2'000'000'000u);
  EXPECT_EQ(ParseMemoryQuantity("1024").value_or(0), 1024u);
  for (const char* wrong : {"", "Mi", "1.5Gi", "-1Mi", "12 Mi ", "9999999999Ti", "512MiB"})
    EXPECT_FALSE(ParseMemoryQuantity(wrong)) << wrong;
  EXPECT_EQ(FormatMemoryQuantity(512u << 20), "512Mi");
  EXPECT_EQ(FormatMemoryQuantity(3ull << 30), "3Gi");
  EXPECT_EQ(FormatMemoryQuantity(1000), "1000");
}

}  // namespace
}  // namespace slipway::domain
