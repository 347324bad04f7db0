#include "slipway/api/mlflow/filter.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::api::mlflow {
namespace {

struct Token {
  enum class Kind { kWord, kText, kNumber, kComparator, kPunctuation, kEnd } kind = Kind::kEnd;
  std::string text;  // of a text without its quotes
  size_t at = 0;     // offset in the filter
};

bool IsWordStart(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '`';
}
bool IsWordPart(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("_./:-").find(c) != std::string_view::npos;
}

class Lexer {
 public:
  Lexer(std::string_view text, std::string_view what) : text_(text), what_(what) {}

  Error Complain(size_t at, std::string message) const {
    return InvalidArgument(std::move(message)).At({std::string(what_), 1, static_cast<int>(at) + 1});
  }

  Result<std::vector<Token>> Read() {
    std::vector<Token> tokens;
    while (true) {
      while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
      SLIPWAY_ASSIGN_OR_RETURN(Token token, Next());
      tokens.push_back(std::move(token));
      if (tokens.back().kind == Token::Kind::kEnd) return tokens;
    }
  }

 private:
  Result<Token> Next() {
    if (at_ == text_.size()) return Token{Token::Kind::kEnd, "", at_};
    const char c = text_[at_];
    if (IsWordStart(c)) return Word();
    if (c == '\'' || c == '"') return Text();
    if (std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '+' || c == '.') return Number();
    if (std::string_view("=!<>").find(c) != std::string_view::npos) return Compare();
    if (std::string_view("(),").find(c) != std::string_view::npos)
      return Token{Token::Kind::kPunctuation, std::string(1, c), at_++};
    return Complain(at_, fmt::format("'{}' cannot stand here", c));
  }

  // A word, or an identifier whose key is quoted: metrics."val loss", tags.`a b`.
  Result<Token> Word() {
    Token token{Token::Kind::kWord, "", at_};
    while (at_ < text_.size()) {
      const bool opens_key = text_[at_] == '`' || (text_[at_] == '"' && token.text.ends_with('.'));
      if (opens_key) {
        SLIPWAY_ASSIGN_OR_RETURN(const Token quoted, Text());
        token.text += quoted.text;
      } else if (IsWordPart(text_[at_])) {
        token.text += text_[at_++];
      } else {
        break;
      }
    }
    return token;
  }

  Result<Token> Text() {
    const size_t begin = at_;
    const size_t end = text_.find(text_[begin], begin + 1);
    if (end == std::string_view::npos) return Complain(begin, "the quote is not closed");
    at_ = end + 1;
    return Token{Token::Kind::kText, std::string(text_.substr(begin + 1, end - begin - 1)), begin};
  }

  Result<Token> Number() {
    const size_t begin = at_;
    while (at_ < text_.size() && (IsWordPart(text_[at_]) || text_[at_] == '+')) ++at_;
    const std::string word(text_.substr(begin, at_ - begin));
    if (!ParseDouble(word)) return Complain(begin, fmt::format("'{}' is not a number", word));
    return Token{Token::Kind::kNumber, word, begin};
  }

  Result<Token> Compare() {
    const size_t begin = at_++;
    if (at_ < text_.size() && text_[at_] == '=') ++at_;
    std::string word(text_.substr(begin, at_ - begin));
    if (word == "!") return Complain(begin, "'!' is not a comparator: write '!='");
    if (word == "==") return Complain(begin, "'==' is not a comparator: write '='");
    return Token{Token::Kind::kComparator, std::move(word), begin};
  }

