// The part of ScalarBinder that binds calls.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/kql/bind/conversion.h"
#include "slipway/kql/bind/naming.h"
#include "slipway/kql/bind/scalar_binder.h"
#include "slipway/kql/datetime_format.h"

namespace slipway::kql::bind {

using plan::Column;
using plan::Scalar;
using tree::Expression;
using tree::ExpressionKind;

namespace {

bool IsError(const Scalar& scalar) {
  return scalar.type == Type::kError;
}

std::optional<Type> ResultType(char letter) {
  switch (letter) {
    case 'b':
      return Type::kBool;
    case 'i':
      return Type::kInt;
    case 'l':
      return Type::kLong;
    case 'r':
      return Type::kReal;
    case 'd':
      return Type::kDateTime;
    case 't':
      return Type::kTimespan;
    case 's':
      return Type::kString;
    case 'g':
      return Type::kGuid;
    case 'y':
      return Type::kDynamic;
    case 'c':
      return Type::kDecimal;
    default:
      return std::nullopt;
  }
}

std::string_view LetterName(char letter) {
  switch (letter) {
    case 's':
      return "a string";
    case 'l':
    case 'I':
      return "a whole number";
    case 'r':
    case 'n':
      return "a number";
    case 'b':
      return "a bool";
    case 'd':
      return "a datetime";
    case 't':
      return "a timespan";
    case 'm':
    case 'v':
      return "a number";
    case 'c':
      return "a decimal";
    case 'g':
      return "a guid";
    case 'y':
      return "a dynamic";
    case 'o':
      return "a value that can be ordered (use tostring(…) for a dynamic)";
    case 'T':
      return "typeof(…)";
    default:
      return "a value";
  }
}

std::string ArityText(const Arity& arity) {
  if (!arity.most) return fmt::format("{} or more arguments", arity.least);
  if (*arity.most == arity.least) return fmt::format("{} argument{}", arity.least, arity.least == 1 ? "" : "s");
  return fmt::format("{} to {} arguments", arity.least, *arity.most);
}

bool Takes(const Arity& arity, size_t count) {
  return count >= arity.least && (!arity.most || count <= *arity.most);
}

// The index of the argument that has to be a constant text; nullopt for functions without one.
std::optional<size_t> ConstantTextArgument(std::string_view operation) {
  static constexpr std::pair<std::string_view, size_t> kArguments[] = {
      {"trim", 0},
      {"trim_start", 0},
      {"trim_end", 0},
      {"extract", 0},
      {"replace_regex", 1},
      {"replace_regex_in", 0},
      {"extract_all", 0},
      {"countof_regex", 1},
      {"datetime_part", 0},
      {"datetime_add", 0},
      {"datetime_diff", 0},
      {"format_datetime", 1},
      {"format_timespan", 1},
      {"indexof_regex", 1},
  };
  for (const auto& [name, index] : kArguments) {
    if (name == operation) return index;
  }
  return std::nullopt;
}

// Functions whose texts may stand one by one or in an array.
bool TakesAnyOf(std::string_view name) {
  static constexpr std::string_view kNames[] = {"ipv4_is_in_any_range", "ipv6_is_in_any_range", "has_any_ipv4",
                                                "has_any_ipv4_prefix"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

}  // namespace

std::optional<Scalar> FitArgument(const Scalar& scalar, char letter) {
  const Type type = scalar.type;
  const bool dynamic = type == Type::kDynamic;
  const auto convert_if = [&](bool fits, Type to) -> std::optional<Scalar> {
    if (!fits) return std::nullopt;
    return Convert(scalar, to);
  };
  switch (letter) {
    case 's':
      return convert_if(type == Type::kString || dynamic, Type::kString);
    case 'a':
      return Convert(scalar, Type::kString);
    case 'l':
      return convert_if(IsInteger(type) || dynamic, Type::kLong);
    case 'r':
      return convert_if(IsNumber(type) || dynamic || type == Type::kDecimal, Type::kReal);
    case 'm':
      if (type == Type::kDecimal) return scalar;
      return FitArgument(scalar, 'n');
    case 'v':
      if (type == Type::kDateTime) return scalar;
      return FitArgument(scalar, 'm');
    case 'I':
      return convert_if(type == Type::kInt, Type::kLong);
    case 'c':
      return convert_if(type == Type::kDecimal, type);
    case 'g':
      return convert_if(type == Type::kGuid || dynamic, Type::kGuid);
    case 'n':
      if (type == Type::kTimespan) return scalar;
      return convert_if(IsNumber(type) || dynamic, dynamic ? Type::kReal : type);
    case 'b':
      return convert_if(type == Type::kBool || dynamic, Type::kBool);
    case 'd':
      return convert_if(type == Type::kDateTime || dynamic || (type == Type::kString && scalar.AsConstant() != nullptr),
                        Type::kDateTime);
    case 't':
      return convert_if(type == Type::kTimespan || dynamic, Type::kTimespan);
    case 'y':
      return convert_if(dynamic, Type::kDynamic);
    case 'o':
      return convert_if(!dynamic, type);
    case 'p':
      return Convert(scalar, Type::kDynamic);
    default:
      return scalar;
  }
}

Scalar ScalarBinder::BindCall(const Expression& call) {
  const Definition* own = Find(context_.environment, call.text);
  if (own != nullptr && own->function != nullptr) return context_.bind_function(*own, call, *this);
  if (const SpecialBinder special = FindSpecial(call.text)) return (this->*special)(call);
  const auto forms = FindFunctions(call.text);
  // Some names are an aggregate over one column and a function of several values.
  if (!forms.empty() && (FindAggregate(call.text) == nullptr || call.children.size() > 1))
    return BindFunction(call, forms);
  if (FindAggregate(call.text) != nullptr || IsUnsupportedAggregate(call.text)) {
    if (aggregates_ != nullptr) {
      Scalar result;
      return BindAggregate(call, result) == nullptr ? Scalar::Of(Constant{Type::kError, {}}) : result;
    }
    return Fail(
        "SEM0237", call.name_span,
        fmt::format("the aggregate '{}' may stand only in summarize, and not inside another aggregate", call.text));
  }
  return BindUnknownCall(call);
}

Scalar ScalarBinder::BindUnknownCall(const Expression& call) {
  if (IsUnsupportedFunction(call.text) || call.text.starts_with("series_") || call.text.starts_with("geo_") ||
      call.text.starts_with("ipv")) {
    context_.diagnostics->AddUnsupported(call.name_span, fmt::format("the function '{}'", call.text));
    return Scalar::Of(Constant{Type::kError, {}});
  }
  std::vector<std::string> names = FunctionNames();
  for (std::string& name : AggregateNames()) names.push_back(std::move(name));
  return Fail("SEM0260", call.name_span,
              fmt::format("there is no function '{}'{}", call.text, DidYouMean(call.text, names)));
}

Scalar ScalarBinder::BindFunction(const Expression& call, const std::vector<const FunctionRow*>& forms) {
  std::vector<Scalar> arguments;
  bool failed = false;
  for (const auto& child : call.children) {
    // typeof(…) is known by its tree, not by a value.
    arguments.push_back(child->kind == ExpressionKind::kTypeOf ? Scalar::Of(Constant{child->constant.type, {}})
                                                               : Bind(*child));
    failed |= IsError(arguments.back());
  }
  if (failed) return Scalar::Of(Constant{Type::kError, {}});
  if (TakesAnyOf(call.text) && arguments.size() > 1 && arguments[1].type == Type::kString) {
    std::vector<Scalar> items;
    for (size_t i = 1; i < arguments.size(); ++i) items.push_back(Convert(arguments[i], Type::kDynamic));
    arguments.resize(1);
    arguments.push_back(Scalar::Call("pack_array", Type::kDynamic, std::move(items)));
  }
  const FunctionRow* best = nullptr;
  for (const FunctionRow* form : forms) {
    if (!Takes(ArityOf(form->parameters), arguments.size())) continue;
    best = form;
    if (auto bound = TryForm(call, *form, arguments)) {
      if (!CheckConstantArguments(call, *bound)) return Scalar::Of(Constant{Type::kError, {}});
      return std::move(*bound);
    }
  }
  if (best == nullptr) {
    return Fail(
        "SEM0219", call.name_span,
        fmt::format("{}() takes {}, not {}", call.text, ArityText(ArityOf(forms[0]->parameters)), arguments.size()));
  }
  for (size_t i = 0; i < arguments.size(); ++i) {
    const char letter = ParameterAt(best->parameters, i);
    if (FitArgument(arguments[i], letter)) continue;
    return Fail("SEM0008", call.children[i]->span,
                fmt::format("{}() wants {} as argument {}, and this is a {}", call.text, LetterName(letter), i + 1,
                            TypeName(arguments[i].type)));
  }
  return Fail("SEM0525", call.name_span, fmt::format("the arguments of {}() have no type in common", call.text));
}

std::optional<Scalar> ScalarBinder::TryForm(const Expression& call, const FunctionRow& form,
                                            const std::vector<Scalar>& arguments) {
  std::vector<Scalar> fitted;
  std::optional<Type> common, named;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const char letter = ParameterAt(form.parameters, i);
    const bool is_type = call.children[i]->kind == ExpressionKind::kTypeOf;
    if (is_type != (letter == 'T')) return std::nullopt;
    if (is_type) {
      named = arguments[i].type;
      continue;
    }
    auto argument = FitArgument(arguments[i], letter);
    if (!argument) return std::nullopt;
    if (letter == '=') {
      common = common ? CommonType(*common, argument->type) : argument->type;
      if (!common) return std::nullopt;
    }
    fitted.push_back(std::move(*argument));
  }
  for (size_t i = 0; common && i < fitted.size(); ++i) {
    if (ParameterAt(form.parameters, i) == '=') fitted[i] = Convert(std::move(fitted[i]), *common);
  }
  if (common == Type::kDecimal && (form.operation == "max_of" || form.operation == "min_of")) return std::nullopt;
  const Type type = form.result == '='   ? *common
                    : form.result == '1' ? fitted[0].type
                    : form.result == 'T' ? *named
                                         : *ResultType(form.result);
  if (form.operation == "identity") return std::move(fitted[0]);
  if (form.operation.starts_with("to_") && fitted.size() == 1) return Convert(std::move(fitted[0]), type);
  if (form.result == 'T') {
    const Type raw = form.operation == "percentile_of_state" ? Type::kDynamic : Type::kString;
    return Convert(Scalar::Call(form.operation, raw, std::move(fitted)), type);
  }
  return Scalar::Call(form.operation, type, std::move(fitted));
}

// Patterns, formats and parts of dates have to be constants, and good ones.
bool ScalarBinder::CheckConstantArguments(const Expression& call, const Scalar& bound) {
  const bool is_converted = bound.arguments.size() == 1 && bound.arguments[0].kind == plan::ScalarKind::kCall;
  const Scalar& inner = is_converted && bound.operation.starts_with("to_") ? bound.arguments[0] : bound;
  if (inner.kind != plan::ScalarKind::kCall) return true;
  const auto index = ConstantTextArgument(inner.operation);
  if (!index) return true;
  const Constant* constant = inner.arguments[*index].AsConstant();
  const Span span = call.children[*index]->span;
  if (constant == nullptr) {
    Fail("SEM0040", span, fmt::format("{}() wants a constant string here", call.text));
    return false;
  }
  const std::string& text = std::get<std::string>(constant->value);
  if (inner.operation == "format_timespan") {
    if (text.find_first_not_of("dhHmsfF /-:,._[]") == std::string::npos) return true;
    Fail("SEM0008", span, "a timespan's format is made of d h H m s f F and the separators blank / - : , . _ [ ]");
    return false;
  }
  if (inner.operation == "format_datetime") {
    if (ParseDateTimeFormat(text)) return true;
    Fail("SEM0008", span,
         "a datetime's format is made of y M d H h m s f F tt and the separators blank / - : , . _ [ ]");
    return false;
  }
  if (inner.operation.starts_with("datetime_")) {
    if (FindDatePart(text)) return true;
    Fail("SEM0008", span, fmt::format("'{}' is no part of a datetime{}", text, DidYouMean(text, DatePartNames())));
    return false;
  }
  const Status good = context_.check_regex(text);
  if (!good) Fail("SEM0420", span, fmt::format("this is not a regular expression: {}", good.error().message()));
  return good.has_value();
}

const AggregateRow* ScalarBinder::BindAggregate(const Expression& call, Scalar& result) {
  const AggregateRow* row = FindAggregate(call.text);
  if (row == nullptr) {
    context_.diagnostics->AddUnsupported(call.name_span, fmt::format("the aggregate '{}'", call.text));
    return nullptr;
  }
  const Arity arity = ArityOf(row->parameters);
  if (!Takes(arity, call.children.size())) {
    Fail("SEM0219", call.name_span,
         fmt::format("{}() takes {}, not {}{}", call.text, ArityText(arity), call.children.size(),
                     call.text == "count" ? "; countif(isnotnull(…)) counts values" : ""));
    return nullptr;
  }
  ScalarBinder inner(context_, *aggregates_->input);
  plan::Aggregate aggregate{row->operation, {}, Type::kLong};
  bool of_dynamic = false;
  for (size_t i = 0; i < call.children.size(); ++i) {
    Scalar argument = inner.Bind(*call.children[i]);
    if (IsError(argument)) return nullptr;
    auto fitted = FitArgument(argument, ParameterAt(row->parameters, i));
    if (!fitted) {
      Fail("SEM0008", call.children[i]->span,
           fmt::format("{}() wants {}, and this is a {}", call.text, LetterName(ParameterAt(row->parameters, i)),
                       TypeName(argument.type)));
      return nullptr;
    }
    of_dynamic |= i == 0 && argument.type == Type::kDynamic;
    aggregate.arguments.push_back(std::move(*fitted));
  }
  if (row->has_condition) {
    aggregate.condition = std::move(aggregate.arguments.back());
    aggregate.arguments.pop_back();
  }
  if (row->operation == "percentile" && aggregate.arguments[1].AsConstant() == nullptr) {
    Fail("SEM0040", call.children[1]->span, "the percentage is a constant from 0 to 100");
    return nullptr;
  }
  if (row->operation == "dcount" || row->operation == "hll")
    aggregate.arguments.resize(1);  // every accuracy is exact here
  aggregate.type = row->result == '1' ? aggregate.arguments[0].type : *ResultType(row->result);
  if (aggregate.type == Type::kInt && (row->operation == "sum" || row->operation == "percentile"))
    aggregate.type = Type::kLong;
  if (row->operation == "avg" && !IsNumber(aggregate.arguments[0].type)) aggregate.type = aggregate.arguments[0].type;
  if (row->operation.starts_with("percentile") && row->operation != "percentile" && !CheckPercentages(call, aggregate))
    return nullptr;
  std::optional<Scalar> limit;
  if (aggregate.type == Type::kDynamic && aggregate.arguments.size() == 2 &&
      !row->operation.starts_with("percentile")) {
    limit = std::move(aggregate.arguments.back());
    aggregate.arguments.pop_back();
  }
  const Column column{context_.NewColumn(), "", aggregate.type};
  aggregates_->aggregates.push_back(std::move(aggregate));
  aggregates_->columns.push_back(column);
  result = FinishAggregate(*row, column, of_dynamic, std::move(limit));
  return row;
}

// Percentages are constants: numbers, or arrays of them.
bool ScalarBinder::CheckPercentages(const Expression& call, plan::Aggregate& aggregate) {
  const bool weighted = aggregate.operation.find('w') != std::string_view::npos;
  for (size_t i = weighted ? 2 : 1; i < aggregate.arguments.size(); ++i) {
    const Constant* constant = aggregate.arguments[i].AsConstant();
    const bool is_number = constant != nullptr && !constant->is_null() && IsNumber(constant->type);
    const bool is_array = constant != nullptr && constant->type == Type::kDynamic && !constant->is_null() &&
                          std::get<std::string>(constant->value).starts_with('[');
    if (is_number || (is_array && aggregate.type == Type::kDynamic)) continue;
    Fail("SEM0040", call.children[i]->span, "the percentage is a constant from 0 to 100");
    return false;
  }
  return true;
}

// make_set of arrays is the set of their elements.
Scalar ScalarBinder::FinishAggregate(const AggregateRow& row, const Column& column, bool of_dynamic,
                                     std::optional<Scalar> limit) {
  Scalar result = Scalar::Of(column);
  if (row.operation == "make_bag") result = Scalar::Call("merge_bags", Type::kDynamic, {std::move(result)});
  if (row.operation == "make_set" && of_dynamic)
    result = Scalar::Call("flatten_set", Type::kDynamic, {std::move(result)});
  if (limit) result = Scalar::Call("array_take", Type::kDynamic, {std::move(result), std::move(*limit)});
  return result;
}

ScalarBinder::SpecialBinder ScalarBinder::FindSpecial(std::string_view name) {
  static constexpr std::pair<std::string_view, SpecialBinder> kSpecial[] = {
      {"bin", &ScalarBinder::BindBin},
      {"floor", &ScalarBinder::BindBin},
      {"bin_at", &ScalarBinder::BindBinAt},
      {"case", &ScalarBinder::BindCase},
      {"now", &ScalarBinder::BindNow},
      {"ago", &ScalarBinder::BindAgo},
      {"bag_pack", &ScalarBinder::BindBagPack},
      {"pack", &ScalarBinder::BindBagPack},
      {"pack_dictionary", &ScalarBinder::BindBagPack},
      {"column_ifexists", &ScalarBinder::BindColumnIfExists},
      {"bag_pack_columns", &ScalarBinder::BindBagPackColumns},
      {"pack_all", &ScalarBinder::BindPackAll},
      {"extract_all", &ScalarBinder::BindExtractAll},
      {"countof", &ScalarBinder::BindCountof},
      {"bag_merge", &ScalarBinder::BindSetOperation},
      {"set_union", &ScalarBinder::BindSetOperation},
      {"set_intersect", &ScalarBinder::BindSetOperation},
      {"set_difference", &ScalarBinder::BindSetOperation},
      {"toscalar", &ScalarBinder::BindToScalar},
      {"prev", &ScalarBinder::BindNeighbour},
      {"next", &ScalarBinder::BindNeighbour},
      {"row_number", &ScalarBinder::BindRowNumber},
      {"row_cumsum", &ScalarBinder::BindRowCumsum},
      {"hash", &ScalarBinder::BindHash},
      {"hash_xxhash64", &ScalarBinder::BindHash},
      {"unicode_codepoints_to_string", &ScalarBinder::BindPacked},
      {"zip", &ScalarBinder::BindPacked},
      {"array_sort_asc", &ScalarBinder::BindArraySort},
      {"array_sort_desc", &ScalarBinder::BindArraySort},
      {"pack_array", &ScalarBinder::BindPackArray},
      {"row_rank_dense", &ScalarBinder::BindRowRank},
      {"row_rank_min", &ScalarBinder::BindRowRank},
      {"row_window_session", &ScalarBinder::BindWindowSession},
      {"ingestion_time", &ScalarBinder::BindIngestionTime},
  };
  for (const auto& [special, binder] : kSpecial) {
    if (special == name) return binder;
  }
  return nullptr;
}

bool ScalarBinder::ExpectArguments(const Expression& call, size_t least, size_t most) {
  if (call.children.size() >= least && call.children.size() <= most) return true;
  Fail("SEM0219", call.name_span,
       fmt::format("{}() takes {}, not {}", call.text, ArityText({least, most}), call.children.size()));
  return false;
}

Scalar ScalarBinder::BindBin(const Expression& call) {
  if (!ExpectArguments(call, 2, 2)) return Scalar::Of(Constant{Type::kError, {}});
  Scalar value = Bind(*call.children[0]), size = Bind(*call.children[1]);
  if (IsError(value) || IsError(size)) return Scalar::Of(Constant{Type::kError, {}});
  if (value.type == Type::kDynamic) value = Convert(std::move(value), IsNumber(size.type) ? size.type : Type::kReal);
  const bool times = (value.type == Type::kDateTime || value.type == Type::kTimespan) && size.type == Type::kTimespan;
  if (times) {
    const Type type = value.type;
    return Scalar::Call("bin", type, {std::move(value), std::move(size)});
  }
  if (CommonType(value.type, size.type) == Type::kDecimal) {
    return Scalar::Call("decimal_bin", Type::kDecimal,
                        {Convert(std::move(value), Type::kDecimal), Convert(std::move(size), Type::kDecimal)});
  }
  if (!IsNumber(value.type) || !IsNumber(size.type)) {
    return Fail("SEM0008", call.name_span,
                fmt::format("{}() rounds numbers by a number, and datetimes and timespans by a timespan, not {} by {}",
                            call.text, TypeName(value.type), TypeName(size.type)));
  }
  const Type type = value.type == Type::kReal || size.type == Type::kReal ? Type::kReal : Type::kLong;
  return Scalar::Call("bin", type, {Convert(std::move(value), type), Convert(std::move(size), type)});
}

Scalar ScalarBinder::BindBinAt(const Expression& call) {
  if (!ExpectArguments(call, 3, 3)) return Scalar::Of(Constant{Type::kError, {}});
  Scalar value = Bind(*call.children[0]), size = Bind(*call.children[1]), point = Bind(*call.children[2]);
  if (IsError(value) || IsError(size) || IsError(point)) return Scalar::Of(Constant{Type::kError, {}});
  const bool times = value.type == point.type && (value.type == Type::kDateTime || value.type == Type::kTimespan) &&
                     size.type == Type::kTimespan;
  const bool numbers = IsNumber(value.type) && IsNumber(size.type) && IsNumber(point.type);
  if (!times && !numbers)
    return Fail("SEM0008", call.name_span, "bin_at() wants a value, a size and a point of fitting types");
  const bool real = value.type == Type::kReal || size.type == Type::kReal || point.type == Type::kReal;
  const Type type = times ? value.type : real ? Type::kReal : Type::kLong;
  if (times) return Scalar::Call("bin_at", type, {std::move(value), std::move(size), std::move(point)});
  return Scalar::Call(
      "bin_at", type,
      {Convert(std::move(value), type), Convert(std::move(size), type), Convert(std::move(point), type)});
}

Scalar ScalarBinder::BindCase(const Expression& call) {
  if (call.children.size() < 3 || call.children.size() % 2 == 0) {
    return Fail("SEM0219", call.name_span,
                "case() takes pairs of a condition and a value, and a last value for all else");
  }
  std::vector<Scalar> arguments;
  std::optional<Type> common;
  for (size_t i = 0; i < call.children.size(); ++i) {
    const bool is_condition = i % 2 == 0 && i + 1 < call.children.size();
    arguments.push_back(is_condition ? BindPredicate(*call.children[i], "a condition of case()")
                                     : Bind(*call.children[i]));
    if (IsError(arguments.back())) return arguments.back();
    if (is_condition) continue;
    common = common ? CommonType(*common, arguments.back().type) : arguments.back().type;
    if (!common)
      return Fail(
          "SEM0525", call.children[i]->span,
          fmt::format("this value is a {}, and the ones before are of another type", TypeName(arguments.back().type)));
  }
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (i % 2 == 1 || i + 1 == arguments.size()) arguments[i] = Convert(std::move(arguments[i]), *common);
  }
  return Scalar::Call("case", *common, std::move(arguments));
}

Scalar ScalarBinder::BindNow(const Expression& call) {
  if (!ExpectArguments(call, 0, 1)) return Scalar::Of(Constant{Type::kError, {}});
  Scalar now = Scalar::Of(Constant{Type::kDateTime, context_.now_ticks});
  if (call.children.empty()) return now;
  const auto offset = FitArgument(Bind(*call.children[0]), 't');
  if (!offset) return Fail("SEM0008", call.children[0]->span, "now() wants a timespan");
  return Scalar::Call("add", Type::kDateTime, {std::move(now), *offset});
}

Scalar ScalarBinder::BindAgo(const Expression& call) {
  if (!ExpectArguments(call, 1, 1)) return Scalar::Of(Constant{Type::kError, {}});
  Scalar argument = Bind(*call.children[0]);
  if (IsError(argument)) return argument;
  const auto offset = FitArgument(argument, 't');
  if (!offset)
    return Fail("SEM0008", call.children[0]->span,
                fmt::format("ago() wants a timespan such as 1d, and this is a {}", TypeName(argument.type)));
  return Scalar::Call("subtract", Type::kDateTime,
                      {Scalar::Of(Constant{Type::kDateTime, context_.now_ticks}), *offset});
}

Scalar ScalarBinder::BindBagPack(const Expression& call) {
  if (call.children.empty() || call.children.size() % 2 != 0) {
    return Fail("SEM0219", call.name_span, fmt::format("{}() takes pairs of a key and a value", call.text));
  }
  std::vector<Scalar> arguments;
  for (size_t i = 0; i < call.children.size(); ++i) {
    Scalar argument = Bind(*call.children[i]);
    if (IsError(argument)) return argument;
    if (i % 2 == 0 && argument.type != Type::kString)
      return Fail("SEM0008", call.children[i]->span, "a key is a string");
    arguments.push_back(i % 2 == 0 ? std::move(argument) : Convert(std::move(argument), Type::kDynamic));
  }
  return Scalar::Call("bag_pack", Type::kDynamic, std::move(arguments));
}

Scalar ScalarBinder::BindBagPackColumns(const Expression& call) {
  if (!ExpectArguments(call, 1, 64)) return Scalar::Of(Constant{Type::kError, {}});
  std::vector<Scalar> arguments;
  for (const auto& child : call.children) {
    if (child->kind != ExpressionKind::kName) return Fail("SEM0008", child->span, "a column's name is wanted here");
    Scalar column = Bind(*child);
    if (IsError(column)) return column;
    arguments.push_back(Scalar::Of(Constant{Type::kString, child->text}));
    arguments.push_back(Convert(std::move(column), Type::kDynamic));
  }
  return Scalar::Call("bag_pack", Type::kDynamic, std::move(arguments));
}

// pack_all([ignore_null_empty])
Scalar ScalarBinder::BindPackAll(const Expression& call) {
  if (!ExpectArguments(call, 0, 1)) return Scalar::Of(Constant{Type::kError, {}});
  bool drops_empty = false;
  if (!call.children.empty()) {
    const auto flag = BindConstant(*call.children[0]);
    if (!flag) return Scalar::Of(Constant{Type::kError, {}});
    if (!std::holds_alternative<bool>(flag->value))
      return Fail("SEM0008", call.children[0]->span, "pack_all() wants true or false");
    drops_empty = std::get<bool>(flag->value);
  }
  std::vector<Scalar> arguments;
  for (const Column& column : columns_) {
    arguments.push_back(Scalar::Of(Constant{Type::kString, column.name}));
    arguments.push_back(Convert(Scalar::Of(column), Type::kDynamic));
  }
  Scalar bag = Scalar::Call("bag_pack", Type::kDynamic, std::move(arguments));
  return drops_empty ? Scalar::Call("drop_empty", Type::kDynamic, {std::move(bag)}) : std::move(bag);
}

// pack_array(values…), pack_array(*)
Scalar ScalarBinder::BindPackArray(const Expression& call) {
  std::vector<Scalar> items;
  for (const auto& child : call.children) {
    if (child->kind == ExpressionKind::kStar) {
      for (const Column& column : columns_) items.push_back(Convert(Scalar::Of(column), Type::kDynamic));
      continue;
    }
    Scalar item = Bind(*child);
    if (IsError(item)) return item;
    items.push_back(Convert(std::move(item), Type::kDynamic));
  }
  if (items.empty()) return Scalar::Of(Constant{Type::kDynamic, std::string("[]")});
  return Scalar::Call("pack_array", Type::kDynamic, std::move(items));
}

// Functions of any number of arrays or numbers, which are handed on as one array.
Scalar ScalarBinder::BindPacked(const Expression& call) {
  if (!ExpectArguments(call, call.text == "zip" ? 2 : 1, 64)) return Scalar::Of(Constant{Type::kError, {}});
  for (const auto& child : call.children) {
    const Scalar argument = Bind(*child);
    if (IsError(argument)) return argument;
    const bool fits = argument.type == Type::kDynamic || (call.text != "zip" && IsInteger(argument.type));
    if (!fits) {
      return Fail("SEM0008", child->span,
                  fmt::format("{}() wants dynamics, and this is a {}", call.text, TypeName(argument.type)));
    }
  }
  Scalar all = BindPackArray(call);
  if (call.text == "zip") return Scalar::Call("zip_all", Type::kDynamic, {std::move(all)});
  return Scalar::Call("codepoints_to", Type::kString, {std::move(all)});
}

// hash(x [, modulo])
Scalar ScalarBinder::BindHash(const Expression& call) {
  if (!ExpectArguments(call, 1, 2)) return Scalar::Of(Constant{Type::kError, {}});
  Scalar value = Bind(*call.children[0]);
  if (IsError(value)) return value;
  const bool is_ticks = value.type == Type::kDateTime || value.type == Type::kTimespan;
  const std::string_view operation = IsInteger(value.type) || is_ticks ? "hash_of_long"
                                     : value.type == Type::kReal       ? "hash_of_real"
                                                                       : "hash_of_text";
  if (operation == "hash_of_text") value = Text(std::move(value));
  Scalar hash = Scalar::Call(operation, Type::kLong, {std::move(value)});
  if (call.children.size() == 1) return hash;
  const auto modulo = FitArgument(Bind(*call.children[1]), 'l');
  if (!modulo) return Fail("SEM0008", call.children[1]->span, fmt::format("{}() wants a whole number here", call.text));
  return Scalar::Call("hash_modulo", Type::kLong, {std::move(hash), *modulo});
}

// array_sort_asc(array [, nulls_last]): with more arrays it has several results.
Scalar ScalarBinder::BindArraySort(const Expression& call) {
  Scalar sorted = BindSortedArrays(call);
  if (IsError(sorted) || HasSeveralResults(call)) return sorted;
  return Scalar::Call("element", Type::kDynamic, {std::move(sorted), Scalar::Of(Constant{Type::kLong, int64_t{0}})});
}

Scalar ScalarBinder::BindSortedArrays(const Expression& call) {
  if (!ExpectArguments(call, 1, 64)) return Scalar::Of(Constant{Type::kError, {}});
  std::vector<Scalar> arrays;
  Scalar nulls_last = Scalar::Of(Constant{Type::kBool, true});
  for (size_t i = 0; i < call.children.size(); ++i) {
    Scalar argument = Bind(*call.children[i]);
    if (IsError(argument)) return argument;
    if (argument.type == Type::kDynamic) {
      arrays.push_back(std::move(argument));
    } else if (argument.type == Type::kBool && i > 0 && i + 1 == call.children.size()) {
      nulls_last = std::move(argument);
    } else {
      return Fail("SEM0008", call.children[i]->span,
                  fmt::format("{}() wants arrays, and at the end true or false for nulls last", call.text));
    }
  }
  Scalar all = Scalar::Call("pack_array", Type::kDynamic, std::move(arrays));
  return Scalar::Call(
      "array_sort", Type::kDynamic,
      {std::move(all), Scalar::Of(Constant{Type::kBool, call.text == "array_sort_desc"}), std::move(nulls_last)});
}

namespace {

// How functions of several results are bound: the arguments' letters, what stands for absent ones as JSON would write
// it, the native function, and the results with their types.
struct SeveralRow {
  std::string_view name, parameters, operation;
  std::vector<Constant> defaults;
  std::vector<std::pair<std::string_view, Type>> parts;
};

const std::vector<SeveralRow>& SeveralRows() {
  using enum Type;
  const auto number = [](double value) { return Constant{kReal, value}; };
  const auto whole = [](int64_t value) { return Constant{kLong, value}; };
  const auto text = [](std::string value) { return Constant{kString, std::move(value)}; };
  const Constant absent{kDynamic, {}};
  static const std::vector<SeveralRow> kRows = {
      {"series_stats",
       "y",
       "series_stats",
       {},
       {{"min", kReal},
        {"min_idx", kLong},
        {"max", kReal},
        {"max_idx", kLong},
        {"avg", kReal},
        {"stdev", kReal},
        {"variance", kReal}}},
      {"series_fit_line",
       "y",
       "series_fit_line",
       {},
       {{"rsquare", kReal},
        {"slope", kReal},
        {"variance", kReal},
        {"rvariance", kReal},
        {"interception", kReal},
        {"line_fit", kDynamic}}},
      {"series_fit_2lines",
       "y",
       "series_fit_2lines",
       {},
       {{"rsquare", kReal},
        {"split_idx", kLong},
        {"variance", kReal},
        {"rvariance", kReal},
        {"line_fit", kDynamic},
        {"right_rsquare", kReal},
        {"right_slope", kReal},
        {"right_interception", kReal},
        {"right_variance", kReal},
        {"right_rvariance", kReal},
        {"left_rsquare", kReal},
        {"left_slope", kReal},
        {"left_interception", kReal},
        {"left_variance", kReal},
        {"left_rvariance", kReal}}},
      {"series_fit_poly",
       "y?yl",
       "series_fit_poly",
       {absent, whole(5)},
       {{"rsquare", kReal},
        {"coefficients", kDynamic},
        {"variance", kReal},
        {"rvariance", kReal},
        {"poly_fit", kDynamic}}},
      {"series_decompose",
       "y?lsl",
       "series_decompose",
       {whole(-1), text("avg"), whole(0)},
       {{"baseline", kDynamic}, {"seasonal", kDynamic}, {"trend", kDynamic}, {"residual", kDynamic}}},
      {"series_decompose_anomalies",
       "y?rlsl",
       "series_decompose_anomalies",
       {number(1.5), whole(-1), text("avg"), whole(0)},
       {{"ad_flag", kDynamic}, {"ad_score", kDynamic}, {"baseline", kDynamic}}},
      {"series_decompose_forecast",
       "yl?lsr",
       "series_decompose_forecast",
       {whole(-1), text("linefit"), number(0.6)},
       {{"baseline", kDynamic}, {"seasonal", kDynamic}, {"trend", kDynamic}, {"residual", kDynamic}}},
      {"series_periods_detect", "yrrl", "series_periods_detect", {}, {{"periods", kDynamic}, {"scores", kDynamic}}},
      {"series_periods_validate", "yr+", "series_periods_validate", {}, {{"periods", kDynamic}, {"scores", kDynamic}}},
      {"series_fft", "y?y", "series_fft", {absent}, {{"real", kDynamic}, {"imag", kDynamic}}},
      {"series_ifft", "y?y", "series_ifft", {absent}, {{"real", kDynamic}, {"imag", kDynamic}}},
  };
  return kRows;
}

const SeveralRow* FindSeveral(std::string_view name) {
  for (const SeveralRow& row : SeveralRows()) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

}  // namespace

bool HasSeveralResults(const Expression& call) {
  if (call.kind != ExpressionKind::kCall) return false;
  const bool sorts = call.text == "array_sort_asc" || call.text == "array_sort_desc";
  const auto is_array = [](const auto& child) {
    return child->kind != ExpressionKind::kConstant || child->constant.type == Type::kDynamic;
  };
  return sorts ? std::count_if(call.children.begin(), call.children.end(), is_array) > 1
               : FindSeveral(call.text) != nullptr;
}

// All results in one array, and what each is called and is.
Scalar ScalarBinder::BindSeveral(const Expression& call, std::vector<std::pair<std::string, Type>>& parts) {
  if (call.text.starts_with("array_sort")) {
    Scalar sorted = BindSortedArrays(call);
    if (IsError(sorted)) return sorted;
    for (const auto& child : call.children) {
      if (child->kind == ExpressionKind::kConstant && child->constant.type == Type::kBool) continue;
      parts.emplace_back(DerivedName(*child).value_or("array") + "_sorted", Type::kDynamic);
    }
    return sorted;
  }
  const SeveralRow& row = *FindSeveral(call.text);
  const Arity arity = ArityOf(row.parameters);
  if (!Takes(arity, call.children.size())) {
    return Fail("SEM0219", call.name_span,
                fmt::format("{}() takes {}, not {}", call.text, ArityText(arity), call.children.size()));
  }
  std::vector<Scalar> arguments;
  for (size_t i = 0; i < call.children.size(); ++i) {
    const Scalar argument = Bind(*call.children[i]);
    if (IsError(argument)) return argument;
    const char letter = ParameterAt(row.parameters, i);
    auto fitted = FitArgument(argument, letter);
    if (!fitted) {
      return Fail("SEM0008", call.children[i]->span,
                  fmt::format("{}() wants {} as argument {}, and this is a {}", call.text, LetterName(letter), i + 1,
                              TypeName(argument.type)));
    }
    arguments.push_back(std::move(*fitted));
  }
  for (size_t i = call.children.size() - arity.least; i < row.defaults.size(); ++i)
    arguments.push_back(Scalar::Of(row.defaults[i]));
  if (call.text == "series_periods_validate") {
    std::vector<Scalar> periods;
    for (size_t i = 1; i < arguments.size(); ++i) periods.push_back(Convert(arguments[i], Type::kDynamic));
    arguments.resize(1);
    arguments.push_back(Scalar::Call("pack_array", Type::kDynamic, std::move(periods)));
  }
  const std::string argument = DerivedName(*call.children[0]).value_or("");
  for (const auto& [part, type] : row.parts)
    parts.emplace_back(fmt::format("{}_{}_{}", call.text, argument, part), type);
  return Scalar::Call(row.operation, Type::kDynamic, std::move(arguments));
}

// Groups that a regular expression captures.
int CountGroups(std::string_view regex) {
  int groups = 0;
  bool in_class = false;
  for (size_t i = 0; i < regex.size(); ++i) {
    if (regex[i] == '\\') {
      ++i;
    } else if (in_class) {
      in_class = regex[i] != ']';
    } else if (regex[i] == '[') {
      in_class = true;
    } else if (regex[i] == '(') {
      const bool captures = regex.substr(i + 1, 1) != "?" || regex.substr(i + 1, 3) == "?P<";
      groups += captures ? 1 : 0;
    }
  }
  return groups;
}

namespace {

// A group by its number, or by its name in quotes; nullopt when there is none of that name.
std::optional<int64_t> GroupNumber(std::string_view regex, std::string_view group) {
  if (!group.starts_with('"')) return ParseInt(group);
  const std::string wanted = fmt::format("(?P<{}>", group.substr(1, group.size() - 2));
  const size_t at = regex.find(wanted);
  if (at == std::string_view::npos) return std::nullopt;
  return CountGroups(regex.substr(0, at)) + 1;
}

}  // namespace

// extract_all(regex [, groups], text): of each match its group, or its groups as an array.
Scalar ScalarBinder::BindExtractAll(const Expression& call) {
  static constexpr FunctionRow kForm = {"extract_all", "ss", 'y', "extract_all"},
                               kChosen = {"extract_all", "sys", 'y', "extract_all"};
  const bool chooses = call.children.size() == 3;
  Scalar bound = BindFunction(call, {chooses ? &kChosen : &kForm});
  if (IsError(bound)) return bound;
  const int groups = CountGroups(std::get<std::string>(bound.arguments[0].constant.value));
  if (groups == 0)
    return Fail("SEM0001", call.children[0]->span, "the regular expression of extract_all() has a group");
  if (!chooses && groups == 1) return bound;
  std::vector<int64_t> numbers;
  if (chooses) {
    const Constant* chosen = bound.arguments[1].AsConstant();
    std::string list = chosen != nullptr && !chosen->is_null() ? std::get<std::string>(chosen->value) : "";
    if (!list.starts_with('[')) return Fail("SEM0040", call.children[1]->span, "a constant array of groups is wanted");
    const std::string inner = list.substr(1, list.size() - 2);
    for (const std::string_view part : Split(inner, ',')) {
      const auto number = GroupNumber(std::get<std::string>(bound.arguments[0].constant.value), Trim(part));
      if (!number || *number < 0 || *number > groups) {
        return Fail("SEM0008", call.children[1]->span,
                    fmt::format("the groups of this expression are the numbers 1 to {}, and the names in it", groups));
      }
      numbers.push_back(*number);
    }
    bound.arguments.erase(bound.arguments.begin() + 1);
  } else {
    for (int64_t number = 1; number <= groups; ++number) numbers.push_back(number);
  }
  if (numbers.empty() || *std::max_element(numbers.begin(), numbers.end()) > 9) {
    context_.diagnostics->AddUnsupported(call.children[0]->span, "extract_all() with more than nine groups");
    return Scalar::Of(Constant{Type::kError, {}});
  }
  bound.operation = "extract_all_groups";
  for (const int64_t number : numbers) bound.arguments.push_back(Scalar::Of(Constant{Type::kLong, number}));
  return bound;
}

// countof(text, search [, "normal" | "regex"])
Scalar ScalarBinder::BindCountof(const Expression& call) {
  static constexpr FunctionRow kNormal = {"countof", "ss?s", 'l', "countof"},
                               kRegex = {"countof", "ss?s", 'l', "countof_regex"};
  bool is_regex = false;
  if (call.children.size() == 3) {
    const auto kind = BindConstant(*call.children[2]);
    if (!kind) return Scalar::Of(Constant{Type::kError, {}});
    const auto* text = std::get_if<std::string>(&kind->value);
    is_regex = text != nullptr && *text == "regex";
    if (!is_regex && (text == nullptr || *text != "normal"))
      return Fail("SEM0008", call.children[2]->span, "countof() knows 'normal' and 'regex'");
  }
  Scalar bound = BindFunction(call, {is_regex ? &kRegex : &kNormal});
  if (!IsError(bound)) bound.arguments.resize(2);
  return bound;
}

// Operations on two sets or bags, and one after the other on more.
Scalar ScalarBinder::BindSetOperation(const Expression& call) {
  if (!ExpectArguments(call, 2, 64)) return Scalar::Of(Constant{Type::kError, {}});
  std::optional<Scalar> result;
  for (const auto& child : call.children) {
    Scalar argument = Bind(*child);
    if (IsError(argument)) return argument;
    if (argument.type != Type::kDynamic)
      return Fail("SEM0008", child->span,
                  fmt::format("{}() wants dynamics, and this is a {}", call.text, TypeName(argument.type)));
    if (!result) {
      result = std::move(argument);
      continue;
    }
    const std::string_view operation = call.text == "bag_merge"       ? "bag_merge"
                                       : call.text == "set_union"     ? "set_union"
                                       : call.text == "set_intersect" ? "set_intersect"
                                                                      : "set_difference";
    result = Scalar::Call(operation, Type::kDynamic, {std::move(*result), std::move(argument)});
  }
  return std::move(*result);
}

Scalar ScalarBinder::BindColumnIfExists(const Expression& call) {
  if (!ExpectArguments(call, 2, 2)) return Scalar::Of(Constant{Type::kError, {}});
  const auto name = BindConstant(*call.children[0]);
  if (!name) return Scalar::Of(Constant{Type::kError, {}});
  if (name->type != Type::kString) return Fail("SEM0008", call.children[0]->span, "the name of a column is a string");
  if (const Column* column = FindColumn(std::get<std::string>(name->value))) return Scalar::Of(*column);
  return Bind(*call.children[1]);
}

// When the store got the row, which tables keep in a column; null where that is no longer among the columns.
Scalar ScalarBinder::BindIngestionTime(const Expression& call) {
  if (!ExpectArguments(call, 0, 0)) return Scalar::Of(Constant{Type::kError, {}});
  const Column* received = FindColumn("_TimeReceived");
  return received != nullptr && received->type == Type::kDateTime ? Scalar::Of(*received)
                                                                  : Scalar::Of(Constant{Type::kDateTime, {}});
}

}  // namespace slipway::kql::bind
