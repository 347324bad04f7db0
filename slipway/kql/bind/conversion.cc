#include "slipway/kql/bind/conversion.h"

#include <cmath>
#include <string>

#include "slipway/base/text.h"

namespace slipway::kql::bind {
namespace {

using plan::Scalar;

std::string_view ConversionTo(Type type) {
  switch (type) {
    case Type::kBool:
      return "to_bool";
    case Type::kInt:
      return "to_int";
    case Type::kLong:
      return "to_long";
    case Type::kReal:
      return "to_real";
    case Type::kDateTime:
      return "to_datetime";
    case Type::kTimespan:
      return "to_timespan";
    case Type::kGuid:
      return "to_guid";
    case Type::kString:
      return "to_string";
    case Type::kDecimal:
      return "to_decimal";
    default:
      return "to_dynamic";
  }
}

std::optional<Constant> ConvertString(const std::string& text, Type type) {
  const auto number = [type](auto value) -> Constant {
    if (!value) return {type, {}};
    return {type, *value};
  };
  switch (type) {
    case Type::kDateTime:
      return number(ParseDateTimeTicks(text));
    case Type::kTimespan:
      return number(ParseTimespanTicks(text));
    case Type::kGuid:
      return number(ParseGuid(text));
    case Type::kDynamic:
      return Constant{type, JsonQuote(text)};
    default:
      return std::nullopt;
  }
}

// nullopt where the conversion is left to the engine.
std::optional<Constant> ConvertConstant(const Constant& constant, Type type) {
  if (constant.is_null()) return type == Type::kString ? Constant{type, std::string()} : Constant{type, {}};
  if (constant.type == Type::kString) return ConvertString(std::get<std::string>(constant.value), type);
  if (constant.type == Type::kDynamic) return std::nullopt;
  if (type == Type::kDynamic) return Constant{type, ConstantToJson(constant)};
  if (!IsNumber(constant.type)) return std::nullopt;
  const auto* integer = std::get_if<int64_t>(&constant.value);
  if (type == Type::kReal && integer != nullptr) return Constant{type, static_cast<double>(*integer)};
  if (type == Type::kLong && integer != nullptr) return Constant{type, *integer};
  if (type == Type::kInt && integer != nullptr && *integer == static_cast<int32_t>(*integer))
    return Constant{type, *integer};
  if (type == Type::kString && integer != nullptr) return Constant{type, std::to_string(*integer)};
  return std::nullopt;
}

}  // namespace

Scalar Convert(Scalar scalar, Type type) {
  if (scalar.type == type || scalar.type == Type::kError || type == Type::kError) return scalar;
  if (const Constant* constant = scalar.AsConstant()) {
    if (auto converted = ConvertConstant(*constant, type)) return Scalar::Of(std::move(*converted));
  }
  return Scalar::Call(ConversionTo(type), type, {std::move(scalar)});
}

std::optional<Type> CommonType(Type a, Type b) {
  if (a == b) return a;
  if (a == Type::kError || b == Type::kError) return Type::kError;
  if (IsNumber(a) && IsNumber(b)) return a == Type::kReal || b == Type::kReal ? Type::kReal : Type::kLong;
  if ((a == Type::kDecimal && IsNumber(b)) || (b == Type::kDecimal && IsNumber(a))) return Type::kDecimal;
  if (a == Type::kDynamic) return b;
  if (b == Type::kDynamic) return a;
  return std::nullopt;
}

std::vector<std::string> StringsOfArray(const std::string& json) {
  std::vector<std::string> strings;
  for (size_t at = json.find('"'); at != std::string::npos; at = json.find('"', at + 1)) {
    std::string text;
    for (++at; at < json.size() && json[at] != '"'; ++at) {
      if (json[at] == '\\') ++at;
      text += json[at];
    }
    strings.push_back(std::move(text));
  }
  return strings;
}

}  // namespace slipway::kql::bind
