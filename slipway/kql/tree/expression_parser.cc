#include "slipway/kql/tree/expression_parser.h"

#include <algorithm>
#include <span>
#include <utility>

#include "slipway/base/text.h"
#include "slipway/kql/tree/parser.h"

namespace slipway::kql::tree {
namespace {

constexpr std::string_view kStringOperators[] = {"has",         "has_cs",
                                                 "hasprefix",   "hasprefix_cs",
                                                 "hassuffix",   "hassuffix_cs",
                                                 "contains",    "contains_cs",
                                                 "startswith",  "startswith_cs",
                                                 "endswith",    "endswith_cs",
                                                 "=~",          "!~",
                                                 "!has",        "!has_cs",
                                                 "!hasprefix",  "!hasprefix_cs",
                                                 "!hassuffix",  "!hassuffix_cs",
                                                 "!contains",   "!contains_cs",
                                                 "!startswith", "!startswith_cs",
                                                 "!endswith",   "!endswith_cs"};

// Words that cannot be a bare name in an expression.
constexpr std::string_view kReserved[] = {"and",      "or",  "between", "by",      "in",      "contains", "startswith",
                                          "endswith", "has", "has_any", "has_all", "matches", "where",    "project"};

bool IsOneOf(std::string_view word, std::span<const std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool IsOperatorToken(const Token& token) {
  return token.kind == TokenKind::kName || token.kind == TokenKind::kSymbol;
}

// Counts how deep the recursion is, so that no text exhausts the stack.
class Nesting {
 public:
  explicit Nesting(int& depth) : depth_(depth) { ++depth_; }
  ~Nesting() { --depth_; }
  Nesting(const Nesting&) = delete;
  Nesting& operator=(const Nesting&) = delete;

 private:
  int& depth_;
};

}  // namespace

ExpressionPtr ExpressionParser::Make(ExpressionKind kind, Span span, std::string text) {
  auto expression = std::make_unique<Expression>();
  expression->kind = kind;
  expression->span = span;
  expression->name_span = span;
  expression->text = std::move(text);
  return expression;
}

// Closes an expression whose last token was just taken, and checks its depth.
ExpressionPtr ExpressionParser::Finish(ExpressionPtr expression) {
  expression->span.end = std::max(expression->span.end, cursor_.end());
  for (const ExpressionPtr& child : expression->children) {
    expression->depth = std::max(expression->depth, child->depth + 1);
  }
  if (expression->depth <= kExpressionDepthMax) return expression;
  cursor_.diagnostics().Add("SYN0003", expression->name_span,
                            fmt::format("this expression is nested more than {} levels deep", kExpressionDepthMax));
  return nullptr;
}

ExpressionPtr ExpressionParser::Binary(const Token& op, std::string text, ExpressionPtr left, ExpressionPtr right) {
  auto binary = Make(ExpressionKind::kBinary, Cover(left->span, right->span), std::move(text));
  binary->name_span = op.span;
  binary->children.push_back(std::move(left));
  binary->children.push_back(std::move(right));
  return Finish(std::move(binary));
}

ExpressionPtr ExpressionParser::Parse() {
  const Nesting nesting(nesting_);
  if (nesting_ > kExpressionDepthMax) {
    cursor_.diagnostics().Add("SYN0003", cursor_.Peek().span,
                              fmt::format("this expression is nested more than {} levels deep", kExpressionDepthMax));
    return nullptr;
  }
  return ParseOr();
}

ExpressionPtr ExpressionParser::ParseSearch() {
  searches_ = true;
  ExpressionPtr predicate = Parse();
  searches_ = false;
  return predicate;
}

ExpressionPtr ExpressionParser::ParseColumn() {
  const Span span = cursor_.Peek().span;
  const auto name = ParseName();
  if (!name) return nullptr;
  ExpressionPtr column = Make(ExpressionKind::kName, span, *name);
  while (column && cursor_.Sees(".")) column = ParseMember(std::move(column));
  return column;
}

std::optional<std::string> ExpressionParser::ParseName() {
  const Token& token = cursor_.Peek();
  if (token.kind == TokenKind::kName || token.kind == TokenKind::kQuotedName) return cursor_.Take().text;
  cursor_.Fail("expected a name");
  return std::nullopt;
}

bool ExpressionParser::SeesDeclaredName() const {
  const TokenKind kind = cursor_.Peek().kind;
  return (kind == TokenKind::kName || kind == TokenKind::kQuotedName) && cursor_.Peek(1).Is("=");
}

// "(name, name, …) =".
bool ExpressionParser::SeesSeveralNames() const {
  if (!cursor_.Sees("(")) return false;
  for (size_t at = 1;; at += 2) {
    const TokenKind kind = cursor_.Peek(at).kind;
    if (kind != TokenKind::kName && kind != TokenKind::kQuotedName) return false;
    if (cursor_.Peek(at + 1).Is(")")) return cursor_.Peek(at + 2).Is("=");
    if (!cursor_.Peek(at + 1).Is(",")) return false;
  }
}

std::optional<NamedExpression> ExpressionParser::ParseNamed() {
  NamedExpression named;
  named.name_span = cursor_.Peek().span;
  if (SeesDeclaredName()) {
    named.name = cursor_.Take().text;
    cursor_.Take();
  } else if (SeesSeveralNames()) {
    cursor_.Take();
    do {
      named.names.push_back(cursor_.Take().text);
    } while (cursor_.Accept(","));
    cursor_.Take();
    cursor_.Take();
    named.name = named.names[0];
  }
  named.expression = Parse();
  if (!named.expression) return std::nullopt;
  if (!named.name) named.name_span = named.expression->span;
  return named;
}

ExpressionPtr ExpressionParser::ParseOr() {
  return ParseChain("or", &ExpressionParser::ParseAnd);
}

ExpressionPtr ExpressionParser::ParseAnd() {
  return ParseChain("and", &ExpressionParser::ParseEquality);
}

// One node for "a or b or c": such chains are long in practice, and would make a tree as deep as they are long.
ExpressionPtr ExpressionParser::ParseChain(std::string_view word, Level next) {
  ExpressionPtr first = (this->*next)();
  if (!first || !cursor_.SeesName(word)) return first;
  auto chain = Make(ExpressionKind::kBinary, first->span, std::string(word));
  chain->name_span = cursor_.Peek().span;
  chain->children.push_back(std::move(first));
  while (cursor_.AcceptName(word)) {
    ExpressionPtr child = (this->*next)();
    if (!child) return nullptr;
    chain->children.push_back(std::move(child));
  }
  return Finish(std::move(chain));
}

ExpressionPtr ExpressionParser::ParseEquality() {
  static constexpr std::string_view kLists[] = {"in", "!in", "in~", "!in~", "has_any", "has_all"};
  static constexpr std::string_view kEqualities[] = {"==", "!=", "<>"};
  ExpressionPtr left = ParseOrder();
  while (left) {
    const Token& token = cursor_.Peek();
    if (!IsOperatorToken(token)) break;
    if (IsOneOf(token.text, kLists)) {
      left = ParseList(std::move(left));
    } else if (token.text == "between" || token.text == "!between") {
      left = ParseBetween(std::move(left));
    } else if (IsOneOf(token.text, kEqualities)) {
      const Token& op = cursor_.Take();
      ExpressionPtr right = ParseOrder();
      if (!right) return nullptr;
      left = Binary(op, op.text == "<>" ? "!=" : op.text, std::move(left), std::move(right));
    } else {
      break;
    }
  }
  if (left && cursor_.Sees("=")) {
    cursor_.Fail("equality is written '=='");
    return nullptr;
  }
  return left;
}

ExpressionPtr ExpressionParser::ParseOrder() {
  static constexpr std::string_view kSymbols[] = {"<", "<=", ">", ">="};
  ExpressionPtr left = ParseSum();
  while (left && cursor_.Peek().kind == TokenKind::kSymbol && IsOneOf(cursor_.Peek().text, kSymbols)) {
    const Token& op = cursor_.Take();
    ExpressionPtr right = ParseSum();
    if (!right) return nullptr;
    left = Binary(op, op.text, std::move(left), std::move(right));
  }
  return left;
}

ExpressionPtr ExpressionParser::ParseSum() {
  ExpressionPtr left = ParseProduct();
  while (left && (cursor_.Sees("+") || cursor_.Sees("-"))) {
    const Token& op = cursor_.Take();
    ExpressionPtr right = ParseProduct();
    if (!right) return nullptr;
    left = Binary(op, op.text, std::move(left), std::move(right));
  }
  return left;
}

ExpressionPtr ExpressionParser::ParseProduct() {
  ExpressionPtr left = ParseStringOperators();
  while (left && (cursor_.Sees("*") || cursor_.Sees("/") || cursor_.Sees("%"))) {
    const Token& op = cursor_.Take();
    ExpressionPtr right = ParseStringOperators();
    if (!right) return nullptr;
    left = Binary(op, op.text, std::move(left), std::move(right));
  }
  return left;
}

// column:text in a search.
ExpressionPtr ExpressionParser::ParseSearchTerm() {
  ExpressionPtr left = ParseUnary();
  if (!left || !searches_ || !cursor_.Sees(":")) return left;
  const Token& op = cursor_.Take();
  ExpressionPtr right = ParseUnary();
  return right ? Binary(op, ":", std::move(left), std::move(right)) : nullptr;
}

ExpressionPtr ExpressionParser::ParseStringOperators() {
  ExpressionPtr left = ParseSearchTerm();
  while (left && IsOperatorToken(cursor_.Peek())) {
    const Token& op = cursor_.Peek();
    const bool is_regex = op.IsName("matches");
    if (!is_regex && !IsOneOf(op.text, kStringOperators)) break;
    cursor_.Take();
    if (is_regex && !cursor_.ExpectName("regex")) return nullptr;
    ExpressionPtr right = ParseUnary();
    if (!right) return nullptr;
    left = Binary(op, is_regex ? "matches regex" : op.text, std::move(left), std::move(right));
  }
  return left;
}

ExpressionPtr ExpressionParser::ParseUnary() {
  if (!cursor_.Sees("-") && !cursor_.Sees("+")) return ParsePostfix();
  const Nesting nesting(nesting_);
  if (nesting_ > kExpressionDepthMax) {
    cursor_.Fail("this expression is nested too deeply");
    return nullptr;
  }
  const Token& op = cursor_.Take();
  ExpressionPtr operand = ParseUnary();
  if (!operand) return nullptr;
  auto unary = Make(ExpressionKind::kUnary, op.span, op.text);
  unary->children.push_back(std::move(operand));
  return Finish(std::move(unary));
}

ExpressionPtr ExpressionParser::ParsePostfix() {
  ExpressionPtr expression = ParsePrimary();
  while (expression) {
    if (cursor_.Sees(".")) {
      expression = ParseMember(std::move(expression));
    } else if (cursor_.Sees("[")) {
      expression = ParseIndex(std::move(expression));
    } else {
      break;
    }
  }
  return expression;
}

ExpressionPtr ExpressionParser::ParseMember(ExpressionPtr object) {
  cursor_.Take();
  if (cursor_.Sees("[")) return ParseIndex(std::move(object));  // "d.[key]"
  const Span name_span = cursor_.Peek().span;
  const auto name = ParseName();
  if (!name) return nullptr;
  auto member = Make(ExpressionKind::kMember, object->span, *name);
  member->name_span = name_span;
  member->children.push_back(std::move(object));
  return Finish(std::move(member));
}

ExpressionPtr ExpressionParser::ParseIndex(ExpressionPtr object) {
  const Span bracket = cursor_.Take().span;
  ExpressionPtr position = Parse();
  if (!position || !cursor_.Expect("]")) return nullptr;
  auto index = Make(ExpressionKind::kIndex, object->span, "");
  index->name_span = bracket;
  index->children.push_back(std::move(object));
  index->children.push_back(std::move(position));
  return Finish(std::move(index));
}

ExpressionPtr ExpressionParser::ParseList(ExpressionPtr left) {
  const Token& op = cursor_.Take();
  if (!cursor_.Expect("(")) return nullptr;
  auto list = Make(ExpressionKind::kList, left->span, op.text);
  list->name_span = op.span;
  list->children.push_back(std::move(left));
  while (!cursor_.Sees(")")) {
    ExpressionPtr item = ParseArgument();
    if (!item) return nullptr;
    list->children.push_back(std::move(item));
    if (!cursor_.Accept(",")) break;
  }
  if (!cursor_.Expect(")")) return nullptr;
  return Finish(std::move(list));
}

ExpressionPtr ExpressionParser::ParseBetween(ExpressionPtr left) {
  const Token& op = cursor_.Take();
  auto between = Make(ExpressionKind::kBetween, left->span, op.text);
  between->name_span = op.span;
  between->children.push_back(std::move(left));
  if (!cursor_.Expect("(")) return nullptr;
  for (const std::string_view separator : {"..", ")"}) {
    ExpressionPtr bound = Parse();
    if (!bound || !cursor_.Expect(separator)) return nullptr;
    between->children.push_back(std::move(bound));
  }
  return Finish(std::move(between));
}

ExpressionPtr ExpressionParser::ParsePrimary() {
  const Token& token = cursor_.Peek();
  switch (token.kind) {
    case TokenKind::kNumber: {
      cursor_.Take();
      auto constant = Make(ExpressionKind::kConstant, token.span);
      constant->constant = token.constant;
      return constant;
    }
    case TokenKind::kString: {
      auto constant = Make(ExpressionKind::kConstant, token.span);
      std::string value;
      while (cursor_.Peek().kind == TokenKind::kString) value += cursor_.Take().text;
      constant->constant = {Type::kString, std::move(value)};
      return Finish(std::move(constant));
    }
    case TokenKind::kName:
    case TokenKind::kQuotedName:
      return ParseNameOrCall();
    default:
      break;
  }
  if (cursor_.Sees("(")) return ParseParenthesised();
  if (cursor_.Sees("*")) return Make(ExpressionKind::kStar, cursor_.Take().span, "*");
  cursor_.Fail("expected an expression");
  return nullptr;
}

ExpressionPtr ExpressionParser::ParseParenthesised() {
  const Span open = cursor_.Take().span;
  ExpressionPtr inner = ParseArgument();
  if (!inner || !cursor_.Expect(")")) return nullptr;
  inner->span.begin = open.begin;
  inner->span.end = cursor_.end();
  return inner;
}

ExpressionPtr ExpressionParser::ParseNameOrCall() {
  const Token& token = cursor_.Peek();
  const bool is_call = cursor_.Peek(1).Is("(");
  if (token.kind == TokenKind::kName) {
    if (ToLower(token.text) == "true" || ToLower(token.text) == "false") {
      auto constant = Make(ExpressionKind::kConstant, cursor_.Take().span);
      constant->constant = {Type::kBool, ToLower(token.text) == "true"};
      return constant;
    }
    if (is_call && token.text == "dynamic") return ParseDynamicLiteral();
    if (is_call && token.text == "typeof") return ParseTypeOf();
    const auto type = is_call ? ParseTypeName(token.text) : std::nullopt;
    if (type && *type != Type::kString) return ParseTypedLiteral(*type);
    if (!is_call && IsOneOf(token.text, kReserved)) {
      cursor_.Fail(
          fmt::format("expected an expression (a name that is a word of the language is written ['{}'])", token.text));
      return nullptr;
    }
  }
  cursor_.Take();
  if (is_call) return ParseCall(token);
  return Make(ExpressionKind::kName, token.span, token.text);
}

ExpressionPtr ExpressionParser::ParseCall(const Token& name) {
  auto call = Make(ExpressionKind::kCall, name.span, name.text);
  cursor_.Take();
  while (!cursor_.Sees(")")) {
    ExpressionPtr argument = ParseArgument();
    if (!argument) return nullptr;
    call->children.push_back(std::move(argument));
    if (!cursor_.Accept(",")) break;
  }
  if (!cursor_.Expect(")")) return nullptr;
  return Finish(std::move(call));
}

// An argument, which may be named.
ExpressionPtr ExpressionParser::ParseArgument() {
  if (SeesDeclaredName()) {
    const Token& name = cursor_.Take();
    auto assignment = Make(ExpressionKind::kAssignment, name.span, name.text);
    cursor_.Take();
    ExpressionPtr value = Parse();
    if (!value) return nullptr;
    assignment->children.push_back(std::move(value));
    return Finish(std::move(assignment));
  }
  if (SeesRows()) return ParseRows(nullptr);
  ExpressionPtr expression = Parse();
  return expression && cursor_.Sees("|") ? ParseRows(std::move(expression)) : std::move(expression);
}

// Whether a source of rows begins here that is no expression.
bool ExpressionParser::SeesRows() const {
  const Token& next = cursor_.Peek(1);
  if (cursor_.SeesName("datatable")) return next.Is("(");
  if (cursor_.SeesName("range")) return next.kind == TokenKind::kName;
  if (cursor_.SeesName("union")) return next.kind == TokenKind::kName || next.Is("(");
  if (cursor_.SeesName("search") || cursor_.SeesName("find"))
    return next.kind == TokenKind::kName || next.kind == TokenKind::kString;
  return cursor_.SeesName("print") && !next.Is(")") && !next.Is(",");
}

ExpressionPtr ExpressionParser::ParseRows(ExpressionPtr source) {
  auto rows = Make(ExpressionKind::kPipeline, source ? source->span : cursor_.Peek().span);
  rows->pipeline = parse_rows_(std::move(source));
  return rows->pipeline ? Finish(std::move(rows)) : nullptr;
}

ExpressionPtr ExpressionParser::ParseTypeOf() {
  const Span span = cursor_.Take().span;
  cursor_.Take();
  const Span type_span = cursor_.Peek().span;
  const auto name = ParseName();
  if (!name || !cursor_.Expect(")")) return nullptr;
  const auto type = ParseTypeName(*name);
  if (!type) {
    cursor_.diagnostics().Add("SYN0002", type_span, fmt::format("there is no type '{}'", *name));
    return nullptr;
  }
  auto expression = Make(ExpressionKind::kTypeOf, span, *name);
  expression->constant.type = *type;
  return Finish(std::move(expression));
}

// "datetime(2025-06-14 12:34)" and the like: the text between the parentheses is not made of expressions.
ExpressionPtr ExpressionParser::ParseTypedLiteral(Type type) {
  const Token& name = cursor_.Take();
  const uint32_t begin = cursor_.Take().span.end;
  while (!cursor_.Sees(")") && !cursor_.AtEnd()) cursor_.Take();
  const uint32_t end = cursor_.Peek().span.begin;
  if (!cursor_.Expect(")")) return nullptr;
  const Span span{name.span.begin, cursor_.end()};
  const std::string_view text = cursor_.text().substr(begin, end - begin);
  auto constant = ParseConstant(type, text);
  if (!constant) {
    cursor_.diagnostics().Add("SYN0002", span,
                              fmt::format("'{}' is not a constant {}; to convert a value, write to{}(…)", Trim(text),
                                          TypeName(type), TypeName(type)));
    return nullptr;
  }
  auto expression = Make(ExpressionKind::kConstant, span);
  expression->constant = std::move(*constant);
  return expression;
}

ExpressionPtr ExpressionParser::ParseDynamicLiteral() {
  const Span span = cursor_.Take().span;
  cursor_.Take();
  std::string json;
  if (!AppendDynamicJson(json, 0) || !cursor_.Expect(")")) return nullptr;
  auto expression = Make(ExpressionKind::kConstant, span);
  expression->constant.type = Type::kDynamic;
  if (json != "null") expression->constant.value = std::move(json);
  return Finish(std::move(expression));
}

bool ExpressionParser::AppendDynamicJson(std::string& json, int depth) {
  if (depth > kExpressionDepthMax) return cursor_.Fail("this dynamic is nested too deeply");
  if (cursor_.AcceptName("null")) return json += "null", true;
  if (cursor_.Sees("{")) return AppendDynamicBag(json, depth);
  // "['a']" reads as a quoted name, and is a list of one here.
  if (cursor_.Peek().kind == TokenKind::kQuotedName) return json += "[" + JsonQuote(cursor_.Take().text) + "]", true;
  if (!cursor_.Accept("[")) return AppendDynamicScalar(json);
  json += '[';
  while (!cursor_.Sees("]")) {
    if (!AppendDynamicJson(json, depth + 1)) return false;
    if (!cursor_.Accept(",")) break;
    json += ',';
  }
  json += ']';
  return cursor_.Expect("]");
}

bool ExpressionParser::AppendDynamicScalar(std::string& json) {
  const ExpressionPtr value = ParseUnary();
  if (!value) return false;
  const bool is_signed = value->kind == ExpressionKind::kUnary;
  const Expression& operand = is_signed ? *value->children[0] : *value;
  if (operand.kind != ExpressionKind::kConstant) {
    cursor_.diagnostics().Add("SEM0040", value->span, "dynamic(…) holds constants only; use pack_array or bag_pack");
    return false;
  }
  if (is_signed && value->text == "-") json += '-';
  json += ConstantToJson(operand.constant);
  return true;
}

bool ExpressionParser::AppendDynamicBag(std::string& json, int depth) {
  cursor_.Take();
  json += '{';
  while (!cursor_.Sees("}")) {
    if (cursor_.Peek().kind != TokenKind::kString) return cursor_.Fail("expected a key in quotes");
    json += JsonQuote(cursor_.Take().text) + ":";
    if (!cursor_.Expect(":") || !AppendDynamicJson(json, depth + 1)) return false;
    if (!cursor_.Accept(",")) break;
    json += ',';
  }
  json += '}';
  return cursor_.Expect("}");
}

}  // namespace slipway::kql::tree
