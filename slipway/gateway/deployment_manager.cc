#include "slipway/gateway/deployment_manager.h"

#include <fmt/format.h>

#include <set>

#include "slipway/base/log.h"
#include "slipway/scoring/compiled_model.h"

namespace slipway::gateway {
namespace {

constexpr size_t kConsoleLinesKept = 5'000;
// From the publication of a new table until no event loop can still be choosing from the old one.
constexpr auto kRetirementGrace = std::chrono::seconds(1);
constexpr auto kRetirementTick = std::chrono::milliseconds(100);

}  // namespace

DeploymentManager::DeploymentManager(DeploymentManagerOptions options, RoutingTableHolder& tables, LogSink& sink,
                                     Metrics& metrics, collection::CollectionWriter& collection, const Clock& clock,
                                     std::function<void()> on_change)
    : options_(std::move(options)),
      tables_(tables),
      sink_(sink),
      metrics_(metrics),
      collection_(collection),
      clock_(clock),
      on_change_(std::move(on_change)),
      retirement_thread_([this](std::stop_token stop) { RunRetirement(stop); }) {}

DeploymentManager::~DeploymentManager() {
  std::list<std::shared_ptr<Load>> loads;
  std::vector<Live> lives;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [key, entry] : entries_) {
      CancelLoad(entry);
      if (entry.live) lives.push_back(std::move(entry.live));
    }
    for (Retired& retired : retired_) lives.push_back(std::move(retired.live));
    retired_.clear();
    loads.swap(loads_);
  }
  retirement_thread_.request_stop();
  retirement_thread_.join();
  for (const auto& load : loads) load->thread.join();
  for (const Live& live : lives) {
    if (live->script) live->script->Stop();
  }
}

void DeploymentManager::Apply(RoutingSnapshot snapshot) {
  std::list<std::shared_ptr<Load>> done_loads;  // joined when it goes, after the lock is free
  {
    const std::lock_guard lock(mutex_);
    done_loads = TakeDoneLoads();
    std::set<Key> wanted;
    for (const WantedEndpoint& endpoint : snapshot.endpoints) {
      for (const WantedDeployment& deployment : endpoint.deployments) {
        wanted.emplace(endpoint.name, deployment.name);
        Want(endpoint, deployment);
      }
    }
    for (auto entry = entries_.begin(); entry != entries_.end();) {
      if (wanted.contains(entry->first)) {
        ++entry;
        continue;
      }
      CancelLoad(entry->second);
      Retire(std::move(entry->second.live));
      entry = entries_.erase(entry);
    }
    snapshot_ = std::move(snapshot);
    Publish();
  }
  on_change_();
}

void DeploymentManager::Want(const WantedEndpoint& endpoint, const WantedDeployment& wanted) {
  const Key key{endpoint.name, wanted.name};
  Entry& entry = entries_[key];
  entry.report.endpoint = endpoint.name;
  entry.report.deployment = wanted.name;
  entry.report.revision = wanted.revision;
  if (entry.live && entry.live->wanted.fingerprint == wanted.fingerprint) {
    CancelLoad(entry);
    entry.failed_fingerprint.clear();
    entry.report.state = "Succeeded";
    entry.report.message.clear();
    return;
  }
  const bool is_loading = entry.load && entry.load->fingerprint == wanted.fingerprint;
  if (is_loading || entry.failed_fingerprint == wanted.fingerprint) return;
  CancelLoad(entry);
  StartLoad(entry, key, endpoint, wanted);
}

void DeploymentManager::StartLoad(Entry& entry, const Key& key, const WantedEndpoint& endpoint,
                                  const WantedDeployment& wanted) {
  if (!entry.console) {
    entry.console =
        std::make_shared<ConsoleFile>(options_.logs_folder / key.first / (key.second + ".log"), kConsoleLinesKept);
  }
  entry.failed_fingerprint.clear();
  entry.report.state = entry.live ? "Updating" : "Creating";
  entry.report.message.clear();
  entry.load = std::make_shared<Load>();
  entry.load->fingerprint = wanted.fingerprint;
  entry.load->thread = std::jthread(
      [this, key, endpoint, wanted, console = entry.console, load = entry.load.get()](std::stop_token stop) {
        Result<Live> made = Make(endpoint, wanted, console, stop);
        FinishLoad(key, load, std::move(made));
      });
  loads_.push_back(entry.load);
}

// Without a datastore for them (a snapshot of an earlier version) they stay beside the console's tail.
WantedFolder DeploymentManager::LongLinesOf(const WantedEndpoint& endpoint, const WantedDeployment& wanted) const {
  if (wanted.long_lines) return *wanted.long_lines;
  const std::string folder = (options_.logs_folder / endpoint.name / (wanted.name + ".long")).string();
  return {folder, "file://" + folder};
}

