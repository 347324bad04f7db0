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
  if (type == Type::kReal) return "-?\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?";
  return type == Type::kString || is_regex ? ".*" : ".*?";
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
      case Kind::kColumn: {
        // Before "*" nothing says where a number ends but the number itself.
        const bool is_open = &part != &step.parts.back() && (&part)[1].kind == Kind::kStar;
        regex += fmt::format("{}{})", &part == captured ? "(" : "(?:", TextOfColumn(part.type, is_regex || is_open));
        break;
      }
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

// The options as JSON for the native function; "" in `regex` unless pairs are found by one.
bool Binder::BindKvOptions(Step step, KvOptions& options) {
  static constexpr std::string_view kNames[] = {"pair_delimiter", "kv_delimiter", "quote", "escape", "greedy", "regex"};
  const std::vector<Column> no_columns;
  for (const tree::NamedExpression& item : step.items) {
    if (std::find(std::begin(kNames), std::end(kNames), *item.name) == std::end(kNames)) {
      diagnostics_.Add(
          "SEM0001", item.name_span,
          fmt::format("parse-kv has no option '{}'{}", *item.name,
                      DidYouMean(*item.name, std::vector<std::string>(std::begin(kNames), std::end(kNames)))));
      return false;
    }
    const auto value = ScalarBinder(context_, no_columns).BindConstant(*item.expression);
    if (!value) return false;
    const auto* flag = std::get_if<bool>(&value->value);
    const auto* text = std::get_if<std::string>(&value->value);
    if (*item.name == "greedy" && flag != nullptr) {
      options.greedy = *flag;
      continue;
    }
    if (*item.name == "greedy" || value->type != Type::kString || text == nullptr || text->empty() ||
        (*item.name == "quote" && text->size() > 2)) {
      diagnostics_.Add("SEM0008", item.expression->span,
                       *item.name == "greedy"  ? "greedy is true or false"
                       : *item.name == "quote" ? "a quote is one character, or an opening and a closing one"
                                               : fmt::format("{} is a string", *item.name));
      return false;
    }
    if (*item.name == "pair_delimiter") options.pair_delimiter = *text;
    if (*item.name == "kv_delimiter") options.kv_delimiter = *text;
    if (*item.name == "quote") options.quotes.push_back(*text);
    if (*item.name == "escape") options.escape = *text;
    if (*item.name != "regex") continue;
    options.regex = *text;
    if (const Status good = options_.check_regex(*text); !good) {
      diagnostics_.Add("SEM0420", item.expression->span,
                       fmt::format("this is not a regular expression: {}", good.error().message()));
      return false;
    }
    if (CountGroups(*text) != 2) {
      diagnostics_.Add("SEM0214", item.expression->span,
                       "the regular expression of parse-kv has two groups, for the key and for the value");
      return false;
    }
  }
  if (options.pair_delimiter.empty() == options.kv_delimiter.empty()) return true;
  diagnostics_.Add("SEM0001", step.name_span, "parse-kv wants both pair_delimiter and kv_delimiter, or neither");
  return false;
}

namespace {

std::string ToJson(const KvOptions& options) {
  std::string quotes;
  for (const std::string& quote : options.quotes) quotes += (quotes.empty() ? "" : ",") + JsonQuote(quote);
  return fmt::format(R"({{"pair":{},"kv":{},"escape":{},"greedy":{},"quotes":[{}]}})",
                     JsonQuote(options.pair_delimiter), JsonQuote(options.kv_delimiter), JsonQuote(options.escape),
                     options.greedy, quotes);
}

}  // namespace

// parse-kv: of each key the value of its first pair, without the blanks around it.
NodePtr Binder::BindParseKv(Step step, NodePtr input) {
  KvOptions options;
  if (!BindKvOptions(step, options)) return nullptr;
  Scalar text = ScalarBinder(context_, input->outputs).Bind(*step.expression);
  if (text.type == Type::kError) return nullptr;
  const Column found{context_.NewColumn(), "", Type::kDynamic};
  text = Convert(std::move(text), Type::kString);
  Scalar pairs = options.regex.empty()
                     ? Scalar::Call("parse_kv", Type::kDynamic, {std::move(text), TextConstant(ToJson(options))})
                     : Scalar::Call("kv_of_regex", Type::kDynamic, {std::move(text), TextConstant(options.regex)});
  NodePtr node = Append(std::move(input), {{found, std::move(pairs)}});
  NameList names;
  std::vector<Item> items;
  for (const tree::TypedName& key : step.schema) {
    if (!names.AddExplicit(key.name)) {
      diagnostics_.Add("SEM0001", key.span, fmt::format("two columns are named '{}'", key.name));
      return nullptr;
    }
    Scalar value =
        Convert(Scalar::Call("element", Type::kDynamic, {Scalar::Of(found), TextConstant(key.name)}), Type::kString);
    items.push_back({{context_.NewColumn(), key.name, key.type}, Convert(std::move(value), key.type)});
  }
  node = Extend(std::move(node), std::move(items));
  std::vector<Column> visible;
  for (const Column& column : node->outputs) {
    if (!column.name.empty()) visible.push_back(column);
  }
  return Select(std::move(node), std::move(visible));
}

}  // namespace slipway::kql::bind
