#include "slipway/gateway/autoscaler.h"

#include <utility>

namespace slipway::gateway {

Autoscaler::Autoscaler(const ScalingSettings& settings, int instances, LoadMeter& meter, AutoscalerHooks hooks)
    : meter_(meter),
      hooks_(std::move(hooks)),
      polling_interval_(settings.polling_interval),
      policy_(settings),
      instances_(instances),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

void Autoscaler::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Autoscaler::Wake() {
  const std::lock_guard lock(mutex_);
  is_woken_ = true;
  changed_.notify_all();
}

void Autoscaler::Run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait_for(lock, stop, polling_interval_, [this] { return is_woken_; });
    if (stop.stop_requested()) return;
    // A moment is no interval to judge a load by.
    if (std::exchange(is_woken_, false) && instances_ > 0) continue;
    lock.unlock();
    Look();
    lock.lock();
  }
}

void Autoscaler::Look() {
  const SteadyTime now = std::chrono::steady_clock::now();
  const ScalingDecision decision = policy_.Decide(instances_, meter_.Sample(now));
  if (news_.IsNews(decision, now)) hooks_.on_decision(decision);
  if (decision.kind != ScalingDecision::Kind::kStay) instances_ = hooks_.resize(decision.to);
}

}  // namespace slipway::gateway
