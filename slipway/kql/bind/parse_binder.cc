// The part of Binder for parse and parse-where: the pattern becomes regular expressions, one for the whole text, which
// decides whether a row matches, and one for each column, in which only that column is a group.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/kql/bind/binder.h"
#include "slipway/kql/bind/conversion.h"

namespace slipway::kql::bind {

using plan::Column;
using plan::NodePtr;
using plan::Scalar;
using tree::PatternPart;
using Kind = tree::PatternPart::Kind;

namespace {

Scalar TextConstant(std::string text) {
  return Scalar::Of(Constant{Type::kString, std::move(text)});
}

std::string QuoteForRegex(std::string_view text) {
  std::string quoted;
  for (const char c : text) {
    const bool special = std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos;
    if (special) quoted += '\\';
    quoted += c;
  }
  return quoted;
}

// Groups of the user's own count nothing here: "(a)" becomes "(?:a)".
std::string WithoutGroups(std::string_view regex) {
  std::string plain;
  bool in_class = false;
  for (size_t i = 0; i < regex.size(); ++i) {
    plain += regex[i];
    if (regex[i] == '\\' && i + 1 < regex.size()) {
      plain += regex[++i];
    } else if (in_class) {
      in_class = regex[i] != ']';
    } else if (regex[i] == '[') {
      in_class = true;
    } else if (regex[i] == '(' && (i + 1 == regex.size() || regex[i + 1] != '?')) {
      plain += "?:";
    }
  }
  return plain;
}

// What a column takes: in a regular expression a number is digits and a text all it can get.
std::string_view TextOfColumn(Type type, bool is_regex) {
  if (!is_regex) return ".*?";
  if (IsInteger(type)) return "-?\\d+";
  return type == Type::kReal ? "-?\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?" : ".*";
}

// The pattern as a regular expression over a whole text; only `captured` is a group.
std::string PatternRegex(const tree::Operator& step, const PatternPart* captured) {
  const bool is_regex = step.text == "regex";
  std::string regex = is_regex ? fmt::format("(?{})", step.flags) : "(?s)";
  if (is_regex && step.flags.empty()) regex.clear();
  regex += '^';
  for (const PatternPart& part : step.parts) {
    switch (part.kind) {
      case Kind::kText:
        regex += is_regex ? fmt::format("(?:{})", WithoutGroups(part.text)) : QuoteForRegex(part.text);
        break;
      case Kind::kStar:
        regex += ".*?";
        break;
      case Kind::kColumn:
        regex += fmt::format("{}{})", &part == captured ? "(" : "(?:", TextOfColumn(part.type, is_regex));
        break;
    }
  }
  return regex + "$";
}

Scalar Missing(Type type) {
  return Scalar::Of(type == Type::kString ? Constant{type, std::string()} : Constant{type, {}});
}

}  // namespace

// Two parts that take any text must not stand beside each other: where one ends would be open.
bool Binder::CheckPattern(Step step) {
  NameList names;
  for (size_t i = 0; i < step.parts.size(); ++i) {
    const PatternPart& part = step.parts[i];
    if (part.kind == Kind::kText) continue;
    const PatternPart* before = i > 0 ? &step.parts[i - 1] : nullptr;
    if (before != nullptr && before->kind == Kind::kColumn && before->type == Type::kString) {
      diagnostics_.Add("SEM0476", part.span,
                       fmt::format("where the text of '{}' ends is open: put a constant after it", before->text));
      return false;
    }
    if (part.kind == Kind::kStar) continue;
    if (part.type == Type::kDecimal) {
      diagnostics_.AddUnsupported(part.span, "the type decimal");
      return false;
    }
    if (names.AddExplicit(part.text)) continue;
    diagnostics_.Add("SEM0001", part.span, fmt::format("two columns are named '{}'", part.text));
    return false;
  }
  static constexpr std::string_view kFlags = "imsU";
  if (step.flags.find_first_not_of(kFlags) != std::string::npos) {
    diagnostics_.Add("SEM0001", step.name_span, "the flags of parse are i, m, s and U");
    return false;
  }
  const Status good = options_.check_regex(PatternRegex(step, nullptr));
  if (!good) {
    diagnostics_.Add("SEM0420", step.name_span,
                     fmt::format("the pattern makes no regular expression: {}", good.error().message()));
  }
  return good.has_value();
}

// What each column takes of the text `whole`, before it is known whether the row matches. `conditions` gets what has
// to hold for a match.
std::vector<Binder::Item> Binder::CapturesOf(Step step, const Column& whole, std::vector<Scalar>& conditions) {
  std::vector<Item> captures;
  conditions.push_back(
      Scalar::Call("matches_regex", Type::kBool, {Scalar::Of(whole), TextConstant(PatternRegex(step, nullptr))}));
  for (const PatternPart& part : step.parts) {
    if (part.kind != Kind::kColumn) continue;
    Scalar capture = Scalar::Call(
        "extract", Type::kString,
        {TextConstant(PatternRegex(step, &part)), Scalar::Of(Constant{Type::kLong, int64_t{1}}), Scalar::Of(whole)});
    const Column value{context_.NewColumn(), "", part.type};
    captures.push_back({value, Convert(std::move(capture), part.type)});
    if (step.text == "simple" && part.type != Type::kString)
      conditions.push_back(Scalar::Call("isnotnull", Type::kBool, {Scalar::Of(value)}));
  }
  return captures;
}

// The input's columns and these, none replaced.
NodePtr Binder::Append(NodePtr input, std::vector<Item> items) {
  plan::Project project;
  std::vector<Column> columns = input->outputs;
  for (const Column& column : columns) project.expressions.push_back(Scalar::Of(column));
  for (Item& item : items) {
    columns.push_back(item.column);
    project.expressions.push_back(std::move(item.expression));
  }
  return plan::MakeNode(std::move(project), std::move(columns), std::move(input));
}

NodePtr Binder::BindParse(Step step, NodePtr input) {
  if (!CheckPattern(step)) return nullptr;
  Scalar text = ScalarBinder(context_, input->outputs).Bind(*step.expression);
  if (text.type == Type::kError) return nullptr;
  // Columns nobody sees: the text, what each column took of it, and whether the row matches.
  const Column whole{context_.NewColumn(), "", Type::kString};
  const Column matched{context_.NewColumn(), "", Type::kBool};
  NodePtr node = Append(std::move(input), {{whole, Convert(std::move(text), Type::kString)}});
  std::vector<Scalar> conditions;
  std::vector<Item> captures = CapturesOf(step, whole, conditions), results;
  for (const PatternPart& part : step.parts) {
    if (part.kind != Kind::kColumn) continue;
    const Scalar value = Scalar::Of(captures[results.size()].column);
    results.push_back({{context_.NewColumn(), part.text, part.type},
                       Scalar::Call("iff", part.type, {Scalar::Of(matched), value, Missing(part.type)})});
  }
  node = Append(std::move(node), std::move(captures));
  Scalar all = conditions.size() == 1 ? conditions[0] : Scalar::Call("and", Type::kBool, std::move(conditions));
  node = Append(std::move(node), {{matched, std::move(all)}});
  if (step.kind == tree::OperatorKind::kParseWhere) {
    std::vector<Column> columns = node->outputs;
    node = plan::MakeNode(plan::Filter{Scalar::Of(matched)}, std::move(columns), std::move(node));
  }
  node = Extend(std::move(node), std::move(results));
  std::vector<Column> visible;
  for (const Column& column : node->outputs) {
    if (!column.name.empty()) visible.push_back(column);
  }
  return Select(std::move(node), std::move(visible));
}

}  // namespace slipway::kql::bind
