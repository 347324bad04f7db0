#include "slipway/net/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "slipway/base/assert.h"

namespace slipway::net {
namespace {

constexpr size_t kEventsAtFirst = 256;  // of one round

}  // namespace

void Socket::Close() {
  if (descriptor_ >= 0) close(std::exchange(descriptor_, -1));
}

EventLoop::EventLoop(std::function<void()> after_events)
    : after_events_(std::move(after_events)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;  // marks the wake-up
  [[maybe_unused]] const bool is_ready = epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) == 0;
  SLIPWAY_ASSERT(is_ready);
}

EventLoop::~EventLoop() {
  Close();
}

Status EventLoop::Watch(int descriptor, Watcher& watcher, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &watcher;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) == 0) return {};
  return FromErrno(errno, "cannot watch a socket");
}

Status EventLoop::WatchEdges(int descriptor, Watcher& watcher) {
  return Watch(descriptor, watcher, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
}

Status EventLoop::WatchReading(int descriptor, Watcher& watcher) {
  return Watch(descriptor, watcher, EPOLLIN);
}

void EventLoop::Unwatch(int descriptor) {
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, descriptor, nullptr);
}

void EventLoop::Post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    if (is_closed_) return;  // `task` is destroyed by the caller's side, outside the lock
    posted_.push_back(std::move(task));
    if (std::exchange(is_woken_, true)) return;
  }
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_.get(), &one, sizeof(one));  // full means readable already
}

void EventLoop::After(std::chrono::milliseconds delay, std::function<void()> task) {
  timers_.emplace(std::chrono::steady_clock::now() + delay, std::move(task));
}

void EventLoop::Run() {
  std::vector<epoll_event> events(kEventsAtFirst);
  while (!is_stopping_.load(std::memory_order_relaxed)) {
    const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), TimeoutMs());
    round_started_ = std::chrono::steady_clock::now();
    bool is_woken = false;
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<size_t>(i)];
      if (event.data.ptr) {
        static_cast<Watcher*>(event.data.ptr)->OnReady(event.events);
      } else {
        is_woken = true;
      }
    }
    if (is_woken) RunPosted();
    RunTimers();
    after_events_();
    // All that is ready is to be in one round, so that how long it waits is known.
    if (count == static_cast<int>(events.size())) events.resize(2 * events.size());
  }
}

void EventLoop::Stop() {
  Post([this] { is_stopping_ = true; });
}

void EventLoop::Close() {
  std::vector<std::function<void()>> dropped;
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    dropped.swap(posted_);
  }
  timers_.clear();
}

int EventLoop::TimeoutMs() const {
  if (timers_.empty()) return -1;
  const auto left = timers_.begin()->first - std::chrono::steady_clock::now();
  return static_cast<int>(std::max<int64_t>(0, std::chrono::ceil<std::chrono::milliseconds>(left).count()));
}

void EventLoop::RunPosted() {
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t size = read(wake_.get(), &count, sizeof(count));
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(mutex_);
    is_woken_ = false;
    tasks.swap(posted_);
  }
  for (const auto& task : tasks) task();
}

void EventLoop::RunTimers() {
  if (timers_.empty()) return;
  const auto now = std::chrono::steady_clock::now();
  while (!timers_.empty() && timers_.begin()->first <= now) {
    const auto task = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    task();
  }
}

}  // namespace slipway::net
