// One thread's event loop on Linux' epoll: sockets that turned ready, functions from other threads, a few timers. It is
// the core server's own, since what a general reactor does for every read and write (a system call to learn that
// nothing came yet, an operation object, a completion queue) costs a scoring call as much as reading its request.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "slipway/base/result.h"

namespace slipway::net {

using SteadyTime = std::chrono::steady_clock::time_point;

// A socket's descriptor, closed with it.
class Socket {
 public:
  explicit Socket(int descriptor = -1) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~Socket() { Close(); }
  bool IsOpen() const { return descriptor_ >= 0; }
  int get() const { return descriptor_; }
  void Close();

 private:
  int descriptor_;
};

// Watch, Unwatch and After are called on the loop's own thread, or before it runs.
class EventLoop {
 public:
  class Watcher {
   public:
    // `events`: epoll's. While the loop runs, watchers are destroyed in `after_events` alone, since a round may still
    // hold events of theirs.
    virtual void OnReady(uint32_t events) = 0;

   protected:
    ~Watcher() = default;
  };

  // `after_events` runs after each round of ready sockets, posted functions and timers: the place to destroy watchers.
  explicit EventLoop(std::function<void()> after_events);
  ~EventLoop();

  // Tells of reading, writing and the peer's end as they become possible, once each (edge-triggered). Closing the
  // descriptor ends it.
  Status WatchEdges(int descriptor, Watcher& watcher);
  // Tells of reading as long as it is possible.
  Status WatchReading(int descriptor, Watcher& watcher);
  void Unwatch(int descriptor);

  // From any thread; dropped once the loop is closed.
  void Post(std::function<void()> task);
  void After(std::chrono::milliseconds delay, std::function<void()> task);
  // Runs `task` in the next round, before the loop waits.
  void Soon(std::function<void()> task) { After({}, std::move(task)); }

  // When the present round learned what is ready: what it has not come to yet waits since then, at least.
  SteadyTime round_started() const { return round_started_; }

  // Returns after Stop (which any thread may call).
  void Run();
  void Stop();
  // After Run has returned: drops what was posted and will be.
  void Close();

 private:
  Status Watch(int descriptor, Watcher& watcher, uint32_t events);
  int TimeoutMs() const;
  void RunPosted();
  void RunTimers();

  const std::function<void()> after_events_;
  Socket epoll_, wake_;
  std::atomic<bool> is_stopping_{false};
  SteadyTime round_started_ = std::chrono::steady_clock::now();
  std::multimap<SteadyTime, std::function<void()>> timers_;

  std::mutex mutex_;  // guards what follows
  std::vector<std::function<void()>> posted_;
  bool is_woken_ = false;
  bool is_closed_ = false;
};

}  // namespace slipway::net
