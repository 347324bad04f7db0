#include "slipway/store/metadata_store.h"

#include "slipway/store/alert_store.h"
#include "slipway/store/asset_store.h"
#include "slipway/store/audit_store.h"
#include "slipway/store/endpoint_store.h"
#include "slipway/store/job_store.h"
#include "slipway/store/migrations.h"
#include "slipway/store/promotion_store.h"
#include "slipway/store/registry_store.h"
#include "slipway/store/rollout_store.h"
#include "slipway/store/run_store.h"
#include "slipway/store/schedule_store.h"
#include "slipway/store/workflow_store.h"
#include "slipway/store/workspace_store.h"

namespace slipway::store {

struct MetadataStore::Stores {
  Stores(std::unique_ptr<sql::Database> opened, const std::filesystem::path& audit_head_file)
      : database(std::move(opened)),
        workspaces(*database),
        assets(*database),
        endpoints(*database),
        jobs(*database),
        schedules(*database),
        runs(*database),
        rollouts(*database),
        workflows(*database),
        action_groups(*database),
        registries(*database),
        audit(*database, audit_head_file),
        promotions(*database) {}

  std::unique_ptr<sql::Database> database;
  SqlWorkspaceStore workspaces;
  SqlAssetStore assets;
  SqlEndpointStore endpoints;
  SqlJobStore jobs;
  SqlScheduleStore schedules;
  SqlRunStore runs;
  SqlRolloutStore rollouts;
  SqlWorkflowStore workflows;
  SqlActionGroupStore action_groups;
  SqlRegistryStore registries;
  SqlAuditStore audit;
  SqlPromotionStore promotions;
};

MetadataStore::MetadataStore(std::unique_ptr<Stores> stores) : stores_(std::move(stores)) {}
MetadataStore::~MetadataStore() = default;

Result<std::unique_ptr<MetadataStore>> MetadataStore::Open(const std::string& url,
                                                           const std::filesystem::path& audit_head_file) {
  SLIPWAY_ASSIGN_OR_RETURN(auto database, sql::Database::Open(url));
  SLIPWAY_RETURN_IF_ERROR(Migrate(*database, MetadataMigrations()));
  return std::unique_ptr<MetadataStore>(
      new MetadataStore(std::make_unique<Stores>(std::move(database), audit_head_file)));
}

domain::WorkspaceStore& MetadataStore::workspaces() {
  return stores_->workspaces;
}
domain::AssetStore& MetadataStore::assets() {
  return stores_->assets;
}
domain::EndpointStore& MetadataStore::endpoints() {
  return stores_->endpoints;
}
domain::JobStore& MetadataStore::jobs() {
  return stores_->jobs;
}
domain::ScheduleStore& MetadataStore::schedules() {
  return stores_->schedules;
}
domain::RunStore& MetadataStore::runs() {
  return stores_->runs;
}
domain::RolloutStore& MetadataStore::rollouts() {
  return stores_->rollouts;
}
domain::WorkflowStore& MetadataStore::workflows() {
  return stores_->workflows;
}
domain::ActionGroupStore& MetadataStore::action_groups() {
  return stores_->action_groups;
}
domain::RegistryStore& MetadataStore::registries() {
  return stores_->registries;
}
domain::AuditLog& MetadataStore::audit() {
  return stores_->audit;
}
domain::PromotionStore& MetadataStore::promotions() {
  return stores_->promotions;
}

}  // namespace slipway::store
