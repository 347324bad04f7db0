// The average over time of how many requests a deployment is busy with.
#pragma once

#include <mutex>

#include "slipway/gateway/scaling_policy.h"

namespace slipway::gateway {

// Thread-safe.
class LoadMeter {
 public:
  explicit LoadMeter(SteadyTime start) : sampled_at_(start), changed_at_(start), last_request_at_(start) {}

  // A request came (+1) or was answered (-1).
  void Add(int requests, SteadyTime now) {
    const std::lock_guard lock(mutex_);
    Settle(now);
    pending_ += requests;
    last_request_at_ = now;
  }

  int pending() {
    const std::lock_guard lock(mutex_);
    return pending_;
  }

  // What happened since the last sample.
  LoadSample Sample(SteadyTime now) {
    const std::lock_guard lock(mutex_);
    Settle(now);
    const double seconds = std::chrono::duration<double>(now - sampled_at_).count();
    LoadSample sample{now, seconds > 0 ? request_seconds_ / seconds : pending_, pending_, last_request_at_};
    sampled_at_ = now;
    request_seconds_ = 0;
    return sample;
  }

 private:
  void Settle(SteadyTime now) {
    if (now <= changed_at_) return;  // times of different threads may come in another order
    request_seconds_ += pending_ * std::chrono::duration<double>(now - changed_at_).count();
    changed_at_ = now;
  }

  std::mutex mutex_;
  SteadyTime sampled_at_, changed_at_, last_request_at_;
  int pending_ = 0;
  double request_seconds_ = 0;
};

}  // namespace slipway::gateway
