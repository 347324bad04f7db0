#include "slipway/monitor/live_drift/live_drift.h"

#include <algorithm>
#include <map>
#include <mutex>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/log.h"
#include "slipway/base/text.h"
#include "slipway/base/ticker.h"
#include "slipway/monitor/live_drift/feeds.h"
#include "slipway/monitor/score_shift.h"

namespace slipway::monitor {
namespace {

using domain::OnlineDeployment;
using domain::Scope;
using nlohmann::json;

constexpr Duration kPeriod = std::chrono::seconds(1);
constexpr Duration kLookAround = std::chrono::seconds(3);  // for new deployments and baselines
constexpr std::string_view kTable = "SlipwayDriftGauges";

// One deployment that is watched.
struct Watched {
  Scope scope;
  std::string workspace_id, endpoint, deployment, model;
  int revision = 0;
  std::string note;
  std::unique_ptr<DeploymentGauges> gauges;         // nullptr without a baseline
  std::unique_ptr<CollectionFeed> inputs, outputs;  // nullptr where the console log is read
  std::vector<std::string> columns;                 // of the baseline, for rows that are lists
  bool is_of_collection() const { return inputs || outputs; }
};

using WatchedByKey = std::map<std::string, std::unique_ptr<Watched>>;

std::string ResourceOf(const Watched& watched) {
  return watched.scope.ArmId() + "/onlineEndpoints/" + watched.endpoint;
}

std::string KeyOf(const std::string& resource_id, const std::string& deployment) {
  return ToLower(resource_id + "/" + deployment);
}

void AddRows(DeploymentGauges& gauges, const json& rows, Timestamp time) {
  if (!rows.is_array()) return;
  for (const json& row : rows)
    if (row.is_object()) gauges.AddRow(row, time);
}

void AddScores(DeploymentGauges& gauges, const std::vector<double>& scores, Timestamp time) {
  for (const double score : scores) gauges.AddScore(score, time);
}

void AddLine(Watched& watched, const ConsoleLine& line) {
  const std::string rows = RowsOfLine(line.message, watched.columns);
  if (!rows.empty()) AddRows(*watched.gauges, json::parse(rows, nullptr, false), line.time);
  AddScores(*watched.gauges, ScoresOfLine(line.message), line.time);
}

std::string GaugeRow(const Watched& watched, const GaugeReading& reading, Timestamp now) {
  const stats::DriftGauge& gauge = reading.gauge;
  const size_t version = watched.model.rfind(':');
  const std::string name = watched.model.substr(0, version);
  return json{{"TimeGenerated", FormatTimestamp(now)},
              {"WorkspaceId", watched.workspace_id},
              {"_ResourceId", ResourceOf(watched)},
              {"EndpointName", watched.endpoint},
              {"DeploymentName", watched.deployment},
              {"ModelName", name.substr(name.find(':') + 1)},
              {"ModelVersion", version == std::string::npos ? "" : watched.model.substr(version + 1)},
              {"Feature", reading.feature},
              {"FeatureKind", reading.kind},
              {"Window", reading.window},
              {"SampleCount", gauge.rows},
              {"Psi", gauge.psi},
              {"ExpectedPsi", gauge.expected_psi},
              {"JensenShannon", gauge.jensen_shannon},
              {"MissingShare", gauge.missing_share},
              {"UnseenShare", gauge.unseen_share},
              {"Verdict", stats::GaugeVerdictName(gauge.verdict)}}
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string LabelText(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\' || c == '"') escaped += '\\';
    escaped += c == '\n' ? ' ' : c;
  }
  return escaped;
}

}  // namespace

struct LiveDrift::Impl {
  explicit Impl(LiveDriftDependencies given) : dependencies(std::move(given)), console(dependencies.logs) {}

  // --- who is watched ---

  struct Candidate {
    domain::Workspace workspace;
    OnlineDeployment deployment;
  };

  Result<std::vector<Candidate>> ListCandidates() {
    std::vector<Candidate> candidates;
    SLIPWAY_ASSIGN_OR_RETURN(const auto workspaces, dependencies.workspaces.ListWorkspaces());
    for (const domain::Workspace& workspace : workspaces) {
      SLIPWAY_ASSIGN_OR_RETURN(const auto endpoints, dependencies.endpoints.ListEndpoints(workspace.scope));
      for (const domain::OnlineEndpoint& endpoint : endpoints) {
        SLIPWAY_ASSIGN_OR_RETURN(auto deployments,
                                 dependencies.endpoints.ListDeployments(workspace.scope, endpoint.name));
        for (OnlineDeployment& deployment : deployments)
          if (!deployment.model.empty()) candidates.push_back({workspace, std::move(deployment)});
      }
    }
    return candidates;
  }

