// Workspaces and what they hold by themselves: datastores and computes.
#pragma once

#include <filesystem>
#include <mutex>
#include <string>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/domain/stores.h"

namespace slipway::registry {

// Makes the default workspace (fixed ids of domain/common.h, a random GUID) with its datastores below `datastores_root`
// ($SLIPWAY_HOME/datastores) and its compute, where they are not there yet. For every start of the server.
Result<domain::Workspace> EnsureDefaultWorkspace(domain::WorkspaceStore& workspaces, const Clock& clock,
                                                 const std::filesystem::path& datastores_root);

template <typename T>
struct Stored {
  T value;
  bool is_new = false;
};

// Thread-safe. The stores and the clock are borrowed.
class Workspaces {
 public:
  Workspaces(domain::WorkspaceStore& workspaces, domain::JobStore& jobs, const Clock& clock,
             std::filesystem::path datastores_root)
      : workspaces_(workspaces), jobs_(jobs), clock_(clock), root_(std::move(datastores_root)) {}

  // Creates a workspace with the default datastores (local folders below <datastores_root>/<workspace GUID>/) and the
  // compute 'cpu-cluster', or changes texts and tags of the one that is there.
  Result<Stored<domain::Workspace>> Put(domain::Workspace workspace);
  // False when it was not there. Refuses the default workspace, and one that holds assets, jobs or endpoints; the
  // files of its datastores stay.
  Result<bool> Delete(const domain::Scope& scope);

  // Creates or replaces. A local datastore's folder is made. Secrets that are not given again stay as they are; which
  // datastore is the default does not change.
  Result<Stored<domain::Datastore>> PutDatastore(const domain::Scope& scope, domain::Datastore datastore);
  // False when it was not there. Refuses the default datastore. Its files stay.
  Result<bool> DeleteDatastore(const domain::Scope& scope, const std::string& name);

  Result<Stored<domain::Compute>> PutCompute(const domain::Scope& scope, domain::Compute compute);
  // False when it was not there. Refuses a compute that unfinished jobs run on.
  Result<bool> DeleteCompute(const domain::Scope& scope, const std::string& name);

 private:
  domain::WorkspaceStore& workspaces_;
  domain::JobStore& jobs_;
  const Clock& clock_;
  const std::filesystem::path root_;
  std::mutex creating_;  // two requests for one new workspace
};

}  // namespace slipway::registry
