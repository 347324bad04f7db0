#pragma once

#include <mutex>

#include "slipway/domain/audit.h"

namespace slipway::domain::testing {

class MemoryAuditLog final : public AuditLog {
 public:
  Result<AuditEntry> Record(AuditEntry entry) override {
    const std::lock_guard lock(mutex_);
    entry.sequence = static_cast<int64_t>(entries_.size()) + 1;
    entry.previous_hash = entries_.empty() ? "" : entries_.back().hash;
    entry.hash = HashOf(entry);
    entries_.push_back(entry);
    return entry;
  }
  // Newest first, all of them.
  Result<std::vector<AuditEntry>> List(const AuditFilter&) override {
    const std::lock_guard lock(mutex_);
    return std::vector<AuditEntry>(entries_.rbegin(), entries_.rend());
  }
  Result<AuditReport> Verify() override {
    const std::lock_guard lock(mutex_);
    AuditReport report;
    report.entries = static_cast<int64_t>(entries_.size());
    return report;
  }
  // In the order of their recording.
  std::vector<std::string> Actions() {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> actions;
    for (const AuditEntry& entry : entries_) actions.push_back(entry.action);
    return actions;
  }

 private:
  std::mutex mutex_;
  std::vector<AuditEntry> entries_;
};

}  // namespace slipway::domain::testing
