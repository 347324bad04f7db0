// Holds back those who guess credentials: after some failures in a row, an address waits before it may try an endpoint
// again, and longer with every further failure. Other addresses are not touched.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace slipway::gateway {

struct AttemptLimits {
  int free_failures = 10;              // in a row, without a wait
  std::chrono::seconds first_wait{1};  // doubles with every failure after
  std::chrono::seconds longest_wait{300};
  std::chrono::seconds forgotten_after{900};  // since the last failure
  size_t entries_max = 1 << 16;               // failing pairs remembered; an arbitrary one makes room for one more
};

// Thread-safe. While nobody has failed lately, the calls cost one relaxed load; IPv6 addresses count by their /64
// network. Times are passed in.
class AttemptLimiter {
 public:
  using Time = std::chrono::steady_clock::time_point;
  explicit AttemptLimiter(AttemptLimits limits = {}) : limits_(limits) {}

  // How long `address` has to wait before it may try again, in whole seconds; zero when it may try now.
  std::chrono::seconds Wait(std::string_view endpoint, std::string_view address, Time now);
  void Failed(std::string_view endpoint, std::string_view address, Time now);
  // Forgets the failures.
  void Succeeded(std::string_view endpoint, std::string_view address);

 private:
  struct Entry {
    int failures = 0;
    Time last_failure, free_at;
  };
  struct alignas(64) Shard {
    std::mutex mutex;
    std::unordered_map<std::string, Entry> entries;
  };
  static constexpr size_t kShards = 16;

  static std::string KeyOf(std::string_view endpoint, std::string_view address);
  Shard& ShardOf(const std::string& key) { return shards_[std::hash<std::string>()(key) % kShards]; }
  void MakeRoom(Shard& shard, Time now);

  const AttemptLimits limits_;
  std::array<Shard, kShards> shards_;
  std::atomic<size_t> size_{0};  // of all shards
};

}  // namespace slipway::gateway
