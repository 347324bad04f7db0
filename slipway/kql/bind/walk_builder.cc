#include "slipway/kql/bind/walk_builder.h"

#include <algorithm>
#include <utility>

namespace slipway::kql::bind {
namespace {

using native::WalkExpression;
using plan::Scalar;
using Kind = native::WalkExpression::Kind;

}  // namespace

void WalkBuilder::Remember(int column, size_t step, const plan::Column& source) {
  WalkExpression expression;
  expression.kind = Kind::kRemembered;
  expression.type = TypeLetter(source.type);
  expression.step = step;
  remembered_.emplace(column, std::move(expression));
  sources_.emplace(column, source);
}

void WalkBuilder::RememberDeclared(int column, size_t step, size_t declared) {
  WalkExpression expression;
  expression.kind = Kind::kDeclared;
  expression.type = program_.declared[declared];
  expression.step = step;
  expression.index = declared;
  remembered_.emplace(column, std::move(expression));
}

void WalkBuilder::Declare(Type type, native::Value default_value) {
  program_.declared += TypeLetter(type);
  program_.defaults.push_back(std::move(default_value));
}

bool WalkBuilder::IsRemembered(const Scalar& scalar) const {
  if (scalar.kind == plan::ScalarKind::kColumn) return remembered_.count(scalar.column) > 0;
  return std::any_of(scalar.arguments.begin(), scalar.arguments.end(),
                     [this](const Scalar& argument) { return IsRemembered(argument); });
}

// Only what is read of earlier rows becomes a cell.
WalkExpression WalkBuilder::Remembered(int column) {
  WalkExpression expression = remembered_.at(column);
  if (const auto source = sources_.find(column); source != sources_.end())
    expression.index = CellOf(Scalar::Of(source->second));
  return expression;
}

size_t WalkBuilder::CellOf(const Scalar& scalar) {
  const auto [place, is_new] = cell_places_.emplace(plan::Explain(scalar), cells_.size());
  if (is_new) {
    cells_.push_back(scalar);
    program_.cells += TypeLetter(scalar.type);
  }
  return place->second;
}

std::optional<WalkExpression> WalkBuilder::Build(const Scalar& scalar, std::string& unknown) {
  WalkExpression expression;
  expression.type = TypeLetter(scalar.type);
  if (const Constant* constant = scalar.AsConstant()) {
    expression.constant = constant->value;
    return expression;
  }
  if (!IsRemembered(scalar)) {
    expression.kind = Kind::kCell;
    expression.index = CellOf(scalar);
    return expression;
  }
  if (scalar.kind == plan::ScalarKind::kColumn) return Remembered(scalar.column);
  expression.kind = Kind::kCall;
  expression.operation = scalar.operation;
  std::string types;
  for (const Scalar& argument : scalar.arguments) {
    auto built = Build(argument, unknown);
    if (!built) return std::nullopt;
    types += built->type;
    expression.arguments.push_back(std::move(*built));
  }
  if (scalar.operation == "identity") return std::move(expression.arguments[0]);
  if (!scalar.rows && native::KnowsWalkOperation(scalar.operation, types)) return expression;
  unknown = scalar.operation;
  return std::nullopt;
}

}  // namespace slipway::kql::bind
