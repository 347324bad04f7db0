// A place in the tokens with the tests and complaints that parsers share. Private to this room.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "slipway/kql/token/token.h"

namespace slipway::kql::tree {

class TokenCursor {
 public:
  TokenCursor(std::string_view text, const std::vector<Token>& tokens, Diagnostics& diagnostics)
      : text_(text), tokens_(tokens), diagnostics_(diagnostics) {}

  std::string_view text() const { return text_; }
  Diagnostics& diagnostics() { return diagnostics_; }
  const Token& Peek(size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
  const Token& Take() { return tokens_[at_ < tokens_.size() - 1 ? at_++ : at_]; }
  // The end of what was taken last.
  uint32_t end() const { return at_ == 0 ? 0 : tokens_[at_ - 1].span.end; }

  bool Sees(std::string_view symbol) const { return Peek().Is(symbol); }
  bool SeesName(std::string_view name) const { return Peek().IsName(name); }
  bool AtEnd() const { return Peek().kind == TokenKind::kEnd; }
  bool Accept(std::string_view symbol) {
    const bool seen = Sees(symbol);
    if (seen) Take();
    return seen;
  }
  bool AcceptName(std::string_view name) {
    const bool seen = SeesName(name);
    if (seen) Take();
    return seen;
  }
  // Takes `symbol`, or complains of the token that stands there.
  bool Expect(std::string_view symbol) {
    if (Accept(symbol)) return true;
    return Fail(fmt::format("expected '{}'", symbol));
  }
  bool ExpectName(std::string_view name) {
    if (AcceptName(name)) return true;
    return Fail(fmt::format("expected '{}'", name));
  }
  // Complains of the present token; always false.
  bool Fail(std::string_view expected) {
    diagnostics_.Add("SYN0002", Peek().span,
                     AtEnd() ? fmt::format("{}, but the query ends here", expected)
                             : fmt::format("{}, not '{}'", expected,
                                           text_.substr(Peek().span.begin, Peek().span.end - Peek().span.begin)));
    return false;
  }

  // Words joined by dashes without blanks ("mv-expand") as one; "" when no name stands here.
  std::string PeekDashedWord(size_t& tokens) const {
    tokens = 0;
    if (Peek().kind != TokenKind::kName) return "";
    std::string word = Peek().text;
    tokens = 1;
    while (Peek(tokens).Is("-") && Peek(tokens + 1).kind == TokenKind::kName &&
           Peek(tokens).span.begin == Peek(tokens - 1).span.end &&
           Peek(tokens + 1).span.begin == Peek(tokens).span.end) {
      word += "-" + Peek(tokens + 1).text;
      tokens += 2;
    }
    return word;
  }

  // Goes on to the next '|' or ';' that is outside parentheses opened from here.
  void SkipStep() {
    int open = 0;
    for (; !AtEnd(); Take()) {
      if (Sees("(") || Sees("[")) ++open;
      if (Sees(")") || Sees("]")) --open;
      if (open <= 0 && (Sees("|") || Sees(";"))) return;
    }
  }

 private:
  const std::string_view text_;
  const std::vector<Token>& tokens_;
  Diagnostics& diagnostics_;
  size_t at_ = 0;
};

}  // namespace slipway::kql::tree
