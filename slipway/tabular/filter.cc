#include "slipway/tabular/filter.h"

#include <cctype>
#include <cmath>
#include <functional>
#include <optional>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/tabular/cell_text.h"

namespace slipway::tabular {
namespace {

struct Operand {
  enum class Kind { kColumn, kNumber, kText, kTruth };
  Kind kind = Kind::kColumn;
  std::string text{};  // of a column: its name
  double number = 0;   // of a truth value: 0 or 1
};

enum class Comparison { kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };

template <typename T>
bool Compare(Comparison comparison, const T& a, const T& b) {
  switch (comparison) {
    case Comparison::kEqual:
      return a == b;
    case Comparison::kNotEqual:
      return a != b;
    case Comparison::kLess:
      return a < b;
    case Comparison::kLessOrEqual:
      return a <= b;
    case Comparison::kGreater:
      return a > b;
    case Comparison::kGreaterOrEqual:
      return a >= b;
  }
  return false;
}

}  // namespace

struct Filter::Node {
  enum class Kind { kOr, kAnd, kNot, kComparison, kTruthColumn };
  Kind kind;
  std::shared_ptr<const Node> left{}, right{};  // kNot: left alone
  Operand a{}, b{};                             // kTruthColumn: a alone
  Comparison comparison = Comparison::kEqual;
};

namespace {

using Node = Filter::Node;
using NodePointer = std::shared_ptr<const Node>;

class FilterParser {
 public:
  explicit FilterParser(std::string_view text) : text_(text) {}

  Result<NodePointer> Parse() {
    SLIPWAY_ASSIGN_OR_RETURN(NodePointer root, ParseOr());
    SkipSpaces();
    if (at_ < text_.size()) return Fail("'and', 'or' or the end");
    return root;
  }

 private:
  Error Fail(std::string_view wanted) const {
    return InvalidArgument(fmt::format("the filter needs {} at character {}: {}", wanted, at_ + 1, text_));
  }

  void SkipSpaces() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }

  bool Take(std::string_view symbol) {
    SkipSpaces();
    if (!text_.substr(at_).starts_with(symbol)) return false;
    at_ += symbol.size();
    return true;
  }

  // A word, not the beginning of a longer one.
  bool TakeWord(std::string_view word) {
    SkipSpaces();
    const std::string_view rest = text_.substr(at_);
    const bool goes_on = rest.size() > word.size() &&
                         (std::isalnum(static_cast<unsigned char>(rest[word.size()])) != 0 || rest[word.size()] == '_');
    return !goes_on && Take(word);
  }

  Result<NodePointer> ParseOr() {
    SLIPWAY_ASSIGN_OR_RETURN(NodePointer left, ParseAnd());
    while (TakeWord("or")) {
      SLIPWAY_ASSIGN_OR_RETURN(NodePointer right, ParseAnd());
      left = std::make_shared<Node>(Node{.kind = Node::Kind::kOr, .left = left, .right = right});
    }
    return left;
  }

  Result<NodePointer> ParseAnd() {
    SLIPWAY_ASSIGN_OR_RETURN(NodePointer left, ParseNot());
    while (TakeWord("and")) {
      SLIPWAY_ASSIGN_OR_RETURN(NodePointer right, ParseNot());
      left = std::make_shared<Node>(Node{.kind = Node::Kind::kAnd, .left = left, .right = right});
    }
    return left;
  }

  Result<NodePointer> ParseNot() {
    constexpr int kMaxConditions = 1000;  // they are read and evaluated by recursion
    if (++conditions_ > kMaxConditions) return Fail("to end, being at its 1000th condition,");
    if (TakeWord("not")) {
      SLIPWAY_ASSIGN_OR_RETURN(NodePointer inner, ParseNot());
      return std::make_shared<Node>(Node{.kind = Node::Kind::kNot, .left = inner});
    }
    if (!Take("(")) return ParseComparison();
    SLIPWAY_ASSIGN_OR_RETURN(NodePointer inner, ParseOr());
    if (!Take(")")) return Fail("a ')'");
    return inner;
  }

