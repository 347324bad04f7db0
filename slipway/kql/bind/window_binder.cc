// The part of ScalarBinder for functions that look at other rows: prev, next, row_number, row_cumsum, row_rank_*. Their
// calls take the column that counts the rows as first argument.
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "slipway/kql/bind/conversion.h"
#include "slipway/kql/bind/scalar_binder.h"

namespace slipway::kql::bind {

using plan::Scalar;
using tree::Expression;

namespace {

Scalar ErrorScalar() {
  return Scalar::Of(Constant{Type::kError, {}});
}

Scalar Missing(Type type) {
  return Scalar::Of(type == Type::kString ? Constant{type, std::string()} : Constant{type, {}});
}

}  // namespace

std::optional<Scalar> ScalarBinder::RowNumberOf(const Expression& call) {
  if (!context_.step.row_number) {
    Fail("SEM0001", call.name_span,
         fmt::format("{}() looks at rows in their order: use it in extend, project or where, after 'sort by …' or "
                     "'serialize'",
                     call.text));
    return std::nullopt;
  }
  context_.step.uses_row_number = true;
  return Scalar::Of(*context_.step.row_number);
}

// The condition that begins anew; false when there is none.
std::optional<Scalar> ScalarBinder::BindRestart(const Expression& call, size_t index) {
  if (call.children.size() <= index) return Scalar::Of(Constant{Type::kBool, false});
  Scalar restart = BindPredicate(*call.children[index], fmt::format("the restart of {}()", call.text));
  if (restart.type == Type::kError) return std::nullopt;
  return restart;
}

// prev(x [, distance [, default]]) and next
Scalar ScalarBinder::BindNeighbour(const Expression& call) {
  if (!ExpectArguments(call, 1, 3)) return ErrorScalar();
  auto number = RowNumberOf(call);
  Scalar value = Bind(*call.children[0]);
  if (!number || value.type == Type::kError) return ErrorScalar();
  int64_t distance = 1;
  if (call.children.size() > 1) {
    const auto count = BindCount(*call.children[1], fmt::format("the distance of {}()", call.text));
    if (!count) return ErrorScalar();
    distance = *count;
  }
  Scalar missing = Missing(value.type);
  if (call.children.size() > 2) {
    auto constant = BindConstant(*call.children[2]);
    if (!constant) return ErrorScalar();
    missing = Scalar::Of(std::move(*constant));
    if (!CommonType(missing.type, value.type))
      return Fail("SEM0040", call.children[2]->span, fmt::format("a constant {} is wanted here", TypeName(value.type)));
    missing = Convert(std::move(missing), value.type);
  }
  const Type type = value.type;
  return Scalar::Call(
      call.text == "prev" ? "prev" : "next", type,
      {std::move(*number), std::move(value), Scalar::Of(Constant{Type::kLong, distance}), std::move(missing)});
}

// row_number([start [, restart]])
Scalar ScalarBinder::BindRowNumber(const Expression& call) {
  if (!ExpectArguments(call, 0, 2)) return ErrorScalar();
  auto number = RowNumberOf(call);
  if (!number) return ErrorScalar();
  Scalar start = Scalar::Of(Constant{Type::kLong, int64_t{1}});
  if (!call.children.empty()) {
    const auto fitted = FitArgument(Bind(*call.children[0]), 'l');
    if (!fitted) return Fail("SEM0008", call.children[0]->span, "row_number() starts at a whole number");
    start = *fitted;
  }
  auto restart = BindRestart(call, 1);
  if (!restart || start.type == Type::kError) return ErrorScalar();
  return Scalar::Call("row_number", Type::kLong, {std::move(*number), std::move(start), std::move(*restart)});
}

// row_cumsum(x [, restart])
Scalar ScalarBinder::BindRowCumsum(const Expression& call) {
  if (!ExpectArguments(call, 1, 2)) return ErrorScalar();
  auto number = RowNumberOf(call);
  const Scalar bound = Bind(*call.children[0]);
  if (!number || bound.type == Type::kError) return ErrorScalar();
  auto value = FitArgument(bound, 'n');
  if (!value) return Fail("SEM0008", call.children[0]->span, "row_cumsum() adds numbers or timespans");
  auto restart = BindRestart(call, 1);
  if (!restart) return ErrorScalar();
  if (value->type == Type::kInt) value = Convert(std::move(*value), Type::kLong);
  const Type type = value->type;
  return Scalar::Call("row_cumsum", type, {std::move(*number), std::move(*value), std::move(*restart)});
}

// row_rank_dense(x [, restart]) and row_rank_min
Scalar ScalarBinder::BindRowRank(const Expression& call) {
  if (!ExpectArguments(call, 1, 2)) return ErrorScalar();
  auto number = RowNumberOf(call);
  Scalar value = Bind(*call.children[0]);
  auto restart = BindRestart(call, 1);
  if (!number || !restart || value.type == Type::kError) return ErrorScalar();
  return Scalar::Call(call.text == "row_rank_dense" ? "row_rank_dense" : "row_rank_min", Type::kLong,
                      {std::move(*number), std::move(value), std::move(*restart)});
}

// row_window_session(x, longest session, longest gap [, restart])
Scalar ScalarBinder::BindWindowSession(const Expression& call) {
  if (!ExpectArguments(call, 3, 4)) return ErrorScalar();
  const auto number = RowNumberOf(call);
  WindowSession session;
  session.value = Bind(*call.children[0]);
  session.longest = Bind(*call.children[1]);
  session.gap = Bind(*call.children[2]);
  auto restart = BindRestart(call, 3);
  if (!number || !restart) return ErrorScalar();
  session.restart = std::move(*restart);
  const Type wanted[] = {Type::kDateTime, Type::kTimespan, Type::kTimespan};
  const Scalar* given[] = {&session.value, &session.longest, &session.gap};
  for (size_t i = 0; i < std::size(wanted); ++i) {
    if (given[i]->type == Type::kError) return ErrorScalar();
    if (given[i]->type == wanted[i]) continue;
    return Fail("SEM0008", call.children[i]->span,
                fmt::format("row_window_session() wants a {} here, and this is a {}", TypeName(wanted[i]),
                            TypeName(given[i]->type)));
  }
  session.column = {context_.NewColumn(), "", Type::kDateTime};
  context_.step.sessions.push_back(std::move(session));
  return Scalar::Of(context_.step.sessions.back().column);
}

}  // namespace slipway::kql::bind
