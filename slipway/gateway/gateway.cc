#include "slipway/gateway/gateway.h"

#include <algorithm>
#include <thread>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"
#include "slipway/base/log.h"
#include "slipway/gateway/collection/collector.h"
#include "slipway/gateway/control_link.h"
#include "slipway/gateway/data_plane.h"
#include "slipway/gateway/metric_recorder.h"
#include "slipway/gateway/worker_shim.h"
#include "slipway/net/tls.h"
#include "slipway/process/memory_group.h"
#include "slipway/spool/spool.h"

namespace slipway::gateway {
namespace {

// What a request may take to arrive; its body is a few megabytes at most.
constexpr int kReceiveTimeoutMs = 60'000;

class GatewayImpl final : public Gateway {
 public:
  GatewayImpl(GatewayOptions options, const Clock& clock, std::unique_ptr<spool::Writer> spool)
      : options_(std::move(options)),
        clock_(clock),
        spool_(std::move(spool)),
        sink_(*spool_, clock, options_.traffic_log),
        metrics_(options_.threads),
        collection_(options_.home / "gateway" / "collection.open", sink_, clock),
        tables_(options_.threads),
        data_plane_(tables_, sink_, clock, options_.threads, RandomSeed(), [this] { return MetricsPage(); }),
        recorder_(metrics_, tables_, sink_,
                  [this](const RoutingTable& table) { return UsageOf(table, options_.threads); }) {}

  ~GatewayImpl() override {
    if (link_) link_->Stop();
    if (server_) server_->Stop();
    minutes_.reset();  // after the last request
    manager_.reset();  // before the link, which its threads notify
  }

  Status Open() {
    const std::filesystem::path folder = options_.home / "gateway";
    if (options_.workers.user) SLIPWAY_RETURN_IF_ERROR(LetPass(*options_.workers.user, options_.home));
    if (const auto& groups = options_.workers.memory_groups; !groups.empty())
      SLIPWAY_RETURN_IF_ERROR(process::CheckMemoryGroups(groups));
    SLIPWAY_RETURN_IF_ERROR(RemoveAll(folder / "scratch"));  // of a gateway that was killed
    WriteProgram(folder / "worker_shim.py", WorkerShimSource());
    WriteProgram(folder / "monitoring.py", MonitoringSource());
    WriteProgram(folder / "request_schemas.py", RequestSchemasSource());
    DeploymentManagerOptions manager;
    manager.logs_folder = folder / "logs";
    manager.programs = {options_.program, (folder / "worker_shim.py").string(), options_.home, options_.workers};
    manager.model_lanes = options_.threads + 1;  // one for mirrored copies
    manager_ = std::make_unique<DeploymentManager>(std::move(manager), tables_, sink_, metrics_, collection_, clock_,
                                                   [this] { OnReports(); });
    MakeLink(folder / "routing.json");
    // Known endpoints first: no caller is told that there is none.
    ApplyStoredRouting();
    SLIPWAY_RETURN_IF_ERROR(Listen());
    minutes_.emplace(recorder_, clock_);
    if (!options_.control_url.empty()) link_->Start();
    return {};
  }

  uint16_t tls_port() const override { return server_->ports()[0]; }
  std::optional<uint16_t> plain_port() const override {
    if (!options_.plain_port) return std::nullopt;
    return server_->ports()[1];
  }
  std::vector<DeploymentReport> Reports() const override { return manager_->Reports(); }
  Status RefreshCertificates(bool always) override {
    SLIPWAY_ASSIGN_OR_RETURN(const net::TlsFiles files, CertificateFiles());
    const std::string digest = DigestOf(files);
    if (digest == certificate_digest_ && !always) return {};
    SLIPWAY_RETURN_IF_ERROR(server_->ReloadTls());
    certificate_digest_ = digest;
    LogInfo("the certificate in {} is used for connections that come from now on", files.certificate_chain_file);
    return {};
  }

