#include "slipway/domain/audit.h"

#include <gmock/gmock.h>

namespace slipway::domain {
namespace {

using ::testing::HasSubstr;

AuditEntry Entry(int64_t sequence, const std::string& previous) {
  AuditEntry entry;
  entry.sequence = sequence;
  entry.time = Timestamp(std::chrono::hours(480'000 + sequence));
  entry.action = "model.share";
  entry.actor = "ada";
  entry.subject = "azureml:credit:3";
  entry.evidence = {{"tree", "ab"}, {"source", "azureml:credit:3"}};
  entry.previous_hash = previous;
  entry.hash = HashOf(entry);
  return entry;
}

TEST(AuditChain, HoldsForEntriesInTheirOrder) {
  AuditChain chain;
  const AuditEntry first = Entry(1, ""), second = Entry(2, first.hash);
  EXPECT_EQ(chain.Add(first), "");
  EXPECT_EQ(chain.Add(second), "");
  EXPECT_EQ(chain.entries(), 2);
  EXPECT_EQ(chain.head(), second.hash);
}

TEST(AuditChain, EveryFieldCounts) {
  const AuditEntry entry = Entry(1, "");
  std::vector<AuditEntry> changed(7, entry);
  changed[0].time += std::chrono::seconds(1);
  changed[1].action = "model.unshare";
  changed[2].actor = "bob";
  changed[3].subject += "0";
  changed[4].reason = "because";
  changed[5].scope = "/subscriptions/x";
  changed[6].evidence["tree"] = "ac";
  for (const AuditEntry& one : changed) {
    AuditChain chain;
    EXPECT_THAT(chain.Add(one), HasSubstr("entry 1 was changed"));
  }
}

TEST(AuditChain, TextCannotMoveFromFieldToField) {
  AuditEntry a = Entry(1, ""), b = a;
  a.actor = "ab";
  a.subject = "c";
  b.actor = "a";
  b.subject = "bc";
  EXPECT_NE(HashOf(a), HashOf(b));
}

TEST(AuditChain, NamesWhatIsMissingOrPutInItsPlace) {
  AuditChain missing;
  ASSERT_EQ(missing.Add(Entry(1, "")), "");
  EXPECT_THAT(missing.Add(Entry(3, missing.head())), HasSubstr("entry 2 is missing"));
  AuditChain replaced;
  ASSERT_EQ(replaced.Add(Entry(1, "")), "");
  EXPECT_THAT(replaced.Add(Entry(2, "someother")), HasSubstr("entry 2 does not follow entry 1"));
}

}  // namespace
}  // namespace slipway::domain
