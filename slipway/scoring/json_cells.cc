#include "slipway/scoring/json_cells.h"

#include <limits>

#include <fmt/format.h>

namespace slipway::scoring {
namespace {

std::string_view Expectation(const InputColumn& column) {
  switch (column.kind) {
    case InputColumn::Kind::kReal:
      return "a number";
    case InputColumn::Kind::kInteger:
      return "an integer";
    case InputColumn::Kind::kBoolean:
      return "true or false";
    case InputColumn::Kind::kText:
      return "a text";
  }
  return "";
}

}  // namespace

Error JsonCells::Bad(size_t row, size_t column, std::string_view what) const {
  return InvalidArgument(fmt::format("row {}, {}: {}", row, columns_[column].Describe(column), what));
}

Status JsonCells::HasToBe(std::string_view what, std::string_view wanted, Type type) {
  SLIPWAY_RETURN_IF_ERROR(json_.Skip());
  return InvalidArgument(fmt::format("{} has to be {}, not {}", what, wanted, TypeName(type)));
}

Status JsonCells::Null(size_t row, size_t column) {
  if (!json_.Null()) return json_.error();
  if (columns_[column].nullable) {
    sink_.SetMissing(row, column);
    return {};
  }
  if (columns_[column].required) return Bad(row, column, "null, but the signature requires a value");
  return Bad(row, column, fmt::format("null, which {} cannot hold", model::DataTypeName(columns_[column].type)));
}

Status JsonCells::IntegerByValue(const JsonNumber& number, size_t row, size_t column) {
  if (number.is_whole) return OutOfRange(number, row, column);
  const std::optional<double> real = number.real();
  if (real && *real != std::floor(*real))
    return Bad(row, column, fmt::format("{} is not an integer", Shortened(number.text)));
  if (!real || *real < -0x1p63 || *real >= 0x1p63) return OutOfRange(number, row, column);
  return SetInteger(static_cast<int64_t>(*real), number, row, column);
}

Status JsonCells::NoNumber(const char* place, size_t row, size_t column) {
  const Error error = json_.error();
  json_.Return(place);
  const std::string snippet = json_.Snippet();
  return json_.TakeNotFinite() ? NotFinite(snippet, row, column) : Status(error);
}

Status JsonCells::NotFinite(std::string_view number, size_t row, size_t column) const {
  return Bad(row, column, fmt::format("{} is not a finite number (a missing value is null)", number));
}

Status JsonCells::WrongType(size_t row, size_t column) {
  const std::string snippet = json_.Snippet();
  if (json_.TakeNotFinite()) return NotFinite(snippet, row, column);
  SLIPWAY_RETURN_IF_ERROR(json_.Skip());
  return Bad(row, column, fmt::format("expected {}, got {}", Expectation(columns_[column]), snippet));
}

Status JsonCells::TooLarge(const JsonNumber& number, size_t row, size_t column) const {
  const bool is_float = columns_[column].real_limit < std::numeric_limits<double>::max();
  return Bad(row, column,
             fmt::format("{} is too large for a {}", Shortened(number.text), is_float ? "float" : "double"));
}

Status JsonCells::OutOfRange(const JsonNumber& number, size_t row, size_t column) const {
  const bool is_narrow = columns_[column].integer_max == std::numeric_limits<int32_t>::max();
  return Bad(row, column,
             fmt::format("{} is out of the range of {}", Shortened(number.text),
                         is_narrow ? "integer (32 bits)" : "long (64 bits)"));
}

}  // namespace slipway::scoring