  Result<NodePointer> ParseComparison() {
    SLIPWAY_ASSIGN_OR_RETURN(Operand a, ParseOperand());
    const auto comparison = TakeComparison();
    if (!comparison && a.kind == Operand::Kind::kColumn)
      return std::make_shared<Node>(Node{.kind = Node::Kind::kTruthColumn, .a = std::move(a)});
    if (!comparison) return Fail("a comparison (== != < <= > >=)");
    SLIPWAY_ASSIGN_OR_RETURN(Operand b, ParseOperand());
    return std::make_shared<Node>(
        Node{.kind = Node::Kind::kComparison, .a = std::move(a), .b = std::move(b), .comparison = *comparison});
  }

  std::optional<Comparison> TakeComparison() {
    if (Take("==")) return Comparison::kEqual;
    if (Take("!=")) return Comparison::kNotEqual;
    if (Take("<=")) return Comparison::kLessOrEqual;
    if (Take(">=")) return Comparison::kGreaterOrEqual;
    if (Take("<")) return Comparison::kLess;
    if (Take(">")) return Comparison::kGreater;
    return std::nullopt;
  }

  Result<Operand> ParseOperand() {
    if (TakeWord("col")) return ParseColumn();
    if (TakeWord("True") || TakeWord("true")) return Operand{.kind = Operand::Kind::kTruth, .number = 1};
    if (TakeWord("False") || TakeWord("false")) return Operand{.kind = Operand::Kind::kTruth};
    SkipSpaces();
    if (at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\'')) {
      SLIPWAY_ASSIGN_OR_RETURN(std::string text, ParseText());
      return Operand{.kind = Operand::Kind::kText, .text = std::move(text)};
    }
    return ParseNumberOperand();
  }

  Result<Operand> ParseColumn() {
    if (!Take("(")) return Fail("a '('");
    SkipSpaces();
    SLIPWAY_ASSIGN_OR_RETURN(std::string name, ParseText());
    if (!Take(")")) return Fail("a ')'");
    return Operand{.kind = Operand::Kind::kColumn, .text = std::move(name)};
  }

  // Quoted; a backslash takes the next character as it is.
  Result<std::string> ParseText() {
    if (at_ == text_.size() || (text_[at_] != '"' && text_[at_] != '\'')) return Fail("a quoted text");
    const char quote = text_[at_];
    std::string text;
    for (size_t i = at_ + 1; i < text_.size(); ++i) {
      if (text_[i] == quote) {
        at_ = i + 1;
        return text;
      }
      if (text_[i] == '\\' && i + 1 < text_.size()) ++i;
      text += text_[i];
    }
    return Fail("a closing quote for the text that starts");
  }

  Result<Operand> ParseNumberOperand() {
    const size_t end = text_.find_first_of(" \t\r\n()<>=!", at_);
    const std::string_view word = text_.substr(at_, end == std::string_view::npos ? end : end - at_);
    double number = 0;
    bool is_whole = false;
    if (!ParseNumber(word, number, is_whole)) return Fail("col(\"NAME\"), a number, a quoted text, True or False");
    at_ += word.size();
    return Operand{.kind = Operand::Kind::kNumber, .number = number};
  }

  std::string_view text_;
  size_t at_ = 0;
  int conditions_ = 0;
};

// An operand over the rows of a table: numbers (datetimes among them) or texts.
class Values {
 public:
  enum class Kind { kNumber, kText, kDatetime, kTruth };

  static Result<Values> Of(const Operand& operand, const Table& table) {
    Values values(operand);
    if (operand.kind != Operand::Kind::kColumn) return values;
    SLIPWAY_ASSIGN_OR_RETURN(values.column_, table.Get(operand.text));
    return values;
  }

  Kind kind() const {
    if (column_ == nullptr) return KindOfLiteral();
    if (column_->type == ColumnType::kString) return Kind::kText;
    if (column_->type == ColumnType::kDatetime) return Kind::kDatetime;
    return column_->type == ColumnType::kBool ? Kind::kTruth : Kind::kNumber;
  }
  bool is_null(size_t row) const { return column_ != nullptr && column_->is_null(row); }
  double number(size_t row) const { return column_ != nullptr ? column_->number(row) : operand_->number; }
  const std::string& text(size_t row) const { return column_ != nullptr ? column_->string_at(row) : operand_->text; }
  int64_t time(size_t row) const { return column_ != nullptr ? column_->ints[row] : *literal_time_; }
  // A text literal beside a datetime column is a datetime.
  bool TurnToDatetime() {
    if (column_ == nullptr) literal_time_ = ParseDatetime(operand_->text);
    return literal_time_.has_value();
  }
  std::string Describe() const {
    static constexpr const char* kNames[] = {"number", "text", "datetime", "boolean"};
    const std::string kind_name = kNames[static_cast<int>(kind())];
    return column_ != nullptr ? fmt::format("the {} column '{}'", kind_name, column_->name) : "a " + kind_name;
  }

