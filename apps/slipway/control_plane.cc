#include "apps/slipway/control_plane.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "apps/slipway/gateway_process.h"
#include "apps/slipway/home.h"
#include "apps/slipway/listeners.h"
#include "apps/slipway/sdk_location.h"
#include "slipway/api/alert_routes.h"
#include "slipway/api/arm_assets.h"
#include "slipway/api/arm_endpoints.h"
#include "slipway/api/arm_files.h"
#include "slipway/api/arm_jobs.h"
#include "slipway/api/arm_registries.h"
#include "slipway/api/arm_schedules.h"
#include "slipway/api/arm_workspaces.h"
#include "slipway/api/audit_routes.h"
#include "slipway/api/drift_routes.h"
#include "slipway/api/front_door.h"
#include "slipway/api/health.h"
#include "slipway/api/job_reports.h"
#include "slipway/api/logs/mount.h"
#include "slipway/api/mlflow/mount.h"
#include "slipway/api/online_shapes.h"
#include "slipway/api/promotion_routes.h"
#include "slipway/api/rollout_routes.h"
#include "slipway/api/routing_routes.h"
#include "slipway/api/workflow_routes.h"
#include "slipway/base/text.h"
#include "slipway/blobstore/local_blob_store.h"
#include "slipway/endpoints/endpoints.h"
#include "slipway/endpoints/rollout/rollouts.h"
#include "slipway/environments/environments.h"
#include "slipway/logstore/drainer.h"
#include "slipway/logstore/log_store.h"
#include "slipway/logstore/maintainer.h"
#include "slipway/monitor/alert_service.h"
#include "slipway/monitor/live_drift/live_drift.h"
#include "slipway/monitor/rollout_evidence.h"
#include "slipway/net/router.h"
#include "slipway/process/supervisor.h"
#include "slipway/registry/datastore_files.h"
#include "slipway/registry/promotions.h"
#include "slipway/registry/registry.h"
#include "slipway/registry/shared_assets.h"
#include "slipway/registry/sharing.h"
#include "slipway/registry/workspaces.h"
#include "slipway/runner/runner.h"
#include "slipway/schedules/scheduler.h"
#include "slipway/scoring/compiled_model.h"
#include "slipway/spool/quarantine.h"
#include "slipway/store/metadata_store.h"
#include "slipway/workflows/workflows.h"

namespace slipway::apps {
namespace {

namespace fs = std::filesystem;

constexpr auto kDrainPeriod = std::chrono::milliseconds(500);

// What knows no service: made first, ends last.
struct Foundation {
  Home home;
  std::unique_ptr<Listeners> listeners;
  std::unique_ptr<store::MetadataStore> store;
  std::unique_ptr<blobstore::BlobStore> blobs;
  std::unique_ptr<logstore::LogStore> logs;
  std::unique_ptr<process::Supervisor> supervisor;
  registry::SigningKey signing_key;

  static Result<Foundation> Make(const ServeOptions& options, const Clock& clock) {
    SLIPWAY_ASSIGN_OR_RETURN(Home home, Home::Open(options.home));
    SLIPWAY_ASSIGN_OR_RETURN(auto listeners, Listeners::Bind(options, home, clock));
    SLIPWAY_ASSIGN_OR_RETURN(auto store, store::MetadataStore::Open(options.database, home / "audit-head.json"));
    SLIPWAY_ASSIGN_OR_RETURN(auto blobs, blobstore::LocalBlobStore::Open(home / "blobs"));
    SLIPWAY_ASSIGN_OR_RETURN(auto logs, logstore::LogStore::Open(home / "logs", home / "spool", clock,
                                                                 home / "datastores/workspaceblobstore/sealed-logs"));
    SLIPWAY_ASSIGN_OR_RETURN(auto supervisor, process::Supervisor::Start());
    SLIPWAY_ASSIGN_OR_RETURN(auto signing_key, registry::SigningKey::Open(home / "registry-signing.pem"));
    return Foundation{std::move(home), std::move(listeners),  std::move(store),      std::move(blobs),
                      std::move(logs), std::move(supervisor), std::move(signing_key)};
  }

