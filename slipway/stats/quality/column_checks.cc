// Checks that look at each column by itself.
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

// Texts with their counts, the most frequent first.
using TextCounts = std::vector<std::pair<std::string, size_t>>;

void SortByCount(TextCounts& counts) {
  std::stable_sort(counts.begin(), counts.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
}

std::string Texts(const TextCounts& counts, size_t most) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < std::min(most, counts.size()); ++i) texts.push_back(counts[i].first);
  return Join(texts, ", ");
}

void FindSingleValues(const CheckInput& input, CheckResult& result) {
  const auto& columns = input.train.table->columns();
  std::vector<std::string> single;
  TextTable table = {{{"Column"}, {"Single value"}, {"Missing", true}}, {}};
  result.value = EmptyObject();
  for (const Column& column : columns) {
    const size_t distinct = CountDistinctValues(column);
    result.value[column.name] = distinct;
    if (distinct != 1) continue;
    single.push_back(column.name);
    size_t row = 0;
    while (column.is_null(row)) ++row;
    table.rows.push_back({column.name, column.text(row), FormatCount(column.null_count())});
  }
  Condition condition{"Does not contain only a single value"};
  condition.verdict = single.empty() ? Verdict::kPass : Verdict::kFail;
  condition.details =
      single.empty() ? PassedFor(columns.size())
                     : FoundOutOf(single.size(), columns.size(), "columns with a single value: ") + QuotedList(single);
  result.conditions.push_back(std::move(condition));
  Show(result, "", std::move(table));
}

TextCounts SpecialTexts(const Column& column) {
  TextCounts special;
  if (column.type != ColumnType::kString) return special;
  const auto counts = CountTexts(column);
  for (size_t code = 0; code < counts.size(); ++code)
    if (counts[code] > 0 && !column.dictionary[code].empty() && !HasLetterOrDigit(column.dictionary[code]))
      special.emplace_back(column.dictionary[code], counts[code]);
  SortByCount(special);
  return special;
}

void FindSpecialCharacters(const CheckInput& input, CheckResult& result) {
  constexpr double kShareMax = 0.001;
  const auto& columns = input.train.table->columns();
  TextTable table = {{{"Column"}, {"Samples with special characters only", true}, {"Most common"}}, {}};
  NamedValues broken;
  result.value = EmptyObject();
  for (const Column& column : columns) {
    const TextCounts special = SpecialTexts(column);
    size_t count = 0;
    for (const auto& [text, times] : special) count += times;
    const double share = ShareOf(count, column.size());
    result.value[column.name] = share;
    if (count > 0) table.rows.push_back({column.name, FormatPercent(share), Texts(special, 2)});
    if (share > kShareMax) broken.emplace_back(column.name, share);
  }
  SortBySeverity(broken);
  std::vector<std::pair<std::string, std::string>> reached;
  for (const auto& [name, share] : broken) reached.emplace_back(name, FormatPercent(share));
  result.conditions.push_back(
      {"Ratio of samples containing solely special character is less or equal to 0.1%",
       broken.empty() ? Verdict::kPass : Verdict::kWarning,
       broken.empty() ? PassedFor(columns.size())
                      : FoundOutOf(broken.size(), columns.size(), "relevant columns with ratio above threshold: ") +
                            QuotedMap(reached)});
  Show(result, "", std::move(table));
}

bool SpellsNull(std::string_view text) {
  static const std::set<std::string, std::less<>> kSpellings = {"none", "null", "nan", "na", ""};
  return text == std::string_view("\0", 1) || kSpellings.contains(BaseForm(text));
}

// Each spelling of nothing in quotes, and `missing` for the values that are really not there.
TextCounts NullKinds(const Column& column) {
  TextCounts kinds;
  if (column.type == ColumnType::kString) {
    const auto counts = CountTexts(column);
    for (size_t code = 0; code < counts.size(); ++code)
      if (counts[code] > 0 && SpellsNull(column.dictionary[code]))
        kinds.emplace_back("\"" + column.dictionary[code] + "\"", counts[code]);
  }
  size_t missing = column.null_count();
  if (column.type == ColumnType::kFloat64)
    for (size_t row = 0; row < column.size(); ++row)
      missing += column.doubles[row] != column.doubles[row] && !column.is_null(row);
  if (missing > 0) kinds.emplace_back("missing", missing);
  SortByCount(kinds);
  return kinds;
}

