// Everything Slipway remembers but logs and files: workspaces, assets, endpoints, jobs, schedules, runs, in one SQL
// database. docs/formats/metadata.md lists the tables.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "slipway/base/result.h"
#include "slipway/domain/alert_store.h"
#include "slipway/domain/audit.h"
#include "slipway/domain/promotion.h"
#include "slipway/domain/registry.h"
#include "slipway/domain/rollout_store.h"
#include "slipway/domain/stores.h"
#include "slipway/domain/workflow_store.h"

namespace slipway::store {

// Thread-safe. The stores live as long as this object.
class MetadataStore {
 public:
  // `url` as in sql/database.h. Makes the tables of a new database and migrates those of an older version; refuses a
  // newer version's with kFailedPrecondition, and a file that is no database with kDataLoss. The last hash of the audit
  // log is kept in `audit_head_file` ("" = nowhere).
  static Result<std::unique_ptr<MetadataStore>> Open(const std::string& url,
                                                     const std::filesystem::path& audit_head_file = {});
  ~MetadataStore();

  domain::WorkspaceStore& workspaces();
  domain::AssetStore& assets();
  domain::EndpointStore& endpoints();
  domain::JobStore& jobs();
  domain::ScheduleStore& schedules();
  domain::RunStore& runs();
  domain::RolloutStore& rollouts();
  domain::WorkflowStore& workflows();
  domain::ActionGroupStore& action_groups();
  domain::RegistryStore& registries();
  domain::AuditLog& audit();
  domain::PromotionStore& promotions();

 private:
  struct Stores;  // the database and what borrows it
  explicit MetadataStore(std::unique_ptr<Stores> stores);

  std::unique_ptr<Stores> stores_;
};

}  // namespace slipway::store
