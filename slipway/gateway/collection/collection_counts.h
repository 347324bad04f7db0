// How many records data collection wrote, and how many it could not, by collection and reason.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace slipway::gateway::collection {

// Thread-safe. Counted by the collecting thread, and where a queue is full: never on the way of a request that is
// taken.
class CollectionCounts {
 public:
  void CountWritten(std::string_view collection, uint64_t records) { Count({std::string(collection), ""}, records); }
  // `reason`: queue_full, disk_full, write_failed, not_rows.
  void CountFailed(std::string_view collection, std::string_view reason, uint64_t records) {
    Count({std::string(collection), std::string(reason)}, records);
  }

  using Key = std::pair<std::string, std::string>;  // collection, reason; "" = written
  std::map<Key, uint64_t> Total() const {
    const std::lock_guard lock(mutex_);
    return counts_;
  }

 private:
  void Count(const Key& key, uint64_t records) {
    const std::lock_guard lock(mutex_);
    counts_[key] += records;
  }
  mutable std::mutex mutex_;
  std::map<Key, uint64_t> counts_;
};

}  // namespace slipway::gateway::collection
