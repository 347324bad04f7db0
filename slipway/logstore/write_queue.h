// Rows that wait to be stored: requests that come at the same time share one transaction.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/logstore/log_store.h"

namespace slipway::logstore {

// Thread-safe. Whoever comes while nobody writes becomes the writer of all that wait; the others wait for it.
class WriteQueue {
 public:
  using Requests = std::vector<const std::vector<LogRow>*>;
  // Stores the rows of these requests, of all or (failing) of none.
  using Store = std::function<Status(const Requests& requests)>;
  explicit WriteQueue(Store store) : store_(std::move(store)) {}

  // Returns once the rows are stored. A request whose rows cannot be stored fails alone.
  Status Write(const std::vector<LogRow>& rows);

 private:
  struct Waiting {
    const std::vector<LogRow>* rows;
    Status outcome;
    bool is_done = false;
  };
  void StoreAll(const std::vector<Waiting*>& batch);

  const Store store_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Waiting*> waiting_;
  bool is_writing_ = false;
};

}  // namespace slipway::logstore
