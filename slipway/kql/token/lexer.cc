#include <algorithm>
#include <cctype>
#include <cmath>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/kql/token/token.h"

namespace slipway::kql {
namespace {

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
bool IsNameStart(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) || c == '_' || c == '$';
}
bool IsNamePart(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
}

void AppendUtf8(std::string& text, uint32_t code) {
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else if (code < 0x800) {
    text += static_cast<char>(0xC0 | code >> 6);
    text += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    text += static_cast<char>(0xE0 | code >> 12);
    text += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    text += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    text += static_cast<char>(0xF0 | code >> 18);
    text += static_cast<char>(0x80 | (code >> 12 & 0x3F));
    text += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    text += static_cast<char>(0x80 | (code & 0x3F));
  }
}

constexpr std::pair<char, char> kSimpleEscapes[] = {{'\\', '\\'}, {'\'', '\''}, {'"', '"'},  {'n', '\n'}, {'r', '\r'},
                                                    {'t', '\t'},  {'a', '\a'},  {'b', '\b'}, {'f', '\f'}, {'v', '\v'}};

// Longest first.
constexpr std::string_view kSymbols[] = {"==", "!=", "<>", "<=", ">=", "=~", "!~", "=>", "..", "|", ",", ";", "(", ")",
                                         "[",  "]",  "{",  "}",  "<",  ">",  "=",  "+",  "-",  "*", "/", "%", ".", ":"};

class Lexer {
 public:
  Lexer(std::string_view text, Diagnostics& diagnostics) : text_(text), diagnostics_(diagnostics) {}

  std::vector<Token> Run() {
    while (SkipBlanks()) ReadToken();
    Push(TokenKind::kEnd, text_.size(), "");
    return std::move(tokens_);
  }

 private:
  char Peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  bool Sees(std::string_view what) const { return text_.substr(at_).starts_with(what); }

  void Push(TokenKind kind, size_t begin, std::string text, Constant constant = {}) {
    tokens_.push_back(
        {kind, {static_cast<uint32_t>(begin), static_cast<uint32_t>(at_)}, std::move(text), std::move(constant)});
  }
  void Complain(size_t begin, std::string message) {
    diagnostics_.Add("SYN0001", {static_cast<uint32_t>(begin), static_cast<uint32_t>(at_)}, std::move(message));
  }

