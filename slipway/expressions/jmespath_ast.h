// Tokens and tree of JMESPath expressions. For this room's own files.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "slipway/base/result.h"

namespace slipway::expressions::jmespath {

using Json = nlohmann::ordered_json;

enum class TokenType {
  kEnd,
  kIdentifier,
  kQuotedIdentifier,
  kLiteral,
  kNumber,
  kDot,
  kStar,
  kLeftBracket,
  kRightBracket,
  kFlatten,
  kFilter,
  kLeftBrace,
  kRightBrace,
  kLeftParen,
  kRightParen,
  kComma,
  kColon,
  kCurrent,
  kExpref,
  kPipe,
  kOr,
  kAnd,
  kNot,
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual
};

struct Token {
  TokenType type = TokenType::kEnd;
  std::string text;    // identifiers: the name; otherwise as written
  Json literal;        // kLiteral
  int64_t number = 0;  // kNumber
  size_t position = 0;
};

// The last token is kEnd.
Result<std::vector<Token>> Tokenize(std::string_view expression);

// "what\n  expression\n      ^".
Error SyntaxError(std::string_view expression, size_t position, std::string_view what);

struct Node {
  enum class Kind {
    kIdentity,
    kField,             // text
    kLiteral,           // literal
    kIndex,             // number
    kSlice,             // slice
    kChain,             // children one after another: subexpressions, indexes, pipes
    kProjection,        // left, right
    kValueProjection,   // left, right
    kFilterProjection,  // left, right, condition
    kFlatten,           // child
    kMultiList,         // children
    kMultiHash,         // keys, children
    kOr,
    kAnd,
    kNot,
    kCompare,   // comparison
    kFunction,  // text, children
    kExpref     // child
  };

  Kind kind = Kind::kIdentity;
  std::string text;
  Json literal;
  int64_t number = 0;
  std::optional<int64_t> slice[3];
  TokenType comparison = TokenType::kEqual;
  std::vector<std::string> keys;
  std::vector<std::shared_ptr<const Node>> children;
  bool is_index_chain = false;  // a kChain of indexes, which further ones join
  bool is_dot_chain = false;    // a kChain of dots
};

using NodePointer = std::shared_ptr<const Node>;

Result<NodePointer> Parse(std::string_view expression);

Result<Json> Evaluate(const Node& node, const Json& value);

// A function's argument: a value, or an expression that stands for itself (&expr).
struct Argument {
  Json value;
  const Node* expression = nullptr;
};
Result<Json> CallFunction(const std::string& name, std::vector<Argument> arguments);

// Deep equality; objects without order, 1 equals 1.0.
bool AreEqual(const Json& a, const Json& b);
// null, false, "", [] and {} are not.
bool IsTrue(const Json& value);

}  // namespace slipway::expressions::jmespath