  // What is known of the same deployment, revision and baseline goes on with its counts.
  Status LookAround() {
    SLIPWAY_ASSIGN_OR_RETURN(const auto candidates, ListCandidates());
    const uint64_t generation = dependencies.baselines.generation();
    WatchedByKey found;
    std::vector<std::string> staying;
    for (const Candidate& candidate : candidates) {
      auto fresh = MakeWatched(candidate);
      std::string key = KeyOf(ResourceOf(*fresh), fresh->deployment);
      const auto known = watched.find(key);
      const bool is_known =
          known != watched.end() && known->second->model == fresh->model && known->second->revision == fresh->revision;
      bool stays = is_known && generation == seen_generation;
      if (!stays) {
        FindBaseline(candidate.deployment, *fresh);
        stays = is_known && HasSameBaseline(*known->second, *fresh);
      }
      if (stays)
        staying.push_back(std::move(key));
      else
        found[std::move(key)] = std::move(fresh);
    }
    seen_generation = generation;
    const std::lock_guard lock(mutex);
    for (const std::string& key : staying) found[key] = std::move(watched.at(key));
    watched.swap(found);
    return {};
  }

  static bool HasSameBaseline(const Watched& known, const Watched& fresh) {
    if (!known.gauges || !fresh.gauges) return !known.gauges && !fresh.gauges && known.note == fresh.note;
    return stats::BaselineToJson(known.gauges->baseline()) == stats::BaselineToJson(fresh.gauges->baseline());
  }

  // Without its baseline, which takes reading.
  static std::unique_ptr<Watched> MakeWatched(const Candidate& candidate) {
    auto fresh = std::make_unique<Watched>();
    const OnlineDeployment& deployment = candidate.deployment;
    fresh->scope = candidate.workspace.scope;
    fresh->workspace_id = candidate.workspace.id;
    fresh->endpoint = deployment.endpoint_name;
    fresh->deployment = deployment.name;
    fresh->model = deployment.model;
    fresh->revision = deployment.revision;
    return fresh;
  }

  void FindBaseline(const OnlineDeployment& deployment, Watched& fresh) {
    auto baseline = dependencies.baselines.Get(fresh.scope, fresh.model);
    if (!baseline) {
      fresh.note = baseline.error().message();
      return;
    }
    for (const auto& column : baseline->columns) fresh.columns.push_back(column.name);
    fresh.gauges = std::make_unique<DeploymentGauges>(std::move(*baseline));
    fresh.inputs = FeedOf(deployment, fresh, "model_inputs");
    fresh.outputs = FeedOf(deployment, fresh, "model_outputs");
  }

  std::unique_ptr<CollectionFeed> FeedOf(const OnlineDeployment& deployment, const Watched& fresh, const char* name) {
    auto folder = FolderOfCollection(fresh.scope, deployment, name, dependencies.local_path);
    if (!folder)
      LogWarning("live drift of '{}' reads the console log: {}", fresh.deployment, folder.error().ToString());
    if (!folder || !*folder) return nullptr;
    return std::make_unique<CollectionFeed>(std::move(**folder));
  }

  // --- what came ---

  // While nobody's rows come from the console log its feed stays where it is: the first to come finds the last hour.
  Status CountConsoleLines(Timestamp now) {
    const bool is_wanted = std::any_of(watched.begin(), watched.end(), [](const auto& entry) {
      return entry.second->gauges && !entry.second->is_of_collection();
    });
    if (!is_wanted) return {};
    SLIPWAY_ASSIGN_OR_RETURN(const auto lines, console.ReadNew(now));
    const std::lock_guard lock(mutex);
    for (const ConsoleLine& line : lines) {
      const auto found = watched.find(KeyOf(line.resource_id, line.deployment));
      if (found != watched.end() && found->second->gauges && !found->second->is_of_collection())
        AddLine(*found->second, line);
    }
    return {};
  }

  Status CountCollected(Watched& one, Timestamp now) {
    if (one.inputs) {
      SLIPWAY_ASSIGN_OR_RETURN(const auto lines, one.inputs->ReadNew(now));
      for (const std::string& line : lines)
        if (const auto record = ReadRecord(line)) AddRows(*one.gauges, record->rows, record->time);
    }
    if (one.outputs) {
      SLIPWAY_ASSIGN_OR_RETURN(const auto lines, one.outputs->ReadNew(now));
      for (const std::string& line : lines)
        if (const auto record = ReadRecord(line))
          AddScores(*one.gauges, ScoresOfAnswer(record->rows.dump()), record->time);
    }
    return {};
  }

