// Reads scalar expressions. Private to this room.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "slipway/kql/tree/token_cursor.h"
#include "slipway/kql/tree/tree.h"

namespace slipway::kql::tree {

// Precedence, loosest first: or · and · equality, in, between · order · + - · * / % · string operators · unary ·
// postfix.
class ExpressionParser {
 public:
  // Reads the rest of a tabular expression: the steps after `source`, or all of it when there is none.
  using RowsParser = std::function<PipelinePtr(ExpressionPtr source)>;

  ExpressionParser(TokenCursor& cursor, RowsParser parse_rows) : cursor_(cursor), parse_rows_(std::move(parse_rows)) {}

  // nullptr after a complaint.
  ExpressionPtr Parse();
  // A predicate of search, in which "column:text" may stand; nullptr after a complaint.
  ExpressionPtr ParseSearch();
  // A column's name, perhaps with members; nullptr after a complaint.
  ExpressionPtr ParseColumn();
  // "name = expression" or an expression.
  std::optional<NamedExpression> ParseNamed();
  // A name as it may be declared or referred to; nullopt after a complaint.
  std::optional<std::string> ParseName();
  bool SeesDeclaredName() const;

 private:
  using Level = ExpressionPtr (ExpressionParser::*)();

  ExpressionPtr ParseOr();
  ExpressionPtr ParseAnd();
  ExpressionPtr ParseChain(std::string_view word, Level next);
  ExpressionPtr ParseEquality();
  ExpressionPtr ParseOrder();
  ExpressionPtr ParseSum();
  ExpressionPtr ParseProduct();
  ExpressionPtr ParseStringOperators();
  ExpressionPtr ParseSearchTerm();
  ExpressionPtr ParseUnary();
  ExpressionPtr ParsePostfix();
  ExpressionPtr ParsePrimary();
  ExpressionPtr ParseParenthesised();
  ExpressionPtr ParseNameOrCall();
  ExpressionPtr ParseCall(const Token& name);
  ExpressionPtr ParseArgument();
  ExpressionPtr ParseRows(ExpressionPtr source);
  bool SeesRows() const;
  bool SeesSeveralNames() const;
  ExpressionPtr ParseTypedLiteral(Type type);
  ExpressionPtr ParseDynamicLiteral();
  bool AppendDynamicJson(std::string& json, int depth);
  bool AppendDynamicScalar(std::string& json);
  bool AppendDynamicBag(std::string& json, int depth);
  ExpressionPtr ParseTypeOf();
  ExpressionPtr ParseMember(ExpressionPtr object);
  ExpressionPtr ParseIndex(ExpressionPtr object);
  ExpressionPtr ParseList(ExpressionPtr left);
  ExpressionPtr ParseBetween(ExpressionPtr left);

  ExpressionPtr Binary(const Token& op, std::string text, ExpressionPtr left, ExpressionPtr right);
  ExpressionPtr Make(ExpressionKind kind, Span span, std::string text = "");
  ExpressionPtr Finish(ExpressionPtr expression);

  TokenCursor& cursor_;
  const RowsParser parse_rows_;
  int nesting_ = 0;
  bool searches_ = false;
};

}  // namespace slipway::kql::tree
