#include "slipway/training/true_classes.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include <fmt/format.h>

namespace slipway::training {

using tabular::Column;
using tabular::ColumnType;

std::string LabelText(const Column& column, size_t row) {
  const bool is_whole = column.type == ColumnType::kFloat64 && std::abs(column.doubles[row]) < 1e15 &&
                        column.doubles[row] == std::floor(column.doubles[row]);
  if (is_whole) return fmt::format("{:.0f}", column.doubles[row]);
  if (column.type == ColumnType::kBool) return column.ints[row] != 0 ? "1" : "0";
  return column.text(row);
}

Result<std::vector<uint32_t>> TrueClasses(const Column& column, std::span<const std::string> classes) {
  std::unordered_map<std::string_view, uint32_t> index;
  for (uint32_t i = 0; i < classes.size(); ++i) index.emplace(classes[i], i);
  std::vector<uint32_t> truth;
  for (size_t row = 0; row < column.size(); ++row) {
    if (column.is_null(row)) return InvalidArgument(fmt::format("row {}: '{}' has no value", row, column.name));
    auto found = index.find(LabelText(column, row));
    if (found == index.end()) found = index.find(column.text(row));
    if (found == index.end())
      return InvalidArgument(
          fmt::format("row {}: the model has no class '{}' of '{}'", row, column.text(row), column.name));
    truth.push_back(found->second);
  }
  return truth;
}

Result<std::vector<double>> TrueValues(const Column& column) {
  if (!column.is_numeric()) return InvalidArgument(fmt::format("'{}' is no column of numbers", column.name));
  std::vector<double> truth;
  for (size_t row = 0; row < column.size(); ++row) {
    truth.push_back(column.number(row));
    if (std::isnan(truth.back())) return InvalidArgument(fmt::format("row {}: '{}' has no value", row, column.name));
  }
  return truth;
}

}  // namespace slipway::training
