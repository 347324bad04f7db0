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

// One deployment's counts, or those of an endpoint's requests that reached none. Every event loop adds to cache lines
// of its own; all other threads share one more lane. Thread-safe.
class DeploymentCounts {
 public:
  explicit DeploymentCounts(int lanes) : lanes_(static_cast<size_t>(lanes)) {}

  void CountRequest(int lane, int status, std::chrono::steady_clock::duration duration);
  void CountQueueWait(std::chrono::steady_clock::duration duration) { queue_waits_.Add(duration); }
  void CountRestart() { restarts_.fetch_add(1, std::memory_order_relaxed); }

  static constexpr size_t kClasses = 6;  // status / 100
  struct Sum {
    std::array<uint64_t, kClasses> by_class{};
    DurationCounts::Sum durations, queue_waits;
    uint64_t restarts = 0;
  };
  Sum Total() const;

 private:
  struct alignas(64) Lane {
    std::array<std::atomic<uint64_t>, kClasses> by_class{};
    DurationCounts durations;
  };
  std::vector<Lane> lanes_;
  DurationCounts queue_waits_;
  std::atomic<uint64_t> restarts_{0};
};

// All counts, by endpoint and deployment; they outlive revisions, so that rates stay right. Thread-safe.
class Metrics {
 public:
  // `cores`: event loops; lane `cores` is everybody else's.
  explicit Metrics(int cores) : lanes_(cores + 1) {}

  // Makes it when it is not there; `deployment` "" for requests that reached none.
  std::shared_ptr<DeploymentCounts> Of(const std::string& endpoint, const std::string& deployment);
  int shared_lane() const { return lanes_ - 1; }

  // What is not counted but looked at.
  struct Gauges {
    uint64_t open_connections = 0, spool_bytes = 0, spool_records_dropped = 0;
  };
  // In Prometheus' text format.
  std::string Page(const Gauges& gauges) const;

 private:
  const int lanes_;
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<DeploymentCounts>> counts_;
};

}  // namespace slipway::gateway
