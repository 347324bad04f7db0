#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/expressions/workflow/ast.h"
#include "slipway/expressions/workflow/expression.h"
#include "slipway/expressions/workflow/functions.h"
#include "slipway/expressions/workflow/lexer.h"

namespace slipway::expressions::workflow {
namespace {

using NodePtr = std::unique_ptr<Node>;

constexpr size_t kTextMax = 21'000;
constexpr int kDepthMax = 50;
constexpr int kOperatorsMax = 1000;  // a chain of them is as deep as it is long

const std::vector<std::string>& AllContexts() {
  static const std::vector<std::string> kNames = {"github", "env",   "vars", "secrets", "inputs",   "job",
                                                  "steps",  "needs", "jobs", "matrix",  "strategy", "runner"};
  return kNames;
}

// Precedence climbing; a level for each group of operators that bind alike.
struct Operator {
  std::string_view text;
  Node::Kind kind;
  int level;
};
constexpr Operator kOperators[] = {
    {"||", Node::Kind::kOr, 1},     {"&&", Node::Kind::kAnd, 2},
    {"==", Node::Kind::kEqual, 3},  {"!=", Node::Kind::kNotEqual, 3},
    {"<", Node::Kind::kLess, 4},    {"<=", Node::Kind::kLessOrEqual, 4},
    {">", Node::Kind::kGreater, 4}, {">=", Node::Kind::kGreaterOrEqual, 4},
};
constexpr int kTightest = 5;

class Parser {
 public:
  Parser(std::string_view text, const Rules& rules, std::vector<Token> tokens)
      : text_(text), rules_(rules), tokens_(std::move(tokens)) {}

  Result<NodePtr> Run() {
    SLIPWAY_ASSIGN_OR_RETURN(NodePtr root, Binary(1));
    if (Peek().kind != Token::Kind::kEnd) return Unexpected("an operator or the end");
    return root;
  }

  bool calls_status = false;
  std::vector<Use> uses;

 private:
  const Token& Peek() const { return tokens_[at_]; }
  bool Takes(std::string_view symbol) {
    if (Peek().kind != Token::Kind::kSymbol || Peek().text != symbol) return false;
    ++at_;
    return true;
  }
  Error Unexpected(std::string_view wanted) const {
    const Token& token = Peek();
    if (token.kind == Token::Kind::kEnd)
      return AtCaret(text_, token.position, fmt::format("the expression ends where {} is needed", wanted));
    return AtCaret(text_, token.position, fmt::format("'{}' stands where {} is needed", token.text, wanted));
  }

  const Operator* PeekOperator(int level) const {
    if (Peek().kind != Token::Kind::kSymbol) return nullptr;
    for (const Operator& each : kOperators)
      if (each.level == level && each.text == Peek().text) return &each;
    return nullptr;
  }

  Result<NodePtr> Binary(int level) {
    if (level == kTightest) return Unary();
    SLIPWAY_ASSIGN_OR_RETURN(NodePtr left, Binary(level + 1));
    while (const Operator* found = PeekOperator(level)) {
      auto node = std::make_unique<Node>();
      node->kind = found->kind;
      node->position = Peek().position;
      if (++operators_ > kOperatorsMax)
        return AtCaret(text_, node->position, fmt::format("more than {} operators", kOperatorsMax));
      ++at_;
      SLIPWAY_ASSIGN_OR_RETURN(NodePtr right, Binary(level + 1));
      node->children.push_back(std::move(left));
      node->children.push_back(std::move(right));
      left = std::move(node);
    }
    return left;
  }

  Result<NodePtr> Unary() {
    const size_t position = Peek().position;
    if (!Takes("!")) return Postfix();
    if (++depth_ > kDepthMax) return TooDeep(position);
    auto node = std::make_unique<Node>();
    node->kind = Node::Kind::kNot;
    node->position = position;
    SLIPWAY_ASSIGN_OR_RETURN(NodePtr operand, Unary());
    node->children.push_back(std::move(operand));
    --depth_;
    return node;
  }

  Error TooDeep(size_t position) const {
    return AtCaret(text_, position, fmt::format("nested deeper than {} levels", kDepthMax));
  }

  Result<NodePtr> Postfix() {
    std::optional<Use> use;
    SLIPWAY_ASSIGN_OR_RETURN(NodePtr node, Primary(use));
    for (int links = 0;; ++links) {
      const size_t position = Peek().position;
      if (links > kDepthMax) return TooDeep(position);
      NodePtr index;
      if (Takes(".")) {
        if (Takes("*")) {
          node = All(std::move(node), position);
          if (use) EndUse(use);
          continue;
        }
        if (Peek().kind != Token::Kind::kName) return Unexpected("a property's name");
        index = LiteralNode(Value(Peek().text), Peek().position);
        ++at_;
      } else if (Takes("[")) {
        if (Takes("*")) {
          node = All(std::move(node), position);
          if (use) EndUse(use);
        } else {
          if (++depth_ > kDepthMax) return TooDeep(position);
          SLIPWAY_ASSIGN_OR_RETURN(index, Binary(1));
          --depth_;
        }
        if (!Takes("]")) return Unexpected("']'");
        if (!index) continue;
      } else {
        break;
      }
      if (use && index->kind == Node::Kind::kLiteral && index->literal.text())
        use->names.push_back(*index->literal.text());
      else if (use)
        EndUse(use);
      auto next = std::make_unique<Node>();
      next->kind = Node::Kind::kIndex;
      next->position = position;
      next->children.push_back(std::move(node));
      next->children.push_back(std::move(index));
      node = std::move(next);
    }
    if (use) EndUse(use);
    return node;
  }