  // Collected files are read and gauges taken one deployment after another, so that readers wait for one only. What
  // cannot be read of one keeps none of the others waiting.
  Status CountAndTell(Timestamp now) {
    Status counted = CountConsoleLines(now);
    std::vector<std::string> keys;
    for (const auto& [key, one] : watched) keys.push_back(key);  // changed by this thread alone
    std::vector<std::string> rows;
    for (const std::string& key : keys) {
      const std::lock_guard lock(mutex);
      Watched& one = *watched.at(key);
      if (!one.gauges) continue;
      if (const Status collected = CountCollected(one, now); counted && !collected) counted = collected;
      for (const GaugeReading& reading : one.gauges->TakeNews(now)) rows.push_back(GaugeRow(one, reading, now));
    }
    if (!rows.empty()) SLIPWAY_RETURN_IF_ERROR(dependencies.logs.Ingest(kTable, rows));
    return counted;
  }

  Status Work(Timestamp now) {
    if (now >= next_look || now + kLookAround < next_look) {
      SLIPWAY_RETURN_IF_ERROR(LookAround());
      next_look = now + kLookAround;
    }
    // Without gauges the feeds stay where they are: a first baseline finds the last hour.
    bool has_gauges = false;
    for (const auto& [key, one] : watched) has_gauges |= one->gauges != nullptr;
    return has_gauges ? CountAndTell(now) : Status();
  }

  const LiveDriftDependencies dependencies;
  ConsoleFeed console;
  Timestamp next_look{};
  uint64_t seen_generation = 0;  // of the baselines
  bool is_failing = false;
  mutable std::mutex mutex;  // of the two below, which the ticking thread alone changes
  WatchedByKey watched;
  std::unique_ptr<Ticker> ticker;
};

LiveDrift::LiveDrift(LiveDriftDependencies dependencies) : impl_(std::make_unique<Impl>(std::move(dependencies))) {}

LiveDrift::~LiveDrift() {
  Stop();
}

void LiveDrift::Start() {
  if (!impl_->ticker)
    impl_->ticker = std::make_unique<Ticker>(impl_->dependencies.clock, [this](Timestamp now) { return Tick(now); });
  impl_->ticker->Start();
}

void LiveDrift::Stop() {
  if (impl_->ticker) impl_->ticker->Stop();
}

std::optional<Timestamp> LiveDrift::Tick(Timestamp now) {
  const Status done = impl_->Work(now);
  if (!done && !impl_->is_failing) LogError("drift gauges stand still: {}", done.error().ToString());
  if (done && impl_->is_failing) LogInfo("all drift gauges move again");
  impl_->is_failing = !done;
  return now + kPeriod;
}

std::vector<DeploymentDrift> LiveDrift::Read() const {
  const Timestamp now = impl_->dependencies.clock.Now();
  const std::lock_guard lock(impl_->mutex);
  std::vector<DeploymentDrift> all;
  for (const auto& [key, one] : impl_->watched) {
    DeploymentDrift drift{one->scope, one->endpoint, one->deployment, one->model, "", one->note, {}};
    drift.source = one->is_of_collection() ? "data collection" : "console log";
    if (one->gauges) drift.readings = one->gauges->Read(now);
    all.push_back(std::move(drift));
  }
  return all;
}

std::string LiveDrift::MetricsPage() const {
  struct Metric {
    std::string_view name, help;
    double (*value)(const stats::DriftGauge&);
  };
  static constexpr Metric kMetrics[] = {
      {"slipway_drift_psi", "Population stability index of a feature or the score against the model's baseline.",
       [](const stats::DriftGauge& gauge) { return gauge.psi; }},
      {"slipway_drift_jensen_shannon", "Jensen-Shannon distance of the same.",
       [](const stats::DriftGauge& gauge) { return gauge.jensen_shannon; }},
      {"slipway_drift_missing_share", "Share of rows without a value.",
       [](const stats::DriftGauge& gauge) { return gauge.missing_share; }},
      {"slipway_drift_rows", "Rows in the window.",
       [](const stats::DriftGauge& gauge) { return static_cast<double>(gauge.rows); }},
      {"slipway_drift_drifted", "1 when the verdict is drifted.",
       [](const stats::DriftGauge& gauge) { return gauge.verdict == stats::GaugeVerdict::kDrifted ? 1.0 : 0.0; }}};
  const auto all = Read();
  std::string page;
  for (const Metric& metric : kMetrics) {
    page += fmt::format("# HELP {0} {1}\n# TYPE {0} gauge\n", metric.name, metric.help);
    for (const DeploymentDrift& drift : all)
      for (const GaugeReading& reading : drift.readings)
        page += fmt::format(
            "{}{{workspace=\"{}\",endpoint=\"{}\",deployment=\"{}\",feature=\"{}\",window=\"{}\"}} {}\n", metric.name,
            LabelText(drift.scope.workspace), LabelText(drift.endpoint), LabelText(drift.deployment),
            LabelText(reading.feature), reading.window, FormatDouble(metric.value(reading.gauge)));
  }
  return page;
}

}  // namespace slipway::monitor
