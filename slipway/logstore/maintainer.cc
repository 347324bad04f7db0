#include "slipway/logstore/maintainer.h"

#include "slipway/base/log.h"

namespace slipway::logstore {

Maintainer::Maintainer(LogStore& store, const MaintenancePeriods& periods)
    : store_(store), periods_(periods), thread_([this](std::stop_token stop) { Run(stop); }) {}

Maintainer::~Maintainer() {
  thread_.request_stop();
  thread_.join();
}

bool Maintainer::Wait(std::stop_token stop, std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

void Maintainer::Run(std::stop_token stop) {
  for (bool goes_on = Wait(stop, periods_.first); goes_on; goes_on = Wait(stop, periods_.then)) {
    const auto sealed = store_.Seal({});
    if (!sealed) LogError("older log rows are not sealed: {}", sealed.error().ToString());
    if (sealed && !sealed->empty()) LogInfo("sealed {} days of log rows", sealed->size());
    const auto purged = store_.Purge();
    if (!purged) LogError("old log rows are not deleted: {}", purged.error().ToString());
    if (purged && purged->rows > 0) LogInfo("deleted {} log rows that were too old", purged->rows);
  }
}

}  // namespace slipway::logstore
