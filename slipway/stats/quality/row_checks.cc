// Whole rows: duplicates, contradicting labels, rows that stand in both tables.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/stats/quality/check.h"
#include "slipway/stats/quality/fingerprints.h"
#include "slipway/stats/quality/quality_text.h"

namespace slipway::stats {
namespace {

using tabular::Column;
using Groups = std::vector<std::vector<uint32_t>>;

constexpr size_t kShownGroups = 5, kShownRows = 10;

std::vector<const Column*> AllColumns(const tabular::Table& table) {
  std::vector<const Column*> columns;
  for (const Column& column : table.columns()) columns.push_back(&column);
  return columns;
}

// "3, 17, 20 and 4 more"
std::string RowNumbers(const std::vector<uint32_t>& rows) {
  std::vector<std::string> numbers;
  for (size_t i = 0; i < std::min(rows.size(), kShownRows); ++i) numbers.push_back(fmt::format("{}", rows[i]));
  const std::string more = rows.size() > kShownRows ? fmt::format(" and {} more", rows.size() - kShownRows) : "";
  return Join(numbers, ", ") + more;
}

// A table with `first` columns of its own, then the values of a row of `dataset`.
TextTable RowTable(std::vector<TextColumn> first, const std::vector<const Column*>& columns) {
  TextTable table = {std::move(first), {}};
  for (const Column* column : columns) table.columns.push_back({column->name, column->is_numeric()});
  return table;
}

void AppendRow(std::vector<std::string> first, const std::vector<const Column*>& columns, size_t row,
               TextTable& table) {
  for (const Column* column : columns) first.push_back(Shortened(column->text(row), 60));
  table.rows.push_back(std::move(first));
}

void FindDuplicates(const CheckInput& input, CheckResult& result) {
  const auto columns = AllColumns(*input.train.table);
  const Groups groups = EqualRows(RowFingerprints(columns));
  size_t repeated = 0;
  for (const auto& group : groups) repeated += group.size() - 1;
  const double rows = static_cast<double>(input.train.rows());
  const double share = 1 - (rows - static_cast<double>(repeated)) / rows;
  result.value = share;
  result.conditions.push_back({"Duplicate data ratio is less or equal to 0%",
                               repeated == 0 ? Verdict::kPass : Verdict::kWarning,
                               fmt::format("Found {} duplicate data", FormatPercent(share))});
  TextTable table = RowTable({{"Rows"}, {"Times", true}}, columns);
  for (size_t i = 0; i < std::min(groups.size(), kShownGroups); ++i)
    AppendRow({RowNumbers(groups[i]), FormatCount(groups[i].size())}, columns, groups[i][0], table);
  Show(result, fmt::format("{} rows are there more than once; the most frequent:", FormatCount(groups.size())),
       std::move(table));
}

std::set<std::string> LabelsOf(const Column& label, const std::vector<uint32_t>& rows) {
  std::set<std::string> labels;
  for (uint32_t row : rows)
    if (!label.is_null(row)) labels.insert(label.text(row));
  return labels;
}

void FindConflicts(const CheckInput& input, CheckResult& result) {
  const Dataset& data = input.train;
  Groups groups = EqualRows(RowFingerprints(data.features));
  std::erase_if(groups, [&](const auto& group) { return LabelsOf(*data.label, group).size() < 2; });
  size_t rows = 0;
  auto sizes = nlohmann::ordered_json::array();
  for (const auto& group : groups) {
    rows += group.size();
    sizes.push_back(group.size());
  }
  const double share = static_cast<double>(rows) / static_cast<double>(data.rows());
  result.value = {{"percent", share}, {"n_groups", groups.size()}, {"group_sizes", std::move(sizes)}};
  result.conditions.push_back({"Ambiguous sample ratio is less or equal to 0%",
                               groups.empty() ? Verdict::kPass : Verdict::kFail,
                               fmt::format("Ratio of samples with conflicting labels: {}", FormatPercent(share))});
  TextTable table = RowTable({{"Labels"}, {"Rows"}}, data.features);
  for (size_t i = 0; i < std::min(groups.size(), kShownGroups); ++i) {
    const auto labels = LabelsOf(*data.label, groups[i]);
    AppendRow({Join(std::vector<std::string>(labels.begin(), labels.end()), ", "), RowNumbers(groups[i])},
              data.features, groups[i][0], table);
  }
  Show(result,
       fmt::format("{} groups of rows have the same features, but not the same label; the largest:",
                   FormatCount(groups.size())),
       std::move(table));
}

std::vector<const Column*> WithLabel(const Dataset& data) {
  std::vector<const Column*> columns = data.features;
  if (data.label != nullptr) columns.push_back(data.label);
  return columns;
}

void FindMixedSamples(const CheckInput& input, CheckResult& result) {
  constexpr double kShareMax = 0.1;
  const auto train_columns = WithLabel(input.train);
  std::vector<const Column*> test_columns;
  for (const Column* column : train_columns) test_columns.push_back(&input.test.Same(*column));
  const auto train = RowFingerprints(train_columns), test = RowFingerprints(test_columns);
  const FingerprintSet known(train.begin(), train.end());
  FingerprintSet distinct;
  TextTable table = RowTable({{"Test row", true}}, test_columns);
  size_t found = 0;
  for (size_t row = 0; row < test.size(); ++row) {
    if (!known.contains(test[row])) continue;
    ++found;
    if (distinct.insert(test[row]).second && table.rows.size() < kShownRows)
      AppendRow({fmt::format("{}", row)}, test_columns, row, table);
  }
  const double share = static_cast<double>(found) / static_cast<double>(test.size());
  result.value = {{"ratio", share}, {"n_distinct_rows", distinct.size()}};
  result.conditions.push_back(
      {"Percentage of test data samples that appear in train data is less or equal to 10%",
       share <= kShareMax ? Verdict::kPass : Verdict::kFail,
       found == 0 ? "No samples mix found"
                  : fmt::format("Percent of test data samples that appear in train data: {}", FormatPercent(share))});
  Show(result, "Test rows that are also in the train data:", std::move(table));
}

}  // namespace

const Check kDuplicatesCheck = {
    "DataDuplicates", "Data Duplicates", "Rows that are there more than once.", {}, FindDuplicates};
const Check kConflictingLabelsCheck = {"ConflictingLabels",
                                       "Conflicting Labels",
                                       "Rows with the same features and different labels.",
                                       {.label = true, .classification = true},
                                       FindConflicts};
const Check kSamplesMixCheck = {"TrainTestSamplesMix",
                                "Train Test Samples Mix",
                                "Test rows that are also in the train data.",
                                {},
                                FindMixedSamples};

}  // namespace slipway::stats
