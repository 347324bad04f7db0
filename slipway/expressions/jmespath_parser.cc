// A Pratt parser with the binding powers of jmespath.py, so that precedence and its oddities are the same.
#include <fmt/format.h>

#include "slipway/expressions/jmespath_ast.h"

namespace slipway::expressions::jmespath {
namespace {

using enum TokenType;
using Kind = Node::Kind;

constexpr int kProjectionStop = 10;
constexpr int kDepthMax = 200;

int BindingPower(TokenType type) {
  switch (type) {
    case kPipe:
      return 1;
    case kOr:
      return 2;
    case kAnd:
      return 3;
    case kEqual:
    case kNotEqual:
    case kLess:
    case kLessOrEqual:
    case kGreater:
    case kGreaterOrEqual:
      return 5;
    case kFlatten:
      return 9;
    case kStar:
      return 20;
    case kFilter:
      return 21;
    case kDot:
      return 40;
    case kNot:
      return 45;
    case kLeftBrace:
      return 50;
    case kLeftBracket:
      return 55;
    case kLeftParen:
      return 60;
    default:
      return 0;
  }
}

NodePointer Make(Kind kind, std::vector<NodePointer> children = {}) {
  auto node = std::make_shared<Node>();
  node->kind = kind;
  node->children = std::move(children);
  return node;
}

NodePointer Identity() {
  return Make(Kind::kIdentity);
}

// `left` with one more link; a chain of the same sort grows.
NodePointer Link(const NodePointer& left, NodePointer right, bool Node::*is_sort) {
  auto node = std::make_shared<Node>();
  node->kind = Kind::kChain;
  if (left->kind == Kind::kChain && (*left).*is_sort)
    node->children = left->children;
  else
    node->children = {left};
  node->children.push_back(std::move(right));
  (*node).*is_sort = true;
  return node;
}

class Parser {
 public:
  Parser(std::string_view text, std::vector<Token> tokens) : text_(text), tokens_(std::move(tokens)) {}

  Result<NodePointer> Run() {
    SLIPWAY_ASSIGN_OR_RETURN(NodePointer root, Expression(0));
    if (Type() != kEnd) return Unexpected();
    return root;
  }

 private:
  TokenType Type(size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)].type; }
  const Token& Take() { return tokens_[at_++]; }
  Error Unexpected() const {
    const Token& token = tokens_[at_];
    return SyntaxError(
        text_, token.position,
        token.type == kEnd ? "the expression ends too early" : fmt::format("unexpected '{}'", token.text));
  }
  Status Match(TokenType type) {
    if (Type() != type) return Unexpected();
    ++at_;
    return {};
  }

  Result<NodePointer> Expression(int power) {
    if (++depth_ > kDepthMax)
      return InvalidArgument(fmt::format("the expression is nested deeper than {} levels", kDepthMax));
    SLIPWAY_ASSIGN_OR_RETURN(NodePointer left, Prefix());
    while (power < BindingPower(Type())) {
      SLIPWAY_ASSIGN_OR_RETURN(left, Infix(left));
    }
    --depth_;
    return left;
  }

  Result<NodePointer> Prefix() {
    switch (Type()) {
      case kIdentifier:
        return Field();
      case kQuotedIdentifier:
        if (Type(1) == kLeftParen) return SyntaxError(text_, tokens_[at_].position, "a function's name is not quoted");
        return Field();
      case kLiteral: {
        auto node = std::make_shared<Node>();
        node->kind = Kind::kLiteral;
        node->literal = Take().literal;
        return NodePointer(std::move(node));
      }
      case kStar:
        return PrefixStar();
      case kFilter:
        ++at_;
        return Filter(Identity());
      case kFlatten:
        ++at_;
        return Flatten(Identity());
      case kLeftBrace:
        ++at_;
        return MultiHash();
      case kLeftBracket:
        ++at_;
        return PrefixBracket();
      case kLeftParen:
        return Parenthesized();
      case kNot: {
        ++at_;
        SLIPWAY_ASSIGN_OR_RETURN(NodePointer operand, Expression(BindingPower(kNot)));
        return Make(Kind::kNot, {std::move(operand)});
      }
      case kCurrent:
        ++at_;
        return Identity();
      case kExpref: {
        ++at_;
        SLIPWAY_ASSIGN_OR_RETURN(NodePointer operand, Expression(0));
        return Make(Kind::kExpref, {std::move(operand)});
      }
      default:
        return Unexpected();
    }
  }

