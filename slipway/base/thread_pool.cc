#include "slipway/base/thread_pool.h"

#include <atomic>
#include <latch>

namespace slipway {

ThreadPool::ThreadPool(int threads) {
  for (int i = 0; i < threads; ++i) workers_.emplace_back([this] { Work(); });
}

ThreadPool::~ThreadPool() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::Submit(std::function<void()> task) {
  {
    std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  wake_.notify_one();
}

void ThreadPool::Work() {
  while (true) {
    std::function<void()> task;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stopping_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task();
  }
}

void ThreadPool::ParallelFor(size_t count, const std::function<void(size_t)>& body) {
  std::atomic<size_t> next{0};
  const auto drain = [&] {
    for (size_t i = next++; i < count; i = next++) body(i);
  };
  const size_t helpers = count > 1 ? std::min<size_t>(workers_.size(), count - 1) : 0;
  std::latch done(static_cast<ptrdiff_t>(helpers));
  for (size_t i = 0; i < helpers; ++i) {
    Submit([&] {
      drain();
      done.count_down();
    });
  }
  drain();
  done.wait();
}

}  // namespace slipway
