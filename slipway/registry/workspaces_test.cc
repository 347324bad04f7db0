#include "slipway/registry/workspaces.h"

#include <gmock/gmock.h>

#include "slipway/registry/testing/registry_fixture.h"

namespace slipway::registry {
namespace {

namespace fs = std::filesystem;
using namespace domain;
using ::testing::HasSubstr;

class WorkspacesTest : public testing::RegistryFixture {
 protected:
  Workspace Named(const std::string& name) {
    Workspace workspace;
    workspace.scope.workspace = name;
    return workspace;
  }
};

TEST_F(WorkspacesTest, TheDefaultWorkspaceIsMadeOnce) {
  const auto again = EnsureDefaultWorkspace(workspaces, clock, home->path() / "datastores");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->id, workspace_id);
  EXPECT_EQ(again->id.size(), 36u);
  EXPECT_EQ(workspaces.ListWorkspaces()->size(), 1u);
  const auto store = workspaces.GetDatastore(scope, "workspaceblobstore");
  ASSERT_TRUE(store);
  EXPECT_TRUE(store->is_default);
  EXPECT_EQ(store->path, (home->path() / "datastores" / "workspaceblobstore").string());
  EXPECT_TRUE(fs::is_directory(store->path));
  EXPECT_FALSE(workspaces.GetDatastore(scope, "workspaceartifactstore")->is_default);
  EXPECT_TRUE(workspaces.GetDatastore(scope, "workspaceworkingdirectory"));
  EXPECT_TRUE(workspaces.GetDatastore(scope, "workspacefilestore"));
  EXPECT_TRUE(workspaces.GetCompute(scope, "cpu-cluster"));
}

TEST_F(WorkspacesTest, AStartAfterACrashMakesWhatIsMissing) {
  ASSERT_TRUE(workspaces.DeleteDatastore(scope, "workspaceartifactstore"));
  ASSERT_TRUE(workspaces.DeleteCompute(scope, "cpu-cluster"));
  ASSERT_TRUE(EnsureDefaultWorkspace(workspaces, clock, home->path() / "datastores"));
  EXPECT_TRUE(workspaces.GetDatastore(scope, "workspaceartifactstore"));
  EXPECT_TRUE(workspaces.GetCompute(scope, "cpu-cluster"));
}

TEST_F(WorkspacesTest, AnotherWorkspaceHasFoldersOfItsOwn) {
  const auto made = service->Put(Named("team-a"));
  ASSERT_TRUE(made) << made.error().ToString();
  EXPECT_TRUE(made->is_new);
  const auto store = workspaces.GetDatastore(made->value.scope, "workspaceblobstore");
  EXPECT_EQ(store->path, (home->path() / "datastores" / made->value.id / "workspaceblobstore").string());
  Workspace changed = Named("TEAM-A");
  changed.description = "changed";
  clock.Advance(std::chrono::hours(1));
  const auto again = service->Put(changed);
  EXPECT_FALSE(again->is_new);
  EXPECT_EQ(again->value.id, made->value.id);
  EXPECT_EQ(again->value.scope.workspace, "team-a");
  EXPECT_EQ(again->value.context.created_at, made->value.context.created_at);
  EXPECT_EQ(workspaces.GetWorkspace(made->value.scope)->description, "changed");
}

TEST_F(WorkspacesTest, NamesAreChecked) {
  for (const char* name : {"", "ab", "..", "a/b", "-team"}) {
    EXPECT_EQ(service->Put(Named(name)).error().code(), Code::kInvalidArgument) << name;
  }
  Workspace workspace = Named("team");
  workspace.scope.resource_group = std::string(91, 'g');
  EXPECT_THAT(service->Put(workspace).error().message(), HasSubstr("resource group"));
}

TEST_F(WorkspacesTest, OnlyAnEmptyWorkspaceThatIsNotTheDefaultOneGoes) {
  EXPECT_EQ(service->Delete(scope).error().code(), Code::kFailedPrecondition);
  EXPECT_FALSE(*service->Delete(Named("nowhere").scope));
  ASSERT_TRUE(service->Put(Named("team")));
  workspaces.holds_assets = true;
  EXPECT_FALSE(service->Delete(Named("team").scope));
  workspaces.holds_assets = false;
  EXPECT_TRUE(*service->Delete(Named("team").scope));
  EXPECT_FALSE(workspaces.GetWorkspace(Named("team").scope));
  EXPECT_TRUE(workspaces.ListDatastores(Named("team").scope)->empty());
}

TEST_F(WorkspacesTest, ALocalDatastoreIsAnAbsoluteFolder) {
  Datastore store;
  store.name = "mine";
  EXPECT_EQ(service->PutDatastore(scope, store).error().code(), Code::kInvalidArgument);
  store.path = "relative";
  EXPECT_THAT(service->PutDatastore(scope, store).error().message(), HasSubstr("absolute folder"));
  store.path = (home->path() / "new" / "folder").string();
  const auto made = service->PutDatastore(scope, store);
  ASSERT_TRUE(made) << made.error().ToString();
  EXPECT_TRUE(made->is_new);
  EXPECT_TRUE(fs::is_directory(store.path));
  ASSERT_TRUE(WriteFileAtomic(home->path() / "file", ""));
  store.path = (home->path() / "file").string();
  EXPECT_THAT(service->PutDatastore(scope, store).error().message(), HasSubstr("is a file"));
  store.name = "no-dash";
  EXPECT_EQ(service->PutDatastore(scope, store).error().code(), Code::kInvalidArgument);
}

TEST_F(WorkspacesTest, SecretsStayUnlessTheyAreGivenAgain) {
  Datastore store;
  store.name = "azure";
  store.type = "azure_blob";
  store.credentials = {{"account_key", "secret"}};
  ASSERT_TRUE(service->PutDatastore(scope, store));
  store.credentials.clear();
  store.description = "changed";
  ASSERT_TRUE(service->PutDatastore(scope, store));
  EXPECT_EQ(workspaces.GetDatastore(scope, "azure")->credentials.at("account_key"), "secret");
  store.credentials = {{"sas_token", "other"}};
  ASSERT_TRUE(service->PutDatastore(scope, store));
  EXPECT_EQ(workspaces.GetDatastore(scope, "azure")->credentials,
            (std::map<std::string, std::string>{{"sas_token", "other"}}));
}

TEST_F(WorkspacesTest, AzureDatastoresNeedTheirSettings) {
  Datastore store;
  store.name = "lake";
  store.type = "azure_data_lake_gen2";
  store.settings = {{"account_name", "a"}};
  EXPECT_THAT(service->PutDatastore(scope, store).error().message(), HasSubstr("'filesystem'"));
  store.type = "one_lake";  // what is not known is kept as it is
  EXPECT_TRUE(service->PutDatastore(scope, store));
}

TEST_F(WorkspacesTest, TheDefaultDatastoreStaysTheDefault) {
  EXPECT_EQ(service->DeleteDatastore(scope, "workspaceblobstore").error().code(), Code::kFailedPrecondition);
  Datastore store = *workspaces.GetDatastore(scope, "workspaceblobstore");
  store.is_default = false;
  EXPECT_TRUE(service->PutDatastore(scope, store)->value.is_default);
  store.name = "other";
  store.is_default = true;
  EXPECT_FALSE(service->PutDatastore(scope, store)->value.is_default);
  EXPECT_TRUE(*service->DeleteDatastore(scope, "other"));
  EXPECT_FALSE(*service->DeleteDatastore(scope, "other"));
}

TEST_F(WorkspacesTest, ComputesAreChecked) {
  Compute compute;
  compute.name = "gpu";
  compute.type = "kubernetes";
  EXPECT_EQ(service->PutCompute(scope, compute).error().code(), Code::kUnimplemented);
  compute.type = "amlcompute";
  compute.min_instances = 5;
  EXPECT_EQ(service->PutCompute(scope, compute).error().code(), Code::kInvalidArgument);
  compute.max_instances = 5;
  EXPECT_TRUE(service->PutCompute(scope, compute)->is_new);
  EXPECT_FALSE(service->PutCompute(scope, compute)->is_new);
  EXPECT_TRUE(*service->DeleteCompute(scope, "gpu"));
  EXPECT_FALSE(*service->DeleteCompute(scope, "gpu"));
}

TEST_F(WorkspacesTest, AComputeWithUnfinishedJobsStays) {
  Job job;
  job.name = "busy";
  job.status = JobStatus::kRunning;
  PipelineSpec pipeline;
  pipeline.jobs["step"].compute = "azureml:CPU-cluster";
  job.spec.body = pipeline;
  ASSERT_TRUE(jobs.InsertJob(scope, job));
  const auto refused = service->DeleteCompute(scope, "cpu-cluster");
  EXPECT_EQ(refused.error().code(), Code::kConflict);
  EXPECT_THAT(refused.error().message(), HasSubstr("job 'busy'"));
  job.status = JobStatus::kCompleted;
  ASSERT_TRUE(jobs.UpdateJob(scope, job, std::nullopt));
  EXPECT_TRUE(*service->DeleteCompute(scope, "cpu-cluster"));
}

}  // namespace
}  // namespace slipway::registry
