// Empties the spools in the background, so that they stay small while nobody queries.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "slipway/logstore/log_store.h"

namespace slipway::logstore {

// `store` must outlive it. A failing drain is logged when it begins and when it is over, and tried again each period.
class Drainer {
 public:
  Drainer(LogStore& store, std::chrono::milliseconds period);
  ~Drainer();
  Drainer(const Drainer&) = delete;
  Drainer& operator=(const Drainer&) = delete;

 private:
  void Run(std::stop_token stop);

  LogStore& store_;
  const std::chrono::milliseconds period_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace slipway::logstore
