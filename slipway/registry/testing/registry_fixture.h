// The default workspace in a temporary folder, with everything of this room around it.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "slipway/base/file.h"
#include "slipway/blobstore/local_blob_store.h"
#include "slipway/domain/testing/memory_asset_store.h"
#include "slipway/domain/testing/memory_job_store.h"
#include "slipway/domain/testing/memory_workspace_store.h"
#include "slipway/registry/datastore_files.h"
#include "slipway/registry/registry.h"
#include "slipway/registry/workspaces.h"

namespace slipway::registry::testing {

class RegistryFixture : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = TemporaryDirectory::Make();
    ASSERT_TRUE(made) << made.error().ToString();
    home.emplace(std::move(*made));
    const auto workspace = EnsureDefaultWorkspace(workspaces, clock, home->path() / "datastores");
    ASSERT_TRUE(workspace) << workspace.error().ToString();
    workspace_id = workspace->id;
    files.emplace(workspaces, assets);
    auto opened = blobstore::LocalBlobStore::Open(home->path() / "blobs");
    ASSERT_TRUE(opened) << opened.error().ToString();
    blobs = std::move(*opened);
    model_files.emplace(home->path() / "models", *blobs, workspaces);
    service.emplace(workspaces, jobs, clock, home->path() / "datastores");
    registry.emplace(RegistryDependencies{
        workspaces, assets, jobs, *model_files, clock,
        [this](const domain::EnvironmentBody&) { return environment_error ? *environment_error : Status(); },
        [this](const std::filesystem::path& path) {
          checked_models.push_back(path.filename().string());
          return model_error ? *model_error : Status();
        }});
  }

  std::filesystem::path Store(const std::string& path = "") {
    return home->path() / "datastores" / "workspaceblobstore" / path;
  }
  static std::string Uri(const std::string& path) { return "azureml://datastores/workspaceblobstore/paths/" + path; }
  void WriteStored(const std::string& path, const std::string& content) {
    const auto written = WriteFileAtomic(Store(path), content);
    ASSERT_TRUE(written) << written.error().ToString();
  }

  domain::Scope scope;
  ManualClock clock{Timestamp(std::chrono::hours(480'000))};
  std::optional<TemporaryDirectory> home;
  domain::testing::MemoryWorkspaceStore workspaces;
  domain::testing::MemoryAssetStore assets;
  domain::testing::MemoryJobStore jobs;
  std::string workspace_id;
  std::unique_ptr<blobstore::LocalBlobStore> blobs;
  std::optional<DatastoreFiles> files;
  std::optional<ModelFiles> model_files;
  std::optional<Workspaces> service;
  std::optional<Registry> registry;
  std::optional<Status> environment_error, model_error;  // what the checks answer
  std::vector<std::string> checked_models;
};

}  // namespace slipway::registry::testing
