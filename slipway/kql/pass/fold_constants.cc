#include <cmath>
#include <optional>

#include "slipway/kql/pass/pass.h"
#include "slipway/kql/pass/rewrite.h"

namespace slipway::kql::pass {
namespace {

using plan::Scalar;

std::optional<int64_t> FoldIntegers(std::string_view operation, int64_t a, int64_t b) {
  int64_t result = 0;
  if (operation == "add") return __builtin_add_overflow(a, b, &result) ? std::nullopt : std::optional(result);
  if (operation == "subtract") return __builtin_sub_overflow(a, b, &result) ? std::nullopt : std::optional(result);
  if (operation == "multiply") return __builtin_mul_overflow(a, b, &result) ? std::nullopt : std::optional(result);
  return std::nullopt;
}

std::optional<double> FoldReals(std::string_view operation, double a, double b) {
  if (operation == "add") return a + b;
  if (operation == "subtract") return a - b;
  if (operation == "multiply") return a * b;
  if (operation == "divide_real") return a / b;
  return std::nullopt;
}

void FoldNegation(Scalar& scalar) {
  const Constant& operand = scalar.arguments[0].constant;
  Constant folded{scalar.type, {}};
  if (const auto* integer = std::get_if<int64_t>(&operand.value)) {
    if (*integer == INT64_MIN) return;
    folded.value = -*integer;
  } else if (const auto* real = std::get_if<double>(&operand.value)) {
    folded.value = -*real;
  }
  scalar = Scalar::Of(std::move(folded));
}

void FoldBinary(Scalar& scalar) {
  const Constant& left = scalar.arguments[0].constant;
  const Constant& right = scalar.arguments[1].constant;
  const auto *a = std::get_if<int64_t>(&left.value), *b = std::get_if<int64_t>(&right.value);
  const auto *x = std::get_if<double>(&left.value), *y = std::get_if<double>(&right.value);
  if (a != nullptr && b != nullptr && scalar.type != Type::kReal && scalar.type != Type::kBool) {
    const auto result = FoldIntegers(scalar.operation, *a, *b);
    const bool in_range = scalar.type != Type::kDateTime || (result && *result >= 0 && *result <= kMaxDateTimeTicks);
    if (result && in_range) scalar = Scalar::Of(Constant{scalar.type, *result});
  } else if (x != nullptr && y != nullptr && scalar.type == Type::kReal) {
    if (const auto result = FoldReals(scalar.operation, *x, *y)) scalar = Scalar::Of(Constant{Type::kReal, *result});
  } else if (a != nullptr && y != nullptr && scalar.operation == "scale_timespan") {
    const double product = static_cast<double>(*a) * *y;
    if (std::abs(product) < 9e18)
      scalar = Scalar::Of(Constant{Type::kTimespan, static_cast<int64_t>(std::llround(product))});
  }
}

void Fold(Scalar& scalar) {
  if (scalar.kind != plan::ScalarKind::kCall) return;
  for (const Scalar& argument : scalar.arguments) {
    if (argument.AsConstant() == nullptr || argument.constant.is_null()) return;
  }
  if (scalar.operation == "negate") return FoldNegation(scalar);
  if (scalar.arguments.size() == 2) FoldBinary(scalar);
}

}  // namespace

void FoldConstants(plan::NodePtr& root) {
  RewriteNodes(root, [](plan::NodePtr& node) {
    plan::ForEachScalar(*node, [](Scalar& scalar) { RewriteScalar(scalar, Fold); });
  });
}

}  // namespace slipway::kql::pass
