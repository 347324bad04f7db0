// Seals older days and deletes what is too old, in the background.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "slipway/logstore/log_store.h"

namespace slipway::logstore {

struct MaintenancePeriods {
  std::chrono::milliseconds first = std::chrono::minutes(10);  // after the start, which has better to do
  std::chrono::milliseconds then = std::chrono::hours(1);
};

// `store` must outlive it. What fails is logged and tried again at the next time.
class Maintainer {
 public:
  Maintainer(LogStore& store, const MaintenancePeriods& periods = {});
  ~Maintainer();
  Maintainer(const Maintainer&) = delete;
  Maintainer& operator=(const Maintainer&) = delete;

 private:
  void Run(std::stop_token stop);
  // False when it has to stop.
  bool Wait(std::stop_token stop, std::chrono::milliseconds time);

  LogStore& store_;
  const MaintenancePeriods periods_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace slipway::logstore