  std::string_view text_, what_;
  size_t at_ = 0;
};

struct EntityName {
  std::string_view name;
  Entity entity;
};
constexpr EntityName kEntities[] = {
    {"metric", Entity::kMetric},
    {"metrics", Entity::kMetric},
    {"param", Entity::kParameter},
    {"params", Entity::kParameter},
    {"parameter", Entity::kParameter},
    {"parameters", Entity::kParameter},
    {"tag", Entity::kTag},
    {"tags", Entity::kTag},
    {"attribute", Entity::kAttribute},
    {"attributes", Entity::kAttribute},
    {"attr", Entity::kAttribute},
    {"run", Entity::kAttribute},
    {"dataset", Entity::kDataset},
    {"datasets", Entity::kDataset},
};

bool IsAllowed(const Dialect& dialect, Entity entity) {
  switch (entity) {
    case Entity::kMetric:
      return dialect.has_metrics;
    case Entity::kParameter:
      return dialect.has_parameters;
    case Entity::kTag:
      return dialect.has_tags;
    case Entity::kDataset:
      return dialect.has_datasets;
    case Entity::kAttribute:
      return true;
  }
  return false;
}

const Attribute* FindAttribute(const Dialect& dialect, std::string_view name) {
  for (const Attribute& attribute : dialect.attributes) {
    if (attribute.name == name) return &attribute;
    for (const std::string_view alias : attribute.aliases)
      if (alias == name) return &attribute;
  }
  return nullptr;
}

std::vector<std::string> AttributeNames(const Dialect& dialect) {
  std::vector<std::string> names;
  for (const Attribute& attribute : dialect.attributes) names.emplace_back(attribute.name);
  return names;
}

// The entity and key of "entity.key"; an attribute's key is its own name. An error's message has no position.
Result<Identifier> ParseIdentifier(const std::string& text, const Dialect& dialect) {
  Identifier identifier{Entity::kAttribute, text};
  const size_t dot = text.find('.');
  if (dot != std::string::npos) {
    const std::string prefix = text.substr(0, dot);
    const auto found = std::find_if(std::begin(kEntities), std::end(kEntities),
                                    [&](const EntityName& entity) { return EqualsIgnoreCase(entity.name, prefix); });
    if (found == std::end(kEntities) || !IsAllowed(dialect, found->entity))
      return InvalidArgument(fmt::format("'{}' is nothing that can be searched for here", prefix));
    identifier = {found->entity, text.substr(dot + 1)};
    if (identifier.key.empty()) return InvalidArgument(fmt::format("a key must follow '{}'", text));
  }
  if (identifier.entity == Entity::kDataset) {
    const std::vector<std::string> known = {"name", "digest", "context"};
    if (std::find(known.begin(), known.end(), identifier.key) == known.end())
      return InvalidArgument(fmt::format("'{}' is not known of a dataset: name, digest and context are{}",
                                         identifier.key, DidYouMean(identifier.key, known)));
  }
  if (identifier.entity != Entity::kAttribute) return identifier;
  const Attribute* attribute = FindAttribute(dialect, identifier.key);
  if (!attribute) {
    const auto names = AttributeNames(dialect);
    return InvalidArgument(fmt::format("'{}' is not an attribute: {} are{}", identifier.key, Join(names, ", "),
                                       DidYouMean(identifier.key, names)));
  }
  identifier.key = attribute->name;
  return identifier;
}

constexpr std::pair<std::string_view, Comparator> kComparators[] = {
    {"=", Comparator::kEqual},   {"!=", Comparator::kNotEqual},     {">", Comparator::kGreater},
    {"<", Comparator::kLess},    {">=", Comparator::kGreaterEqual}, {"<=", Comparator::kLessEqual},
    {"LIKE", Comparator::kLike}, {"ILIKE", Comparator::kIlike},     {"IN", Comparator::kIn},
};

class Parser {
 public:
  Parser(const Lexer& lexer, std::vector<Token> tokens, const Dialect& dialect)
      : lexer_(lexer), tokens_(std::move(tokens)), dialect_(dialect) {}

  Result<std::vector<Clause>> Read() {
    std::vector<Clause> clauses;
    while (true) {
      SLIPWAY_ASSIGN_OR_RETURN(Clause clause, ReadClause());
      clauses.push_back(std::move(clause));
      if (Now().kind == Token::Kind::kEnd) return clauses;
      if (!TakeWord("AND")) return Wrong("AND (there is no OR and there are no parentheses)");
    }
  }

 private:
  const Token& Now() const { return tokens_[at_]; }
  Token Take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
  bool TakeWord(std::string_view word) {
    const bool is_it = Now().kind == Token::Kind::kWord && EqualsIgnoreCase(Now().text, word);
    if (is_it) ++at_;
    return is_it;
  }
  Error Wrong(std::string_view expected) const {
    if (Now().kind == Token::Kind::kEnd) return lexer_.Complain(Now().at, fmt::format("expected {} here", expected));
    return lexer_.Complain(Now().at, fmt::format("expected {}, not '{}'", expected, Now().text));
  }

  Result<Clause> ReadClause() {
    Clause clause;
    const Token name = Now();
    // A key alone may be quoted; it is an attribute then.
    if (name.kind != Token::Kind::kWord && name.kind != Token::Kind::kText)
      return Wrong("what to compare, such as metrics.accuracy");
    ++at_;
    auto identifier = ParseIdentifier(name.text, dialect_);
    if (!identifier) return lexer_.Complain(name.at, identifier.error().message());
    clause.what = std::move(*identifier);
    const size_t comparator_at = Now().at;
    SLIPWAY_ASSIGN_OR_RETURN(clause.comparator, ReadComparator());
    SLIPWAY_RETURN_IF_ERROR(CheckComparator(clause, comparator_at));
    SLIPWAY_RETURN_IF_ERROR(ReadValue(clause));
    return clause;
  }

