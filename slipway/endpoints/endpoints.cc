#include "slipway/endpoints/endpoints.h"

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/log.h"
#include "slipway/base/text.h"
#include "slipway/endpoints/impl.h"
#include "slipway/process/run.h"

namespace slipway::endpoints {
namespace {

using domain::OnlineDeployment;
using domain::OnlineEndpoint;
using domain::Scope;

constexpr auto kDeadlineTick = std::chrono::seconds(1);

bool IsSameScope(const Scope& a, const Scope& b) {
  return EqualsIgnoreCase(a.subscription, b.subscription) && EqualsIgnoreCase(a.resource_group, b.resource_group) &&
         EqualsIgnoreCase(a.workspace, b.workspace);
}

// Its first line, where a console says the rest; without the words that announce the console's last lines.
std::string Headline(const std::string& message) {
  const std::string line = message.substr(0, message.find('\n'));
  return line.size() == message.size() ? line : line.substr(0, line.rfind("; "));
}

void AddFailure(const std::string& message, std::string& console) {
  const std::string shown = console.empty() ? message : Headline(message);
  if (!console.empty() && !console.ends_with('\n')) console += '\n';
  console += fmt::format("slipway: the deployment failed: {}\n", shown);
}

}  // namespace

std::vector<std::string> LiveEndpoint::DeploymentNames() const {
  std::vector<std::string> names;
  for (const auto& [name, deployment] : deployments) names.push_back(deployment.stored.name);
  return names;
}

Endpoints::Impl::Impl(Options wanted_options, Dependencies wanted_dependencies)
    : options(std::move(wanted_options)),
      dependencies(std::move(wanted_dependencies)),
      preparer(dependencies, options.state_folder / "logs") {}

// Life.

Result<LiveEndpoint> Endpoints::Impl::Load(const domain::Workspace& workspace, OnlineEndpoint endpoint) {
  LiveEndpoint live;
  live.workspace = workspace;
  live.stored = std::move(endpoint);
  SLIPWAY_ASSIGN_OR_RETURN(const auto deployments,
                           dependencies.endpoints.ListDeployments(workspace.scope, live.stored.name));
  for (const OnlineDeployment& deployment : deployments) {
    LiveDeployment& entry = live.deployments[ToLower(deployment.name)];
    entry.stored = deployment;
    entry.candidate_since = dependencies.clock.Now();
  }
  auto text = ReadFile(PlacementsFile(live.stored.name));
  if (!text) return live;  // a new endpoint, or a lost file: what is missing is prepared again
  auto placements = PlacementsFromText(*text);
  if (!placements) {
    LogWarning("{}: {}; the deployments are prepared again", PlacementsFile(live.stored.name).string(),
               placements.error().ToString());
    return live;
  }
  live.placements = std::move(*placements);
  for (auto& [name, known] : live.placements) {
    const auto deployment = live.deployments.find(name);
    Reconcile(known, deployment == live.deployments.end() ? nullptr : &deployment->second.stored);
  }
  return live;
}

Status Endpoints::Impl::Start() {
  const std::lock_guard lock(mutex);
  SLIPWAY_ASSIGN_OR_RETURN(const auto workspaces, dependencies.workspaces.ListWorkspaces());
  for (const domain::Workspace& workspace : workspaces) {
    SLIPWAY_ASSIGN_OR_RETURN(auto stored, dependencies.endpoints.ListEndpoints(workspace.scope));
    for (OnlineEndpoint& endpoint : stored) {
      const std::string key = ToLower(endpoint.name);
      SLIPWAY_ASSIGN_OR_RETURN(endpoints[key], Load(workspace, std::move(endpoint)));
    }
  }
  pool = std::make_unique<ThreadPool>(options.preparing_threads);
  AdvanceAll();
  deadlines = std::jthread([this](std::stop_token stop) { RunDeadlines(stop); });
  return {};
}

void Endpoints::Impl::Stop() {
  std::unique_ptr<ThreadPool> ended;
  {
    const std::lock_guard lock(mutex);
    is_stopping = true;
    ended = std::move(pool);
    changed.notify_all();
  }
  deadlines.request_stop();
  if (deadlines.joinable()) deadlines.join();
  ended.reset();  // waits for preparations under way
}

void Endpoints::Impl::RunDeadlines(std::stop_token stop) {
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    changed.wait_for(lock, stop, kDeadlineTick, [] { return false; });
    if (!stop.stop_requested()) AdvanceAll();
  }
}

