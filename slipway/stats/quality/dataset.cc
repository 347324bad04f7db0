#include "slipway/stats/quality/dataset.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/base/time.h"
#include "slipway/stats/column_pair.h"

namespace slipway::stats {
namespace {

using tabular::Column;
using tabular::ColumnType;
using tabular::Table;

bool HasFractions(const Column& column) {
  if (column.type != ColumnType::kFloat64) return false;
  return std::any_of(column.doubles.begin(), column.doubles.end(),
                     [](double value) { return std::isfinite(value) && value != std::floor(value); });
}

// How many distinct values a categorical column of this kind may have.
size_t DistinctMax(const Column& column) {
  if (column.type == ColumnType::kString) return 150;
  return column.type == ColumnType::kDatetime || HasFractions(column) ? 5 : 30;
}

bool LooksCategorical(size_t distinct, size_t values, size_t distinct_max, double share_max) {
  constexpr double kRowsMin = 1000;
  return distinct <= distinct_max &&
         static_cast<double>(distinct) / std::max(static_cast<double>(values), kRowsMin) < share_max;
}

bool IsCategorical(const Column& column) {
  constexpr double kShareMax = 0.01;
  return LooksCategorical(CountDistinctValues(column), column.size() - column.null_count(), DistinctMax(column),
                          kShareMax);
}

Status CheckRoles(const Table& table, const QualityOptions& options) {
  std::set<std::string> seen;
  for (const std::string* name : {&options.label, &options.index, &options.datetime}) {
    if (name->empty()) continue;
    SLIPWAY_RETURN_IF_ERROR(table.Get(*name));
    if (!seen.insert(*name).second) return InvalidArgument(fmt::format("column '{}' has two roles", *name));
  }
  for (const std::string& name : options.categorical) {
    SLIPWAY_RETURN_IF_ERROR(table.Get(name));
    if (name == options.label) continue;
    if (!seen.insert(name).second)
      return InvalidArgument(fmt::format("column '{}' is listed twice or has another role beside categorical", name));
  }
  return {};
}

// The label of all tables below each other, as texts: how many classes there are.
struct LabelCensus {
  std::set<std::string> values;
  size_t rows = 0;
  size_t distinct_max = 0;
};

LabelCensus TakeCensus(const std::vector<const Column*>& labels) {
  LabelCensus census;
  for (const Column* label : labels) {
    census.rows += label->size() - label->null_count();
    census.distinct_max =
        census.distinct_max == 0 ? DistinctMax(*label) : std::min(census.distinct_max, DistinctMax(*label));
    if (label->type == ColumnType::kFloat64) {
      for (double value : SortedNumbers(*label)) census.values.insert(FormatDouble(value));
      continue;
    }
    for (size_t row = 0; row < label->size(); ++row)
      if (!label->is_null(row)) census.values.insert(label->text(row));
  }
  return census;
}

LabelTask FindTask(const LabelCensus& census, const Column& label) {
  constexpr double kShareMax = 0.05;
  // Texts have no order to regress on.
  const bool is_text = label.type == ColumnType::kString;
  return is_text || LooksCategorical(census.values.size(), census.rows, census.distinct_max, kShareMax)
             ? LabelTask::kClassification
             : LabelTask::kRegression;
}

std::string ProblemOf(const LabelCensus& census, const std::string& name) {
  if (census.values.empty()) return fmt::format("the label '{}' has no value", name);
  if (census.values.size() == 1)
    return fmt::format("the label '{}' has one value only: {}", name, *census.values.begin());
  return "";
}

Column AllMissing(const Column& column, ColumnType type) {
  tabular::ColumnBuilder builder(column.name, type);
  for (size_t row = 0; row < column.size(); ++row) builder.AddNull();
  return std::move(builder).Build();
}

bool GoTogether(const Column& a, const Column& b) {
  return a.type == b.type || (a.is_numeric() && b.is_numeric());
}

Status MatchColumn(Column& train, Column& test) {
  if (GoTogether(train, test)) return {};
  if (test.null_count() == test.size())
    test = AllMissing(test, train.type);
  else if (train.null_count() == train.size())
    train = AllMissing(train, test.type);
  else
    return InvalidArgument(fmt::format("column '{}' is of type {} in the train data, but of type {} in the test data",
                                       train.name, ColumnTypeName(train.type), ColumnTypeName(test.type)));
  return {};
}

}  // namespace

size_t CountDistinctValues(const Column& column) {
  if (column.type == ColumnType::kString) {
    std::vector<uint8_t> seen(column.dictionary.size());
    for (size_t row = 0; row < column.size(); ++row)
      if (!column.is_null(row)) seen[column.codes[row]] = 1;
    return static_cast<size_t>(std::count(seen.begin(), seen.end(), 1));
  }
  size_t infinities = 0;
  if (column.type == ColumnType::kFloat64)
    for (double infinity : {HUGE_VAL, -HUGE_VAL})
      infinities += std::find(column.doubles.begin(), column.doubles.end(), infinity) != column.doubles.end();
  return CountDistinct(SortedNumbers(column), column.size()) + infinities;
}

bool Dataset::is_categorical(const Column& column) const {
  return std::find(categorical.begin(), categorical.end(), &column) != categorical.end();
}

Result<Roles> FindRoles(const Table& table, const std::vector<const Table*>& others, const QualityOptions& options) {
  if (table.rows() == 0 || table.width() == 0) return InvalidArgument("the table has no rows");
  SLIPWAY_RETURN_IF_ERROR(CheckRoles(table, options));
  Roles roles{options.label, options.index, options.datetime, options.categorical, LabelTask::kNone, ""};
  if (roles.categorical.empty()) {
    for (const Column& column : table.columns())
      if (column.name != roles.label && column.name != roles.index && column.name != roles.datetime &&
          IsCategorical(column))
        roles.categorical.push_back(column.name);
  }
  if (roles.label.empty()) return roles;
  std::vector<const Column*> labels = {table.Find(roles.label)};
  for (const Table* other : others) labels.push_back(other->Find(roles.label));
  const LabelCensus census = TakeCensus(labels);
  roles.task = FindTask(census, *labels[0]);
  roles.label_problem = ProblemOf(census, roles.label);
  return roles;
}

Dataset MakeDataset(const Table& table, const Roles& roles) {
  Dataset dataset;
  dataset.table = &table;
  dataset.task = roles.task;
  dataset.label_problem = roles.label_problem;
  const auto find = [&](const std::string& name) { return name.empty() ? nullptr : table.Find(name); };
  dataset.label = find(roles.label);
  dataset.index = find(roles.index);
  dataset.datetime = find(roles.datetime);
  const std::set<std::string> categorical(roles.categorical.begin(), roles.categorical.end());
  for (const Column& column : table.columns()) {
    if (&column == dataset.label || &column == dataset.index || &column == dataset.datetime) continue;
    dataset.features.push_back(&column);
    if (categorical.contains(column.name))
      dataset.categorical.push_back(&column);
    else if (column.is_numeric())
      dataset.numeric.push_back(&column);
  }
  return dataset;
}

Result<std::pair<Table, Table>> MatchColumns(const Table& train, const Table& test) {
  std::vector<std::string> missing;
  std::vector<Column> train_columns, test_columns;
  for (const Column& column : train.columns()) {
    const Column* other = test.Find(column.name);
    if (other == nullptr) {
      missing.push_back(column.name);
      continue;
    }
    train_columns.push_back(column);
    test_columns.push_back(*other);
    SLIPWAY_RETURN_IF_ERROR(MatchColumn(train_columns.back(), test_columns.back()));
  }
  if (!missing.empty())
    return InvalidArgument(fmt::format("the test data lack {} of the train data: {}",
                                       missing.size() == 1 ? "a column" : "columns", Join(missing, ", ")));
  SLIPWAY_ASSIGN_OR_RETURN(auto first, Table::Make(std::move(train_columns)));
  SLIPWAY_ASSIGN_OR_RETURN(auto second, Table::Make(std::move(test_columns)));
  return std::pair(std::move(first), std::move(second));
}

Result<Table> WithDates(Table table, const std::string& name) {
  const Column* column = name.empty() ? nullptr : table.Find(name);
  if (column == nullptr || column->type != ColumnType::kString) return table;
  tabular::ColumnBuilder builder(name, ColumnType::kDatetime);
  for (size_t row = 0; row < column->size(); ++row) {
    if (column->is_null(row)) {
      builder.AddNull();
      continue;
    }
    const auto time = ParseTimestamp(column->string_at(row));
    if (!time)
      return InvalidArgument(
          fmt::format("column '{}' is to hold dates, but row {} has '{}'", name, row + 1, column->string_at(row)));
    builder.AddInt(time->time_since_epoch().count());
  }
  std::vector<Column> columns = table.columns();
  columns[*table.IndexOf(name)] = std::move(builder).Build();
  return Table::Make(std::move(columns));
}

}  // namespace slipway::stats
