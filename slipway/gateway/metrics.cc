#include "slipway/gateway/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <sstream>

namespace slipway::gateway {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

constexpr double kMicrosecondsPerSecond = 1e6;

MetricFamily Family(const char* name, const char* help, MetricType type) {
  MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = type;
  return family;
}

void AddCount(MetricFamily& family, Labels labels, uint64_t value) {
  ClientMetric metric;
  metric.label = std::move(labels);
  if (family.type == MetricType::Counter) {
    metric.counter.value = static_cast<double>(value);
  } else {
    metric.gauge.value = static_cast<double>(value);
  }
  family.metric.push_back(std::move(metric));
}

void AddHistogram(MetricFamily& family, Labels labels, const DurationCounts::Sum& sum) {
  ClientMetric metric;
  metric.label = std::move(labels);
  uint64_t count = 0;
  for (size_t i = 0; i < sum.buckets.size(); ++i) {
    count += sum.buckets[i];
    const bool is_last = i == DurationCounts::kBounds.size();
    const double bound = is_last ? std::numeric_limits<double>::infinity()
                                 : static_cast<double>(DurationCounts::kBounds[i]) / kMicrosecondsPerSecond;
    metric.histogram.bucket.push_back({count, bound});
  }
  metric.histogram.sample_count = count;
  metric.histogram.sample_sum = static_cast<double>(sum.microseconds) / kMicrosecondsPerSecond;
  family.metric.push_back(std::move(metric));
}

MetricFamily SingleFamily(const char* name, const char* help, MetricType type, uint64_t value) {
  MetricFamily family = Family(name, help, type);
  AddCount(family, {}, value);
  return family;
}

// The families that have a line a deployment.
struct DeploymentFamilies {
  MetricFamily requests =
      Family("slipway_requests_total", "Requests answered, by class of status.", MetricType::Counter);
  MetricFamily durations =
      Family("slipway_request_duration_seconds", "From a request's first byte to its answer.", MetricType::Histogram);
  MetricFamily queue_waits = Family("slipway_queue_wait_seconds",
                                    "What requests waited for a worker of a scoring script.", MetricType::Histogram);
  MetricFamily restarts =
      Family("slipway_worker_restarts_total", "Workers that were started again.", MetricType::Counter);
  MetricFamily collected =
      Family("slipway_data_collection_events_total", "Records that data collection wrote.", MetricType::Counter);
  MetricFamily uncollected = Family("slipway_data_collection_errors_total",
                                    "Records that data collection could not write.", MetricType::Counter);

  void Add(const std::string& endpoint, const std::string& deployment, const DeploymentCounts::Sum& sum) {
    const Labels labels = {{"endpoint", endpoint}, {"deployment", deployment}};
    for (size_t i = 1; i < sum.by_class.size(); ++i) {
      if (sum.by_class[i] == 0) continue;
      Labels with_class = labels;
      with_class.push_back({"code", std::to_string(i) + "xx"});
      AddCount(requests, std::move(with_class), sum.by_class[i]);
    }
    AddHistogram(durations, labels, sum.durations);
    AddHistogram(queue_waits, labels, sum.queue_waits);
    AddCount(restarts, labels, sum.restarts);
    for (const auto& [key, records] : sum.collected) {
      Labels with_type = labels;
      with_type.push_back({"type", key.first});
      if (!key.second.empty()) with_type.push_back({"reason", key.second});
      AddCount(key.second.empty() ? collected : uncollected, std::move(with_type), records);
    }
  }
};

}  // namespace