 private:
  explicit Values(const Operand& operand) : operand_(&operand) {}
  Kind KindOfLiteral() const {
    if (literal_time_) return Kind::kDatetime;
    if (operand_->kind == Operand::Kind::kText) return Kind::kText;
    return operand_->kind == Operand::Kind::kTruth ? Kind::kTruth : Kind::kNumber;
  }

  const Operand* operand_;
  const Column* column_ = nullptr;
  std::optional<int64_t> literal_time_;
};

using Mask = std::vector<uint8_t>;

template <typename Get>
Mask CompareRows(Comparison comparison, const Values& a, const Values& b, size_t rows, Get get) {
  Mask mask(rows);
  for (size_t row = 0; row < rows; ++row)
    mask[row] = !a.is_null(row) && !b.is_null(row) && Compare(comparison, get(a, row), get(b, row)) ? 1 : 0;
  return mask;
}

Result<Mask> Evaluate(const Node& node, const Table& table);

Result<Mask> EvaluateComparison(const Node& node, const Table& table) {
  SLIPWAY_ASSIGN_OR_RETURN(Values a, Values::Of(node.a, table));
  SLIPWAY_ASSIGN_OR_RETURN(Values b, Values::Of(node.b, table));
  if (a.kind() == Values::Kind::kDatetime && b.kind() == Values::Kind::kText) b.TurnToDatetime();
  if (b.kind() == Values::Kind::kDatetime && a.kind() == Values::Kind::kText) a.TurnToDatetime();
  if (a.kind() != b.kind())
    return InvalidArgument(fmt::format("the filter compares {} with {}", a.Describe(), b.Describe()));
  const auto compare = [&](auto get) { return CompareRows(node.comparison, a, b, table.rows(), get); };
  if (a.kind() == Values::Kind::kText)
    return compare([](const Values& values, size_t row) -> const std::string& { return values.text(row); });
  if (a.kind() == Values::Kind::kDatetime)
    return compare([](const Values& values, size_t row) { return values.time(row); });
  return compare([](const Values& values, size_t row) { return values.number(row); });
}

Result<Mask> EvaluateTruthColumn(const Node& node, const Table& table) {
  SLIPWAY_ASSIGN_OR_RETURN(const Column* column, table.Get(node.a.text));
  if (column->type != ColumnType::kBool)
    return InvalidArgument(fmt::format("column '{}' is {}; alone in a filter it has to be boolean", column->name,
                                       ColumnTypeName(column->type)));
  Mask mask(table.rows());
  for (size_t row = 0; row < mask.size(); ++row) mask[row] = column->ints[row] != 0 ? 1 : 0;
  return mask;
}

Result<Mask> Evaluate(const Node& node, const Table& table) {
  if (node.kind == Node::Kind::kComparison) return EvaluateComparison(node, table);
  if (node.kind == Node::Kind::kTruthColumn) return EvaluateTruthColumn(node, table);
  SLIPWAY_ASSIGN_OR_RETURN(Mask mask, Evaluate(*node.left, table));
  if (node.kind == Node::Kind::kNot) {
    for (uint8_t& passes : mask) passes ^= 1;
    return mask;
  }
  SLIPWAY_ASSIGN_OR_RETURN(const Mask right, Evaluate(*node.right, table));
  for (size_t row = 0; row < mask.size(); ++row)
    mask[row] = node.kind == Node::Kind::kAnd ? mask[row] & right[row] : mask[row] | right[row];
  return mask;
}

}  // namespace

Result<Filter> Filter::Parse(std::string_view text) {
  SLIPWAY_ASSIGN_OR_RETURN(NodePointer root, FilterParser(text).Parse());
  return Filter(std::move(root));
}

Result<std::vector<uint8_t>> Filter::Apply(const Table& table) const {
  return Evaluate(*root_, table);
}

}  // namespace slipway::tabular
