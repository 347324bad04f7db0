// The words of a query.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "slipway/kql/diagnostic.h"
#include "slipway/kql/type.h"

namespace slipway::kql {

enum class TokenKind {
  kEnd,
  kName,        // text: the name
  kQuotedName,  // ['any text']; text: without brackets and escapes
  kString,      // text: the value
  kNumber,      // constant: long, real or timespan
  kSymbol,      // text: operator or punctuation; word operators with '!' or '~' too ("!has", "in~")
  kLiteral,     // what stands between the parentheses of datetime(…), timespan(…) or guid(…), as it is written
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  Span span;
  std::string text;
  Constant constant;

  bool Is(std::string_view symbol) const { return kind == TokenKind::kSymbol && text == symbol; }
  bool IsName(std::string_view name) const { return kind == TokenKind::kName && text == name; }
};

// Ends with a kEnd token. What cannot be a token is reported (SYN0001) and left out.
std::vector<Token> Tokenize(std::string_view query, Diagnostics& diagnostics);

// One token a line, for people.
std::string ExplainTokens(const std::vector<Token>& tokens);

}  // namespace slipway::kql