void FindMixedNulls(const CheckInput& input, CheckResult& result) {
  constexpr size_t kShownColumns = 10;
  const auto& columns = input.train.table->columns();
  std::vector<std::pair<std::string, TextCounts>> found;
  std::vector<std::string> mixed;
  result.value = EmptyObject();
  for (const Column& column : columns) {
    TextCounts kinds = NullKinds(column);
    result.value[column.name] = EmptyObject();
    for (const auto& [kind, count] : kinds)
      result.value[column.name][kind] = {{"count", count}, {"percent", ShareOf(count, column.size())}};
    if (kinds.size() > 1) mixed.push_back(column.name);
    if (!kinds.empty()) found.emplace_back(column.name, std::move(kinds));
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.second.size() > b.second.size(); });
  if (found.size() > kShownColumns) found.resize(kShownColumns);
  TextTable table = {{{"Column"}, {"Value"}, {"Count", true}, {"Share", true}}, {}};
  for (const auto& [name, kinds] : found)
    for (const auto& [kind, count] : kinds)
      table.rows.push_back({name, kind, FormatCount(count), FormatPercent(ShareOf(count, input.train.rows()))});
  result.conditions.push_back(
      {"Number of different null types is less or equal to 1", mixed.empty() ? Verdict::kPass : Verdict::kFail,
       mixed.empty() ? PassedFor(columns.size())
                     : FoundOutOf(mixed.size(), columns.size(), "columns with amount of null types above threshold: ") +
                           QuotedList(mixed)});
  Show(result, "", std::move(table));
}

// What Python's float() takes: surrounding spaces, underscores between digits, "nan", "inf", "1e5".
bool ReadsAsNumber(std::string_view text) {
  text = Trim(text);
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto is_digit = [&](size_t at) { return at < text.size() && text[at] >= '0' && text[at] <= '9'; };
    if (text[i] == '_' && i > 0 && is_digit(i - 1) && is_digit(i + 1)) continue;
    plain += text[i];
  }
  if (ParseDouble(plain)) return true;
  std::string word = ToLower(plain);
  if (!word.empty() && (word[0] == '+' || word[0] == '-')) word.erase(0, 1);
  return word == "nan" || word == "inf" || word == "infinity";
}

struct TypeMix {
  size_t strings = 0, numbers = 0;
  std::vector<std::string> string_examples, number_examples;
  bool is_mixed() const { return strings > 0 && numbers > 0; }
};

TypeMix MixOf(const Column& column) {
  constexpr size_t kExamples = 3;
  TypeMix mix;
  if (column.type != ColumnType::kString) return mix;
  const auto counts = CountTexts(column);
  for (size_t code = 0; code < counts.size(); ++code) {
    if (counts[code] == 0) continue;
    const bool is_number = ReadsAsNumber(column.dictionary[code]);
    (is_number ? mix.numbers : mix.strings) += counts[code];
    auto& examples = is_number ? mix.number_examples : mix.string_examples;
    if (examples.size() < kExamples) examples.push_back(column.dictionary[code]);
  }
  return mix;
}

Condition RareTypesCondition(const std::vector<std::string>& broken, size_t negligible, size_t columns) {
  Condition condition{"Rare data types in column are either more than 10% or less than 1% of the data"};
  if (broken.empty()) {
    condition.details = fmt::format(
        "{} columns passed: found {} columns with negligible types mix, and {} columns without any types mix", columns,
        negligible, columns - negligible);
    return condition;
  }
  condition.verdict = Verdict::kWarning;
  condition.details = FoundOutOf(broken.size(), columns,
                                 "columns with non-negligible quantities of samples with a different data type from "
                                 "the majority of samples: ") +
                      QuotedList(broken);
  return condition;
}

void FindMixedTypes(const CheckInput& input, CheckResult& result) {
  constexpr double kRareMin = 0.01, kRareMax = 0.1;
  const auto& columns = input.train.table->columns();
  TextTable table = {{{"Column"}, {"Strings", true}, {"Numbers", true}, {"Strings, e.g."}, {"Numbers, e.g."}}, {}};
  std::vector<std::string> broken;
  size_t mixed = 0;
  result.value = EmptyObject();
  for (const Column& column : columns) {
    const TypeMix mix = MixOf(column);
    result.value[column.name] = EmptyObject();
    if (!mix.is_mixed()) continue;
    ++mixed;
    const size_t values = mix.strings + mix.numbers;
    const double strings = ShareOf(mix.strings, values), numbers = ShareOf(mix.numbers, values);
    result.value[column.name] = {{"strings", strings},
                                 {"numbers", numbers},
                                 {"strings_examples", mix.string_examples},
                                 {"numbers_examples", mix.number_examples}};
    table.rows.push_back({column.name, FormatPercent(strings), FormatPercent(numbers), Join(mix.string_examples, ", "),
                          Join(mix.number_examples, ", ")});
    const double rare = std::min(strings, numbers);
    if (rare > kRareMin && rare < kRareMax) broken.push_back(column.name);
  }
  result.conditions.push_back(RareTypesCondition(broken, mixed - broken.size(), columns.size()));
  Show(result, "", std::move(table));
}

}  // namespace

const Check kSingleValueCheck = {
    "IsSingleValue", "Single Value in Column", "Columns whose rows all hold one value.", {}, FindSingleValues};
const Check kSpecialCharactersCheck = {
    "SpecialCharacters", "Special Characters", "Texts without any letter or digit.", {}, FindSpecialCharacters};
const Check kMixedNullsCheck = {
    "MixedNulls", "Mixed Nulls", "Different spellings of a missing value in one column.", {}, FindMixedNulls};
const Check kMixedDataTypesCheck = {
    "MixedDataTypes", "Mixed Data Types", "Text columns that hold numbers beside other texts.", {}, FindMixedTypes};

}  // namespace slipway::stats