  void EndUse(std::optional<Use>& use) {
    uses.push_back(std::move(*use));
    use.reset();
  }

  static NodePtr All(NodePtr base, size_t position) {
    auto node = std::make_unique<Node>();
    node->kind = Node::Kind::kAll;
    node->position = position;
    node->children.push_back(std::move(base));
    return node;
  }

  static NodePtr LiteralNode(Value value, size_t position) {
    auto node = std::make_unique<Node>();
    node->literal = std::move(value);
    node->position = position;
    return node;
  }

  Result<NodePtr> Primary(std::optional<Use>& use) {
    const Token token = Peek();
    if (token.kind == Token::Kind::kLiteral) {
      ++at_;
      return LiteralNode(token.literal, token.position);
    }
    if (token.kind == Token::Kind::kName) {
      ++at_;
      return Takes("(") ? Call(token) : Context(token, use);
    }
    if (!Takes("(")) return Unexpected("a value");
    if (++depth_ > kDepthMax) return TooDeep(token.position);
    SLIPWAY_ASSIGN_OR_RETURN(NodePtr inner, Binary(1));
    --depth_;
    if (!Takes(")")) return Unexpected("')'");
    return inner;
  }

  Result<NodePtr> Context(const Token& token, std::optional<Use>& use) {
    const std::string name = ToLower(token.text);
    const auto is_in = [&](const std::vector<std::string>& names) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
    if (!is_in(AllContexts()) && !is_in(rules_.contexts)) {
      if (name == "true" || name == "false" || name == "null")
        return AtCaret(text_, token.position, fmt::format("'{}' is written '{}'", token.text, name));
      const std::string hint = FindFunction(name) ? fmt::format("; the function is called as '{}(…)'", token.text)
                                                  : DidYouMean(token.text, AllContexts());
      return AtCaret(text_, token.position,
                     fmt::format("there is no context '{}'{}; text stands in single quotes", token.text, hint));
    }
    if (!is_in(rules_.contexts)) {
      const std::string allowed = Join(rules_.contexts, ", ");
      return AtCaret(text_, token.position,
                     fmt::format("the context '{}' is not available here{}{}", token.text,
                                 allowed.empty() ? ", no context is" : "; there is: ", allowed));
    }
    use = Use{name, {}};
    auto node = LiteralNode({}, token.position);
    node->kind = Node::Kind::kContext;
    node->name = name;
    return node;
  }

  Status CheckFunction(const Function& function, const Token& token) const {
    if (function.kind == FunctionKind::kStatus && !rules_.has_status_functions)
      return AtCaret(text_, token.position, fmt::format("{}() is available in 'if' alone", function.name));
    if (function.kind == FunctionKind::kHashFiles && !rules_.has_hash_files)
      return AtCaret(text_, token.position, "hashFiles() is available in steps alone");
    return {};
  }

  static Status CheckCount(std::string_view text, const Function& function, size_t count, size_t position) {
    const bool is_odd_case = function.kind != FunctionKind::kCase || count % 2 == 1;
    if (count >= function.arguments_min && count <= function.arguments_max && is_odd_case) return {};
    std::string wanted = std::to_string(function.arguments_min);
    if (function.arguments_max != function.arguments_min)
      wanted = function.arguments_max < 255 ? fmt::format("{} or {}", wanted, function.arguments_max)
                                            : fmt::format("at least {}", wanted);
    if (function.kind == FunctionKind::kCase) wanted = "an odd number of, at least 3,";
    return AtCaret(text, position, fmt::format("{}() takes {} arguments, not {}", function.name, wanted, count));
  }

  Result<NodePtr> Call(const Token& token) {
    const Function* function = FindFunction(token.text);
    if (!function)
      return AtCaret(text_, token.position,
                     fmt::format("there is no function '{}'{}", token.text, DidYouMean(token.text, FunctionNames())));
    SLIPWAY_RETURN_IF_ERROR(CheckFunction(*function, token));
    calls_status = calls_status || function->kind == FunctionKind::kStatus;
    auto node = LiteralNode({}, token.position);
    node->kind = Node::Kind::kCall;
    node->name = std::string(function->name);
    if (++depth_ > kDepthMax) return TooDeep(token.position);
    if (!Takes(")")) {
      do {
        SLIPWAY_ASSIGN_OR_RETURN(NodePtr argument, Binary(1));
        node->children.push_back(std::move(argument));
      } while (Takes(","));
      if (!Takes(")")) return Unexpected("',' or ')'");
    }
    --depth_;
    SLIPWAY_RETURN_IF_ERROR(CheckCount(text_, *function, node->children.size(), token.position));
    return node;
  }

  const std::string_view text_;
  const Rules& rules_;
  const std::vector<Token> tokens_;
  size_t at_ = 0;
  int depth_ = 0, operators_ = 0;
};

}  // namespace

Rules AllowEverything() {
  return {AllContexts(), true, true};
}

Result<Expression> Expression::Parse(std::string_view text, const Rules& rules) {
  if (text.size() > kTextMax)
    return InvalidArgument(fmt::format("the expression has more than {} characters", kTextMax));
  if (Trim(text).empty()) return InvalidArgument("the expression is empty");
  SLIPWAY_ASSIGN_OR_RETURN(auto tokens, Tokenize(text));
  Parser parser(text, rules, std::move(tokens));
  SLIPWAY_ASSIGN_OR_RETURN(NodePtr root, parser.Run());
  Expression expression;
  expression.root_ = std::move(root);
  expression.calls_status_ = parser.calls_status;
  expression.uses_ = std::move(parser.uses);
  return expression;
}

}  // namespace slipway::expressions::workflow
