// Looks at a deployment's load every polling interval, and changes its number of instances as the policy says.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

#include "slipway/gateway/load_meter.h"
#include "slipway/gateway/scaling_policy.h"

namespace slipway::gateway {

// Both are called on the autoscaler's thread.
struct AutoscalerHooks {
  // Makes it so many instances, and gives how many there are then: fewer are not made zero over a request that has just
  // come. Instances that go answer what they have meanwhile.
  std::function<int(int instances)> resize;
  std::function<void(const ScalingDecision& decision)> on_decision;  // that is news, before it is carried out
};

class Autoscaler {
 public:
  // `instances`: those there are. `meter` must outlive it.
  Autoscaler(const ScalingSettings& settings, int instances, LoadMeter& meter, AutoscalerHooks hooks);
  ~Autoscaler() { Stop(); }
  // Waits for a change that is under way. Idempotent.
  void Stop();
  // Looks at once: a request waits, and there is no instance. Thread-safe, any thread.
  void Wake();

 private:
  void Run(const std::stop_token& stop);
  void Look();

  LoadMeter& meter_;
  const AutoscalerHooks hooks_;
  const std::chrono::milliseconds polling_interval_;
  ScalingPolicy policy_;  // of the thread, as are the news and the count
  DecisionNews news_;
  int instances_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool is_woken_ = false;
  std::jthread thread_;
};

}  // namespace slipway::gateway
