// Makes a deployment concrete on this machine: its model as a folder, its environment built with its code, its script.
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <string>

#include "slipway/base/result.h"
#include "slipway/domain/common.h"
#include "slipway/domain/endpoint.h"
#include "slipway/endpoints/endpoints.h"
#include "slipway/endpoints/plan/placement.h"
#include "slipway/environments/content_hash.h"
#include "slipway/environments/environments.h"
#include "slipway/registry/catalog.h"

namespace slipway::endpoints {

// Thread-safe.
class Preparer {
 public:
  // `dependencies` are borrowed. Logs of preparations go to <logs_folder>/<endpoint>/<deployment>.log.
  Preparer(const Dependencies& dependencies, std::filesystem::path logs_folder);

  // Replaces the references by pinned ones ("azureml:name:version"), and checks whether the environment can be made
  // real here. kNotFound names the reference that leads nowhere.
  Status Pin(const domain::Scope& scope, domain::OnlineDeployment& deployment);

  // Takes as long as a build takes. Errors begin with the name that the dialect has for them: "ImageBuildFailure: …"
  // for the environment, "BadArgument: …" for the rest.
  Result<Placement> Prepare(const domain::Scope& scope, const domain::OnlineDeployment& deployment);

  // What the newest preparation did, with the log of a build under way; "" before the first.
  std::string Log(const std::string& endpoint, const std::string& deployment) const;
  void ForgetLog(const std::string& endpoint, const std::string& deployment) const;

 private:
  Status PrepareModel(const domain::Scope& scope, const domain::OnlineDeployment& deployment, Prepared& prepared);
  Status PrepareScript(const domain::Scope& scope, const domain::OnlineDeployment& deployment, Prepared& prepared);
  Status PrepareFolders(const domain::Scope& scope, const domain::OnlineDeployment& deployment, Prepared& prepared);
  Result<environments::Snapshot> FindCode(const domain::Scope& scope, const std::string& code);
  Result<environments::Realized> Realize(const domain::Scope& scope, const domain::OnlineDeployment& deployment);
  Status PinReference(const domain::Scope& scope, std::string_view field, domain::AssetKind kind,
                      std::string& reference);
  std::filesystem::path LogFile(const std::string& endpoint, const std::string& deployment) const;
  void Note(const domain::OnlineDeployment& deployment, std::string_view text) const;
  void SetBuildLog(const std::filesystem::path& log_file, const std::filesystem::path& build_log);

  const Dependencies& dependencies_;
  registry::Catalog catalog_;
  environments::ContentHasher hasher_;
  const std::filesystem::path logs_folder_;

  mutable std::mutex mutex_;
  std::map<std::filesystem::path, std::filesystem::path> build_logs_;  // of builds under way, by log file
};

}  // namespace slipway::endpoints