  // Passes blanks and comments; false at the end.
  bool SkipBlanks() {
    while (at_ < text_.size()) {
      if (std::isspace(static_cast<unsigned char>(text_[at_]))) {
        ++at_;
      } else if (Sees("//")) {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else {
        return true;
      }
    }
    return false;
  }

  void ReadToken() {
    const char c = Peek();
    const bool hidden = (c == 'h' || c == 'H') && (Peek(1) == '\'' || Peek(1) == '"' || Peek(1) == '@');
    if (c == '\'' || c == '"' || c == '@' || hidden) return ReadString();
    if (Sees("```") || Sees("~~~")) return ReadMultilineString();
    if (IsDigit(c)) return ReadNumber();
    if (IsNameStart(c)) return ReadName();
    if (c == '[' && (Peek(1) == '\'' || Peek(1) == '"') && !FollowsValue()) return ReadQuotedName();
    if (c == '!' && IsNameStart(Peek(1))) return ReadNegatedWord();
    for (const std::string_view symbol : kSymbols) {
      if (!Sees(symbol)) continue;
      const bool opens_literal = symbol == "(" && FollowsLiteralType();
      const size_t begin = std::exchange(at_, at_ + symbol.size());
      Push(TokenKind::kSymbol, begin, std::string(symbol));
      if (opens_literal) ReadLiteral();
      return;
    }
    SkipUnknown();
  }

  // Where "[" would index what stands before it.
  bool FollowsValue() const {
    if (tokens_.empty() || tokens_.back().span.end != at_) return false;
    const Token& last = tokens_.back();
    return last.kind == TokenKind::kName || last.kind == TokenKind::kQuotedName || last.Is(")") || last.Is("]");
  }

  bool FollowsLiteralType() const {
    constexpr std::string_view kTypes[] = {"datetime", "date", "timespan", "time", "guid", "uuid", "uniqueid"};
    return !tokens_.empty() && tokens_.back().kind == TokenKind::kName &&
           std::find(std::begin(kTypes), std::end(kTypes), tokens_.back().text) != std::end(kTypes);
  }

  // "2026-03-04T05:06:07.89Z" is not made of tokens. A quoted text is one.
  void ReadLiteral() {
    if (!SkipBlanks() || Peek() == '\'' || Peek() == '"') return;
    const size_t begin = at_;
    while (at_ < text_.size() && Peek() != ')' && Peek() != '\n') ++at_;
    if (at_ > begin) Push(TokenKind::kLiteral, begin, std::string(Trim(text_.substr(begin, at_ - begin))));
  }

  void SkipUnknown() {
    const size_t begin = at_++;
    while (at_ < text_.size() && (static_cast<unsigned char>(text_[at_]) & 0xC0) == 0x80) ++at_;
    const std::string_view character = text_.substr(begin, at_ - begin);
    const std::string_view advice = character == "!"   ? "; negation is not(…)"
                                    : character == "&" ? "; conjunction is 'and'"
                                                       : "";
    Complain(begin, fmt::format("unexpected character '{}'{}", character, advice));
  }

  void ReadName() {
    const size_t begin = at_;
    while (IsNamePart(Peek()) || (at_ == begin && IsNameStart(Peek()))) ++at_;
    std::string name(text_.substr(begin, at_ - begin));
    if (name == "in" && Peek() == '~') {
      ++at_;
      return Push(TokenKind::kSymbol, begin, "in~");
    }
    Push(TokenKind::kName, begin, std::move(name));
  }

  void ReadNegatedWord() {
    const size_t begin = at_++;
    while (IsNamePart(Peek())) ++at_;
    if (text_.substr(begin, at_ - begin) == "!in" && Peek() == '~') ++at_;
    Push(TokenKind::kSymbol, begin, std::string(text_.substr(begin, at_ - begin)));
  }

  // "['text']" is a name; "['a', 'b']" is the beginning of a list.
  void ReadQuotedName() {
    const size_t begin = at_++;
    const auto name = ReadQuoted();
    if (!name) return;
    SkipBlanks();
    if (Peek() == ']') {
      ++at_;
      return Push(TokenKind::kQuotedName, begin, *name);
    }
    at_ = begin + 1;
    Push(TokenKind::kSymbol, begin, "[");
  }

  void ReadString() {
    const size_t begin = at_;
    if (Peek() == 'h' || Peek() == 'H') ++at_;
    const bool verbatim = Peek() == '@';
    if (verbatim) ++at_;
    if (Peek() != '\'' && Peek() != '"') return Complain(begin, "a quote is missing after '@'");
    if (auto value = verbatim ? ReadVerbatim() : ReadQuoted()) Push(TokenKind::kString, begin, std::move(*value));
  }

  std::optional<std::string> ReadVerbatim() {
    const size_t begin = at_;
    const char quote = text_[at_++];
    std::string value;
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == quote && Peek(1) != quote) return ++at_, value;
      if (text_[at_] == quote) ++at_;
      value += text_[at_];
    }
    Complain(begin, "this string has no end");
    return std::nullopt;
  }

  std::optional<std::string> ReadQuoted() {
    const size_t begin = at_;
    const char quote = text_[at_++];
    std::string value;
    while (at_ < text_.size() && text_[at_] != '\n') {
      if (text_[at_] == quote) return ++at_, value;
      if (text_[at_] == '\\') {
        ReadEscape(value);
      } else {
        value += text_[at_++];
      }
    }
    Complain(begin, "this string has no end on its line");
    return std::nullopt;
  }

  void ReadEscape(std::string& value) {
    const size_t begin = at_++;
    const char c = Peek();
    for (const auto& [letter, meaning] : kSimpleEscapes) {
      if (letter != c) continue;
      value += meaning;
      ++at_;
      return;
    }
    if (c >= '0' && c <= '7') return AppendUtf8(value, ReadCode(3, 8));
    const int digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    ++at_;
    if (digits == 0) {
      return Complain(
          begin, fmt::format("'\\{}' is not an escape; write '\\\\' for a backslash, or @'…' for a verbatim string",
                             c == '\0' ? ' ' : c));
    }
    const size_t first = at_;
    const uint32_t code = ReadCode(digits, 16);
    if (at_ - first != static_cast<size_t>(digits) || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) {
      return Complain(begin, fmt::format("'\\{}' wants {} hexadecimal digits of a character", c, digits));
    }
    AppendUtf8(value, code);
  }

  uint32_t ReadCode(int digits_max, int base) {
    uint32_t code = 0;
    for (int i = 0; i < digits_max; ++i, ++at_) {
      const char c = Peek();
      const int digit = IsDigit(c) ? c - '0' : std::isxdigit(static_cast<unsigned char>(c)) ? (c | 32) - 'a' + 10 : 99;
      if (digit >= base) break;
      code = code * base + digit;
    }
    return code;
  }

