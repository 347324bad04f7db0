// What the decoders of JSON requests share: simdjson's on-demand parser over a padded copy of the request, and values
// on their way into cells. Included by decoders alone.
//
// Nothing that may be read in two passes is unescaped in both: the parser's buffer of unescaped texts has room for the
// request once.
#pragma once

#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <simdjson.h>

#include "slipway/base/result.h"
#include "slipway/scoring/cell_sink.h"
#include "slipway/scoring/input_columns.h"

#define SLIPWAY_JSON_OR_RETURN(declaration, expression)             \
  auto SLIPWAY_CONCAT(json_, __LINE__) = (expression);              \
  if (SLIPWAY_CONCAT(json_, __LINE__).error() != simdjson::SUCCESS) \
    return NotJson(SLIPWAY_CONCAT(json_, __LINE__).error());        \
  declaration = SLIPWAY_CONCAT(json_, __LINE__).value_unsafe()

namespace slipway::scoring {

namespace od = simdjson::ondemand;

inline constexpr size_t kUnknown = static_cast<size_t>(-1);

Error NotJson(simdjson::error_code code);
// "a list", "an object" …
std::string_view TypeName(od::json_type type);
// A key as it is written, without its quotes.
std::string_view RawKey(od::field& field);
// Reads over a value that is ignored, which is still to be JSON.
Status Skip(od::value value, int depth);
// The list `what` has to be.
Result<od::array> ListOf(od::value& value, std::string_view what);

// The parser with the text it reads. After the largest request it allocates no more.
class PaddedJson {
 public:
  // The document refers to this object, until the next Open.
  Result<od::document> Open(std::string_view request);
  // Fails when something follows the document's value.
  static Status CheckEnd(od::document& document);

 private:
  od::parser parser_;
  std::vector<char> text_;  // the request and the padding that simdjson reads over
};

// Writes values into cells, each checked against its column.
class JsonCells {
 protected:
  JsonCells(const InputColumns& columns, CellSink& sink) : columns_(columns), sink_(sink) {}

  Status Cell(od::value value, size_t row, size_t column_index) {
    const InputColumn& column = columns_[column_index];
    const char first = *value.raw_json_token().data();
    if (first == 'n') return Null(value, row, column_index);
    switch (column.kind) {
      case InputColumn::Kind::kReal:
        if (first != '-' && (first < '0' || first > '9')) break;
        return Real(value, row, column_index);
      case InputColumn::Kind::kInteger:
        if (first != '-' && (first < '0' || first > '9')) break;
        return Integer(value, row, column_index);
      case InputColumn::Kind::kBoolean:
        if (first != 't' && first != 'f') break;
        return Boolean(value, row, column_index);
      case InputColumn::Kind::kText:
        if (first != '"') break;
        return Text(value, row, column_index);
    }
    return WrongType(value, row, column_index);
  }

  Error Bad(size_t row, size_t column, std::string_view what) const {
    return InvalidArgument(fmt::format("row {}, {}: {}", row, columns_[column].Describe(column), what));
  }

  // What is not even JSON is said to be so.
  Status WrongType(od::value& value, size_t row, size_t column) const;
  Status BadNumber(od::value& value, size_t row, size_t column) const;
  Status OutOfRange(std::string number, size_t row, size_t column) const;

  Status Null(od::value& value, size_t row, size_t column) {
    SLIPWAY_JSON_OR_RETURN(const bool is_null, value.is_null());
    if (!is_null) return InvalidArgument("the request is not valid JSON: a word that is no value");
    if (!columns_[column].nullable)
      return Bad(row, column,
                 columns_[column].required
                     ? "null, but the signature requires a value"
                     : fmt::format("null, which {} cannot hold", model::DataTypeName(columns_[column].type)));
    sink_.SetMissing(row, column);
    return {};
  }

  Status Real(od::value& value, size_t row, size_t column) {
    const auto number = value.get_double();
    if (number.error() != simdjson::SUCCESS) return BadNumber(value, row, column);
    const double real = number.value_unsafe();
    if (!(std::abs(real) <= columns_[column].real_limit))
      return Bad(row, column, fmt::format("{} is too large for a float", real));
    sink_.SetReal(row, column, real);
    return {};
  }

  Status Integer(od::value& value, size_t row, size_t column_index) {
    const InputColumn& column = columns_[column_index];
    const auto exact = value.get_int64();
    int64_t integer = 0;
    if (exact.error() == simdjson::SUCCESS) {
      integer = exact.value_unsafe();
    } else {
      const auto number = value.get_double();
      if (number.error() != simdjson::SUCCESS) return BadNumber(value, row, column_index);
      const double real = number.value_unsafe();
      if (real != std::floor(real)) return Bad(row, column_index, fmt::format("{} is not an integer", real));
      if (real < -0x1p63 || real >= 0x1p63) return OutOfRange(fmt::format("{}", real), row, column_index);
      integer = static_cast<int64_t>(real);
    }
    if (integer < column.integer_min || integer > column.integer_max)
      return OutOfRange(fmt::format("{}", integer), row, column_index);
    sink_.SetInteger(row, column_index, integer);
    return {};
  }

  Status Boolean(od::value& value, size_t row, size_t column) {
    SLIPWAY_JSON_OR_RETURN(const bool truth, value.get_bool());
    sink_.SetInteger(row, column, truth ? 1 : 0);
    return {};
  }

  // A text without escapes is taken from where it stands.
  Status Text(od::value& value, size_t row, size_t column) {
    const std::string_view token = value.raw_json_token();
    const size_t end = token.find_first_of("\"\\", 1);
    if (end != std::string_view::npos && token[end] == '"') {
      SLIPWAY_JSON_OR_RETURN([[maybe_unused]] const od::raw_json_string raw, value.get_raw_json_string());
      sink_.SetText(row, column, token.substr(1, end - 1));
      return {};
    }
    SLIPWAY_JSON_OR_RETURN(const std::string_view text, value.get_string());
    sink_.SetText(row, column, text);
    return {};
  }

  const InputColumns& columns_;
  CellSink& sink_;
};

}  // namespace slipway::scoring
