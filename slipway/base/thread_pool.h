// A fixed number of threads that run tasks in the order they were given.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace slipway {

// Thread-safe. The queue has no bound of its own: callers that take work from outside bound it before Submit.
class ThreadPool {
 public:
  explicit ThreadPool(int threads);
  // Runs what is queued, then joins.
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  void Submit(std::function<void()> task);
  int threads() const { return static_cast<int>(workers_.size()); }

  // Runs body(i) for i in [0, count) on the pool's threads and the caller's; returns when all are done.
  // Not to be called from a task of the same pool.
  void ParallelFor(size_t count, const std::function<void(size_t)>& body);

 private:
  void Work();
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> workers_;
};

}  // namespace slipway
