#include "slipway/learn/targets.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::learn {
namespace {

using tabular::Column;
using tabular::ColumnType;

// A target of whole numbers is taken for classes up to so many of them.
constexpr size_t kGuessedClassesMax = 20;

// Codes in ascending order of the values. `value_of(row)` is what is compared.
template <typename Value, typename ValueOf>
std::vector<Value> CodeValues(size_t rows, const ValueOf& value_of, std::vector<uint32_t>& codes) {
  std::map<Value, uint32_t> index;
  for (size_t row = 0; row < rows; ++row) index.emplace(value_of(row), 0);
  std::vector<Value> values;
  for (auto& [value, code] : index) {
    code = static_cast<uint32_t>(values.size());
    values.push_back(value);
  }
  for (size_t row = 0; row < rows; ++row) codes.push_back(index.at(value_of(row)));
  return values;
}

void EncodeIntegers(const Column& target, ClassLabels& out) {
  out.are_integers = true;
  const auto value_of = [&](size_t row) {
    return target.type == ColumnType::kFloat64 ? static_cast<int64_t>(target.doubles[row]) : target.ints[row];
  };
  for (const int64_t value : CodeValues<int64_t>(target.size(), value_of, out.codes)) {
    out.labels.push_back(std::to_string(value));
  }
}

bool IsWhole(double value) {
  return std::abs(value) < 0x1p53 && value == std::trunc(value);
}

Status CheckComplete(const Column& target) {
  const size_t nulls = target.type == ColumnType::kFloat64
                           ? static_cast<size_t>(std::count_if(target.doubles.begin(), target.doubles.end(),
                                                               [](double x) { return std::isnan(x); }))
                           : 0;
  if (const size_t missing = std::max(nulls, target.null_count()); missing > 0) {
    return InvalidArgument(fmt::format("the target '{}' is missing in {} of {} rows; leave those rows out", target.name,
                                       missing, target.size()));
  }
  return {};
}

Status CheckTarget(const Column& target) {
  SLIPWAY_RETURN_IF_ERROR(CheckComplete(target));
  if (target.type == ColumnType::kDatetime) {
    return InvalidArgument(fmt::format("the target '{}' holds dates; a classifier learns classes", target.name));
  }
  if (target.type == ColumnType::kFloat64 && !std::all_of(target.doubles.begin(), target.doubles.end(), IsWhole)) {
    return InvalidArgument(
        fmt::format("the target '{}' holds fractions; a classifier learns classes, given as texts, "
                    "booleans or whole numbers",
                    target.name));
  }
  return {};
}

Status CheckClassCount(const Column& target, const std::vector<std::string>& labels) {
  if (labels.size() == 1) {
    return InvalidArgument(
        fmt::format("the target '{}' is '{}' in every row; a classifier needs two classes", target.name, labels[0]));
  }
  if (labels.size() > kClassesMax) {
    return InvalidArgument(
        fmt::format("the target '{}' has {} different values; a classifier learns at most {} classes", target.name,
                    labels.size(), kClassesMax));
  }
  return {};
}

size_t DistinctNumbers(const Column& column, size_t enough) {
  std::set<double> seen;
  for (size_t row = 0; row < column.size() && seen.size() <= enough; ++row) seen.insert(column.number(row));
  return seen.size();
}

}  // namespace

Result<ClassLabels> EncodeLabels(const Column& target) {
  SLIPWAY_RETURN_IF_ERROR(CheckTarget(target));
  ClassLabels labels;
  if (target.type == ColumnType::kString) {
    const auto value_of = [&](size_t row) -> const std::string& { return target.string_at(row); };
    labels.labels = CodeValues<std::string>(target.size(), value_of, labels.codes);
  } else {
    EncodeIntegers(target, labels);
  }
  SLIPWAY_RETURN_IF_ERROR(CheckClassCount(target, labels.labels));
  return labels;
}

Result<std::vector<double>> TargetValues(const Column& target) {
  if (!target.is_numeric())
    return InvalidArgument(fmt::format("the target '{}' holds {} values; a regressor learns numbers", target.name,
                                       tabular::ColumnTypeName(target.type)));
  SLIPWAY_RETURN_IF_ERROR(CheckComplete(target));
  std::vector<double> values;
  for (size_t row = 0; row < target.size(); ++row) {
    values.push_back(target.number(row));
    if (std::isfinite(static_cast<float>(values.back()))) continue;
    return InvalidArgument(fmt::format("the target '{}' holds {} in row {}, which is beyond float32", target.name,
                                       FormatDouble(values.back()), row));
  }
  if (!values.empty() && std::all_of(values.begin(), values.end(), [&](double value) { return value == values[0]; }))
    return InvalidArgument(fmt::format("the target '{}' is {} in every row; there is nothing to learn", target.name,
                                       FormatDouble(values[0])));
  return values;
}

bool LooksLikeClasses(const Column& target) {
  if (!target.is_numeric() || target.type == ColumnType::kBool) return true;
  if (target.type == ColumnType::kFloat64 && !std::all_of(target.doubles.begin(), target.doubles.end(), IsWhole))
    return false;
  return DistinctNumbers(target, kGuessedClassesMax) <= kGuessedClassesMax;
}

}  // namespace slipway::learn
