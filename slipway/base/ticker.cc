#include "slipway/base/ticker.h"

#include <algorithm>

namespace slipway {

Ticker::Ticker(const Clock& clock, Tick tick, Duration longest_sleep)
    : clock_(clock), tick_(std::move(tick)), longest_sleep_(longest_sleep) {}

Ticker::~Ticker() {
  Stop();
}

void Ticker::Start() {
  if (thread_.joinable()) return;
  is_stopping_ = false;
  thread_ = std::thread([this] { Run(); });
}

void Ticker::Stop() {
  {
    std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  woken_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Ticker::Wake() {
  {
    std::lock_guard lock(mutex_);
    is_woken_ = true;
  }
  woken_.notify_all();
}

void Ticker::Run() {
  std::unique_lock lock(mutex_);
  while (!is_stopping_) {
    is_woken_ = false;
    lock.unlock();
    const auto next = tick_(clock_.Now());
    const Duration until = next ? *next - clock_.Now() : longest_sleep_;
    lock.lock();
    woken_.wait_for(lock, std::clamp(until, Duration(0), longest_sleep_), [&] { return is_woken_ || is_stopping_; });
  }
}

}  // namespace slipway
