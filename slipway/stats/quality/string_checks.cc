// Spellings: texts that differ in case, spaces and punctuation only.
#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/stats/quality/check.h"
#include "slipway/stats/quality/quality_text.h"

namespace slipway::stats {
namespace {

using tabular::Column;
using tabular::ColumnType;

struct Spelling {
  std::string text;
  size_t count = 0;
};

// The spellings of each base form, both in order of text.
using Spellings = std::map<std::string, std::vector<Spelling>>;

Spellings SpellingsOf(const Column& column) {
  const std::vector<size_t> counts = CountTexts(column);
  Spellings spellings;
  for (size_t code = 0; code < counts.size(); ++code)
    if (counts[code] > 0)
      spellings[BaseForm(column.dictionary[code])].push_back({column.dictionary[code], counts[code]});
  for (auto& [base, texts] : spellings)
    std::sort(texts.begin(), texts.end(), [](const Spelling& a, const Spelling& b) { return a.text < b.text; });
  return spellings;
}

// {'plan': ['pro', 'basic']}
std::string NestedList(const std::vector<std::pair<std::string, std::vector<std::string>>>& found) {
  std::string out = "{";
  for (const auto& [name, bases] : found)
    out += fmt::format("{}'{}': {}", out.size() > 1 ? ", " : "", name, QuotedList(bases));
  return out + "}";
}

void FindVariants(const CheckInput& input, CheckResult& result) {
  const size_t rows = input.train.rows();
  TextTable table = {{{"Column"}, {"Base form"}, {"Value"}, {"Count", true}, {"Share", true}}, {}};
  std::vector<std::pair<std::string, std::vector<std::string>>> found;
  size_t looked_at = 0;
  result.value = EmptyObject();
  for (const Column& column : input.train.table->columns()) {
    if (column.type != ColumnType::kString) continue;
    ++looked_at;
    auto& value = result.value[column.name] = EmptyObject();
    std::vector<std::string> bases;
    for (const auto& [base, texts] : SpellingsOf(column)) {
      if (texts.size() < 2) continue;
      bases.push_back(base);
      for (const Spelling& spelling : texts) {
        const double share = ShareOf(spelling.count, rows);
        value[base].push_back({{"variant", spelling.text}, {"count", spelling.count}, {"percent", share}});
        table.rows.push_back({column.name, base, spelling.text, FormatCount(spelling.count), FormatPercent(share)});
      }
    }
    if (!bases.empty()) found.emplace_back(column.name, std::move(bases));
  }
  result.conditions.push_back(
      {"No string variants", found.empty() ? Verdict::kPass : Verdict::kWarning,
       found.empty() ? PassedFor(looked_at)
                     : FoundOutOf(found.size(), looked_at, "columns with amount of variants above threshold: ") +
                           NestedList(found)});
  Show(result, "", std::move(table));
}

// One base form that both tables have, with a spelling that train has not.
struct NewSpelling {
  std::vector<std::string> both, only_test, only_train;
  size_t test_count = 0, train_count = 0;  // rows of those in one table only
};

NewSpelling CompareSpellings(const std::vector<Spelling>& train, const std::vector<Spelling>& test) {
  NewSpelling result;
  std::set<std::string> known, seen;
  for (const Spelling& spelling : train) known.insert(spelling.text);
  for (const Spelling& spelling : test) {
    seen.insert(spelling.text);
    const bool is_known = known.contains(spelling.text);
    (is_known ? result.both : result.only_test).push_back(spelling.text);
    if (!is_known) result.test_count += spelling.count;
  }
  for (const Spelling& spelling : train) {
    if (seen.contains(spelling.text)) continue;
    result.only_train.push_back(spelling.text);
    result.train_count += spelling.count;
  }
  return result;
}

struct ColumnComparison {
  nlohmann::ordered_json value = EmptyObject();
  double share = 0;  // of test rows with a new spelling
};

ColumnComparison CompareColumns(const Column& train, const Column& test, TextTable& table) {
  ColumnComparison comparison;
  const Spellings known = SpellingsOf(train);
  size_t new_rows = 0;
  for (const auto& [base, texts] : SpellingsOf(test)) {
    const auto found = known.find(base);
    if (found == known.end()) continue;
    const NewSpelling spelling = CompareSpellings(found->second, texts);
    if (spelling.only_test.empty()) continue;
    new_rows += spelling.test_count;
    const double share = ShareOf(spelling.test_count, test.size());
    const double train_share = ShareOf(spelling.train_count, train.size());
    comparison.value[base] = {{"commons", spelling.both},
                              {"variants_only_in_test", spelling.only_test},
                              {"variants_only_in_train", spelling.only_train},
                              {"percent_variants_only_in_test", share},
                              {"percent_variants_in_train", train_share}};
    table.rows.push_back({train.name, base, Join(spelling.both, ", "), Join(spelling.only_test, ", "),
                          FormatPercent(share), Join(spelling.only_train, ", "), FormatPercent(train_share)});
  }
  comparison.share = ShareOf(new_rows, test.size());
  return comparison;
}

void CompareVariants(const CheckInput& input, CheckResult& result) {
  TextTable table = {{{"Column"},
                      {"Base form"},
                      {"In both"},
                      {"Only in test"},
                      {"Share of test", true},
                      {"Only in train"},
                      {"Share of train", true}},
                     {}};
  NamedValues broken;
  size_t looked_at = 0;
  result.value = EmptyObject();
  for (const Column& column : input.train.table->columns()) {
    const Column& other = input.test.Same(column);
    if (column.type != ColumnType::kString || other.type != ColumnType::kString) continue;
    ++looked_at;
    ColumnComparison comparison = CompareColumns(column, other, table);
    result.value[column.name] = std::move(comparison.value);
    if (comparison.share > 0) broken.emplace_back(column.name, comparison.share);
  }
  SortBySeverity(broken);
  std::vector<std::pair<std::string, std::string>> reached;
  for (const auto& [name, share] : broken) reached.emplace_back(name, FormatPercent(share));
  result.conditions.push_back(
      {"No new variants allowed in test data", broken.empty() ? Verdict::kPass : Verdict::kFail,
       broken.empty()
           ? PassedFor(looked_at)
           : FoundOutOf(broken.size(), looked_at, "relevant columns with ratio of variants above threshold: ") +
                 QuotedMap(reached)});
  Show(result, "", std::move(table));
}

}  // namespace

const Check kStringMismatchCheck = {"StringMismatch",
                                    "String Mismatch",
                                    "Different spellings of one text: case, spaces, punctuation.",
                                    {},
                                    FindVariants};
const Check kStringMismatchComparisonCheck = {"StringMismatchComparison",
                                              "String Mismatch Comparison",
                                              "Texts of the test data that are spelled differently in the train data.",
                                              {},
                                              CompareVariants};

}  // namespace slipway::stats
