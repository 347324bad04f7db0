// JSON values on their way into cells, each checked against its column: what the decoders of requests share.
#pragma once

#include <cmath>
#include <string>
#include <string_view>

#include "slipway/base/result.h"
#include "slipway/scoring/cell_sink.h"
#include "slipway/scoring/input_columns.h"
#include "slipway/scoring/json_reader.h"

namespace slipway::scoring {

inline constexpr size_t kUnknown = static_cast<size_t>(-1);

class JsonCells {
 protected:
  using Type = JsonReader::Type;

  JsonCells(const InputColumns& columns, CellSink& sink, JsonReader& json)
      : columns_(columns), sink_(sink), json_(json) {}

  // Reads the value here into the cell.
  Status Cell(size_t row, size_t column) {
    const Type type = json_.Peek();
    switch (columns_[column].kind) {
      case InputColumn::Kind::kReal:
        if (type == Type::kNumber) return Real(row, column);
        break;
      case InputColumn::Kind::kInteger:
        if (type == Type::kNumber) return Integer(row, column);
        break;
      case InputColumn::Kind::kBoolean:
        if (type == Type::kBoolean) return Boolean(row, column);
        break;
      case InputColumn::Kind::kText:
        if (type == Type::kText) return Text(row, column);
        break;
    }
    return type == Type::kNull ? Null(row, column) : WrongType(row, column);
  }

  // The list `what` has to be: `element` () → Status at each of its values.
  template <typename Element>
  Status ListOf(std::string_view what, Element&& element) {
    const Type type = json_.Peek();
    if (type == Type::kList) return json_.List(std::forward<Element>(element));
    return HasToBe(what, "a list", type);
  }

  Error Bad(size_t row, size_t column, std::string_view what) const;
  // Says so after a look whether it is JSON at all.
  Status HasToBe(std::string_view what, std::string_view wanted, Type type);

  const InputColumns& columns_;
  CellSink& sink_;
  JsonReader& json_;

 private:
  Status Real(size_t row, size_t column) {
    JsonNumber number;
    const char* const here = json_.place();
    if (!json_.Number(number)) return NoNumber(here, row, column);
    const std::optional<double> value = number.real();
    if (!value || !(std::abs(*value) <= columns_[column].real_limit)) return TooLarge(number, row, column);
    sink_.SetReal(row, column, *value);
    return {};
  }

  Status Integer(size_t row, size_t column) {
    JsonNumber number;
    const char* const here = json_.place();
    if (!json_.Number(number)) return NoNumber(here, row, column);
    const std::optional<int64_t> value = number.integer();
    if (!value) return IntegerByValue(number, row, column);
    return SetInteger(*value, number, row, column);
  }

  Status SetInteger(int64_t value, const JsonNumber& number, size_t row, size_t column) {
    if (value < columns_[column].integer_min || value > columns_[column].integer_max)
      return OutOfRange(number, row, column);
    sink_.SetInteger(row, column, value);
    return {};
  }

  Status Boolean(size_t row, size_t column) {
    bool truth = false;
    if (!json_.Boolean(truth)) return json_.error();
    sink_.SetInteger(row, column, truth ? 1 : 0);
    return {};
  }

  Status Text(size_t row, size_t column) {
    std::string_view text;
    if (!json_.Text(text)) return json_.error();
    sink_.SetText(row, column, text);
    return {};
  }

  Status Null(size_t row, size_t column);
  // 3.0 and 1e2 are integers as well.
  Status IntegerByValue(const JsonNumber& number, size_t row, size_t column);
  Status NoNumber(const char* place, size_t row, size_t column);
  Status NotFinite(std::string_view number, size_t row, size_t column) const;
  // What is not even JSON is said to be so.
  Status WrongType(size_t row, size_t column);
  Status TooLarge(const JsonNumber& number, size_t row, size_t column) const;
  Status OutOfRange(const JsonNumber& number, size_t row, size_t column) const;
};

}  // namespace slipway::scoring
