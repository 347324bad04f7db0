#include "slipway/expressions/workflow/lexer.h"

#include <cctype>
#include <cmath>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::expressions::workflow {
namespace {

bool IsNameStart(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) || c == '_';
}

bool IsNamePart(char c) {
  return IsNameStart(c) || std::isdigit(static_cast<unsigned char>(c)) || c == '-';
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Result<std::vector<Token>> Run() {
    for (;;) {
      while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
      if (at_ == text_.size()) break;
      SLIPWAY_ASSIGN_OR_RETURN(Token token, Next());
      tokens_.push_back(std::move(token));
    }
    tokens_.push_back({Token::Kind::kEnd, "", {}, text_.size()});
    return std::move(tokens_);
  }

 private:
  Result<Token> Next() {
    const char c = text_[at_];
    if (c == '\'') return String();
    if (c == '"') return AtCaret(text_, at_, "strings stand in single quotes: 'text'");
    if (IsNameStart(c)) return Word();
    const bool is_member = c == '.' && FollowsValue();
    if (std::isdigit(static_cast<unsigned char>(c)) || c == '-' || c == '+' || (c == '.' && !is_member))
      return Number();
    return Symbol();
  }

  // After these a '.' reads a property, elsewhere it begins a number.
  bool FollowsValue() const {
    if (tokens_.empty()) return false;
    const Token& last = tokens_.back();
    return last.kind == Token::Kind::kName || last.text == ")" || last.text == "]" || last.text == "*";
  }

  Result<Token> String() {
    const size_t start = at_++;
    std::string value;
    for (;; ++at_) {
      if (at_ == text_.size()) return AtCaret(text_, start, "the string has no closing quote");
      if (text_[at_] != '\'') {
        value += text_[at_];
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '\'') {
        value += text_[at_++];
      } else {
        break;
      }
    }
    ++at_;
    return Token{Token::Kind::kLiteral, std::string(text_.substr(start, at_ - start)), Value(value), start};
  }

  Result<Token> Word() {
    const size_t start = at_;
    while (at_ < text_.size() && IsNamePart(text_[at_])) ++at_;
    std::string word(text_.substr(start, at_ - start));
    const bool is_property =
        !tokens_.empty() && tokens_.back().text == "." && tokens_.back().kind == Token::Kind::kSymbol;
    Token token{Token::Kind::kName, word, {}, start};
    if (is_property) return token;
    token.kind = Token::Kind::kLiteral;
    if (word == "true" || word == "false") {
      token.literal = Value(word == "true");
    } else if (word == "NaN") {
      token.literal = Value(std::nan(""));
    } else if (word == "Infinity") {
      token.literal = Value(static_cast<double>(INFINITY));
    } else if (word != "null") {
      token.kind = Token::Kind::kName;
    }
    return token;
  }

  Result<Token> Number() {
    const size_t start = at_++;
    const auto is_part = [&](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) || c == '.' ||
             ((c == '-' || c == '+') && (text_[at_ - 1] == 'e' || text_[at_ - 1] == 'E'));
    };
    while (at_ < text_.size() && is_part(text_[at_])) ++at_;
    const std::string word(text_.substr(start, at_ - start));
    const double value = ParseNumber(word);
    if (std::isnan(value)) return AtCaret(text_, start, fmt::format("'{}' is no number", word));
    return Token{Token::Kind::kLiteral, word, Value(value), start};
  }

  Result<Token> Symbol() {
    for (const std::string_view symbol :
         {"&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "(", ")", "[", "]", ".", ",", "*"}) {
      if (!text_.substr(at_).starts_with(symbol)) continue;
      Token token{Token::Kind::kSymbol, std::string(symbol), {}, at_};
      at_ += symbol.size();
      return token;
    }
    return AtCaret(text_, at_, UnknownSymbol());
  }

  std::string UnknownSymbol() const {
    const char c = text_[at_];
    if (c == '=') return "a comparison is written '=='";
    if (c == '&') return "'and' is written '&&'";
    if (c == '|') return "'or' is written '||'";
    if (c == '$' || c == '{' || c == '}') return "an expression inside an expression: leave '${{' and '}}' out";
    if (c == '?' || c == '/' || c == '%')
      return fmt::format("there is no operator '{}' in this language (a && b || c chooses)", c);
    return fmt::format("'{}' means nothing here", c);
  }

  const std::string_view text_;
  size_t at_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

Result<std::vector<Token>> Tokenize(std::string_view text) {
  return Lexer(text).Run();
}

Error AtCaret(std::string_view text, size_t position, std::string message) {
  // The line of the position alone, cut to what fits on a screen.
  size_t start = text.substr(0, position).rfind('\n');
  start = start == std::string_view::npos ? 0 : start + 1;
  if (position - start > 80) start = position - 60;
  std::string_view line = text.substr(start);
  line = line.substr(0, std::min<size_t>(line.find('\n'), 120));
  return InvalidArgument(fmt::format("{}\n    {}\n    {}^", message, line, std::string(position - start, ' ')));
}

}  // namespace slipway::expressions::workflow