  Result<NodePointer> Infix(const NodePointer& left) {
    const TokenType type = Type();
    switch (type) {
      case kDot:
        ++at_;
        return Dot(left);
      case kPipe:
      case kOr:
      case kAnd:
        return Binary(left, type);
      case kLeftParen:
        return Function(left);
      case kFilter:
        ++at_;
        return Filter(left);
      case kFlatten:
        ++at_;
        return Flatten(left);
      case kLeftBracket:
        ++at_;
        return InfixBracket(left);
      case kEqual:
      case kNotEqual:
      case kLess:
      case kLessOrEqual:
      case kGreater:
      case kGreaterOrEqual:
        return Compare(left, type);
      default:
        return Unexpected();
    }
  }

  Result<NodePointer> Field() {
    auto node = std::make_shared<Node>();
    node->kind = Kind::kField;
    node->text = Take().text;
    return NodePointer(std::move(node));
  }

  Result<NodePointer> PrefixStar() {
    ++at_;
    NodePointer right = Identity();
    if (Type() != kRightBracket) {
      SLIPWAY_ASSIGN_OR_RETURN(right, ProjectionRight(BindingPower(kStar)));
    }
    return Make(Kind::kValueProjection, {Identity(), right});
  }

  Result<NodePointer> Parenthesized() {
    ++at_;
    SLIPWAY_ASSIGN_OR_RETURN(NodePointer inside, Expression(0));
    SLIPWAY_RETURN_IF_ERROR(Match(kRightParen));
    return inside;
  }

  Result<NodePointer> Binary(const NodePointer& left, TokenType type) {
    ++at_;
    SLIPWAY_ASSIGN_OR_RETURN(NodePointer right, Expression(BindingPower(type)));
    return Make(type == kPipe ? Kind::kChain : type == kOr ? Kind::kOr : Kind::kAnd, {left, std::move(right)});
  }

  Result<NodePointer> Compare(const NodePointer& left, TokenType type) {
    ++at_;
    SLIPWAY_ASSIGN_OR_RETURN(NodePointer right, Expression(BindingPower(type)));
    auto node = std::make_shared<Node>();
    node->kind = Kind::kCompare;
    node->comparison = type;
    node->children = {left, std::move(right)};
    return NodePointer(std::move(node));
  }

  Result<NodePointer> Dot(const NodePointer& left) {
    if (Type() == kStar) {
      ++at_;
      SLIPWAY_ASSIGN_OR_RETURN(NodePointer right, ProjectionRight(BindingPower(kDot)));
      return Make(Kind::kValueProjection, {left, std::move(right)});
    }
    SLIPWAY_ASSIGN_OR_RETURN(NodePointer right, DotRight(BindingPower(kDot)));
    return Link(left, std::move(right), &Node::is_dot_chain);
  }

  Result<NodePointer> Function(const NodePointer& left) {
    if (left->kind != Kind::kField) return Unexpected();
    ++at_;
    auto node = std::make_shared<Node>();
    node->kind = Kind::kFunction;
    node->text = left->text;
    while (Type() != kRightParen) {
      SLIPWAY_ASSIGN_OR_RETURN(NodePointer argument, Expression(0));
      node->children.push_back(std::move(argument));
      if (Type() == kComma)
        ++at_;
      else if (Type() != kRightParen)
        return Unexpected();
    }
    ++at_;
    return NodePointer(std::move(node));
  }

  Result<NodePointer> Filter(const NodePointer& left) {
    SLIPWAY_ASSIGN_OR_RETURN(NodePointer condition, Expression(0));
    SLIPWAY_RETURN_IF_ERROR(Match(kRightBracket));
    NodePointer right = Identity();
    if (Type() != kFlatten) {
      SLIPWAY_ASSIGN_OR_RETURN(right, ProjectionRight(BindingPower(kFilter)));
    }
    return Make(Kind::kFilterProjection, {left, right, std::move(condition)});
  }

  Result<NodePointer> Flatten(const NodePointer& left) {
    SLIPWAY_ASSIGN_OR_RETURN(NodePointer right, ProjectionRight(BindingPower(kFlatten)));
    return Make(Kind::kProjection, {Make(Kind::kFlatten, {left}), std::move(right)});
  }

