// What the gateway counts about itself, and the page that Prometheus scrapes.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "slipway/gateway/collection/collection_counts.h"

namespace slipway::gateway {

// A histogram of durations. Thread-safe, without a lock.
class DurationCounts {
 public:
  // Upper bounds in microseconds; above the last one there is one bucket more.
  static constexpr std::array<int64_t, 14> kBounds = {
      100, 250, 500, 1'000, 2'500, 5'000, 10'000, 25'000, 50'000, 100'000, 250'000, 1'000'000, 5'000'000, 30'000'000};
  void Add(std::chrono::steady_clock::duration duration);

  struct Sum {
    std::array<uint64_t, kBounds.size() + 1> buckets{};
    uint64_t microseconds = 0;
  };
  void AddTo(Sum& sum) const;

 private:
  std::array<std::atomic<uint64_t>, kBounds.size() + 1> buckets_{};
  std::atomic<uint64_t> microseconds_{0};
};

// Durations by size, in buckets that grow by an eighth of an octave (at most 13 %), for percentiles. Thread-safe,
// without a lock.
class DurationSizes {
 public:
  void Add(std::chrono::nanoseconds duration) { buckets_[BucketOf(duration)].fetch_add(1, std::memory_order_relaxed); }

  static constexpr int kPerOctave = 8, kOctaves = 28;  // from a microsecond to four minutes
  using Counts = std::array<uint64_t, static_cast<size_t>(kPerOctave* kOctaves)>;
  void AddTo(Counts& counts) const {
    for (size_t i = 0; i < buckets_.size(); ++i) counts[i] += buckets_[i].load(std::memory_order_relaxed);
  }
  // Milliseconds that a share of the durations (0 … 1) does not exceed, within a bucket's width; 0 of none.
  static double Quantile(const Counts& counts, double share);

 private:
  static size_t BucketOf(std::chrono::nanoseconds duration);
  std::array<std::atomic<uint64_t>, static_cast<size_t>(kPerOctave* kOctaves)> buckets_{};
};

struct CountedRequest {
  int status = 0;
  int model_status = 0;  // 0: the model was not asked
  std::chrono::steady_clock::duration duration{};
  uint64_t bytes = 0;  // of both bodies
};

// One deployment's counts, or those of an endpoint's requests that reached none. Every event loop adds to cache lines
// of its own; all other threads share one more lane. Thread-safe.
class DeploymentCounts {
 public:
  explicit DeploymentCounts(int lanes) : lanes_(static_cast<size_t>(lanes)) {}

  void CountRequest(int lane, const CountedRequest& request);
  void CountQueueWait(std::chrono::steady_clock::duration duration) { queue_waits_.Add(duration); }
  void CountRestart() { restarts_.fetch_add(1, std::memory_order_relaxed); }
  collection::CollectionCounts& collection() { return collection_; }
  // Connections are an endpoint's (deployment "").
  void CountConnection(int change) {
    connections_active_.fetch_add(change, std::memory_order_relaxed);
    if (change > 0) connections_opened_.fetch_add(1, std::memory_order_relaxed);
  }

  static constexpr size_t kClasses = 6;  // status / 100
  static constexpr size_t kStatuses = 600;
  struct Sum {
    std::array<uint64_t, kClasses> by_class{};
    DurationCounts::Sum durations, queue_waits;
    uint64_t restarts = 0;
    std::map<collection::CollectionCounts::Key, uint64_t> collected;
    std::map<std::pair<int, int>, uint64_t> by_status;  // of status and model's status (0: not asked)
    DurationSizes::Counts sizes{};
    uint64_t bytes = 0;
    uint64_t connections_opened = 0;
    int64_t connections_active = 0;
  };
  Sum Total() const;

 private:
  struct alignas(64) Lane {
    std::array<std::atomic<uint64_t>, kClasses> by_class{};
    DurationCounts durations;
    DurationSizes sizes;
    std::atomic<uint64_t> bytes{0};
    // Answers by status; those of 424 by the model's status too.
    std::array<std::atomic<uint64_t>, kStatuses> by_status{}, by_model_status{};
  };
  static void AddStatuses(const Lane& lane, Sum& sum);
  std::vector<Lane> lanes_;
  DurationCounts queue_waits_;
  std::atomic<uint64_t> restarts_{0}, connections_opened_{0};
  std::atomic<int64_t> connections_active_{0};
  collection::CollectionCounts collection_;
};

// Counts one connection as active at the endpoint it called last, as long as it lives.
class ConnectionCount {
 public:
  ConnectionCount() = default;
  ConnectionCount(const ConnectionCount&) = delete;
  ConnectionCount& operator=(const ConnectionCount&) = delete;
  ~ConnectionCount() { MoveTo(nullptr); }
  void MoveTo(const std::shared_ptr<DeploymentCounts>& endpoint) {
    if (endpoint == endpoint_) return;
    if (endpoint_) endpoint_->CountConnection(-1);
    endpoint_ = endpoint;
    if (endpoint_) endpoint_->CountConnection(1);
  }

 private:
  std::shared_ptr<DeploymentCounts> endpoint_;
};

// All counts, by endpoint and deployment; they outlive revisions, so that rates stay right. Thread-safe.
class Metrics {
 public:
  // `cores`: event loops; lane `cores` is everybody else's.
  explicit Metrics(int cores) : lanes_(cores + 1) {}

  // Makes it when it is not there; `deployment` "" for requests that reached none.
  std::shared_ptr<DeploymentCounts> Of(const std::string& endpoint, const std::string& deployment);
  int shared_lane() const { return lanes_ - 1; }
  // Of everything since the start, by endpoint and deployment.
  std::map<std::pair<std::string, std::string>, DeploymentCounts::Sum> Totals() const;

  // What is not counted but looked at.
  struct Gauges {
    uint64_t open_connections = 0, spool_bytes = 0, spool_records_dropped = 0;
    uint64_t connections_accepted = 0, bytes_received = 0, bytes_sent = 0;
  };
  // In Prometheus' text format.
  std::string Page(const Gauges& gauges) const;

 private:
  const int lanes_;
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<DeploymentCounts>> counts_;
};

}  // namespace slipway::gateway