  std::string url() const { return fmt::format("http://127.0.0.1:{}", listeners->ports().plain); }
};

environments::Options EnvironmentOptions(const ServeOptions& serve, const Home& home) {
  std::error_code failed;
  const fs::path program = fs::read_symlink("/proc/self/exe", failed);
  const SdkLocation sdk = FindSdk(program);
  environments::Options options;
  options.cache_folder = home / "cache";
  options.containers = serve.containers;
  options.sdk_prefix = sdk.prefix;
  options.sdk_stamp = sdk.stamp;
  options.variables = environments::PassedOnVariables();
  // Curated components run slipway-step, which stands beside this program.
  std::string& path = options.variables.try_emplace("PATH", "/usr/local/bin:/usr/bin:/bin").first->second;
  path += ":" + program.parent_path().string();
  return options;
}

// A model that cannot be scored is refused when it is registered.
Status CheckModel(const fs::path& model) {
  SLIPWAY_RETURN_IF_ERROR(scoring::CompiledModel::Load(model));
  return {};
}

runner::Options RunnerOptions(const Foundation& base) {
  runner::Options options;
  options.runs_folder = base.home / "runs";
  options.server.control_url = base.url();
  options.server.token = base.home.token();
  options.server.connection_string = [url = base.url()](const domain::Workspace& workspace) {
    return fmt::format("InstrumentationKey={};IngestionEndpoint={}/", workspace.id, url);
  };
  return options;
}

fs::path OwnFolder() {
  std::error_code failed;
  return fs::read_symlink("/proc/self/exe", failed).parent_path();
}

workflows::Options WorkflowOptions(const Foundation& base) {
  workflows::Options options;
  options.home = base.home.folder();
  options.job_program = OwnFolder() / "slipway-workflow-job";
  options.client_program = OwnFolder() / "slipway";
  options.control_url = base.url();
  options.server_token = base.home.token();
  options.room = std::max(2u, std::thread::hardware_concurrency());
  return options;
}

endpoints::Options EndpointOptions(const ServeOptions& serve, const Home& home) {
  endpoints::Options options;
  options.state_folder = home / "endpoints";
  options.gateway_logs_folder = home / "gateway" / "logs";
  options.domain = serve.domain;
  return options;
}

monitor::MailServer MailServerOf(const ServeOptions& serve) {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value ? value : "");
  };
  return {serve.mail_server, serve.mail_from, variable("SLIPWAY_MAIL_USER"), variable("SLIPWAY_MAIL_PASSWORD")};
}

// The services, in the order in which one needs another; all borrow `base`.
struct Services {
  Services(const ServeOptions& options, Foundation& base, const Clock& clock)
      : environments(EnvironmentOptions(options, base.home), *base.supervisor),
        workspaces(base.store->workspaces(), base.store->jobs(), clock, base.home / "datastores"),
        datastore_files(base.store->workspaces(), base.store->assets()),
        model_files(base.home / "models", *base.blobs, base.store->workspaces()),
        registries(base.store->registries(), clock, base.home / "registries"),
        signature_policy(base.home / "registry-policy.json", base.signing_key.public_key()),
        shared_assets(registries, AssetDependencies(base, clock, nullptr), base.signing_key, signature_policy),
        registry(AssetDependencies(base, clock, &shared_assets)),
        sharing(
            {base.store->jobs(), base.store->runs(), registry, model_files, shared_assets, base.store->audit(), clock}),
        deployed_models(base.store->endpoints(), SetTraffic()),
        promotions({base.store->promotions(), base.store->workspaces(), base.store->assets(), base.store->jobs(),
                    base.store->runs(), base.store->workflows(), registry, registries, shared_assets, sharing,
                    deployed_models, base.store->audit(), clock}),
        runner(RunnerOptions(base),
               {base.store->workspaces(), base.store->assets(), base.store->jobs(), base.store->runs(), environments,
                *base.supervisor, clock, RegisterAsset(), &shared_assets}),
        scheduler({}, {base.store->schedules(), base.store->workspaces(), runner, clock}),
        messenger(monitor::MakeMessenger(*base.supervisor, MailServerOf(options))),
        alerts({},
               {base.store->schedules(), base.store->action_groups(), base.store->workspaces(), base.store->jobs(),
                runner, *base.logs, *messenger, clock,
                [this](const domain::Scope& scope, const monitor::WorkflowRequest& request) {
                  return StartWorkflow(scope, request);
                },
                [this](const domain::Scope& scope, const std::string& run) { return IsWorkflowRunning(scope, run); },
                &base.store->audit()}),
        endpoints(
            EndpointOptions(options, base.home),
            {base.store->workspaces(), base.store->assets(), base.store->jobs(), base.store->endpoints(), environments,
             clock,
             [this](const domain::Scope& scope, const domain::AssetVersion& model) { return FolderOf(scope, model); },
             &base.store->rollouts(), &shared_assets}),
        rollouts(
            {base.store->rollouts(), base.store->workspaces(), endpoints,
             [&base, collected = monitor::MakeCollectedScores(base.store->workspaces(), base.store->endpoints(),
                                                              LocalPath())](const domain::RolloutQuestion& question) {
               return monitor::ReadRolloutEvidence(*base.logs, question, collected);
             },
             clock, &base.store->audit()}),
        baselines(base.home / "baselines",
                  [this, &base](const domain::Scope& scope, const std::string& model) {
                    return FindModel(base.store->workspaces(), scope, model);
                  }),
        live_drift({base.store->workspaces(), base.store->endpoints(), baselines, *base.logs, clock, LocalPath()}) {}

