#include "slipway/tabular/convert.h"

#include <time.h>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/tabular/cell_text.h"

namespace slipway::tabular {
namespace {

std::optional<int64_t> ParseByFormat(const std::string& text, const std::string& format) {
  tm parts{};
  parts.tm_mday = 1;
  const char* end = strptime(text.c_str(), format.c_str(), &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return static_cast<int64_t>(timegm(&parts)) * 1000000;
}

std::optional<int64_t> ToDatetime(const std::string& text, const Conversion& conversion) {
  if (conversion.formats.empty()) return ParseDatetime(text);
  for (const std::string& format : conversion.formats)
    if (const auto time = ParseByFormat(text, format)) return time;
  return std::nullopt;
}

bool Contains(const std::vector<std::string>& texts, const std::string& text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

std::optional<bool> ToTruth(const std::string& text, const Conversion& conversion) {
  std::optional<bool> truth;
  if (Contains(conversion.true_values, text))
    truth = true;
  else if (Contains(conversion.false_values, text))
    truth = false;
  else if (conversion.true_values.empty() && conversion.false_values.empty())
    truth = text == "1" ? true : text == "0" ? false : ParseTruth(text);
  return truth ? truth : conversion.mismatch_as;
}

std::optional<int64_t> ToWhole(const std::string& text) {
  int64_t whole = 0;
  if (ParseWholeNumber(text, whole) == WholeNumber::kFits) return whole;
  double number = 0;
  bool is_whole = false;
  constexpr double kLimit = 9223372036854775808.0;  // 2^63
  if (!ParseNumber(text, number, is_whole) || number != std::floor(number)) return std::nullopt;
  if (number < -kLimit || number >= kLimit) return std::nullopt;
  return static_cast<int64_t>(number);
}

bool AddWhole(std::optional<int64_t> value, ColumnBuilder& builder) {
  if (value) builder.AddInt(*value);
  return value.has_value();
}

bool AddConverted(const std::string& text, const Conversion& conversion, ColumnBuilder& builder) {
  double number = 0;
  bool is_whole = false;
  switch (conversion.type) {
    case ColumnType::kBool:
      return AddWhole(ToTruth(text, conversion), builder);
    case ColumnType::kInt64:
      return AddWhole(ToWhole(text), builder);
    case ColumnType::kDatetime:
      return AddWhole(ToDatetime(text, conversion), builder);
    case ColumnType::kFloat64:
      if (!ParseNumber(text, number, is_whole)) return false;
      builder.AddDouble(number);
      return true;
    case ColumnType::kString:
      builder.AddString(text);
      return true;
  }
  return false;
}

// True and False count as 1 and 0.
std::string SourceText(const Column& column, size_t row, ColumnType target) {
  const bool is_number = target == ColumnType::kInt64 || target == ColumnType::kFloat64;
  if (column.type == ColumnType::kBool && is_number) return column.ints[row] != 0 ? "1" : "0";
  return column.text(row);
}

}  // namespace

Result<Column> ConvertColumn(const Column& column, const Conversion& conversion) {
  const bool is_same = column.type == conversion.type && column.type != ColumnType::kBool;
  if (is_same) return column;
  ColumnBuilder builder(column.name, conversion.type);
  for (size_t row = 0; row < column.size(); ++row) {
    if (column.is_null(row)) {
      builder.AddNull();
      continue;
    }
    const std::string text = SourceText(column, row, conversion.type);
    if (!AddConverted(text, conversion, builder))
      return InvalidArgument(fmt::format("'{}' in row {} of column '{}' does not convert to {}", text, row + 1,
                                         column.name, ColumnTypeName(conversion.type)));
  }
  return std::move(builder).Build();
}

}  // namespace slipway::tabular