  Result<Comparator> ReadComparator() {
    if (TakeWord("IS")) {
      const bool is_not = TakeWord("NOT");
      if (!TakeWord("NULL")) return Wrong("NULL");
      return is_not ? Comparator::kIsNotNull : Comparator::kIsNull;
    }
    if (TakeWord("NOT")) {
      if (!TakeWord("IN")) return Wrong("IN");
      return Comparator::kNotIn;
    }
    for (const auto& [text, comparator] : kComparators) {
      if (!EqualsIgnoreCase(Now().text, text) || Now().kind == Token::Kind::kText) continue;
      ++at_;
      return comparator;
    }
    return Wrong("a comparator (=, !=, >, >=, <, <=, LIKE, ILIKE, IN, NOT IN)");
  }

  bool IsNumber(const Identifier& what) const {
    if (what.entity != Entity::kAttribute) return what.entity == Entity::kMetric;
    return FindAttribute(dialect_, what.key)->is_number;
  }

  Status CheckComparator(const Clause& clause, size_t at) const {
    const auto refuse = [&](std::string_view allowed) {
      return lexer_.Complain(at, fmt::format("'{}' can be compared with {} alone", clause.what.key, allowed));
    };
    const Entity entity = clause.what.entity;
    switch (clause.comparator) {
      case Comparator::kEqual:
      case Comparator::kNotEqual:
        return {};
      case Comparator::kIsNull:
      case Comparator::kIsNotNull:
        if (entity == Entity::kTag || entity == Entity::kParameter) return {};
        break;
      case Comparator::kIn:
      case Comparator::kNotIn:
        if (entity == Entity::kDataset) return {};
        if (entity == Entity::kAttribute && FindAttribute(dialect_, clause.what.key)->takes_lists) return {};
        break;
      case Comparator::kLike:
      case Comparator::kIlike:
        if (!IsNumber(clause.what)) return {};
        break;
      default:
        if (IsNumber(clause.what)) return {};
    }
    return refuse(IsNumber(clause.what) ? "=, !=, >, >=, < and <=" : "=, !=, LIKE and ILIKE");
  }

  Status ReadValue(Clause& clause) {
    if (clause.comparator == Comparator::kIsNull || clause.comparator == Comparator::kIsNotNull) return {};
    if (clause.comparator == Comparator::kIn || clause.comparator == Comparator::kNotIn) return ReadList(clause.list);
    if (IsNumber(clause.what)) {
      if (Now().kind != Token::Kind::kNumber)
        return Wrong(fmt::format("a number to compare '{}' with", clause.what.key));
      clause.value = *ParseDouble(Take().text);
      return {};
    }
    if (Now().kind != Token::Kind::kText)
      return Wrong(fmt::format("a text in quotes to compare '{}' with", clause.what.key));
    clause.value = Take().text;
    return {};
  }

  Status ReadList(std::vector<std::string>& list) {
    if (Now().text != "(" || Now().kind != Token::Kind::kPunctuation) return Wrong("a list such as ('a', 'b')");
    do {
      ++at_;
      if (Now().kind != Token::Kind::kText) return Wrong("a text in quotes");
      list.push_back(Take().text);
    } while (Now().kind == Token::Kind::kPunctuation && Now().text == ",");
    if (Now().kind != Token::Kind::kPunctuation || Now().text != ")") return Wrong("')'");
    ++at_;
    return {};
  }

