// The audit log: who decided what, when and why, on which evidence. Entries are only ever added, each with the hash of
// the one before, so that none can be changed or left out unseen.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/base/time.h"

namespace slipway::domain {

struct AuditEntry {
  int64_t sequence = 0;  // from 1, without gaps
  Timestamp time{};
  std::string action;   // "model.share", "promotion.approve", "rollout.step" …
  std::string actor;    // a user, or a service: "schedule", "alert:<rule>"
  std::string scope;    // ARM id of the workspace or registry; "" = the server
  std::string subject;  // what it is about: "azureml:credit:3"
  std::string reason;
  std::map<std::string, std::string> evidence;
  std::string previous_hash;  // "" for the first
  std::string hash;           // HashOf(this)
};

// SHA-256, in hexadecimal digits, over every field but the hash, each with its length before it.
std::string HashOf(const AuditEntry& entry);

struct AuditFilter {
  std::string action;   // a beginning; "" = all
  std::string subject;  // a part; "" = all
  std::string scope;    // without regard to case; "" = all
  size_t limit = 100;   // newest first
};

// What Verify found.
struct AuditReport {
  int64_t entries = 0;
  std::string head;                     // hash of the last entry
  std::optional<int64_t> first_broken;  // sequence
  std::string problem;                  // of that one
};

// Thread-safe. What Record returned good for survives kill -9.
class AuditLog {
 public:
  virtual ~AuditLog() = default;
  // Fills sequence and hashes; the time is the caller's.
  virtual Result<AuditEntry> Record(AuditEntry entry) = 0;
  virtual Result<std::vector<AuditEntry>> List(const AuditFilter& filter) = 0;
  virtual Result<AuditReport> Verify() = 0;
};

// Walks a chain from its first entry on. A value.
class AuditChain {
 public:
  // What is wrong with the next entry; "" when it continues the chain.
  std::string Add(const AuditEntry& entry);
  int64_t entries() const { return entries_; }
  const std::string& head() const { return head_; }

 private:
  int64_t entries_ = 0;
  std::string head_;
};

}  // namespace slipway::domain
