#include "slipway/logstore/drainer.h"

#include "slipway/base/log.h"

namespace slipway::logstore {

Drainer::Drainer(LogStore& store, std::chrono::milliseconds period)
    : store_(store), period_(period), thread_([this](std::stop_token stop) { Run(stop); }) {}

Drainer::~Drainer() {
  thread_.request_stop();
  thread_.join();
}

void Drainer::Run(std::stop_token stop) {
  bool is_failing = false;
  while (!stop.stop_requested()) {
    const auto drained = store_.DrainSpools();
    if (!drained && !is_failing) LogError("log records stay in the spool: {}", drained.error().ToString());
    if (drained && is_failing) LogInfo("log records leave the spool again");
    is_failing = !drained;
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, period_, [] { return false; });
  }
}

}  // namespace slipway::logstore