void DurationCounts::Add(std::chrono::steady_clock::duration duration) {
  const int64_t microseconds =
      std::max<int64_t>(0, std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
  const auto bucket = std::lower_bound(kBounds.begin(), kBounds.end(), microseconds) - kBounds.begin();
  buckets_[static_cast<size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  microseconds_.fetch_add(static_cast<uint64_t>(microseconds), std::memory_order_relaxed);
}

void DurationCounts::AddTo(Sum& sum) const {
  for (size_t i = 0; i < buckets_.size(); ++i) sum.buckets[i] += buckets_[i].load(std::memory_order_relaxed);
  sum.microseconds += microseconds_.load(std::memory_order_relaxed);
}

size_t DurationSizes::BucketOf(std::chrono::nanoseconds duration) {
  // A whole number of 128ths of a microsecond: its highest bit is the octave, the three bits below it the part of one.
  const uint64_t size = static_cast<uint64_t>(std::max<int64_t>(duration.count(), 1'000)) * 128 / 1'000;
  const int octave = std::bit_width(size) - 8;
  const auto part = static_cast<int>(size >> (octave + 4)) & (kPerOctave - 1);
  return static_cast<size_t>(std::min(octave * kPerOctave + part, kPerOctave * kOctaves - 1));
}

double DurationSizes::Quantile(const Counts& counts, double share) {
  uint64_t all = 0;
  for (const uint64_t count : counts) all += count;
  if (all == 0) return 0;
  const auto wanted = std::max<uint64_t>(1, static_cast<uint64_t>(std::ceil(share * static_cast<double>(all))));
  uint64_t seen = 0;
  size_t bucket = 0;
  while ((seen += counts[bucket]) < wanted) ++bucket;
  const double octave = std::ldexp(1e-3, static_cast<int>(bucket) / kPerOctave);  // milliseconds
  const double width = octave / kPerOctave;
  const double share_of_bucket =
      static_cast<double>(wanted - (seen - counts[bucket])) / static_cast<double>(counts[bucket]);
  return octave + width * (static_cast<double>(bucket % kPerOctave) + share_of_bucket);
}

void DeploymentCounts::CountRequest(int lane_index, const CountedRequest& request) {
  constexpr int kModelError = 424;
  const auto add = [](std::atomic<uint64_t>& count, uint64_t value) {
    count.fetch_add(value, std::memory_order_relaxed);
  };
  Lane& lane = lanes_[static_cast<size_t>(lane_index)];
  const auto status = static_cast<size_t>(request.status);
  add(lane.by_class[std::min(status / 100, kClasses - 1)], 1);
  add(lane.by_status[std::min(status, kStatuses - 1)], 1);
  if (request.status == kModelError)
    add(lane.by_model_status[std::min(static_cast<size_t>(request.model_status), kStatuses - 1)], 1);
  add(lane.bytes, request.bytes);
  lane.durations.Add(request.duration);
  lane.sizes.Add(request.duration);
}

void DeploymentCounts::AddStatuses(const Lane& lane, Sum& sum) {
  constexpr size_t kModelError = 424;
  for (size_t status = 0; status < kStatuses; ++status) {
    const uint64_t answers = lane.by_status[status].load(std::memory_order_relaxed);
    const uint64_t model_answers = lane.by_model_status[status].load(std::memory_order_relaxed);
    const int model_status = status == 200 ? 200 : 0;
    if (answers > 0 && status != kModelError) sum.by_status[{static_cast<int>(status), model_status}] += answers;
    if (model_answers > 0) sum.by_status[{static_cast<int>(kModelError), static_cast<int>(status)}] += model_answers;
  }
}

DeploymentCounts::Sum DeploymentCounts::Total() const {
  Sum sum;
  for (const Lane& lane : lanes_) {
    for (size_t i = 0; i < kClasses; ++i) sum.by_class[i] += lane.by_class[i].load(std::memory_order_relaxed);
    lane.durations.AddTo(sum.durations);
    lane.sizes.AddTo(sum.sizes);
    sum.bytes += lane.bytes.load(std::memory_order_relaxed);
    AddStatuses(lane, sum);
  }
  sum.connections_opened = connections_opened_.load(std::memory_order_relaxed);
  sum.connections_active = connections_active_.load(std::memory_order_relaxed);
  queue_waits_.AddTo(sum.queue_waits);
  sum.restarts = restarts_.load(std::memory_order_relaxed);
  sum.collected = collection_.Total();
  return sum;
}

std::shared_ptr<DeploymentCounts> Metrics::Of(const std::string& endpoint, const std::string& deployment) {
  const std::lock_guard lock(mutex_);
  auto& counts = counts_[{endpoint, deployment}];
  if (!counts) counts = std::make_shared<DeploymentCounts>(lanes_);
  return counts;
}

std::map<std::pair<std::string, std::string>, DeploymentCounts::Sum> Metrics::Totals() const {
  const std::lock_guard lock(mutex_);
  std::map<std::pair<std::string, std::string>, DeploymentCounts::Sum> totals;
  for (const auto& [key, counts] : counts_) totals.emplace(key, counts->Total());
  return totals;
}

std::string Metrics::Page(const Gauges& gauges) const {
  DeploymentFamilies families;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, counts] : counts_) families.Add(key.first, key.second, counts->Total());
  }
  std::vector<MetricFamily> all = {std::move(families.requests),    std::move(families.durations),
                                   std::move(families.queue_waits), std::move(families.restarts),
                                   std::move(families.collected),   std::move(families.uncollected)};
  std::erase_if(all, [](const MetricFamily& family) { return family.metric.empty(); });
  all.push_back(SingleFamily("slipway_open_connections", "Connections that are open.", MetricType::Gauge,
                             gauges.open_connections));
  all.push_back(SingleFamily("slipway_spool_bytes",
                             "Log records on disk that the log store has not taken yet, in segments.",
                             MetricType::Gauge, gauges.spool_bytes));
  all.push_back(SingleFamily("slipway_spool_records_dropped_total", "Log records dropped because the spool was full.",
                             MetricType::Counter, gauges.spool_records_dropped));
  all.push_back(SingleFamily("slipway_connections_accepted_total", "Connections since the start.", MetricType::Counter,
                             gauges.connections_accepted));
  all.push_back(SingleFamily("slipway_received_bytes_total", "Bytes of requests, headers and all.", MetricType::Counter,
                             gauges.bytes_received));
  all.push_back(SingleFamily("slipway_sent_bytes_total", "Bytes of answers, headers and all.", MetricType::Counter,
                             gauges.bytes_sent));
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, all);
  return out.str();
}

}  // namespace slipway::gateway