Result<LiveEndpoint*> Endpoints::Impl::FindLocked(const Scope& scope, const std::string& name) {
  const auto found = endpoints.find(ToLower(name));
  if (found != endpoints.end() && IsSameScope(found->second.scope(), scope)) return &found->second;
  std::vector<std::string> names;
  for (const auto& [key, endpoint] : endpoints) {
    if (IsSameScope(endpoint.scope(), scope)) names.push_back(endpoint.stored.name);
  }
  return NotFound(fmt::format("there is no online endpoint '{}'{}", name, DidYouMean(name, names)));
}

Result<LiveDeployment*> Endpoints::Impl::FindLocked(LiveEndpoint& endpoint, const std::string& name) {
  const auto found = endpoint.deployments.find(ToLower(name));
  if (found != endpoint.deployments.end()) return &found->second;
  return NotFound(fmt::format("the endpoint '{}' has no deployment '{}'{}", endpoint.stored.name, name,
                              DidYouMean(name, endpoint.DeploymentNames())));
}

Endpoints::Endpoints(Options options, Dependencies dependencies)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(dependencies))) {}

Endpoints::~Endpoints() = default;

Status Endpoints::Start() {
  return impl_->Start();
}

void Endpoints::Stop() {
  impl_->Stop();
}

Result<OnlineEndpoint> Endpoints::GetEndpoint(const Scope& scope, const std::string& name) {
  const std::lock_guard lock(impl_->mutex);
  SLIPWAY_ASSIGN_OR_RETURN(const LiveEndpoint* endpoint, impl_->FindLocked(scope, name));
  return endpoint->stored;
}

Result<OnlineDeployment> Endpoints::GetDeployment(const Scope& scope, const std::string& endpoint_name,
                                                  const std::string& name) {
  const std::lock_guard lock(impl_->mutex);
  SLIPWAY_ASSIGN_OR_RETURN(LiveEndpoint * endpoint, impl_->FindLocked(scope, endpoint_name));
  SLIPWAY_ASSIGN_OR_RETURN(const LiveDeployment* deployment, impl_->FindLocked(*endpoint, name));
  return deployment->stored;
}

// Addresses.

void Endpoints::SetGatewayAddress(const std::string& listen_address, uint16_t tls_port) {
  const std::lock_guard lock(impl_->mutex);
  const bool is_anywhere = listen_address.empty() || listen_address == "0.0.0.0" || listen_address == "::";
  impl_->gateway_host = is_anywhere ? "127.0.0.1" : listen_address;
  impl_->gateway_port = tls_port;
}

std::string Endpoints::Impl::LocalUrlOf(const std::string& endpoint) const {
  return fmt::format("https://{}:{}/endpoints/{}", gateway_host, gateway_port, endpoint);
}

std::string Endpoints::Impl::UrlOf(const LiveEndpoint& endpoint) const {
  if (options.domain.empty()) return LocalUrlOf(endpoint.stored.name);
  return fmt::format("https://{}.{}.inference.{}:{}", ToLower(endpoint.stored.name), endpoint.workspace.location,
                     options.domain, gateway_port);
}

Result<wire::EndpointLinks> Endpoints::LinksOf(const Scope& scope, const std::string& name) {
  const std::lock_guard lock(impl_->mutex);
  SLIPWAY_ASSIGN_OR_RETURN(const LiveEndpoint* endpoint, impl_->FindLocked(scope, name));
  const std::string url = impl_->UrlOf(*endpoint);
  return wire::EndpointLinks{url + "/score", url + "/swagger.json"};
}

Result<std::string> Endpoints::LocalScoringUri(const Scope& scope, const std::string& name) {
  const std::lock_guard lock(impl_->mutex);
  SLIPWAY_ASSIGN_OR_RETURN(const LiveEndpoint* endpoint, impl_->FindLocked(scope, name));
  return impl_->LocalUrlOf(endpoint->stored.name) + "/score";
}

// The gateway.

