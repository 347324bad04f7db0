#include "slipway/logstore/write_queue.h"

#include <utility>

namespace slipway::logstore {

Status WriteQueue::Write(const std::vector<LogRow>& rows) {
  Waiting mine{&rows, {}, false};
  std::unique_lock lock(mutex_);
  waiting_.push_back(&mine);
  while (!mine.is_done) {
    if (is_writing_) {
      changed_.wait(lock);
      continue;
    }
    is_writing_ = true;
    const std::vector<Waiting*> batch = std::exchange(waiting_, {});
    lock.unlock();
    StoreAll(batch);
    lock.lock();
    for (Waiting* stored : batch) stored->is_done = true;
    is_writing_ = false;
    changed_.notify_all();
  }
  return std::move(mine.outcome);
}

void WriteQueue::StoreAll(const std::vector<Waiting*>& batch) {
  Requests requests;
  for (const Waiting* waiting : batch) requests.push_back(waiting->rows);
  Status together = store_(requests);
  if (together || batch.size() == 1) {
    for (Waiting* waiting : batch) waiting->outcome = together;
    return;
  }
  // One of them cannot be stored; the others can.
  for (Waiting* waiting : batch) waiting->outcome = store_({waiting->rows});
}

}  // namespace slipway::logstore
