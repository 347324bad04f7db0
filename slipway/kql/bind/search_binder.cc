// The part of Binder for search and find: one predicate over several tables.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/kql/bind/binder.h"
#include "slipway/kql/bind/conversion.h"

namespace slipway::kql::bind {

using plan::Column;
using plan::MakeNode;
using plan::NodePtr;
using plan::Scalar;
using tree::Expression;
using tree::ExpressionKind;

namespace {

void CollectNames(const Expression& expression, std::vector<std::string>& names) {
  if (expression.kind == ExpressionKind::kName) names.push_back(expression.text);
  for (const auto& child : expression.children) CollectNames(*child, names);
}

bool HasColumn(const plan::Node& node, std::string_view name) {
  return std::any_of(node.outputs.begin(), node.outputs.end(), [&](const Column& c) { return c.name == name; });
}

}  // namespace

// The tables that a search reads: those that are named, the rows before it, or all.
std::optional<std::vector<Binder::Leg>> Binder::BindSearched(Step step, NodePtr input) {
  std::vector<Leg> legs;
  if (input) {
    legs.push_back({FirstLegName(), std::move(input)});
  } else if (step.pipelines.empty()) {
    if (!AddMatching({"*", step.name_span}, legs)) return std::nullopt;
  } else if (!BindLegs(step, legs)) {
    return std::nullopt;
  }
  // A name that is a column nowhere is a mistake; where others have it, it is false.
  std::vector<std::string> names;
  CollectNames(*step.expression, names);
  for (const std::string& name : names) {
    const bool known =
        Find(context_.environment, name) != nullptr ||
        std::any_of(legs.begin(), legs.end(), [&](const Leg& leg) { return HasColumn(*leg.rows, name); });
    if (known) continue;
    std::vector<std::string> columns;
    for (const Leg& leg : legs) {
      for (const Column& column : leg.rows->outputs) columns.push_back(column.name);
    }
    diagnostics_.Add("SEM0100", step.expression->span,
                     fmt::format("no table that is searched has a column '{}'{}", name, DidYouMean(name, columns)));
    return std::nullopt;
  }
  return legs;
}

// search [in (tables)] predicate: rows of all tables, with their table's name in the column $table.
NodePtr Binder::BindSearch(Step step, NodePtr input) {
  auto legs = BindSearched(step, std::move(input));
  if (!legs) return nullptr;
  for (Leg& leg : *legs) {
    Scalar predicate =
        ScalarBinder(context_, leg.rows->outputs).BindSearch(*step.expression, step.text == "case_sensitive");
    if (predicate.type == Type::kError) return nullptr;
    std::vector<Column> columns = leg.rows->outputs;
    leg.rows = MakeNode(plan::Filter{std::move(predicate)}, std::move(columns), std::move(leg.rows));
  }
  NodePtr node = UniteLegs(std::move(*legs), false, "$table");
  is_ordered_ = false;
  return node;
}

// find [in (tables)] where predicate: the columns that the predicate names and those that all tables have, and the
// others in a bag; or the columns that are asked for.
NodePtr Binder::BindFind(Step step, NodePtr input) {
  auto legs = BindSearched(step, std::move(input));
  if (!legs) return nullptr;
  std::vector<std::string> named;
  CollectNames(*step.expression, named);
  // Tables without any column of the predicate are left out.
  if (!named.empty()) {
    std::erase_if(*legs, [&](const Leg& leg) {
      return std::none_of(named.begin(), named.end(), [&](const std::string& n) { return HasColumn(*leg.rows, n); });
    });
  }
  const auto is_common = [&](const Column& column) {
    return std::all_of(legs->begin(), legs->end(), [&](const Leg& leg) {
      return std::any_of(leg.rows->outputs.begin(), leg.rows->outputs.end(),
                         [&](const Column& c) { return c.name == column.name && c.type == column.type; });
    });
  };
  const auto is_asked = [&](const Column& column) {
    if (step.has_schema) {
      return std::any_of(step.schema.begin(), step.schema.end(), [&](const tree::TypedName& asked) {
        return asked.name == column.name && (asked.type == Type::kError || asked.type == column.type);
      });
    }
    return std::find(named.begin(), named.end(), column.name) != named.end() || is_common(column);
  };
  const bool packs_rest = std::any_of(legs->begin(), legs->end(), [&](const Leg& leg) {
    return !std::all_of(leg.rows->outputs.begin(), leg.rows->outputs.end(), is_asked);
  });
  const bool packs = step.has_schema ? step.has_star : packs_rest;
  for (Leg& leg : *legs) {
    Scalar predicate = ScalarBinder(context_, leg.rows->outputs).BindSearch(*step.expression, false);
    if (predicate.type == Type::kError) return nullptr;
    std::vector<Column> columns = leg.rows->outputs, kept;
    leg.rows = MakeNode(plan::Filter{std::move(predicate)}, columns, std::move(leg.rows));
    std::vector<Scalar> rest;
    plan::Project project;
    for (const Column& column : columns) {
      if (is_asked(column)) {
        kept.push_back(column);
        project.expressions.push_back(Scalar::Of(column));
      } else {
        rest.push_back(Scalar::Of(Constant{Type::kString, column.name}));
        rest.push_back(Convert(Scalar::Of(column), Type::kDynamic));
      }
    }
    if (packs) {
      kept.push_back({context_.NewColumn(), "pack_", Type::kDynamic});
      project.expressions.push_back(Scalar::Call("bag_pack", Type::kDynamic, std::move(rest)));
    }
    leg.rows = MakeNode(std::move(project), std::move(kept), std::move(leg.rows));
  }
  if (legs->empty()) {
    diagnostics_.Add("SEM0100", step.expression->span, "no table has a column of this predicate");
    return nullptr;
  }
  NodePtr node = UniteLegs(std::move(*legs), false, step.text);
  is_ordered_ = false;
  // The source, the columns in the order that was asked for, the bag.
  std::vector<Column> columns;
  const auto place = [&](const Column& column) -> size_t {
    for (size_t i = 0; i < step.schema.size(); ++i) {
      if (step.schema[i].name == column.name) return i + 1;
    }
    return column.name == step.text ? 0 : step.schema.size() + 1;
  };
  for (const Column& column : node->outputs) {
    if (column.name != "pack_") columns.push_back(column);
  }
  std::stable_sort(columns.begin(), columns.end(),
                   [&](const Column& a, const Column& b) { return place(a) < place(b); });
  for (const Column& column : node->outputs) {
    if (column.name == "pack_") columns.push_back(column);
  }
  return Select(std::move(node), std::move(columns));
}

namespace {

// A text with '*' at an end, or inside, as an operator and its operand.
std::pair<std::string_view, std::string> SearchOperator(const std::string& text, bool case_sensitive) {
  const auto pick = [&](std::string_view sensitive, std::string_view insensitive) {
    return case_sensitive ? sensitive : insensitive;
  };
  const bool front = text.starts_with('*'), back = text.size() > 1 && text.ends_with('*');
  const std::string inner = text.substr(front ? 1 : 0, text.size() - (front ? 1 : 0) - (back ? 1 : 0));
  if (inner.find('*') != std::string::npos) return {"", inner};
  if (front && back) return {pick("contains_cs", "contains"), inner};
  if (front) return {pick("hassuffix_cs", "hassuffix"), inner};
  if (back) return {pick("hasprefix_cs", "hasprefix"), inner};
  return {pick("has_cs", "has"), inner};
}

// "a*b" as a regular expression.
std::string SearchRegex(const std::string& text, bool case_sensitive) {
  std::string regex = case_sensitive ? R"((?s)\b)" : R"((?is)\b)";
  for (const char c : text) {
    if (c == '*') {
      regex += ".*";
    } else {
      if (!std::isalnum(static_cast<unsigned char>(c)) && static_cast<unsigned char>(c) < 0x80) regex += '\\';
      regex += c;
    }
  }
  return regex + R"(\b)";
}

}  // namespace

// Whether the column that `term` names (any column when it is "*") holds the text.
Scalar ScalarBinder::BindSearchTerm(const Expression& term, const std::string& text, bool case_sensitive) {
  std::vector<Scalar> haystacks;
  if (term.kind == ExpressionKind::kStar) {
    for (const Column& column : columns_) haystacks.push_back(Text(Scalar::Of(column)));
  } else {
    Scalar value = Bind(term);
    if (value.type == Type::kError) return value;
    haystacks.push_back(Text(std::move(value)));
  }
  if (text == "*") return Scalar::Of(Constant{Type::kBool, true});
  const auto [operation, operand] = SearchOperator(text, case_sensitive);
  std::vector<Scalar> terms;
  for (Scalar& haystack : haystacks) {
    Scalar needle =
        Scalar::Of(Constant{Type::kString, operation.empty() ? SearchRegex(text, case_sensitive) : operand});
    terms.push_back(Scalar::Call(operation.empty() ? std::string_view("matches_regex") : operation, Type::kBool,
                                 {std::move(haystack), std::move(needle)}));
  }
  if (terms.empty()) return Scalar::Of(Constant{Type::kBool, false});
  if (terms.size() == 1) return std::move(terms[0]);
  return Scalar::Call("or", Type::kBool, std::move(terms));
}

Scalar ScalarBinder::BindSearch(const Expression& expression, bool case_sensitive) {
  const auto absent = [&] {
    std::vector<std::string> names;
    CollectNames(expression, names);
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      return FindColumn(name) == nullptr && Find(context_.environment, name) == nullptr;
    });
  };
  const bool is_logic =
      expression.kind == ExpressionKind::kBinary && (expression.text == "and" || expression.text == "or");
  if (is_logic) {
    std::vector<Scalar> terms;
    for (const auto& child : expression.children) {
      terms.push_back(BindSearch(*child, case_sensitive));
      if (terms.back().type == Type::kError) return std::move(terms.back());
    }
    return Scalar::Call(expression.text == "and" ? "and" : "or", Type::kBool, std::move(terms));
  }
  if (expression.kind == ExpressionKind::kCall && expression.text == "not" && expression.children.size() == 1) {
    Scalar inner = BindSearch(*expression.children[0], case_sensitive);
    if (inner.type == Type::kError) return inner;
    return Scalar::Call("not", Type::kBool, {std::move(inner)});
  }
  static const Expression kAnywhere = [] {
    Expression star{};
    star.kind = ExpressionKind::kStar;
    return star;
  }();
  if (expression.kind == ExpressionKind::kConstant && expression.constant.type == Type::kString)
    return BindSearchTerm(kAnywhere, std::get<std::string>(expression.constant.value), case_sensitive);
  if (absent()) return Scalar::Of(Constant{Type::kBool, false});
  if (expression.kind == ExpressionKind::kBinary && expression.text == ":") {
    const Expression& text = *expression.children[1];
    if (text.kind == ExpressionKind::kConstant && text.constant.type == Type::kString)
      return BindSearchTerm(*expression.children[0], std::get<std::string>(text.constant.value), case_sensitive);
    return Fail("SEM0040", text.span, "a constant string is wanted after ':'");
  }
  return BindPredicate(expression, "a search");
}

}  // namespace slipway::kql::bind
