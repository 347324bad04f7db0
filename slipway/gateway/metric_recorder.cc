#include "slipway/gateway/metric_recorder.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "slipway/gateway/json_row.h"

namespace slipway::gateway {
namespace {

using std::chrono::duration;
using std::chrono::minutes;

constexpr double kMillisecondsPerMicrosecond = 1e-3;
constexpr std::pair<std::string_view, double> kPercentiles[] = {{"RequestLatency_P50", 0.50},
                                                                {"RequestLatency_P90", 0.90},
                                                                {"RequestLatency_P95", 0.95},
                                                                {"RequestLatency_P99", 0.99}};

// The members of an object of texts, as JsonRow::Object takes them.
std::string DimensionsText(std::initializer_list<std::pair<std::string_view, std::string_view>> dimensions) {
  std::string text;
  JsonRow row(text);
  for (const auto& [name, value] : dimensions) row.Text(name, value);
  return text.substr(1);
}

uint64_t Since(uint64_t now, uint64_t before) {
  return now > before ? now - before : 0;
}

// What was added between two sums of the same counts.
DeploymentCounts::Sum Difference(DeploymentCounts::Sum now, const DeploymentCounts::Sum& before) {
  for (auto& [status, count] : now.by_status) {
    const auto found = before.by_status.find(status);
    if (found != before.by_status.end()) count = Since(count, found->second);
  }
  for (size_t i = 0; i < now.sizes.size(); ++i) now.sizes[i] = Since(now.sizes[i], before.sizes[i]);
  for (size_t i = 0; i < now.queue_waits.buckets.size(); ++i)
    now.queue_waits.buckets[i] = Since(now.queue_waits.buckets[i], before.queue_waits.buckets[i]);
  now.durations.microseconds = Since(now.durations.microseconds, before.durations.microseconds);
  now.queue_waits.microseconds = Since(now.queue_waits.microseconds, before.queue_waits.microseconds);
  for (auto& [key, count] : now.collected) {
    const auto found = before.collected.find(key);
    if (found != before.collected.end()) count = Since(count, found->second);
  }
  now.bytes = Since(now.bytes, before.bytes);
  now.connections_opened = Since(now.connections_opened, before.connections_opened);
  return now;
}

template <class Counts>
int64_t SumOf(const Counts& counts) {
  uint64_t sum = 0;
  for (const uint64_t count : counts) sum += count;
  return static_cast<int64_t>(sum);
}

MetricRecord One(std::string_view resource, std::string_view name, std::string_view unit, double value) {
  return {resource, name, unit, {}, value, value, value, 1};
}

// Milliseconds of all requests of an interval; nothing when there were none.
std::optional<MetricRecord> Latency(std::string_view resource, const DeploymentCounts::Sum& sum) {
  const int64_t count = SumOf(sum.sizes);
  if (count == 0) return std::nullopt;
  return MetricRecord{resource,
                      "RequestLatency",
                      "Milliseconds",
                      {},
                      static_cast<double>(sum.durations.microseconds) * kMillisecondsPerMicrosecond,
                      DurationSizes::Quantile(sum.sizes, 0),
                      DurationSizes::Quantile(sum.sizes, 1),
                      count};
}

}  // namespace

struct MetricRecorder::Interval {
  Timestamp begin;  // of the minute
  double seconds;
  std::map<Key, DeploymentCounts::Sum> sums;  // of the interval alone
};

void MetricRecorder::Record(Timestamp begin, Timestamp end) {
  Interval interval{std::chrono::floor<minutes>(begin), std::max(1e-6, duration<double>(end - begin).count()), {}};
  std::map<Key, DeploymentCounts::Sum> now = metrics_.Totals();
  for (const auto& [key, sum] : now) interval.sums[key] = Difference(sum, last_[key]);
  last_ = std::move(now);
  const std::shared_ptr<const RoutingTable> table = tables_.Newest();
  for (const auto& [name, endpoint] : table->endpoints()) RecordEndpoint(*endpoint, interval);
  for (const InstanceUsage& usage : usage_(*table)) {
    if (const LiveEndpoint* endpoint = table->Find(usage.endpoint)) RecordInstance(*endpoint, usage, interval);
  }
}

void MetricRecorder::RecordEndpoint(const LiveEndpoint& endpoint, const Interval& interval) {
  RecordRequests(endpoint, "", interval);
  for (const WantedDeployment& deployment : endpoint.wanted.deployments)
    RecordRequests(endpoint, deployment.name, interval);
  const auto found = interval.sums.find({endpoint.wanted.name, ""});
  if (found == interval.sums.end()) return;
  uint64_t bytes = 0;
  for (const auto& [key, sum] : interval.sums)
    if (key.first == endpoint.wanted.name) bytes += sum.bytes;
  const std::string_view resource = endpoint.identity.arm_id;
  const auto record = [&](const MetricRecord& metric) { sink_.Metric(endpoint.identity, interval.begin, metric); };
  record(One(resource, "ConnectionsActive", "Count", static_cast<double>(found->second.connections_active)));
  record(One(resource, "NewConnectionsPerSecond", "CountPerSecond",
             static_cast<double>(found->second.connections_opened) / interval.seconds));
  record(One(resource, "NetworkBytes", "BytesPerSecond", static_cast<double>(bytes) / interval.seconds));
}

void MetricRecorder::RecordRequests(const LiveEndpoint& endpoint, const std::string& deployment,
                                    const Interval& interval) {
  const auto found = interval.sums.find({endpoint.wanted.name, deployment});
  if (found == interval.sums.end()) return;
  const DeploymentCounts::Sum& sum = found->second;
  const std::string own = endpoint.identity.arm_id + "/deployments/" + deployment;
  const auto record = [&](MetricRecord metric, std::string_view dimensions = {}) {
    metric.dimensions = dimensions;
    sink_.Metric(endpoint.identity, interval.begin, metric);
  };
  for (const auto& [status, count] : sum.by_status) {
    if (count == 0) continue;
    const std::string code = std::to_string(status.first), of_class = std::to_string(status.first / 100) + "xx";
    const std::string model_code = status.second == 0 ? "" : std::to_string(status.second);
    const auto requests = static_cast<double>(count);
    record(One(endpoint.identity.arm_id, "RequestsPerMinute", "Count", requests),
           DimensionsText({{"deployment", deployment},
                           {"statusCode", code},
                           {"statusCodeClass", of_class},
                           {"modelStatusCode", model_code}}));
    if (!deployment.empty())
      record(One(own, "RequestsPerMinute", "Count", requests), DimensionsText({{"envoy_response_code", code}}));
  }
  if (!deployment.empty()) RecordCollection(endpoint, deployment, sum, interval);
  const auto latency = Latency(endpoint.identity.arm_id, sum);
  if (!latency || deployment.empty()) return;
  const std::string of_deployment = DimensionsText({{"deployment", deployment}});
  record(*latency, of_deployment);
  for (const auto& [name, share] : kPercentiles) {
    const double milliseconds = DurationSizes::Quantile(sum.sizes, share);
    record(One(endpoint.identity.arm_id, name, "Milliseconds", milliseconds), of_deployment);
    record(One(own, name, "Milliseconds", milliseconds));
  }
  if (const int64_t waits = SumOf(sum.queue_waits.buckets); waits > 0) {
    const double total = static_cast<double>(sum.queue_waits.microseconds) * kMillisecondsPerMicrosecond;
    const double mean = total / static_cast<double>(waits);
    record({own, "RequestQueueTime", "Milliseconds", {}, total, mean, mean, waits});
  }
}

void MetricRecorder::RecordCollection(const LiveEndpoint& endpoint, const std::string& deployment,
                                      const DeploymentCounts::Sum& sum, const Interval& interval) {
  const std::string own = endpoint.identity.arm_id + "/deployments/" + deployment;
  const auto record = [&](std::string_view resource, std::string_view name, uint64_t count,
                          const std::string& dimensions) {
    MetricRecord metric = One(resource, name, "Count", static_cast<double>(count));
    metric.dimensions = dimensions;
    sink_.Metric(endpoint.identity, interval.begin, metric);
  };
  for (const auto& [key, count] : sum.collected) {
    if (count == 0) continue;
    const auto& [collection, reason] = key;
    if (reason.empty()) {
      constexpr std::string_view kName = "DataCollectionEventsPerMinute";
      record(endpoint.identity.arm_id, kName, count,
             DimensionsText({{"deployment", deployment}, {"type", collection}}));
      record(own, kName, count, DimensionsText({{"type", collection}}));
    } else {
      constexpr std::string_view kName = "DataCollectionErrorsPerMinute";
      record(endpoint.identity.arm_id, kName, count,
             DimensionsText({{"deployment", deployment}, {"reason", reason}, {"type", collection}}));
      record(own, kName, count, DimensionsText({{"reason", reason}, {"type", collection}}));
    }
  }
}

void MetricRecorder::RecordInstance(const LiveEndpoint& endpoint, const InstanceUsage& usage,
                                    const Interval& interval) {
  const std::string resource = endpoint.identity.arm_id + "/deployments/" + usage.deployment;
  const auto record = [&](std::string_view name, std::string_view unit, double value, std::string_view dimensions) {
    MetricRecord metric = One(resource, name, unit, value);
    metric.dimensions = dimensions;
    sink_.Metric(endpoint.identity, interval.begin, metric);
  };
  const std::string instance = DimensionsText({{"instanceId", usage.instance}});
  record("DeploymentCapacity", "Count", 1,
         DimensionsText({{"instanceId", usage.instance}, {"State", usage.is_ready ? "Ready" : "NotReady"}}));
  // Workers that were started again begin at zero.
  const std::string key = usage.endpoint + "\n" + usage.deployment + "\n" + usage.instance;
  const auto [last, is_new] = last_cpu_time_.try_emplace(key, usage.cpu_time);
  const auto spent = usage.cpu_time >= last->second ? usage.cpu_time - last->second : usage.cpu_time;
  last->second = usage.cpu_time;
  if (!is_new && usage.processors > 0) {
    const double share = duration<double>(spent).count() / interval.seconds / usage.processors;
    record("CpuUtilizationPercentage", "Percent", 100 * share, instance);
  }
  if (usage.memory_max > 0) {
    const double share = static_cast<double>(usage.memory_bytes) / static_cast<double>(usage.memory_max);
    record("CpuMemoryUtilizationPercentage", "Percent", 100 * share, instance);
  }
}

void MinuteThread::Run(MetricRecorder& recorder, const Clock& clock, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  Timestamp begin = clock.Now();
  while (!stop.stop_requested()) {
    std::unique_lock lock(mutex);
    const auto left = std::chrono::floor<minutes>(begin) + minutes(1) - clock.Now();
    never.wait_for(lock, stop, left, [] { return false; });
    const Timestamp now = clock.Now();
    // The clock may have been set back, or the wait ended a little early.
    if (!stop.stop_requested() && now < std::chrono::floor<minutes>(begin) + minutes(1) && now >= begin) continue;
    recorder.Record(begin, std::max(now, begin));
    begin = now;
  }
}

}  // namespace slipway::gateway