Result<std::optional<Routing>> Endpoints::WaitForRouting(const std::string& etag, std::chrono::milliseconds timeout) {
  std::unique_lock lock(impl_->mutex);
  const auto has_news = [&] { return impl_->routing && impl_->routing->etag != etag; };
  const bool is_first = !std::exchange(impl_->has_been_polled, true);
  impl_->acknowledged = etag;
  impl_->changed.notify_all();
  if (!has_news() && !is_first) {
    if (impl_->waiting_polls >= kWaitingPollsMax)
      return Unavailable(fmt::format("{} gateways wait for news already: no more can", kWaitingPollsMax));
    ++impl_->waiting_polls;
    impl_->changed.wait_for(lock, timeout, [&] { return has_news() || impl_->is_stopping; });
    --impl_->waiting_polls;
  }
  if (!has_news()) return std::optional<Routing>();
  impl_->handed_out = impl_->routing->etag;
  return impl_->routing;
}

void Endpoints::WaitUntilRouted(std::chrono::milliseconds timeout) {
  std::unique_lock lock(impl_->mutex);
  const auto nobody_listens = [&] { return impl_->waiting_polls == 0 && impl_->handed_out == impl_->acknowledged; };
  const bool is_over = impl_->changed.wait_for(lock, timeout, [&] {
    return !impl_->routing || impl_->is_stopping || impl_->acknowledged == impl_->routing->etag || nobody_listens();
  });
  if (!is_over) impl_->handed_out = impl_->acknowledged;  // it went away: the next change does not wait for it again
}

void Endpoints::TakeReports(const std::vector<GatewayReport>& reports) {
  const std::lock_guard lock(impl_->mutex);
  for (const GatewayReport& report : reports) {
    const auto endpoint = impl_->endpoints.find(ToLower(report.endpoint));
    if (endpoint == impl_->endpoints.end()) continue;
    const auto deployment = endpoint->second.deployments.find(ToLower(report.deployment));
    if (deployment == endpoint->second.deployments.end()) continue;
    deployment->second.report = report;
    impl_->Advance(endpoint->second, deployment->second);
  }
  impl_->Publish();
}

void Endpoints::CheckDeadlines() {
  const std::lock_guard lock(impl_->mutex);
  impl_->AdvanceAll();
}

Result<OnlineDeployment> Endpoints::WaitUntilSettled(const Scope& scope, const std::string& endpoint_name,
                                                     const std::string& name, std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  std::unique_lock lock(impl_->mutex);
  for (;;) {
    SLIPWAY_ASSIGN_OR_RETURN(LiveEndpoint * endpoint, impl_->FindLocked(scope, endpoint_name));
    SLIPWAY_ASSIGN_OR_RETURN(const LiveDeployment* deployment, impl_->FindLocked(*endpoint, name));
    if (!IsUnderWay(deployment->stored.state)) return deployment->stored;
    if (impl_->changed.wait_until(lock, deadline) == std::cv_status::timeout)
      return Error(Code::kDeadlineExceeded, fmt::format("deployment '{}' is still {}", name,
                                                        domain::ProvisioningStateName(deployment->stored.state)));
  }
}

// Logs.

std::filesystem::path Endpoints::Impl::ConsoleFile(const std::string& endpoint, const std::string& deployment) const {
  return options.gateway_logs_folder / endpoint / (deployment + ".log");
}

Result<std::string> Endpoints::ReadLogs(const Scope& scope, const std::string& endpoint_name, const std::string& name,
                                        LogKind kind, size_t lines) {
  std::unique_lock lock(impl_->mutex);
  SLIPWAY_ASSIGN_OR_RETURN(LiveEndpoint * endpoint, impl_->FindLocked(scope, endpoint_name));
  SLIPWAY_ASSIGN_OR_RETURN(const LiveDeployment* live, impl_->FindLocked(*endpoint, name));
  const OnlineDeployment deployment = live->stored;
  const auto known = endpoint->placements.find(ToLower(deployment.name));
  const bool has_reached_gateway =
      known != endpoint->placements.end() && known->second.prepared_revision >= deployment.revision;
  lock.unlock();

  if (kind == LogKind::kPreparation || !has_reached_gateway)
    return process::TailOf(impl_->preparer.Log(deployment.endpoint_name, deployment.name), lines);
  std::string text =
      process::TailOf(ReadFile(impl_->ConsoleFile(deployment.endpoint_name, deployment.name)).value_or(""), lines);
  if (deployment.state == domain::ProvisioningState::kFailed) AddFailure(deployment.state_message, text);
  return text.empty() ? "slipway: nothing has been written yet; try again later\n" : text;
}

}  // namespace slipway::endpoints