  Status Start(Foundation& base, const Clock& clock) {
    SLIPWAY_ASSIGN_OR_RETURN(
        workflows, workflows::Workflows::Make(WorkflowOptions(base), {base.store->workflows(), base.store->workspaces(),
                                                                      base.store->schedules(), base.store->assets(),
                                                                      *base.supervisor, clock, &base.store->audit()}));
    SLIPWAY_RETURN_IF_ERROR(runner.Start());
    SLIPWAY_RETURN_IF_ERROR(endpoints.Start());
    scheduler.Start();
    alerts.Start();
    rollouts.Start();
    live_drift.Start();
    SLIPWAY_RETURN_IF_ERROR(workflows->Start());
    return {};
  }

  environments::Environments environments;
  registry::Workspaces workspaces;
  registry::DatastoreFiles datastore_files;
  registry::ModelFiles model_files;
  registry::Registries registries;
  registry::SignaturePolicy signature_policy;
  registry::SharedAssets shared_assets;
  registry::Registry registry;
  registry::Sharing sharing;
  registry::DeployedModels deployed_models;
  registry::Promotions promotions;
  runner::Runner runner;
  schedules::Scheduler scheduler;
  std::unique_ptr<monitor::Messenger> messenger;
  monitor::AlertService alerts;
  endpoints::Endpoints endpoints;
  endpoints::Rollouts rollouts;
  monitor::Baselines baselines;
  monitor::LiveDrift live_drift;
  std::unique_ptr<workflows::Workflows> workflows;

 private:
  runner::RegisterAsset RegisterAsset() {
    return [this](const domain::Scope& scope, domain::AssetVersion version) {
      return registry.Register(scope, std::move(version));
    };
  }

  registry::DeployedModels::SetTraffic SetTraffic() {
    return [this](const domain::Scope& scope, const std::string& endpoint, const std::map<std::string, int>& expected,
                  const std::map<std::string, int>& wanted) -> Status {
      SLIPWAY_RETURN_IF_ERROR(endpoints.MoveTraffic(scope, endpoint, expected, wanted));
      endpoints.WaitUntilRouted(api::kRoutedTimeout);
      return {};
    };
  }

  Result<std::string> StartWorkflow(const domain::Scope& scope, const monitor::WorkflowRequest& request) {
    return workflows->StartByName(scope, request.workflow, request.inputs, request.run_name);
  }

  Result<bool> IsWorkflowRunning(const domain::Scope& scope, const std::string& run) {
    const auto id = ParseInt(run);
    if (!id) return false;  // started before: what it is now nobody said
    const auto found = workflows->Get(scope, *id);
    if (!found && found.error().code() == Code::kNotFound) return false;
    SLIPWAY_RETURN_IF_ERROR(found);
    return found->status != domain::WorkflowStatus::kCompleted;
  }

  registry::RegistryDependencies AssetDependencies(Foundation& base, const Clock& clock,
                                                   domain::RegistryAssets* shared) {
    return {base.store->workspaces(),
            base.store->assets(),
            base.store->jobs(),
            model_files,
            clock,
            [this](const domain::EnvironmentBody& body) { return environments.Check(body); },
            CheckModel,
            shared};
  }

  monitor::LocalPath LocalPath() {
    return
        [this](const domain::Scope& scope, const std::string& uri) { return registry.catalog().LocalPath(scope, uri); };
  }