  void ReadMultilineString() {
    const size_t begin = at_;
    const std::string_view fence = text_.substr(at_, 3);
    const size_t end = text_.find(fence, at_ + 3);
    if (end == std::string_view::npos) {
      at_ = text_.size();
      return Complain(begin, fmt::format("this string has no closing {}", fence));
    }
    at_ = end + 3;
    Push(TokenKind::kString, begin, std::string(text_.substr(begin + 3, end - begin - 3)));
  }

  void ReadNumber() {
    const size_t begin = at_;
    if (Peek() == '0' && (Peek(1) | 32) == 'x') return ReadHex();
    while (IsDigit(Peek())) ++at_;
    const bool has_point = Peek() == '.' && Peek(1) != '.' && !IsNameStart(Peek(1));
    if (has_point) ++at_;
    while (has_point && IsDigit(Peek())) ++at_;
    const size_t number_end = at_;
    if (ReadExponent()) return PushReal(begin);
    while (IsNamePart(Peek())) ++at_;
    const std::string_view number = text_.substr(begin, number_end - begin);
    const std::string_view word = text_.substr(number_end, at_ - number_end);
    if (word.empty()) return has_point ? PushReal(begin) : PushLong(begin, number);
    if (const auto ticks = TicksOfUnit(word)) return PushTimespan(begin, number, *ticks);
    if (!has_point) return Push(TokenKind::kName, begin, std::string(text_.substr(begin, at_ - begin)));
    Complain(begin, fmt::format("'{}' is not a unit of time", word));
  }

  bool ReadExponent() {
    if ((Peek() | 32) != 'e') return false;
    const size_t sign = Peek(1) == '+' || Peek(1) == '-' ? 1 : 0;
    size_t end = at_ + 1 + sign;
    while (end < text_.size() && IsDigit(text_[end])) ++end;
    if (end == at_ + 1 + sign || (end < text_.size() && IsNamePart(text_[end]))) return false;
    at_ = end;
    return true;
  }

  void ReadHex() {
    const size_t begin = at_;
    at_ += 2;
    uint64_t value = 0;
    int digits = 0;
    for (; std::isxdigit(static_cast<unsigned char>(Peek())); ++at_, ++digits) {
      value = value * 16 + static_cast<uint64_t>(IsDigit(Peek()) ? Peek() - '0' : (Peek() | 32) - 'a' + 10);
    }
    if (digits == 0 || digits > 16) return Complain(begin, "a hexadecimal number has 1 to 16 digits");
    Push(TokenKind::kNumber, begin, "", {Type::kLong, static_cast<int64_t>(value)});
  }

  void PushLong(size_t begin, std::string_view number) {
    const auto value = ParseInt(number);
    if (!value) return Complain(begin, fmt::format("{} does not fit a 64-bit long", number));
    Push(TokenKind::kNumber, begin, "", {Type::kLong, int64_t{*value}});
  }

  void PushReal(size_t begin) {
    std::string number(text_.substr(begin, at_ - begin));
    if (number.ends_with('.')) number += '0';
    const auto value = ParseDouble(number);
    if (!value) return Complain(begin, fmt::format("{} is not a number", number));
    Push(TokenKind::kNumber, begin, "", {Type::kReal, *value});
  }

  void PushTimespan(size_t begin, std::string_view number, double unit) {
    const auto value = ParseDouble(number);
    if (!value || *value * unit > 9.2e18) return Complain(begin, "this timespan is too long");
    Push(TokenKind::kNumber, begin, "", {Type::kTimespan, static_cast<int64_t>(std::llround(*value * unit))});
  }

  const std::string_view text_;
  Diagnostics& diagnostics_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
};

std::string_view KindName(TokenKind kind) {
  constexpr std::string_view kNames[] = {"end", "name", "quoted name", "string", "number", "symbol", "literal"};
  return kNames[static_cast<size_t>(kind)];
}

}  // namespace

std::vector<Token> Tokenize(std::string_view query, Diagnostics& diagnostics) {
  return Lexer(query, diagnostics).Run();
}

std::string ExplainTokens(const std::vector<Token>& tokens) {
  std::string text;
  for (const Token& token : tokens) {
    if (token.kind == TokenKind::kEnd) break;
    text += fmt::format("{}-{} {} {}\n", token.span.begin, token.span.end, KindName(token.kind),
                        token.kind == TokenKind::kNumber ? FormatConstant(token.constant) : token.text);
  }
  return text;
}

}  // namespace slipway::kql