 private:
  // The operator's own, or the local authority's, made anew when need be.
  Result<net::TlsFiles> CertificateFiles() const {
    if (options_.certificate) return *options_.certificate;
    SLIPWAY_ASSIGN_OR_RETURN(const net::LocalCertificates made,
                             net::EnsureLocalCertificates(options_.home / "tls", options_.dns_names, clock_));
    return net::TlsFiles{made.certificate, made.private_key};
  }

  // Of the files' present contents; "" while one cannot be read.
  static std::string DigestOf(const net::TlsFiles& files) {
    const auto certificate = ReadFile(files.certificate_chain_file), key = ReadFile(files.private_key_file);
    return certificate && key ? Sha256Hex(*certificate + *key) : "";
  }

  static uint64_t RandomSeed() { return std::stoull(RandomHex(8), nullptr, 16); }

  // On a full disk the shim of an earlier start will do, and deployments without Python need none.
  static void WriteProgram(const std::filesystem::path& path, std::string_view source) {
    const auto present = ReadFile(path);
    if (present && *present == source) return;
    if (const Status written = WriteFileAtomic(path, source); !written) {
      LogWarning("Python scoring scripts cannot be started: {}", written.error().ToString());
    }
  }

  Status Listen() {
    SLIPWAY_ASSIGN_OR_RETURN(const net::TlsFiles files, CertificateFiles());
    certificate_digest_ = DigestOf(files);
    net::CoreServerOptions server;
    server.receive_timeout_ms = kReceiveTimeoutMs;
    server.threads = options_.threads;
    server.body_bytes_max = options_.request_bytes_max;
    server.listen.push_back({options_.listen_address, options_.tls_port, files});
    if (options_.plain_port) server.listen.push_back({"127.0.0.1", *options_.plain_port, std::nullopt});
    SLIPWAY_ASSIGN_OR_RETURN(server_, net::CoreServer::Start(std::move(server), data_plane_));
    return {};
  }

  void MakeLink(const std::filesystem::path& snapshot_file) {
    ControlLinkOptions link;
    link.url = options_.control_url;
    link.token = options_.control_token;
    link.ca_file = options_.control_ca_file;
    link.snapshot_file = snapshot_file;
    link_ = std::make_unique<ControlLink>(std::move(link), *manager_);
  }

  void ApplyStoredRouting() {
    const Status stored = link_->ApplyStored();
    const bool is_first_start = !stored && stored.error().code() == Code::kNotFound;
    // A damaged file must not keep the gateway down: the control plane has the truth.
    if (!stored && !is_first_start) LogWarning("the stored routing is not used: {}", stored.error().ToString());
  }

  std::string MetricsPage() const {
    const net::CoreServer::Totals totals = server_->totals();
    return metrics_.Page({server_->open_connections(), spool::SegmentBytes(options_.home / "spool" / "gateway"),
                          spool_->dropped(), totals.connections, totals.bytes_received, totals.bytes_sent});
  }

  // Called from threads of the manager, perhaps before the link is there.
  void OnReports() {
    if (link_) link_->NotifyReports();
  }

  const GatewayOptions options_;
  const Clock& clock_;
  const std::unique_ptr<spool::Writer> spool_;
  LogSink sink_;
  std::string certificate_digest_;  // of the files in use
  Metrics metrics_;
  collection::CollectionWriter collection_;
  RoutingTableHolder tables_;
  DataPlane data_plane_;
  std::unique_ptr<net::CoreServer> server_;
  std::unique_ptr<DeploymentManager> manager_;
  std::unique_ptr<ControlLink> link_;
  MetricRecorder recorder_;
  std::optional<MinuteThread> minutes_;
};

}  // namespace

Result<std::unique_ptr<Gateway>> Gateway::Start(GatewayOptions options, const Clock& clock) {
  if (options.threads <= 0) options.threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  SLIPWAY_ASSIGN_OR_RETURN(auto spool, spool::Writer::Open(options.home / "spool" / "gateway", {}));
  auto gateway = std::make_unique<GatewayImpl>(std::move(options), clock, std::move(spool));
  SLIPWAY_RETURN_IF_ERROR(gateway->Open());
  return gateway;
}

}  // namespace slipway::gateway
