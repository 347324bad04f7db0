#include "slipway/gateway/request_queue.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
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
    requests_.push_back(std::move(request));
  }
  Wake();
  return true;
}

std::optional<QueuedRequest> RequestQueue::TryPop() {
  const std::lock_guard lock(mutex_);
  if (requests_.empty()) return std::nullopt;
  QueuedRequest request = std::move(requests_.front());
  requests_.pop_front();
  // One wake-up may stand for several requests: pass it on.
  if (!requests_.empty()) Wake();
  return request;
}

void RequestQueue::Expire(SteadyTime now) {
  std::deque<QueuedRequest> expired;
  {
    const std::lock_guard lock(mutex_);
    const auto is_live = [&](const QueuedRequest& request) { return request.deadline > now; };
    const auto first_expired = std::stable_partition(requests_.begin(), requests_.end(), is_live);
    std::move(first_expired, requests_.end(), std::back_inserter(expired));
    requests_.erase(first_expired, requests_.end());
  }
  for (QueuedRequest& request : expired) request.done({ScoreOutcome::Kind::kTimedOut, {}});
}

std::optional<SteadyTime> RequestQueue::NextDeadline() const {
  const std::lock_guard lock(mutex_);
  std::optional<SteadyTime> next;
  for (const QueuedRequest& request : requests_) next = std::min(next.value_or(request.deadline), request.deadline);
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
