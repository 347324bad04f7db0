// Values of the expression language of workflow files: null, boolean, number, string, array, object, with the
// language's own rules for turning one into another. Arrays and objects are shared and never changed once made:
// equality of theirs is identity.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "slipway/base/result.h"

namespace slipway::expressions::workflow {

class Value;
using Array = std::vector<Value>;

// Members keep their order. Keys are found without case, unless `is_case_sensitive` (the context `env`).
struct Object {
  std::vector<std::pair<std::string, Value>> members;
  bool is_case_sensitive = false;
  const Value* Find(std::string_view key) const;
  // Replaces the member of that key, or adds one.
  void Set(std::string key, Value value);
};

enum class Kind { kNull, kBoolean, kNumber, kString, kArray, kObject };

// Cheap to copy.
class Value {
 public:
  Value() = default;
  Value(bool boolean) : data_(boolean) {}
  Value(double number) : data_(number) {}
  Value(int number) : data_(static_cast<double>(number)) {}
  Value(std::string text) : data_(std::move(text)) {}
  Value(std::string_view text) : data_(std::string(text)) {}
  Value(const char* text) : data_(std::string(text)) {}
  static Value Of(Array array);
  static Value Of(Object object);

  Kind kind() const { return static_cast<Kind>(data_.index()); }
  bool is_null() const { return kind() == Kind::kNull; }
  bool is_primitive() const { return kind() < Kind::kArray; }
  // nullptr for another kind.
  const bool* boolean() const { return std::get_if<bool>(&data_); }
  const double* number() const { return std::get_if<double>(&data_); }
  const std::string* text() const { return std::get_if<std::string>(&data_); }
  const Array* array() const;
  const Object* object() const;

  bool IsTruthy() const;
  // null "", booleans "true"/"false", numbers as FormatNumber, "Array", "Object".
  std::string ToText() const;
  // null and "" 0, booleans 0 and 1, strings as ParseNumber; NaN for what is no number.
  double ToNumber() const;
  std::string_view KindName() const;  // "Null", "Boolean", "Number", "String", "Array", "Object"

  friend bool IsSame(const Value& a, const Value& b);  // the same instance, for arrays and objects

 private:
  std::variant<std::monostate, bool, double, std::string, std::shared_ptr<const Array>, std::shared_ptr<const Object>>
      data_;
};

// Loose equality (==) and order (<): different kinds are compared as numbers, strings without case.
bool LooselyEqual(const Value& a, const Value& b);
bool LooselyLess(const Value& a, const Value& b);

// At most 15 significant digits: "0.84551240822557", "1.58710667238376E+18", "NaN", "Infinity".
std::string FormatNumber(double number);
// Decimal, exponent, 0x…, 0o…, NaN, ±Infinity, white space around; NaN for anything else.
double ParseNumber(std::string_view text);
// Upper case, as strings are compared: ASCII, Latin, Greek and Cyrillic letters.
std::string ToUpper(std::string_view text);

Value FromJson(const nlohmann::ordered_json& json);
nlohmann::ordered_json ToJson(const Value& value);
// Any JSON text; kInvalidArgument tells where it stops being one. Nested at most 100 deep.
Result<Value> ParseJson(std::string_view text);
// Two spaces a level, numbers as FormatNumber.
std::string PrettyJson(const Value& value);

}  // namespace slipway::expressions::workflow
