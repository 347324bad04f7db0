#include "slipway/gateway/request_queue.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

#include "slipway/base/assert.h"

namespace slipway::gateway {

RequestQueue::RequestQueue() : wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  SLIPWAY_ASSERT(wake_.IsOpen());
}

bool RequestQueue::Push(QueuedRequest& request) {
  {
    const std::lock_guard lock(mutex_);
    if (is_closed_) return false;
    const SteadyTime expiry = ExpiryOf(request);
    requests_.push_back(std::move(request));
    if (expiry < expiry_at_) {
      expiry_at_ = expiry;
      expires_earlier_.notify_one();
    }
  }
  Wake();
  return true;
}

std::optional<QueuedRequest> RequestQueue::TryPop() {
  const std::lock_guard lock(mutex_);
  if (requests_.empty()) return std::nullopt;
  QueuedRequest request = std::move(requests_.front());
  requests_.pop_front();
  request.taken_at = std::chrono::steady_clock::now();
  // One wake-up may stand for several requests: pass it on.
  if (!requests_.empty()) Wake();
  return request;
}

void RequestQueue::PassWakeOn() {
  const std::lock_guard lock(mutex_);
  if (!requests_.empty()) Wake();
}

void RequestQueue::Expire(SteadyTime now) {
  std::deque<QueuedRequest> expired;
  {
    const std::lock_guard lock(mutex_);
    const auto is_live = [&](const QueuedRequest& request) { return ExpiryOf(request) > now; };
    const auto first_expired = std::stable_partition(requests_.begin(), requests_.end(), is_live);
    std::move(first_expired, requests_.end(), std::back_inserter(expired));
    requests_.erase(first_expired, requests_.end());
  }
  for (QueuedRequest& request : expired) {
    const bool is_late = request.deadline <= now;
    request.done({is_late ? ScoreOutcome::Kind::kTimedOut : ScoreOutcome::Kind::kWaitedTooLong, {}});
  }
}

// It looks again at the time it last settled on, even when what was to expire then has been taken: a request taken at
// once so wakes nobody but its worker.
void RequestQueue::ExpireUntilStopped(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const SteadyTime at = expiry_at_ = NextExpiry();
    const auto is_earlier = [&] { return expiry_at_ < at; };
    if (at == SteadyTime::max()) {
      expires_earlier_.wait(lock, stop, is_earlier);
    } else {
      expires_earlier_.wait_until(lock, stop, at, is_earlier);
    }
    lock.unlock();
    Expire(std::chrono::steady_clock::now());
    lock.lock();
  }
}

SteadyTime RequestQueue::NextExpiry() const {
  SteadyTime next = SteadyTime::max();
  for (const QueuedRequest& request : requests_) next = std::min(next, ExpiryOf(request));
  return next;
}

void RequestQueue::Close() {
  std::deque<QueuedRequest> waiting;
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    waiting.swap(requests_);
  }
  for (QueuedRequest& request : waiting) request.done({ScoreOutcome::Kind::kNotReady, {}});
}

void RequestQueue::Wake() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_.get(), &one, sizeof(one));  // full means readable already
}

void RequestQueue::AcknowledgeWake() {
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t size = read(wake_.get(), &count, sizeof(count));  // another worker may have been first
}

}  // namespace slipway::gateway
