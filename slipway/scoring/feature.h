// What one number of the feature row is, in terms of one column of the request: the normal form that a graph's
// preprocessing is lowered to.
#pragma once

#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace slipway::scoring {

// One step over float32, rounded as the operator rounds it.
struct NumberStep {
  enum class Kind : uint8_t {
    kReplaceNaN,    // NaN becomes b
    kReplace,       // a becomes b; NaN stays
    kAdd,           // x + a
    kSubtract,      // x - a
    kSubtractFrom,  // a - x
    kMultiply,      // x * a
    kDivide,        // x / a
    kDivideInto,    // a / x
    kIsInteger,     // 1 when x, cut to an integer, is a; else 0
    kIsAbove,       // 1 when x > a; else 0
    kAtLeast,       // a when x < a; NaN stays
    kAtMost,        // a when x > a; NaN stays
  };
  Kind kind = Kind::kReplaceNaN;
  float a = 0;
  float b = 0;

  bool operator==(const NumberStep&) const = default;
  auto operator<=>(const NumberStep&) const = default;
};

inline float Apply(const NumberStep& step, float value) noexcept {
  switch (step.kind) {
    case NumberStep::Kind::kReplaceNaN:
      return std::isnan(value) ? step.b : value;
    case NumberStep::Kind::kReplace:
      return value == step.a ? step.b : value;
    case NumberStep::Kind::kAdd:
      return value + step.a;
    case NumberStep::Kind::kSubtract:
      return value - step.a;
    case NumberStep::Kind::kSubtractFrom:
      return step.a - value;
    case NumberStep::Kind::kMultiply:
      return value * step.a;
    case NumberStep::Kind::kDivide:
      return value / step.a;
    case NumberStep::Kind::kDivideInto:
      return step.a / value;
    case NumberStep::Kind::kIsInteger:
      return std::trunc(value) == step.a ? 1.0f : 0.0f;
    case NumberStep::Kind::kIsAbove:
      return value > step.a ? 1.0f : 0.0f;
    case NumberStep::Kind::kAtLeast:
      return value < step.a ? step.a : value;
    case NumberStep::Kind::kAtMost:
      return value > step.a ? step.a : value;
  }
  return value;
}

// A number: the column's value in float32, through `steps`. A text: looked up in `table`, `otherwise` when not there.
struct Feature {
  size_t column = 0;
  bool is_text = false;
  std::vector<NumberStep> steps = {};
  std::map<std::string, float> table = {};
  float otherwise = 0;

  // The value for one text or number.
  float OfText(const std::string& text) const;
  float OfNumber(float value) const;
  bool operator==(const Feature& other) const;
  bool operator<(const Feature& other) const;
};

// True when it is a number whatever the request's value: imputed, or a text's.
bool IsNeverMissing(const Feature& feature);

}  // namespace slipway::scoring