  Result<monitor::KnownModel> FindModel(domain::WorkspaceStore& stored, const domain::Scope& scope,
                                        const std::string& reference) {
    SLIPWAY_ASSIGN_OR_RETURN(const auto model, registry.catalog().Find(scope, reference, domain::AssetKind::kModel));
    SLIPWAY_ASSIGN_OR_RETURN(const fs::path folder, FolderOf(scope, model));
    SLIPWAY_ASSIGN_OR_RETURN(const domain::Workspace workspace, stored.GetWorkspace(scope));
    const auto digest = model.properties.find(registry::kTreeProperty);
    return monitor::KnownModel{workspace.id, model.name, model.version,
                               digest == model.properties.end() ? "" : digest->second, folder};
  }

  Result<fs::path> FolderOf(const domain::Scope& scope, const domain::AssetVersion& model) {
    const auto address = domain::ParseRegistryAddress(std::get<domain::ModelBody>(model.body).path);
    if (address && registry::StandsInRegistry(model)) return shared_assets.FolderOf(*address);
    SLIPWAY_ASSIGN_OR_RETURN(const registry::ModelFolder folder, model_files.Materialize(scope, model));
    return folder.folder;
  }
};

void MountFaces(net::Router& router, Foundation& base, Services& services, const Clock& clock) {
  store::MetadataStore& store = *base.store;
  api::MountWorkspaces(router, {services.workspaces, store.workspaces(), base.url()});
  api::MountAssets(router, {services.registry, store.workspaces()});
  api::MountRegistryAssets(router, {services.shared_assets, services.registries, store.audit(), clock});
  api::MountRegistries(router, {services.registries, services.shared_assets, services.sharing,
                                services.signature_policy, store.audit(), store.workspaces(), clock});
  api::MountPromotions(router, {services.promotions, store.promotions(), store.workspaces()});
  api::MountAudit(router, store.audit(), clock);
  api::MountFiles(router, {services.datastore_files});
  api::MountJobs(router, {services.runner, store.jobs(), store.workspaces(), base.url()});
  api::MountJobReports(router, {services.runner, store.jobs(), store.workspaces(), store.assets(), store.endpoints()});
  api::MountSchedules(router, {services.scheduler, store.schedules(), store.workspaces()});
  const api::AlertsDependencies alerts{services.alerts,    store.schedules(), store.action_groups(),
                                       store.workspaces(), store.audit(),     clock};
  api::MountAlerts(router, alerts);
  api::MountActionGroups(router, alerts);
  api::MountEndpoints(router, {services.endpoints, store.endpoints(), store.workspaces(), base.url()});
  api::MountRollouts(router, {services.rollouts, store.rollouts(), store.workspaces()});
  api::MountRouting(router, services.endpoints);
  api::MountDrift(router, {services.live_drift, services.baselines, store.workspaces()});
  api::MountLogs(router,
                 {*base.logs, store.workspaces(), clock, [&services] { return services.live_drift.MetricsPage(); }});
  api::MountMlflow(router, {store.runs(), store.workspaces(), store.assets(), services.registry.catalog(), clock,
                            [&services](const domain::Scope& scope, const std::string& run) {
                              services.runner.MetricsLogged(scope, run);
                            },
                            [&services](const domain::Scope& scope, domain::AssetVersion version) {
                              return services.registry.Register(scope, std::move(version));
                            },
                            base.home / "cache" / "uploads"});
}

// Damaged log segments stay in quarantine until somebody has looked at them.
api::HealthCheck CheckSpool(const fs::path& folder) {
  const auto quarantined = spool::ListQuarantine(folder);
  if (!quarantined) return {"spool", false, quarantined.error().ToString()};
  if (quarantined->empty()) return {"spool", true, "no damaged segment"};
  return {
      "spool", false,
      fmt::format("log records are missing: {} damaged segments are in quarantine, the first is '{}': {}",
                  quarantined->size(), quarantined->front().reason_file.string(), quarantined->front().first_reason)};
}

class ControlPlaneImpl final : public ControlPlane {
 public:
  ControlPlaneImpl(const ServeOptions& options, Foundation base, const Clock& clock)
      : options_(options),
        base_(std::move(base)),
        services_(options, base_, clock),
        clock_(clock),
        door_(router_, {base_.home.token(), options.dns_names,
                        [this](std::string_view token) { return services_.workflows->ScopeOfToken(token); }}),
        drainer_(*base_.logs, kDrainPeriod),
        maintainer_(*base_.logs) {
    MountFaces(router_, base_, services_, clock);
    api::MountHealth(router_, {SLIPWAY_VERSION, options.home, [this] { return Checks(); }});
  }

