// What a split of train and test data can get wrong: sizes, labels and categories unknown to train, leaked dates and
// ids.
#include <algorithm>
#include <map>
#include <set>
#include <unordered_set>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/base/time.h"
#include "slipway/stats/quality/check.h"
#include "slipway/stats/quality/fingerprints.h"
#include "slipway/stats/quality/quality_text.h"

namespace slipway::stats {
namespace {

using tabular::Column;

void CompareSizes(const CheckInput& input, CheckResult& result) {
  constexpr double kRatioMin = 0.01;
  const size_t train = input.train.rows(), test = input.test.rows();
  const double ratio = ShareOf(test, train);
  result.value = {{"Train", train}, {"Test", test}};
  result.conditions.push_back({"Test-Train size ratio is greater than 0.01",
                               ratio > kRatioMin ? Verdict::kPass : Verdict::kFail,
                               fmt::format("Test-Train size ratio is {}", FormatNumber(ratio))});
  Show(result, "", {{{"Train rows", true}, {"Test rows", true}}, {{FormatCount(train), FormatCount(test)}}});
}

// Values of `test` that `train` lacks, with their rows; the most frequent first.
std::vector<std::pair<std::string, size_t>> NewValues(const Column& train, const Column& test) {
  const auto known_prints = RowFingerprints({&train}), prints = RowFingerprints({&test});
  FingerprintSet known;
  for (size_t row = 0; row < known_prints.size(); ++row)
    if (!train.is_null(row)) known.insert(known_prints[row]);
  std::map<std::string, size_t> counts;
  for (size_t row = 0; row < prints.size(); ++row)
    if (!test.is_null(row) && !known.contains(prints[row])) ++counts[test.text(row)];
  std::vector<std::pair<std::string, size_t>> values(counts.begin(), counts.end());
  std::stable_sort(values.begin(), values.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  return values;
}

std::vector<std::string> TextsOf(const std::vector<std::pair<std::string, size_t>>& values) {
  std::vector<std::string> texts;
  for (const auto& [text, count] : values) texts.push_back(text);
  return texts;
}

size_t RowsOf(const std::vector<std::pair<std::string, size_t>>& values) {
  size_t rows = 0;
  for (const auto& [text, count] : values) rows += count;
  return rows;
}

void FindNewLabels(const CheckInput& input, CheckResult& result) {
  const auto labels = NewValues(*input.train.label, *input.test.label);
  const auto names = TextsOf(labels);
  result.value = EmptyObject();
  Condition condition{"Number of new label values is less or equal to 0"};
  condition.details = "No new labels found";
  if (!labels.empty()) {
    const size_t rows = RowsOf(labels);
    result.value = {{"n_samples", input.test.rows()}, {"n_new_labels_samples", rows}, {"new_labels", names}};
    for (const auto& [label, count] : labels) result.value["n_samples_per_new_label"][label] = count;
    condition.verdict = Verdict::kFail;
    condition.details = fmt::format("Found {} new labels in test data: {}", labels.size(), QuotedList(names));
    Show(result, "",
         {{{"Label column"}, {"Share of test rows", true}, {"New labels"}},
          {{input.test.label->name, FormatPercent(ShareOf(rows, input.test.rows())), Join(names, ", ")}}});
  }
  result.conditions.push_back(std::move(condition));
}

struct NewCategories {
  std::string name;
  std::vector<std::string> categories;
  double share = 0;
};

NewCategories FindNewCategories(const Column& train, const Column& test) {
  auto values = NewValues(train, test);
  // A missing value is a category of its own where the train data have none.
  if (train.null_count() == 0 && test.null_count() > 0) values.emplace_back("(missing)", test.null_count());
  return {train.name, TextsOf(values), ShareOf(RowsOf(values), test.size())};
}

void FindCategoryMismatch(const CheckInput& input, CheckResult& result) {
  constexpr size_t kExamples = 5;
  std::vector<NewCategories> found;
  for (const Column* column : input.train.categorical)
    found.push_back(FindNewCategories(*column, input.test.Same(*column)));
  std::stable_sort(found.begin(), found.end(),
                   [](const NewCategories& a, const NewCategories& b) { return a.share > b.share; });
  TextTable table = {{{"Column"}, {"New categories", true}, {"Share of test rows", true}, {"Examples"}}, {}};
  std::vector<std::pair<std::string, std::string>> broken;
  result.value = EmptyObject();
  for (const NewCategories& column : found) {
    result.value[column.name] = {{"Number of new categories", column.categories.size()},
                                 {"Percent of new categories in sample", column.share},
                                 {"New categories in column", column.categories}};
    if (column.share > 0) broken.emplace_back(column.name, FormatPercent(column.share));
    auto examples = column.categories;
    if (examples.size() > kExamples) examples.resize(kExamples);
    table.rows.push_back(
        {column.name, FormatCount(column.categories.size()), FormatPercent(column.share), Join(examples, ", ")});
  }
  result.conditions.push_back(
      {"Ratio of samples with a new category is less or equal to 0%", broken.empty() ? Verdict::kPass : Verdict::kFail,
       broken.empty() ? PassedFor(found.size())
                      : fmt::format("Found {} columns with ratio of new categories above threshold: \n{}",
                                    broken.size(), QuotedMap(broken))});
  Show(result, "", std::move(table));
}

std::string TimeText(int64_t microseconds) {
  return FormatTimestamp(Timestamp(Duration(microseconds)), 0);
}

// The condition that both kinds of leaked dates have.
void AddLeakage(CheckResult& result, size_t leaked, size_t rows) {
  const double share = ShareOf(leaked, rows);
  result.value = share;
  result.conditions.push_back(
      {"Date leakage ratio is less or equal to 0%", leaked == 0 ? Verdict::kPass : Verdict::kFail,
       leaked == 0 ? "No leaked dates found" : fmt::format("Found {} leaked dates", FormatPercent(share))});
}

void FindDateDuplicates(const CheckInput& input, CheckResult& result) {
  constexpr size_t kExamples = 10;
  const Column &train = *input.train.datetime, &test = *input.test.datetime;
  std::unordered_set<int64_t> known;
  for (size_t row = 0; row < train.size(); ++row)
    if (!train.is_null(row)) known.insert(train.ints[row]);
  std::set<int64_t> shared;
  size_t leaked = 0;
  for (size_t row = 0; row < test.size(); ++row) {
    if (test.is_null(row) || !known.contains(test.ints[row])) continue;
    ++leaked;
    shared.insert(test.ints[row]);
  }
  AddLeakage(result, leaked, test.size());
  TextTable table = {{{"Date in both"}}, {}};
  for (int64_t time : shared)
    if (table.rows.size() < kExamples) table.rows.push_back({TimeText(time)});
  Show(result,
       fmt::format("{} of the test rows have a date of the train data; {} dates are in both, the first of them:",
                   FormatPercent(ShareOf(leaked, test.size())), FormatCount(shared.size())),
       std::move(table));
}

void FindDateOverlap(const CheckInput& input, CheckResult& result) {
  const Column &train = *input.train.datetime, &test = *input.test.datetime;
  int64_t latest = INT64_MIN, earliest = INT64_MAX;
  for (size_t row = 0; row < train.size(); ++row)
    if (!train.is_null(row)) latest = std::max(latest, train.ints[row]);
  size_t leaked = 0;
  for (size_t row = 0; row < test.size(); ++row) {
    if (test.is_null(row)) continue;
    earliest = std::min(earliest, test.ints[row]);
    leaked += test.ints[row] < latest;
  }
  AddLeakage(result, leaked, test.size());
  if (leaked == 0) return;
  Show(result,
       fmt::format("{} of the test rows are earlier than the latest train row.",
                   FormatPercent(ShareOf(leaked, test.size()))),
       {{{"Latest in train"}, {"Earliest in test"}}, {{TimeText(latest), TimeText(earliest)}}});
}

void FindIndexLeakage(const CheckInput& input, CheckResult& result) {
  constexpr size_t kExamples = 10;
  const Column &train = *input.train.index, &test = *input.test.index;
  const auto known_prints = RowFingerprints({&train}), prints = RowFingerprints({&test});
  const FingerprintSet known(known_prints.begin(), known_prints.end());
  FingerprintSet shared;
  TextTable table = {{{"Index in both"}}, {}};
  for (size_t row = 0; row < prints.size(); ++row) {
    if (test.is_null(row) || !known.contains(prints[row]) || !shared.insert(prints[row]).second) continue;
    if (table.rows.size() < kExamples) table.rows.push_back({test.text(row)});
  }
  const double share = ShareOf(shared.size(), test.size());
  result.value = share;
  result.conditions.push_back(
      {"Ratio of leaking indices is less or equal to 0%", shared.empty() ? Verdict::kPass : Verdict::kFail,
       shared.empty() ? "No index leakage found" : fmt::format("Found {} of index leakage", FormatPercent(share))});
  Show(result, fmt::format("{} of the test indices are in the train data, among them:", FormatPercent(share)),
       std::move(table));
}

}  // namespace

const Check kSizesCheck = {"DatasetsSizeComparison",
                           "Datasets Size Comparison",
                           "The test data are not too small for the train data.",
                           {},
                           CompareSizes};
const Check kNewLabelCheck = {"NewLabelTrainTest",
                              "New Label Train Test",
                              "Labels of the test data unknown to train.",
                              {.label = true, .classification = true},
                              FindNewLabels};
const Check kCategoryMismatchCheck = {"CategoryMismatchTrainTest",
                                      "Category Mismatch Train Test",
                                      "Categories of the test data that the train data do not have.",
                                      {},
                                      FindCategoryMismatch};
const Check kDateDuplicatesCheck = {"DateTrainTestLeakageDuplicates",
                                    "Date Train-Test Leakage (duplicates)",
                                    "Dates of the test data that occur in the train data.",
                                    {.datetime = true},
                                    FindDateDuplicates};
const Check kDateOverlapCheck = {"DateTrainTestLeakageOverlap",
                                 "Date Train-Test Leakage (overlap)",
                                 "Test rows from before the end of the train data.",
                                 {.datetime = true},
                                 FindDateOverlap};
const Check kIndexLeakageCheck = {"IndexTrainTestLeakage",
                                  "Index Train-Test Leakage",
                                  "Ids of the test data that occur in the train data.",
                                  {.index = true},
                                  FindIndexLeakage};

}  // namespace slipway::stats
