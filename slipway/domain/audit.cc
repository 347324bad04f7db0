#include "slipway/domain/audit.h"

#include <fmt/format.h>

#include "slipway/base/hash.h"

namespace slipway::domain {

std::string HashOf(const AuditEntry& entry) {
  Sha256 hash;
  const auto add = [&](std::string_view text) { hash.Update(fmt::format("{}:{}\n", text.size(), text)); };
  add("slipway-audit 1");
  add(std::to_string(entry.sequence));
  add(FormatTimestamp(entry.time));
  for (const std::string* field : {&entry.action, &entry.actor, &entry.scope, &entry.subject, &entry.reason})
    add(*field);
  add(std::to_string(entry.evidence.size()));
  for (const auto& [key, value] : entry.evidence) {
    add(key);
    add(value);
  }
  add(entry.previous_hash);
  return hash.FinishHex();
}

std::string AuditChain::Add(const AuditEntry& entry) {
  if (entry.sequence != entries_ + 1)
    return fmt::format("entry {} is missing: after {} comes {}", entries_ + 1, entries_, entry.sequence);
  if (entry.previous_hash != head_)
    return fmt::format("entry {} does not follow entry {}: it names {} as the hash before it, which is {}",
                       entry.sequence, entries_, entry.previous_hash, head_);
  if (const std::string found = HashOf(entry); found != entry.hash)
    return fmt::format("entry {} was changed: its hash is {}, it was recorded with {}", entry.sequence, found,
                       entry.hash);
  entries_ = entry.sequence;
  head_ = entry.hash;
  return "";
}

}  // namespace slipway::domain
