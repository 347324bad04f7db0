#include "slipway/kql/bind/scalar_binder.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/kql/bind/conversion.h"

namespace slipway::kql::bind {

using plan::Column;
using plan::Scalar;
using tree::Expression;
using tree::ExpressionKind;

namespace {

Scalar ErrorScalar() {
  return Scalar::Of(Constant{Type::kError, {}});
}

bool IsError(const Scalar& scalar) {
  return scalar.type == Type::kError;
}

Scalar Not(Scalar scalar) {
  return Scalar::Call("not", Type::kBool, {std::move(scalar)});
}

// Where a key stands in a bag, as a JSON pointer.
std::string JsonPointer(std::string_view key) {
  return "/" + ReplaceAll(ReplaceAll(std::string(key), "~", "~0"), "/", "~1");
}

// The constant that a bound expression is; "-5" is an operator before one.
std::optional<Constant> AsSignedConstant(const Scalar& scalar) {
  if (const Constant* constant = scalar.AsConstant()) return *constant;
  if (!scalar.IsCall("negate") || scalar.arguments[0].AsConstant() == nullptr) return std::nullopt;
  const Constant& operand = *scalar.arguments[0].AsConstant();
  if (const auto* integer = std::get_if<int64_t>(&operand.value)) return Constant{operand.type, -*integer};
  if (const auto* real = std::get_if<double>(&operand.value)) return Constant{operand.type, -*real};
  return std::nullopt;
}

constexpr std::string_view kStringOperations[] = {"has",        "has_cs",        "hasprefix", "hasprefix_cs",
                                                  "hassuffix",  "hassuffix_cs",  "contains",  "contains_cs",
                                                  "startswith", "startswith_cs", "endswith",  "endswith_cs"};

bool IsDuration(Type type) {
  return type == Type::kTimespan || type == Type::kDateTime;
}

}  // namespace

Scalar ScalarBinder::Fail(std::string_view code, Span span, std::string message) {
  context_.diagnostics->Add(code, span, std::move(message));
  return ErrorScalar();
}

Scalar ScalarBinder::Text(Scalar scalar) {
  return Convert(std::move(scalar), Type::kString);
}

const Column* ScalarBinder::FindColumn(std::string_view name) const {
  const auto column = std::find_if(columns_.begin(), columns_.end(), [&](const Column& c) { return c.name == name; });
  return column == columns_.end() ? nullptr : &*column;
}

std::vector<std::string> ScalarBinder::VisibleNames() const {
  std::vector<std::string> names;
  for (const Column& column : columns_) names.push_back(column.name);
  for (std::string& name : NamesOf(context_.environment)) names.push_back(std::move(name));
  return names;
}

Scalar ScalarBinder::Bind(const Expression& expression) {
  switch (expression.kind) {
    case ExpressionKind::kConstant:
      return Scalar::Of(expression.constant);
    case ExpressionKind::kName:
      return BindName(expression);
    case ExpressionKind::kMember:
      return BindMember(expression);
    case ExpressionKind::kIndex:
      return BindIndex(expression);
    case ExpressionKind::kCall:
      return BindCall(expression);
    case ExpressionKind::kUnary:
      return BindUnary(expression);
    case ExpressionKind::kBinary:
      return BindBinary(expression);
    case ExpressionKind::kList:
      return BindList(expression);
    case ExpressionKind::kBetween:
      return BindBetween(expression);
    case ExpressionKind::kStar:
    case ExpressionKind::kTypeOf:
    case ExpressionKind::kAssignment:
      break;
    case ExpressionKind::kPipeline:
      return Fail("SEM0001", expression.span, "rows cannot stand here; toscalar(…) makes one value of them");
  }
  return Fail("SYN0002", expression.span, "this cannot stand where a value is wanted");
}

Scalar ScalarBinder::BindPredicate(const Expression& expression, std::string_view where) {
  Scalar predicate = Bind(expression);
  if (predicate.type == Type::kBool || IsError(predicate)) return predicate;
  const std::string_view advice = predicate.type == Type::kDynamic ? "; write tobool(…) or compare it" : "";
  return Fail("SEM0001", expression.span,
              fmt::format("{} wants a bool, and this is a {}{}", where, TypeName(predicate.type), advice));
}

std::optional<Constant> ScalarBinder::BindConstant(const Expression& expression) {
  const Scalar scalar = Bind(expression);
  if (IsError(scalar)) return std::nullopt;
  if (auto constant = AsSignedConstant(scalar)) return constant;
  Fail("SEM0040", expression.span, "a constant is wanted here");
  return std::nullopt;
}

std::optional<int64_t> ScalarBinder::BindCount(const Expression& expression, std::string_view what) {
  const auto constant = BindConstant(expression);
  if (!constant) return std::nullopt;
  const auto* number = std::get_if<int64_t>(&constant->value);
  if (IsInteger(constant->type) && number != nullptr && *number >= 0) return *number;
  Fail("SEM0040", expression.span, fmt::format("{} wants a whole number that is not negative", what));
  return std::nullopt;
}

Scalar ScalarBinder::BindName(const Expression& expression) {
  if (const Column* column = FindColumn(expression.text)) return Scalar::Of(*column);
  const Definition* let = Find(context_.environment, expression.text);
  if (let != nullptr && let->value) {
    std::vector<int> ids;
    plan::CollectColumns(*let->value, ids);
    if (ids.empty() || context_.rows_depth <= let->depth) return *let->value;
    return Fail("SEM0100", expression.span,
                fmt::format("'{}' depends on the row around, which rows of another table do not see", expression.text));
  }
  if (let != nullptr && let->function != nullptr && let->function->parameters.empty()) return BindCall(expression);
  if (let != nullptr && let->function != nullptr)
    return Fail("SEM0100", expression.span, fmt::format("'{0}' is a function: call it, as in {0}(…)", expression.text));
  if (aggregates_ != nullptr) {
    const auto& input = *aggregates_->input;
    if (std::any_of(input.begin(), input.end(), [&](const Column& c) { return c.name == expression.text; })) {
      return Fail(
          "SEM0100", expression.span,
          fmt::format(
              "the column '{0}' is no key of this summarize: add it after 'by', or aggregate it, as in take_any({0})",
              expression.text));
    }
  }
  if (context_.step.scan_states != nullptr) {
    const ScanState& step = context_.step.scan_states->front();
    const bool is_declared = std::any_of(step.columns.begin(), step.columns.end(),
                                         [&](const Column& column) { return column.name == expression.text; });
    if (is_declared)
      return Fail(
          "SEM0100", expression.span,
          fmt::format("scan declares '{0}': what a step remembers of it is '{1}.{0}'", expression.text, step.name));
  }
  return Fail("SEM0100", expression.span,
              fmt::format("no column or variable is named '{}'{}", expression.text,
                          DidYouMean(expression.text, VisibleNames())));
}

// The step of the scan around that a name stands for; nullptr when it stands for none.
const ScanState* ScalarBinder::FindScanState(const Expression& expression) const {
  if (context_.step.scan_states == nullptr || expression.kind != ExpressionKind::kName) return nullptr;
  const auto& states = *context_.step.scan_states;
  const auto found =
      std::find_if(states.begin(), states.end(), [&](const ScanState& state) { return state.name == expression.text; });
  return found == states.end() ? nullptr : &*found;
}

Scalar ScalarBinder::BindRemembered(const ScanState& state, const Expression& expression) {
  std::vector<std::string> names;
  for (const Column& column : state.columns) {
    if (column.name == expression.text) return Scalar::Of(column);
    names.push_back(column.name);
  }
  return Fail("SEM0100", expression.name_span,
              fmt::format("the step '{}' has no column '{}'{}", state.name, expression.text,
                          DidYouMean(expression.text, names)));
}

Scalar ScalarBinder::BindMember(const Expression& expression) {
  if (const ScanState* state = FindScanState(*expression.children[0])) return BindRemembered(*state, expression);
  Scalar object = Bind(*expression.children[0]);
  if (IsError(object)) return object;
  if (object.type == Type::kString) {
    return Fail("SEM0001", expression.name_span,
                fmt::format("a string has no members; write parse_json(…).{}", expression.text));
  }
  if (object.type != Type::kDynamic) {
    return Fail("SEM0001", expression.name_span, fmt::format("a {} has no members", TypeName(object.type)));
  }
  return Scalar::Call("member", Type::kDynamic,
                      {std::move(object), Scalar::Of(Constant{Type::kString, JsonPointer(expression.text)})});
}

Scalar ScalarBinder::BindIndex(const Expression& expression) {
  Scalar object = Bind(*expression.children[0]);
  Scalar index = Bind(*expression.children[1]);
  if (IsError(object) || IsError(index)) return ErrorScalar();
  if (object.type != Type::kDynamic) {
    const std::string_view advice = object.type == Type::kString ? "; parse_json(…) or substring(…) may be meant" : "";
    return Fail("SEM0001", expression.name_span,
                fmt::format("a {} cannot be indexed{}", TypeName(object.type), advice));
  }
  const auto constant = AsSignedConstant(index);
  if (constant && constant->type == Type::kString) {
    return Scalar::Call(
        "member", Type::kDynamic,
        {std::move(object), Scalar::Of(Constant{Type::kString, JsonPointer(std::get<std::string>(constant->value))})});
  }
  if (constant && IsInteger(constant->type) && !constant->is_null())
    index = Scalar::Of(Constant{Type::kLong, constant->value});
  if (!IsInteger(index.type) && index.type != Type::kString && index.type != Type::kDynamic) {
    return Fail("SEM0001", expression.children[1]->span, "an index is a whole number or a string");
  }
  if (index.type == Type::kDynamic) index = Text(std::move(index));
  if (index.type == Type::kInt) index = Convert(std::move(index), Type::kLong);
  return Scalar::Call("element", Type::kDynamic, {std::move(object), std::move(index)});
}

Scalar ScalarBinder::BindUnary(const Expression& expression) {
  Scalar operand = Bind(*expression.children[0]);
  if (IsError(operand)) return operand;
  if (operand.type == Type::kDynamic) operand = Convert(std::move(operand), Type::kReal);
  if (operand.type == Type::kDecimal) {
    if (expression.text == "+") return operand;
    return Scalar::Call("decimal_negate", Type::kDecimal, {std::move(operand)});
  }
  if (!IsNumber(operand.type) && operand.type != Type::kTimespan) {
    return Fail("SEM0001", expression.name_span, fmt::format("a {} has no sign", TypeName(operand.type)));
  }
  if (expression.text == "+") return operand;
  const Type type = operand.type;
  return Scalar::Call("negate", type, {std::move(operand)});
}

Scalar ScalarBinder::BindBinary(const Expression& expression) {
  const std::string& op = expression.text;
  if (op == "and" || op == "or") return BindLogic(expression);
  if (expression.children[0]->kind == ExpressionKind::kStar) return BindAnyColumn(expression);
  Scalar left = Bind(*expression.children[0]);
  if (IsForgottenQuote(*expression.children[1], left)) {
    const std::string& text = expression.children[1]->text;
    return Fail("SEM0100", expression.children[1]->span,
                fmt::format("no column or variable is named '{0}'; a text stands in quotes, as in \"{0}\"", text));
  }
  Scalar right = Bind(*expression.children[1]);
  if (IsError(left) || IsError(right)) return ErrorScalar();
  if (op == "==" || op == "!=") return BindEquality(expression, std::move(left), std::move(right));
  if (op == "<" || op == "<=" || op == ">" || op == ">=")
    return BindOrder(expression, std::move(left), std::move(right));
  if (op == "+" || op == "-" || op == "*" || op == "/" || op == "%") {
    return BindArithmetic(expression, std::move(left), std::move(right));
  }
  if (op == "matches regex") return BindRegexMatch(expression, std::move(left), std::move(right));
  return BindStringOperator(expression, std::move(left), std::move(right));
}

// A word that names nothing and is like no name, where a text is compared.
bool ScalarBinder::IsForgottenQuote(const Expression& word, const Scalar& compared) const {
  const bool is_text = compared.type == Type::kString || compared.type == Type::kDynamic;
  return is_text && word.kind == ExpressionKind::kName && FindColumn(word.text) == nullptr &&
         Find(context_.environment, word.text) == nullptr && DidYouMean(word.text, VisibleNames()).empty();
}

// "* has 'x'": any column's text does.
Scalar ScalarBinder::BindAnyColumn(const Expression& expression) {
  const auto* operation =
      std::find(std::begin(kStringOperations), std::end(kStringOperations), std::string_view(expression.text));
  if (operation == std::end(kStringOperations)) {
    context_.diagnostics->AddUnsupported(expression.children[0]->span, fmt::format("'*' before '{}'", expression.text));
    return ErrorScalar();
  }
  const Scalar right = Bind(*expression.children[1]);
  if (IsError(right)) return right;
  if (right.type != Type::kString)
    return Fail("SEM0001", expression.children[1]->span, fmt::format("'{}' wants a string", expression.text));
  std::vector<Scalar> terms;
  for (const Column& column : columns_)
    terms.push_back(Scalar::Call(*operation, Type::kBool, {Text(Scalar::Of(column)), right}));
  if (terms.empty()) return Scalar::Of(Constant{Type::kBool, false});
  if (terms.size() == 1) return std::move(terms[0]);
  return Scalar::Call("or", Type::kBool, std::move(terms));
}

Scalar ScalarBinder::BindLogic(const Expression& expression) {
  std::vector<Scalar> terms;
  bool failed = false;
  for (const auto& child : expression.children) {
    terms.push_back(BindPredicate(*child, fmt::format("'{}'", expression.text)));
    failed |= IsError(terms.back());
  }
  if (failed) return ErrorScalar();
  return Scalar::Call(expression.text == "and" ? "and" : "or", Type::kBool, std::move(terms));
}

Scalar ScalarBinder::BindArithmetic(const Expression& expression, Scalar left, Scalar right) {
  const char op = expression.text[0];
  if (left.type == Type::kDynamic && right.type == Type::kDynamic) {
    left = Convert(std::move(left), Type::kReal);
    right = Convert(std::move(right), Type::kReal);
  } else if (left.type == Type::kDynamic && right.type != Type::kDateTime) {
    left = Convert(std::move(left), right.type == Type::kString ? Type::kReal : right.type);
  } else if (right.type == Type::kDynamic) {
    right = Convert(std::move(right), left.type == Type::kString ? Type::kReal : left.type);
  }
  if (IsDuration(left.type) || IsDuration(right.type))
    return BindTimeArithmetic(expression, std::move(left), std::move(right));
  if (CommonType(left.type, right.type) == Type::kDecimal) {
    static constexpr std::pair<char, std::string_view> kOperations[] = {{'+', "decimal_add"},
                                                                        {'-', "decimal_subtract"},
                                                                        {'*', "decimal_multiply"},
                                                                        {'/', "decimal_divide"},
                                                                        {'%', "decimal_modulo"}};
    for (const auto& [symbol, operation] : kOperations) {
      if (symbol != op) continue;
      return Scalar::Call(operation, Type::kDecimal,
                          {Convert(std::move(left), Type::kDecimal), Convert(std::move(right), Type::kDecimal)});
    }
  }
  if (!IsNumber(left.type) || !IsNumber(right.type)) {
    const bool texts = left.type == Type::kString || right.type == Type::kString;
    return Fail("SEM0001", expression.name_span,
                fmt::format("'{}' is not defined for {} and {}{}", op, TypeName(left.type), TypeName(right.type),
                            texts && op == '+' ? "; strings are joined with strcat(…)" : ""));
  }
  const Type type = left.type == Type::kReal || right.type == Type::kReal ? Type::kReal : Type::kLong;
  left = Convert(std::move(left), type);
  right = Convert(std::move(right), type);
  const std::string_view operation = op == '+'             ? "add"
                                     : op == '-'           ? "subtract"
                                     : op == '*'           ? "multiply"
                                     : op == '%'           ? "modulo"
                                     : type == Type::kReal ? "divide_real"
                                                           : "divide_integer";
  return Scalar::Call(operation, type, {std::move(left), std::move(right)});
}

Scalar ScalarBinder::BindTimeArithmetic(const Expression& expression, Scalar left, Scalar right) {
  const char op = expression.text[0];
  const Type a = left.type, b = right.type;
  const bool spans = a == Type::kTimespan && b == Type::kTimespan;
  const auto call = [&](std::string_view operation, Type type) {
    return Scalar::Call(operation, type, {std::move(left), std::move(right)});
  };
  if (op == '+' && spans) return call("add", Type::kTimespan);
  if (op == '+' && (a == Type::kTimespan || b == Type::kTimespan) && (a == Type::kDateTime || b == Type::kDateTime)) {
    return call("add", Type::kDateTime);
  }
  if (op == '-' && b == Type::kTimespan && IsDuration(a)) return call("subtract", a);
  if (op == '-' && a == Type::kDateTime && b == Type::kDateTime) return call("subtract", Type::kTimespan);
  if (op == '%' && b == Type::kTimespan && IsDuration(a)) return call("modulo", Type::kTimespan);
  if (op == '/' && spans) {
    left = Convert(std::move(left), Type::kReal);
    right = Convert(std::move(right), Type::kReal);
    return call("divide_real", Type::kReal);
  }
  if (op == '*' && IsNumber(a) && b == Type::kTimespan) std::swap(left, right);
  if ((op == '*' || op == '/') && left.type == Type::kTimespan && IsNumber(right.type)) {
    right = Convert(std::move(right), Type::kReal);
    return call(op == '*' ? "scale_timespan" : "divide_timespan", Type::kTimespan);
  }
  return Fail("SEM0001", expression.name_span,
              fmt::format("'{}' is not defined for {} and {}", op, TypeName(a), TypeName(b)));
}

Scalar ScalarBinder::BindEquality(const Expression& expression, Scalar left, Scalar right) {
  if (left.type == Type::kDynamic && right.type == Type::kDynamic && !left.AsConstant() && !right.AsConstant()) {
    return Fail("SEM0001", expression.name_span,
                "two dynamics cannot be compared; convert one side, as in tostring(…)");
  }
  // A text beside another type is read as that type.
  if (left.type == Type::kString && right.type != Type::kString)
    left = Convert(std::move(left), right.type == Type::kDynamic ? Type::kString : right.type);
  if (right.type == Type::kString && left.type != Type::kString)
    right = Convert(std::move(right), left.type == Type::kDynamic ? Type::kString : left.type);
  if (left.type == Type::kBool && IsNumber(right.type)) left = Convert(std::move(left), Type::kLong);
  if (right.type == Type::kBool && IsNumber(left.type)) right = Convert(std::move(right), Type::kLong);
  auto common = CommonType(left.type, right.type);
  if (!common) {
    return Fail("SEM0001", expression.name_span,
                fmt::format("a {} cannot be compared with a {}", TypeName(left.type), TypeName(right.type)));
  }
  // A number in a dynamic may be whole or not.
  if (left.type != right.type && (left.type == Type::kDynamic || right.type == Type::kDynamic) && IsInteger(*common))
    common = Type::kReal;
  const std::string_view operation = expression.text == "==" ? "eq" : "ne";
  return Scalar::Call(operation, Type::kBool, {Convert(std::move(left), *common), Convert(std::move(right), *common)});
}

Scalar ScalarBinder::BindOrder(const Expression& expression, Scalar left, Scalar right) {
  auto common = CommonType(left.type, right.type);
  const bool is_text = left.type == Type::kString || right.type == Type::kString;
  const bool is_duration =
      (IsNumber(left.type) && right.type == Type::kTimespan) || (left.type == Type::kTimespan && IsNumber(right.type));
  if (!common || is_text || *common == Type::kBool || *common == Type::kDynamic || *common == Type::kGuid) {
    return Fail(
        "SEM0064", expression.name_span,
        fmt::format("'{}' does not order {} and {}{}", expression.text, TypeName(left.type), TypeName(right.type),
                    left.type == Type::kString && right.type == Type::kString ? "; use strcmp(…)"
                    : is_text                                                 ? "; convert the string first"
                    : is_duration ? "; of a number of milliseconds 'x * 1ms' makes a timespan"
                                  : ""));
  }
  if (left.type != right.type && (left.type == Type::kDynamic || right.type == Type::kDynamic) && IsInteger(*common))
    common = Type::kReal;
  static constexpr std::pair<std::string_view, std::string_view> kOperations[] = {
      {"<", "lt"}, {"<=", "le"}, {">", "gt"}, {">=", "ge"}};
  std::string_view operation;
  for (const auto& [symbol, name] : kOperations) {
    if (symbol == expression.text) operation = name;
  }
  return Compare(operation, Convert(std::move(left), *common), Convert(std::move(right), *common));
}

// Decimals are texts, which a function of their own compares.
Scalar ScalarBinder::Compare(std::string_view operation, Scalar left, Scalar right) {
  if (left.type == Type::kDecimal) {
    left = Scalar::Call("decimal_compare", Type::kLong, {std::move(left), std::move(right)});
    right = Scalar::Of(Constant{Type::kLong, int64_t{0}});
  }
  return Scalar::Call(operation, Type::kBool, {std::move(left), std::move(right)});
}

Scalar ScalarBinder::BindStringOperator(const Expression& expression, Scalar left, Scalar right) {
  const std::string_view text = expression.text;
  for (const Scalar* side : {&left, &right}) {
    if (side->type == Type::kString || side->type == Type::kDynamic) continue;
    const Expression& operand = *expression.children[side == &left ? 0 : 1];
    return Fail("SEM0001", operand.span,
                fmt::format("'{}' wants a string, and this is a {}; write tostring(…)", text, TypeName(side->type)));
  }
  left = Text(std::move(left));
  right = Text(std::move(right));
  if (text == "=~") return Scalar::Call("eq_ignore_case", Type::kBool, {std::move(left), std::move(right)});
  if (text == "!~") return Scalar::Call("ne_ignore_case", Type::kBool, {std::move(left), std::move(right)});
  const bool negated = text[0] == '!';
  const auto* operation =
      std::find(std::begin(kStringOperations), std::end(kStringOperations), text.substr(negated ? 1 : 0));
  Scalar call = Scalar::Call(*operation, Type::kBool, {std::move(left), std::move(right)});
  return negated ? Not(std::move(call)) : call;
}

Scalar ScalarBinder::BindRegexMatch(const Expression& expression, Scalar left, Scalar right) {
  const Span pattern_span = expression.children[1]->span;
  if (left.type != Type::kString && left.type != Type::kDynamic) {
    return Fail(
        "SEM0001", expression.children[0]->span,
        fmt::format("'matches regex' wants a string, and this is a {}; write tostring(…)", TypeName(left.type)));
  }
  if (right.type != Type::kString || right.AsConstant() == nullptr) {
    return Fail("SEM0040", pattern_span, "the pattern of 'matches regex' is a constant string");
  }
  if (const Status good = context_.check_regex(std::get<std::string>(right.constant.value)); !good) {
    return Fail("SEM0420", pattern_span, fmt::format("this is not a regular expression: {}", good.error().message()));
  }
  return Scalar::Call("matches_regex", Type::kBool, {Text(std::move(left)), std::move(right)});
}

bool ScalarBinder::IsRows(const Expression& expression) const {
  if (expression.kind == ExpressionKind::kPipeline) return true;
  if (expression.kind == ExpressionKind::kName && FindColumn(expression.text) != nullptr) return false;
  return context_.is_rows(expression);
}

// x in (T): the first column of T, whose nulls match nothing.
Scalar ScalarBinder::BindInRows(const Expression& expression, Scalar left) {
  if (expression.text == "has_any" || expression.text == "has_all") {
    context_.diagnostics->AddUnsupported(expression.children[1]->span, fmt::format("a table in '{}'", expression.text));
    return ErrorScalar();
  }
  plan::NodePtr rows = context_.bind_rows(*expression.children[1]);
  if (!rows || IsError(left)) return ErrorScalar();
  const Column column = rows->outputs[0];
  const bool ignores_case = expression.text.ends_with('~');
  std::optional<Type> common = ignores_case ? Type::kString : CommonType(left.type, column.type);
  // A text beside another type is read as that type.
  if (!common && left.type == Type::kString) common = column.type;
  if (!common && column.type == Type::kString) common = left.type;
  if (!common || *common == Type::kDynamic) {
    return Fail("SEM0001", expression.name_span,
                fmt::format("a {} is looked for among values of type {}; convert one side", TypeName(left.type),
                            TypeName(column.type)));
  }
  const auto fit = [&](Scalar scalar) {
    Scalar fitted = Convert(std::move(scalar), *common);
    return ignores_case ? Scalar::Call("tolower", Type::kString, {std::move(fitted)}) : fitted;
  };
  plan::Project project;
  project.expressions.push_back(fit(Scalar::Of(column)));
  Scalar call = Scalar::Call("in_rows", Type::kBool, {fit(std::move(left))});
  call.rows = plan::MakeNode(std::move(project), {{context_.NewColumn(), "", *common}}, std::move(rows));
  return expression.text[0] == '!' ? Not(std::move(call)) : call;
}

// toscalar(T): the first value of the first column.
Scalar ScalarBinder::BindToScalar(const Expression& call) {
  if (!ExpectArguments(call, 1, 1)) return ErrorScalar();
  if (!IsRows(*call.children[0])) return ComputedOnce(Bind(*call.children[0]));
  plan::NodePtr rows = context_.bind_rows(*call.children[0]);
  if (!rows) return ErrorScalar();
  const Column column = rows->outputs[0];
  plan::Project project;
  project.expressions.push_back(Scalar::Of(column));
  Scalar scalar = Scalar::Call("scalar_of_rows", column.type, {});
  scalar.rows = plan::MakeNode(std::move(project), {column}, std::move(rows));
  return scalar;
}

// A value of no row as rows of one, which are computed once: rand() would be another in each row.
Scalar ScalarBinder::ComputedOnce(Scalar value) {
  std::vector<int> ids;
  plan::CollectColumns(value, ids);
  if (value.kind != plan::ScalarKind::kCall || !ids.empty()) return value;
  const Column column{context_.NewColumn(), "", value.type};
  Scalar scalar = Scalar::Call("scalar_of_rows", value.type, {});
  plan::Values one;
  one.rows.push_back({std::move(value)});
  scalar.rows = plan::MakeNode(std::move(one), {column});
  return scalar;
}

Scalar ScalarBinder::BindList(const Expression& expression) {
  Scalar left = Bind(*expression.children[0]);
  if (expression.children.size() == 2 && IsRows(*expression.children[1]))
    return BindInRows(expression, std::move(left));
  std::vector<Scalar> items;
  bool failed = IsError(left);
  for (size_t i = 1; i < expression.children.size(); ++i) {
    items.push_back(Bind(*expression.children[i]));
    failed |= IsError(items.back());
  }
  if (failed) return ErrorScalar();
  if (expression.text != "has_any" && expression.text != "has_all")
    return BindIn(expression, std::move(left), std::move(items));
  if (left.type != Type::kString && left.type != Type::kDynamic) {
    return Fail(
        "SEM0001", expression.children[0]->span,
        fmt::format("'{}' wants a string, and this is a {}; write tostring(…)", expression.text, TypeName(left.type)));
  }
  if (items.size() == 1 && items[0].type == Type::kDynamic) {
    return Scalar::Call(expression.text == "has_any" ? "has_any_of" : "has_all_of", Type::kBool,
                        {Text(std::move(left)), std::move(items[0])});
  }
  std::vector<Scalar> terms;
  for (size_t i = 0; i < items.size(); ++i) {
    if (items[i].type != Type::kString) {
      return Fail("SEM0001", expression.children[i + 1]->span, fmt::format("'{}' wants strings", expression.text));
    }
    terms.push_back(Scalar::Call("has", Type::kBool, {Text(left), std::move(items[i])}));
  }
  if (terms.empty()) return Scalar::Of(Constant{Type::kBool, expression.text == "has_all"});
  if (terms.size() == 1) return std::move(terms[0]);
  return Scalar::Call(expression.text == "has_any" ? "or" : "and", Type::kBool, std::move(terms));
}

Scalar ScalarBinder::BindIn(const Expression& expression, Scalar left, std::vector<Scalar> items) {
  const bool negated = expression.text[0] == '!';
  const bool ignores_case = expression.text.ends_with('~');
  const auto finish = [negated](Scalar call) { return negated ? Not(std::move(call)) : call; };
  if (items.empty()) return finish(Scalar::Of(Constant{Type::kBool, false}));
  if (items.size() == 1 && items[0].type == Type::kDynamic) {
    return finish(Scalar::Call(ignores_case ? "in_array_ignore_case" : "in_array", Type::kBool,
                               {Text(std::move(left)), std::move(items[0])}));
  }
  if (left.type == Type::kDynamic || ignores_case)
    left = left.type == Type::kDynamic && !ignores_case && items[0].type != Type::kString
               ? Convert(std::move(left), items[0].type)
               : Text(std::move(left));
  std::vector<Scalar> arguments;
  Type common = left.type;
  for (const Scalar& item : items) {
    const auto type = CommonType(common, item.type);
    const bool reads_text = item.type == Type::kString || common == Type::kString;
    if (!type && !reads_text) {
      return Fail("SEM0001", expression.name_span,
                  fmt::format("a {} cannot be in a list with a {}", TypeName(left.type), TypeName(item.type)));
    }
    if (type && item.type != Type::kString) common = *type;
  }
  arguments.push_back(Convert(std::move(left), common));
  for (Scalar& item : items) arguments.push_back(Convert(std::move(item), common));
  return finish(Scalar::Call(ignores_case ? "in_ignore_case" : "in", Type::kBool, std::move(arguments)));
}

Scalar ScalarBinder::BindBetween(const Expression& expression) {
  Scalar value = Bind(*expression.children[0]), from = Bind(*expression.children[1]),
         to = Bind(*expression.children[2]);
  if (IsError(value) || IsError(from) || IsError(to)) return ErrorScalar();
  if (from.type == Type::kDateTime && to.type == Type::kTimespan)
    to = Scalar::Call("add", Type::kDateTime, {from, std::move(to)});
  auto common = CommonType(value.type, from.type);
  if (common) common = CommonType(*common, to.type);
  if (common == Type::kDecimal) {
    value = Convert(std::move(value), *common);
    Scalar inside = Scalar::Call("and", Type::kBool,
                                 {Compare("ge", value, Convert(std::move(from), *common)),
                                  Compare("le", value, Convert(std::move(to), *common))});
    return expression.text[0] == '!' ? Not(std::move(inside)) : inside;
  }
  if (!common || (!IsNumber(*common) && !IsDuration(*common))) {
    return Fail("SEM0232", expression.name_span,
                fmt::format("'{}' wants three numbers, datetimes or timespans, not {}, {} and {}", expression.text,
                            TypeName(value.type), TypeName(from.type), TypeName(to.type)));
  }
  Scalar between = Scalar::Call(
      "between", Type::kBool,
      {Convert(std::move(value), *common), Convert(std::move(from), *common), Convert(std::move(to), *common)});
  return expression.text[0] == '!' ? Not(std::move(between)) : between;
}

}  // namespace slipway::kql::bind