  const Lexer& lexer_;
  const std::vector<Token> tokens_;
  const Dialect& dialect_;
  size_t at_ = 0;
};

template <typename T>
bool Holds(Comparator comparator, const T& a, const T& b) {
  switch (comparator) {
    case Comparator::kEqual:
      return a == b;
    case Comparator::kNotEqual:
      return a != b;
    case Comparator::kGreater:
      return a > b;
    case Comparator::kGreaterEqual:
      return a >= b;
    case Comparator::kLess:
      return a < b;
    case Comparator::kLessEqual:
      return a <= b;
    default:
      return false;
  }
}

bool HoldsText(const Clause& clause, const std::string& text) {
  const auto is_listed = [&] { return std::find(clause.list.begin(), clause.list.end(), text) != clause.list.end(); };
  if (clause.comparator == Comparator::kIn) return is_listed();
  if (clause.comparator == Comparator::kNotIn) return !is_listed();
  const auto* pattern = std::get_if<std::string>(&clause.value);
  if (!pattern) return false;
  if (clause.comparator == Comparator::kLike) return IsLike(text, *pattern, false);
  if (clause.comparator == Comparator::kIlike) return IsLike(text, *pattern, true);
  return Holds(clause.comparator, text, *pattern);
}

bool HoldsClause(const Clause& clause, const std::optional<FilterValue>& value) {
  if (clause.comparator == Comparator::kIsNull) return !value;
  if (!value) return false;
  if (clause.comparator == Comparator::kIsNotNull) return true;
  if (const auto* text = std::get_if<std::string>(&*value)) return HoldsText(clause, *text);
  if (const auto* texts = std::get_if<std::vector<std::string>>(&*value)) {
    return std::any_of(texts->begin(), texts->end(), [&](const std::string& each) { return HoldsText(clause, each); });
  }
  const auto* number = std::get_if<double>(&clause.value);
  return number && Holds(clause.comparator, std::get<double>(*value), *number);
}

// 0 a value, 1 NaN, 2 missing: the order that no direction changes.
int RankOf(const std::optional<FilterValue>& value) {
  if (!value) return 2;
  const auto* number = std::get_if<double>(&*value);
  return number && std::isnan(*number) ? 1 : 0;
}

std::strong_ordering CompareValues(const std::optional<FilterValue>& a, const std::optional<FilterValue>& b,
                                   bool is_descending) {
  const int rank = RankOf(a);
  if (const auto order = rank <=> RankOf(b); order != 0) return order;
  if (rank != 0 || *a == *b) return std::strong_ordering::equal;
  const bool is_before = is_descending ? *b < *a : *a < *b;
  return is_before ? std::strong_ordering::less : std::strong_ordering::greater;
}

}  // namespace

Result<Filter> Filter::Parse(std::string_view text, const Dialect& dialect) {
  Filter filter;
  if (Trim(text).empty()) return filter;
  Lexer lexer(text, "filter");
  SLIPWAY_ASSIGN_OR_RETURN(auto tokens, lexer.Read());
  SLIPWAY_ASSIGN_OR_RETURN(filter.clauses_, Parser(lexer, std::move(tokens), dialect).Read());
  return filter;
}

bool Filter::Matches(const Lookup& lookup) const {
  return std::all_of(clauses_.begin(), clauses_.end(),
                     [&](const Clause& clause) { return HoldsClause(clause, lookup(clause.what)); });
}

// Tries the shortest run for each "%" and, when what follows does not fit, a longer one for the last.
bool IsLike(std::string_view text, std::string_view pattern, bool ignores_case) {
  const auto same = [&](char a, char b) {
    return b == '_' || a == b || (ignores_case && EqualsIgnoreCase({&a, 1}, {&b, 1}));
  };
  size_t t = 0, p = 0;
  size_t after_percent = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '%') {
      after_percent = ++p;
      resume = t;
    } else if (p < pattern.size() && same(text[t], pattern[p])) {
      ++t;
      ++p;
    } else if (after_percent != std::string_view::npos) {
      p = after_percent;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('%', p) == std::string_view::npos;
}

Result<Order> Order::Parse(std::span<const std::string> terms, const Dialect& dialect) {
  Order order;
  for (const std::string& text : terms) {
    Lexer lexer(text, "order_by");
    SLIPWAY_ASSIGN_OR_RETURN(const auto tokens, lexer.Read());
    const auto is_direction = [&](std::string_view word) {
      return tokens[1].kind == Token::Kind::kWord && EqualsIgnoreCase(tokens[1].text, word);
    };
    const bool has_direction = tokens.size() == 3 && (is_direction("ASC") || is_direction("DESC"));
    const bool is_named = tokens[0].kind == Token::Kind::kWord || tokens[0].kind == Token::Kind::kText;
    if (!is_named || (tokens.size() != 2 && !has_direction)) {
      return lexer.Complain(0,
                            fmt::format("'{}' is no order: write an identifier and, if you like, ASC or DESC", text));
    }
    auto identifier = ParseIdentifier(tokens[0].text, dialect);
    if (!identifier) return lexer.Complain(tokens[0].at, identifier.error().message());
    order.terms_.push_back({std::move(*identifier), has_direction && is_direction("DESC")});
  }
  return order;
}

std::strong_ordering Order::Compare(const Lookup& a, const Lookup& b) const {
  for (const Term& term : terms_) {
    const auto order = CompareValues(a(term.what), b(term.what), term.is_descending);
    if (order != 0) return order;
  }
  return std::strong_ordering::equal;
}

}  // namespace slipway::api::mlflow
