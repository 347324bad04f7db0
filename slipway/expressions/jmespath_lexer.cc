#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/expressions/jmespath_ast.h"

namespace slipway::expressions::jmespath {
namespace {

bool IsNameStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Result<std::vector<Token>> Run() {
    while (at_ < text_.size()) {
      if (std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) {
        ++at_;
        continue;
      }
      SLIPWAY_ASSIGN_OR_RETURN(Token token, Next());
      tokens_.push_back(std::move(token));
    }
    Token end;
    end.position = text_.size();
    tokens_.push_back(std::move(end));
    return std::move(tokens_);
  }

 private:
  Result<Token> Next() {
    const char c = text_[at_];
    if (IsNameStart(c)) return Name();
    if (IsDigit(c) || c == '-') return Number();
    if (c == '"') return QuotedName();
    if (c == '\'') return RawString();
    if (c == '`') return Literal();
    return Operator();
  }

  Token Make(TokenType type, size_t length) {
    Token token;
    token.type = type;
    token.position = at_;
    token.text = text_.substr(at_, length);
    at_ += length;
    return token;
  }

  Result<Token> Name() {
    size_t length = 1;
    while (at_ + length < text_.size() && (IsNameStart(text_[at_ + length]) || IsDigit(text_[at_ + length]))) ++length;
    return Make(TokenType::kIdentifier, length);
  }

  Result<Token> Number() {
    size_t length = 1;
    while (at_ + length < text_.size() && IsDigit(text_[at_ + length])) ++length;
    const auto number = ParseInt(text_.substr(at_, length));
    if (!number) return SyntaxError(text_, at_, "a number is needed after '-'");
    Token token = Make(TokenType::kNumber, length);
    token.number = *number;
    return token;
  }

  // The text up to the next delimiter that no backslash stands before.
  Result<std::string_view> Delimited(char delimiter) {
    size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != delimiter) end += text_[end] == '\\' ? 2 : 1;
    if (end >= text_.size()) return SyntaxError(text_, at_, fmt::format("the closing {} is missing", delimiter));
    return text_.substr(at_ + 1, end - at_ - 1);
  }

  Result<Token> QuotedName() {
    SLIPWAY_ASSIGN_OR_RETURN(const std::string_view inside, Delimited('"'));
    const Json name = Json::parse(fmt::format("\"{}\"", inside), nullptr, false);
    if (!name.is_string()) return SyntaxError(text_, at_, "the quoted name is not a JSON string");
    Token token = Make(TokenType::kQuotedIdentifier, inside.size() + 2);
    token.text = name.get<std::string>();
    return token;
  }

  Result<Token> RawString() {
    SLIPWAY_ASSIGN_OR_RETURN(const std::string_view inside, Delimited('\''));
    Token token = Make(TokenType::kLiteral, inside.size() + 2);
    token.literal = ReplaceAll(std::string(inside), "\\'", "'");
    return token;
  }

  Result<Token> Literal() {
    SLIPWAY_ASSIGN_OR_RETURN(const std::string_view inside, Delimited('`'));
    const std::string unescaped = ReplaceAll(std::string(inside), "\\`", "`");
    const size_t start = unescaped.find_first_not_of(" \t\r\n");
    const std::string text = start == std::string::npos ? "" : unescaped.substr(start);
    Json value = Json::parse(text, nullptr, false);
    if (value.is_discarded())
      value = Json::parse(fmt::format("\"{}\"", text), nullptr, false);  // the old form: bare text
    if (value.is_discarded()) return SyntaxError(text_, at_, "the literal is not JSON");
    Token token = Make(TokenType::kLiteral, inside.size() + 2);
    token.literal = std::move(value);
    return token;
  }

  Result<Token> Operator() {
    struct Symbol {
      std::string_view text;
      TokenType type;
    };
    using enum TokenType;
    static constexpr Symbol kSymbols[] = {
        {"[]", kFlatten},    {"[?", kFilter},      {"||", kOr},          {"&&", kAnd},
        {"==", kEqual},      {"!=", kNotEqual},    {"<=", kLessOrEqual}, {">=", kGreaterOrEqual},
        {"[", kLeftBracket}, {"]", kRightBracket}, {"{", kLeftBrace},    {"}", kRightBrace},
        {"(", kLeftParen},   {")", kRightParen},   {",", kComma},        {":", kColon},
        {"@", kCurrent},     {"&", kExpref},       {"|", kPipe},         {"!", kNot},
        {"<", kLess},        {">", kGreater},      {".", kDot},          {"*", kStar}};
    for (const Symbol& symbol : kSymbols)
      if (text_.substr(at_).starts_with(symbol.text)) return Make(symbol.type, symbol.text.size());
    if (text_[at_] == '=') return SyntaxError(text_, at_, "'=' means nothing here: write '=='");
    return SyntaxError(text_, at_, fmt::format("unexpected character '{}'", text_[at_]));
  }

  std::string_view text_;
  size_t at_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

Error SyntaxError(std::string_view expression, size_t position, std::string_view what) {
  return InvalidArgument(
      fmt::format("{}\n  {}\n  {}^", what, ReplaceAll(std::string(expression), "\n", " "), std::string(position, ' ')));
}

Result<std::vector<Token>> Tokenize(std::string_view expression) {
  return Lexer(expression).Run();
}

}  // namespace slipway::expressions::jmespath
