// What a request that comes now would wait for a worker, by what requests took lately.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace slipway::gateway {

// Thread-safe.
class WaitForecast {
 public:
  // A worker was done with a request after `service`. Of two threads that add at once one may not count.
  void Add(std::chrono::nanoseconds service) {
    constexpr int64_t kWeight = 8;  // the last so many requests count most
    const int64_t mean = mean_ns_.load(std::memory_order_relaxed);
    const int64_t next = mean == 0 ? service.count() : mean + (service.count() - mean) / kWeight;
    mean_ns_.store(std::max<int64_t>(1, next), std::memory_order_relaxed);
  }

  // With `pending` requests before it at `workers` workers. Those that run count nothing, as nobody knows how far they
  // are: it is rather too short than too long.
  std::chrono::nanoseconds Wait(int pending, int workers) const {
    const int64_t ahead = std::max(0, pending - workers);
    return std::chrono::nanoseconds(ahead * mean_ns_.load(std::memory_order_relaxed) / workers);
  }

 private:
  std::atomic<int64_t> mean_ns_{0};
};

}  // namespace slipway::gateway