  Result<NodePointer> PrefixBracket() {
    if (Type() == kNumber || Type() == kColon) {
      SLIPWAY_ASSIGN_OR_RETURN(NodePointer index, Index());
      return ProjectIfSlice(Identity(), std::move(index));
    }
    if (Type() == kStar && Type(1) == kRightBracket) {
      at_ += 2;
      SLIPWAY_ASSIGN_OR_RETURN(NodePointer right, ProjectionRight(BindingPower(kStar)));
      return Make(Kind::kProjection, {Identity(), std::move(right)});
    }
    return MultiList();
  }

  Result<NodePointer> InfixBracket(const NodePointer& left) {
    if (Type() == kNumber || Type() == kColon) {
      SLIPWAY_ASSIGN_OR_RETURN(NodePointer index, Index());
      if (left->is_index_chain) return Link(left, std::move(index), &Node::is_index_chain);
      return ProjectIfSlice(left, std::move(index));
    }
    SLIPWAY_RETURN_IF_ERROR(Match(kStar));
    SLIPWAY_RETURN_IF_ERROR(Match(kRightBracket));
    SLIPWAY_ASSIGN_OR_RETURN(NodePointer right, ProjectionRight(BindingPower(kStar)));
    return Make(Kind::kProjection, {left, std::move(right)});
  }

  Result<NodePointer> ProjectIfSlice(const NodePointer& left, NodePointer index) {
    const bool is_slice = index->kind == Kind::kSlice;
    NodePointer chain = Link(left, std::move(index), &Node::is_index_chain);
    if (!is_slice) return chain;
    SLIPWAY_ASSIGN_OR_RETURN(NodePointer right, ProjectionRight(BindingPower(kStar)));
    return Make(Kind::kProjection, {std::move(chain), std::move(right)});
  }

  // "2]" or "1:5:2]".
  Result<NodePointer> Index() {
    auto node = std::make_shared<Node>();
    if (Type() != kColon && Type(1) != kColon) {
      node->kind = Kind::kIndex;
      node->number = Take().number;
      SLIPWAY_RETURN_IF_ERROR(Match(kRightBracket));
      return NodePointer(std::move(node));
    }
    node->kind = Kind::kSlice;
    for (size_t part = 0; Type() != kRightBracket;) {
      if (Type() == kColon) {
        if (++part == 3) return Unexpected();
        ++at_;
      } else if (Type() == kNumber && !node->slice[part]) {
        node->slice[part] = Take().number;
      } else {
        return Unexpected();
      }
    }
    ++at_;
    return NodePointer(std::move(node));
  }

  Result<NodePointer> MultiList() {
    std::vector<NodePointer> items;
    while (true) {
      SLIPWAY_ASSIGN_OR_RETURN(NodePointer item, Expression(0));
      items.push_back(std::move(item));
      if (Type() == kRightBracket) break;
      SLIPWAY_RETURN_IF_ERROR(Match(kComma));
    }
    ++at_;
    return Make(Kind::kMultiList, std::move(items));
  }

  Result<NodePointer> MultiHash() {
    auto node = std::make_shared<Node>();
    node->kind = Kind::kMultiHash;
    while (true) {
      if (Type() != kIdentifier && Type() != kQuotedIdentifier) return Unexpected();
      node->keys.push_back(Take().text);
      SLIPWAY_RETURN_IF_ERROR(Match(kColon));
      SLIPWAY_ASSIGN_OR_RETURN(NodePointer value, Expression(0));
      node->children.push_back(std::move(value));
      if (Type() == kRightBrace) break;
      SLIPWAY_RETURN_IF_ERROR(Match(kComma));
    }
    ++at_;
    return NodePointer(std::move(node));
  }

  Result<NodePointer> ProjectionRight(int power) {
    if (BindingPower(Type()) < kProjectionStop) return Identity();
    if (Type() == kLeftBracket || Type() == kFilter) return Expression(power);
    SLIPWAY_RETURN_IF_ERROR(Match(kDot));
    return DotRight(power);
  }

  Result<NodePointer> DotRight(int power) {
    switch (Type()) {
      case kIdentifier:
      case kQuotedIdentifier:
      case kStar:
        return Expression(power);
      case kLeftBracket:
        ++at_;
        return MultiList();
      case kLeftBrace:
        ++at_;
        return MultiHash();
      default:
        return Unexpected();
    }
  }

  std::string_view text_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

Result<NodePointer> Parse(std::string_view expression) {
  SLIPWAY_ASSIGN_OR_RETURN(auto tokens, Tokenize(expression));
  return Parser(expression, std::move(tokens)).Run();
}

}  // namespace slipway::expressions::jmespath