Result<DeploymentManager::Live> DeploymentManager::Make(const WantedEndpoint& endpoint, const WantedDeployment& wanted,
                                                        std::shared_ptr<ConsoleFile> console,
                                                        std::stop_token stop) const {
  auto live = std::make_shared<LiveDeployment>();
  live->wanted = wanted;
  ConsoleLogOptions log_options;
  log_options.deployment = wanted.name;
  log_options.sends_traces = wanted.app_insights_enabled;
  log_options.long_lines = LongLinesOf(endpoint, wanted);
  if (!wanted.environment.empty()) log_options.image = wanted.environment;
  auto log =
      std::make_unique<ConsoleLog>(sink_, clock_, LogIdentity(endpoint), std::move(log_options), std::move(console));
  const auto counts = metrics_.Of(endpoint.name, wanted.name);
  if (wanted.kind == WantedDeployment::Kind::kScript) {
    live->collector = collection::DeploymentCollector::Make(collection_, endpoint, wanted, {}, counts);
    SLIPWAY_ASSIGN_OR_RETURN(
        live->script, ScriptRuntime::Start(wanted, options_.programs, std::move(log), counts, live->collector, stop));
    return Live(live);
  }
  const std::string instance = wanted.name + "-0";
  SLIPWAY_ASSIGN_OR_RETURN(live->model, ModelRuntime::Load(wanted, options_.model_lanes));
  live->collector = collection::DeploymentCollector::Make(collection_, endpoint, wanted,
                                                          live->model->model().signature().input_names(), counts);
  log->Event(instance, "Created", "Created container inference-server");
  log->Event(instance, "Started", "Started container inference-server");
  log->Line(instance, fmt::format("slipway: model '{}:{}' is loaded and scored inside the gateway", wanted.model_name,
                                  wanted.model_version));
  return Live(live);
}

std::list<std::shared_ptr<DeploymentManager::Load>> DeploymentManager::TakeDoneLoads() {
  std::list<std::shared_ptr<Load>> done;
  for (auto it = loads_.begin(); it != loads_.end();) {
    const auto next = std::next(it);
    if ((*it)->is_done) done.splice(done.end(), loads_, it);
    it = next;
  }
  return done;
}

void DeploymentManager::FinishLoad(const Key& key, Load* load, Result<Live> made) {
  {
    const std::lock_guard lock(mutex_);
    load->is_done = true;
    const auto found = entries_.find(key);
    const bool is_wanted = found != entries_.end() && found->second.load.get() == load;
    if (!is_wanted) return Retire(made ? std::move(*made) : nullptr);
    Entry& entry = found->second;
    if (made) {
      Retire(std::exchange(entry.live, std::move(*made)));
      entry.report.state = "Succeeded";
      LogInfo("deployment {}/{} is ready", key.first, key.second);
      Publish();
    } else {
      entry.failed_fingerprint = load->fingerprint;
      entry.report.state = "Failed";
      entry.report.message = made.error().ToString();
      LogWarning("deployment {}/{} failed: {}", key.first, key.second, entry.report.message);
    }
    entry.load.reset();
  }
  on_change_();
}

void DeploymentManager::CancelLoad(Entry& entry) {
  if (!entry.load) return;
  entry.load->thread.request_stop();
  entry.load.reset();
}

void DeploymentManager::Retire(Live live) {
  if (!live) return;
  retired_.push_back({std::move(live), std::chrono::steady_clock::now()});
  retirement_.notify_all();
}

void DeploymentManager::RunRetirement(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (!retirement_.wait(lock, stop, [this] { return !retired_.empty(); })) return;
    const SteadyTime ripe = std::chrono::steady_clock::now() - kRetirementGrace;
    std::list<Retired> done;
    for (auto it = retired_.begin(); it != retired_.end();) {
      const auto next = std::next(it);
      const bool is_idle = !it->live->script || it->live->script->pending() == 0;
      if (it->since < ripe && is_idle) done.splice(done.end(), retired_, it);
      it = next;
    }
    lock.unlock();
    for (const Retired& retired : done) {
      if (retired.live->script) retired.live->script->Stop();
    }
    done.clear();
    lock.lock();
    retirement_.wait_for(lock, stop, kRetirementTick, [] { return false; });
  }
}

void DeploymentManager::Publish() {
  auto table = std::make_shared<RoutingTable>();
  for (const WantedEndpoint& endpoint : snapshot_.endpoints) {
    std::map<std::string, Live> deployments;
    for (const WantedDeployment& deployment : endpoint.deployments) {
      const auto found = entries_.find({endpoint.name, deployment.name});
      if (found != entries_.end() && found->second.live) deployments[deployment.name] = found->second.live;
    }
    table->Add(std::make_shared<LiveEndpoint>(endpoint, deployments, metrics_));
  }
  tables_.Publish(std::move(table));
}

std::vector<DeploymentReport> DeploymentManager::Reports() const {
  const std::lock_guard lock(mutex_);
  std::vector<DeploymentReport> reports;
  for (const auto& [key, entry] : entries_) reports.push_back(entry.report);
  return reports;
}

}  // namespace slipway::gateway