  ~ControlPlaneImpl() override {
    services_.live_drift.Stop();
    services_.rollouts.Stop();
    services_.endpoints.Stop();  // answers the gateway's poll, which would hold the listeners
    base_.logs->StopWaiting();   // and those who follow logs
    base_.listeners->Stop();
    services_.alerts.Stop();
    services_.scheduler.Stop();
    services_.runner.Stop();
    if (services_.workflows) services_.workflows->Stop();
    gateway_.reset();
  }

  Status Start() {
    SLIPWAY_RETURN_IF_ERROR(services_.Start(base_, clock_));
    api::MountWorkflows(router_, *services_.workflows, base_.store->audit(), clock_);
    if (options_.has_gateway) ExpectGateway();
    base_.listeners->Open(door_);
    if (options_.has_gateway) SLIPWAY_RETURN_IF_ERROR(StartGateway());
    Status written = base_.home.WriteServerFile(base_.listeners->ports(), SLIPWAY_VERSION);
    if (!written && gateway_) gateway_->GiveBack();
    return written;
  }

  std::string url() const override { return base_.url(); }
  std::string tls_url() const override {
    return fmt::format("https://{}:{}", options_.tls_address, base_.listeners->ports().tls);
  }
  std::string gateway_url() const override {
    const std::lock_guard lock(mutex_);
    return gateway_url_;
  }

 private:
  Status StartGateway() {
    std::error_code failed;
    GatewayProcessOptions gateway;
    gateway.program = fs::read_symlink("/proc/self/exe", failed).parent_path() / "slipway-gateway";
    gateway.home = options_.home;
    gateway.control_url = base_.url();
    gateway.version = SLIPWAY_VERSION;
    gateway.listen_address = options_.gateway_address;
    gateway.tls_port = options_.gateway_port;
    gateway.dns_names = options_.dns_names;
    gateway.worker_options = options_.worker_options;
    gateway_ = std::make_unique<GatewayProcess>(std::move(gateway), *base_.supervisor,
                                                [this](const GatewayAddress& address) { OnGateway(address); });
    return gateway_->Start();
  }

  // The gateway starts when this server can be asked. Who asks where endpoints are scored before it listens is told
  // where it will, or where it did.
  void ExpectGateway() {
    uint16_t port = options_.gateway_port;
    if (const auto last = ReadGatewayAddress(options_.home); last && port == 0) port = last->tls_port;
    if (port != 0) services_.endpoints.SetGatewayAddress(options_.gateway_address, port);
  }

  void OnGateway(const GatewayAddress& address) {
    services_.endpoints.SetGatewayAddress(address.listen_address, address.tls_port);
    const std::lock_guard lock(mutex_);
    gateway_url_ = fmt::format("https://{}:{}", address.listen_address, address.tls_port);
  }

  std::vector<api::HealthCheck> Checks() const {
    std::vector<api::HealthCheck> checks;
    if (gateway_) {
      const bool is_running = gateway_->is_running();
      checks.push_back(
          {"gateway", is_running,
           is_running ? gateway_url() : fmt::format("does not run; see '{}'", gateway_->log_file().string())});
    }
    checks.push_back(CheckSpool(options_.home / "spool"));
    return checks;
  }

  const ServeOptions options_;
  Foundation base_;
  Services services_;
  const Clock& clock_;
  net::Router router_;
  api::FrontDoor door_;
  logstore::Drainer drainer_;
  logstore::Maintainer maintainer_;
  std::unique_ptr<GatewayProcess> gateway_;
  mutable std::mutex mutex_;
  std::string gateway_url_;
};

}  // namespace

Result<std::unique_ptr<ControlPlane>> ControlPlane::Start(const ServeOptions& options, const Clock& clock) {
  SLIPWAY_ASSIGN_OR_RETURN(Foundation base, Foundation::Make(options, clock));
  SLIPWAY_RETURN_IF_ERROR(registry::EnsureDefaultWorkspace(base.store->workspaces(), clock, base.home / "datastores"));
  auto control_plane = std::make_unique<ControlPlaneImpl>(options, std::move(base), clock);
  SLIPWAY_RETURN_IF_ERROR(control_plane->Start());
  return control_plane;
}

}  // namespace slipway::apps
