#include "slipway/kql/sql/scalar_emitter.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "slipway/base/assert.h"
#include "slipway/base/text.h"
#include "slipway/kql/native/native.h"
#include "slipway/kql/sql/operations.h"

namespace slipway::kql::sql {

using plan::Scalar;
using plan::ScalarKind;

std::string EmitState::AddParameter(Parameter value) {
  parameters.push_back(std::move(value));
  return fmt::format("${}", parameters.size());
}

std::string ColumnName(int id) {
  return fmt::format("c{}", id);
}

std::string_view SqlType(Type type) {
  switch (type) {
    case Type::kBool:
      return "BOOLEAN";
    case Type::kInt:
      return "INTEGER";
    case Type::kLong:
    case Type::kDateTime:
    case Type::kTimespan:
      return "BIGINT";
    case Type::kReal:
      return "DOUBLE";
    default:
      return "VARCHAR";
  }
}

namespace {

bool IsPlain(std::string_view sql) {
  // A column or a parameter (perhaps cast): as cheap twice as once.
  if (sql.starts_with("CAST($") && std::count(sql.begin(), sql.end(), '(') == 1) return true;
  return std::all_of(sql.begin(), sql.end(),
                     [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; });
}

// "h12" names stand in the text of what reads them: the level they come from is found by name.
bool Mentions(const std::string& sql, const std::string& name) {
  for (size_t at = sql.find(name); at != std::string::npos; at = sql.find(name, at + 1)) {
    const bool begins = at == 0 || !std::isalnum(static_cast<unsigned char>(sql[at - 1]));
    const size_t end = at + name.size();
    if (begins && (end == sql.size() || !std::isalnum(static_cast<unsigned char>(sql[end])))) return true;
  }
  return false;
}

bool IsFinite(const Scalar& scalar) {
  const Constant* constant = scalar.AsConstant();
  const auto* value = constant == nullptr ? nullptr : std::get_if<double>(&constant->value);
  return value != nullptr && std::isfinite(*value);
}

bool IsConstant(const Scalar& scalar) {
  return scalar.AsConstant() != nullptr && !scalar.constant.is_null();
}

}  // namespace

std::string ScalarEmitter::Hoist(std::string sql) {
  return IsPlain(sql) ? sql : HoistAlways(std::move(sql));
}

std::string ScalarEmitter::EmitHoisted(const Scalar& call, bool) {
  return HoistAlways(Emit(call.arguments[0]));
}

std::string ScalarEmitter::HoistAlways(std::string sql) {
  size_t level = 0;
  for (size_t i = 0; i < levels_.size(); ++i) {
    for (const Hoisted& hoisted : levels_[i]) {
      if (hoisted.sql == sql) return hoisted.name;
      if (Mentions(sql, hoisted.name)) level = i + 1;
    }
  }
  if (levels_.size() <= level) levels_.resize(level + 1);
  levels_[level].push_back({fmt::format("h{}", state_.next_name++), std::move(sql)});
  return levels_[level].back().name;
}

std::string ScalarEmitter::Wrap(std::string from) const {
  for (const auto& level : levels_) {
    std::string columns;
    for (const Hoisted& hoisted : level) columns += fmt::format(", {} AS {}", hoisted.sql, hoisted.name);
    from = fmt::format("(SELECT *{} FROM {} AS t)", columns, from);
  }
  return from;
}

std::string ScalarEmitter::EmitConstant(const Constant& constant) {
  if (constant.is_null()) return fmt::format("CAST(NULL AS {})", SqlType(constant.type));
  Parameter parameter = std::visit([](const auto& value) -> Parameter { return value; }, constant.value);
  return fmt::format("CAST({} AS {})", state_.AddParameter(std::move(parameter)), SqlType(constant.type));
}

std::vector<std::string> ScalarEmitter::EmitAll(const std::vector<Scalar>& scalars) {
  std::vector<std::string> texts;
  for (const Scalar& scalar : scalars) texts.push_back(Emit(scalar));
  return texts;
}

// Puts the arguments where the template says "$1" …; '$' before anything but a digit is the template's own.
std::string ScalarEmitter::Fill(std::string_view text, const std::vector<std::string>& arguments) {
  std::string filled;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool is_argument =
        text[i] == '$' && i + 1 < text.size() && std::isdigit(static_cast<unsigned char>(text[i + 1]));
    if (!is_argument) {
      filled += text[i];
    } else {
      filled += arguments[static_cast<size_t>(text[++i] - '1')];
    }
  }
  return filled;
}

std::string ScalarEmitter::Emit(const Scalar& scalar, bool as_filter) {
  switch (scalar.kind) {
    case ScalarKind::kConstant:
      return EmitConstant(scalar.constant);
    case ScalarKind::kColumn:
      return ColumnName(scalar.column);
    case ScalarKind::kCall:
      break;
  }
  if (const Custom custom = FindCustom(scalar.operation)) return (this->*custom)(scalar, as_filter);
  const OperationRow* row = FindOperation(scalar.operation, scalar.arguments);
  std::vector<std::string> arguments = EmitAll(scalar.arguments);
  if (row == nullptr) {
    SLIPWAY_ASSERT(native::FindFunction(scalar.operation, arguments.size()) != nullptr);
    const std::string call = fmt::format("{}{}({})", native::kPrefix, scalar.operation, Join(arguments, ", "));
    return scalar.type == Type::kString ? fmt::format("coalesce({}, '')", call) : call;
  }
  if (row->repeats) {
    for (std::string& argument : arguments) argument = Hoist(std::move(argument));
  }
  return Fill(row->text, arguments);
}

std::string ScalarEmitter::EmitAggregate(const plan::Aggregate& aggregate) {
  const std::string filter =
      aggregate.condition ? fmt::format(" FILTER (WHERE {})", Emit(*aggregate.condition, true)) : "";
  if (aggregate.operation == "percentile") {
    const Constant& percentage = aggregate.arguments[1].constant;
    const auto* whole = std::get_if<int64_t>(&percentage.value);
    const double share = (whole != nullptr ? static_cast<double>(*whole) : std::get<double>(percentage.value)) / 100;
    return fmt::format("quantile_disc({}, {}){}", Emit(aggregate.arguments[0]),
                       FormatDouble(std::clamp(share, 0.0, 1.0)), filter);
  }
  if (aggregate.operation == "percentiles_array" || aggregate.operation.starts_with("percentile"))
    return EmitPercentiles(aggregate, filter);
  const OperationRow* row = FindAggregateOperation(aggregate.operation, aggregate.arguments);
  SLIPWAY_ASSERT(row != nullptr);
  // The filter has parameters of its own, which must not be taken for the template's arguments.
  const std::vector<std::string> arguments = EmitAll(aggregate.arguments);
  std::string text;
  size_t at = 0;
  for (size_t place = row->text.find('@'); place != std::string_view::npos; place = row->text.find('@', at)) {
    text += Fill(row->text.substr(at, place - at), arguments) + filter;
    at = place + 1;
  }
  return text + Fill(row->text.substr(at), arguments);
}

namespace {

// The percentages of an aggregate as a JSON array; each argument is a number or an array of them.
std::string Percentages(const std::vector<Scalar>& arguments, size_t from) {
  std::string list;
  for (size_t i = from; i < arguments.size(); ++i) {
    std::string text = ConstantToJson(arguments[i].constant);
    if (text.starts_with('[')) text = text.substr(1, text.size() - 2);
    list += (list.empty() || text.empty() ? "" : ",") + text;
  }
  return "[" + list + "]";
}

}  // namespace

// Aggregates of several percentages, or with weights.
std::string ScalarEmitter::EmitPercentiles(const plan::Aggregate& aggregate, const std::string& filter) {
  const bool weighted = aggregate.operation.find('w') != std::string_view::npos;
  const std::string value = Emit(aggregate.arguments[0]);
  const std::string shares = state_.AddParameter(Percentages(aggregate.arguments, weighted ? 2 : 1));
  std::string array;
  if (weighted) {
    array = fmt::format("kqln_weighted_percentiles('[' || string_agg('[' || {} || ',' || {} || ']', ','){} || ']', {})",
                        value, Emit(aggregate.arguments[1]), filter, shares);
  } else {
    array = fmt::format("kqln_percentiles_of('[' || coalesce(string_agg(CAST({} AS VARCHAR), ','){}, '') || ']', {})",
                        value, filter, shares);
  }
  if (aggregate.type == Type::kDynamic) return array;
  return fmt::format("CAST(json_extract({}, '$[0]') AS {})", array, SqlType(aggregate.type));
}

ScalarEmitter::Custom ScalarEmitter::FindCustom(std::string_view operation) {
  using S = ScalarEmitter;
  static constexpr std::pair<std::string_view, Custom> kCustom[] = {
      {"and", &S::EmitLogic},
      {"or", &S::EmitLogic},
      {"eq", &S::EmitEquality},
      {"ne", &S::EmitEquality},
      {"in", &S::EmitIn},
      {"in_ignore_case", &S::EmitIn},
      {"has", &S::EmitHas},
      {"has_cs", &S::EmitHas},
      {"hasprefix", &S::EmitHas},
      {"hasprefix_cs", &S::EmitHas},
      {"hassuffix", &S::EmitHas},
      {"hassuffix_cs", &S::EmitHas},
      {"strcat", &S::EmitStrcat},
      {"strcat_delim", &S::EmitStrcat},
      {"coalesce", &S::EmitCoalesce},
      {"max_of", &S::EmitExtreme},
      {"min_of", &S::EmitExtreme},
      {"case", &S::EmitCase},
      {"pack_array", &S::EmitPackArray},
      {"bag_pack", &S::EmitBagPack},
      {"array_concat", &S::EmitArrayConcat},
      {"extract_all_groups", &S::EmitExtractAll},
      {"extract", &S::EmitExtract},
      {"element", &S::EmitElement},
      {"slot_value", &S::EmitSlotValue},
      {"datetime_part", &S::EmitDatePart},
      {"datetime_add", &S::EmitDatePart},
      {"datetime_diff", &S::EmitDatePart},
      {"format_datetime", &S::EmitFormatDatetime},
      {"bin", &S::EmitBin},
      {"hoisted", &S::EmitHoisted},
      {"in_rows", &S::EmitRows},
      {"scalar_of_rows", &S::EmitRows},
      {"prev", &S::EmitNeighbour},
      {"next", &S::EmitNeighbour},
      {"row_number", &S::EmitRowNumber},
      {"row_cumsum", &S::EmitRowCumsum},
      {"row_rank_dense", &S::EmitRowRank},
      {"row_rank_min", &S::EmitRowRank},
      {"near", &S::EmitNear},
  };
  for (const auto& [name, custom] : kCustom) {
    if (name == operation) return custom;
  }
  return nullptr;
}

bool KnowsOperation(std::string_view operation) {
  return operation == "identity" || HasOperation(operation) || native::HasFunction(operation) ||
         ScalarEmitter::FindCustom(operation) != nullptr;
}

// Long chains become a balanced tree of parentheses: the engine limits how deep an expression may be.
std::string ScalarEmitter::EmitLogic(const Scalar& call, bool as_filter) {
  std::vector<std::string> terms;
  for (const Scalar& argument : call.arguments) terms.push_back(Emit(argument, as_filter));
  const std::string_view word = call.operation == "and" ? " AND " : " OR ";
  while (terms.size() > 1) {
    std::vector<std::string> joined;
    for (size_t i = 0; i + 1 < terms.size(); i += 2)
      joined.push_back(fmt::format("({}{}{})", terms[i], word, terms[i + 1]));
    if (terms.size() % 2 == 1) joined.push_back(std::move(terms.back()));
    terms = std::move(joined);
  }
  return std::move(terms[0]);
}

// One side null: not equal. Both null: null.
std::string ScalarEmitter::EmitEquality(const Scalar& call, bool as_filter) {
  const bool equal = call.operation == "eq";
  std::string left = Emit(call.arguments[0]), right = Emit(call.arguments[1]);
  const bool is_text = call.arguments[0].type == Type::kString;
  const bool is_real = call.arguments[0].type == Type::kReal;
  if (is_text || (as_filter && equal && !is_real)) return fmt::format("({} {} {})", left, equal ? "=" : "<>", right);
  const std::string_view negation = equal ? "NOT " : "";
  // To the engine NaN equals itself; to the language it does not.
  const bool may_be_nan =
      call.arguments[0].type == Type::kReal && !IsFinite(call.arguments[0]) && !IsFinite(call.arguments[1]);
  if (may_be_nan) {
    left = Hoist(std::move(left));
    right = Hoist(std::move(right));
    const std::string same =
        fmt::format("({0} IS NOT DISTINCT FROM {1} AND NOT coalesce(isnan({0}), false))", left, right);
    return fmt::format("CASE WHEN {0} IS NOT NULL OR {1} IS NOT NULL THEN {2}{3} END", left, right, equal ? "" : "NOT ",
                       same);
  }
  if (as_filter || IsConstant(call.arguments[0]) || IsConstant(call.arguments[1])) {
    return fmt::format("({} IS {}DISTINCT FROM {})", left, negation, right);
  }
  left = Hoist(std::move(left));
  right = Hoist(std::move(right));
  return fmt::format("CASE WHEN {0} IS NOT NULL OR {1} IS NOT NULL THEN {0} IS {2}DISTINCT FROM {1} END", left, right,
                     negation);
}

std::string ScalarEmitter::EmitIn(const Scalar& call, bool as_filter) {
  const bool ignores_case = call.operation == "in_ignore_case";
  std::vector<std::string> texts;
  for (const Scalar& argument : call.arguments) {
    if (argument.AsConstant() != nullptr && argument.constant.is_null()) continue;  // null is in no list
    texts.push_back(ignores_case ? fmt::format("lower({})", Emit(argument)) : Emit(argument));
  }
  if (texts.size() < 2 || (call.arguments[0].AsConstant() != nullptr && call.arguments[0].constant.is_null()))
    return "false";
  const std::string value = std::move(texts.front());
  texts.erase(texts.begin());
  const std::string in = fmt::format("({} IN ({}))", value, Join(texts, ", "));
  return as_filter ? in : fmt::format("coalesce({}, false)", in);
}

namespace {

enum class Edge { kNone, kBoundary, kUnknown };

// Whether the edge of a needle has to be the edge of a term. Only ASCII is decided here.
Edge EdgeAt(char c) {
  if (static_cast<unsigned char>(c) >= 0x80) return Edge::kUnknown;
  return std::isalnum(static_cast<unsigned char>(c)) ? Edge::kBoundary : Edge::kNone;
}

std::string QuoteRegex(std::string_view text) {
  std::string quoted;
  for (const char c : text) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
    if (c == '\0') {
      quoted += "\\x00";
    } else {
      if (!plain) quoted += '\\';
      quoted += c;
    }
  }
  return quoted;
}

constexpr std::string_view kLeftEdge = "(?:^|[^\\pL\\pN])";
constexpr std::string_view kRightEdge = "(?:$|[^\\pL\\pN])";

}  // namespace

// A substring test, which is cheap, then the term boundaries by a regular expression.
std::string ScalarEmitter::EmitHas(const Scalar& call, bool) {
  const bool case_sensitive = call.operation.ends_with("_cs");
  const bool left_edge = !call.operation.starts_with("hassuffix"),
             right_edge = !call.operation.starts_with("hasprefix");
  const std::string text = Hoist(Emit(call.arguments[0]));
  const std::string needle = Hoist(Emit(call.arguments[1]));
  const std::string contains = case_sensitive ? fmt::format("contains({}, {})", text, needle)
                                              : fmt::format("contains(lower({}), lower({}))", text, needle);
  const std::string flags = case_sensitive ? "(?s)" : "(?is)";
  if (const Constant* constant = call.arguments[1].AsConstant()) {
    const std::string& word = std::get<std::string>(constant->value);
    if (word.empty()) return "true";
    const Edge left = left_edge ? EdgeAt(word.front()) : Edge::kNone,
               right = right_edge ? EdgeAt(word.back()) : Edge::kNone;
    if (left == Edge::kNone && right == Edge::kNone) return contains;
    if (left != Edge::kUnknown && right != Edge::kUnknown) {
      const std::string pattern = fmt::format("{}{}{}{}", flags, left == Edge::kBoundary ? kLeftEdge : "",
                                              QuoteRegex(word), right == Edge::kBoundary ? kRightEdge : "");
      return fmt::format("({} AND regexp_matches({}, {}))", contains, text, state_.AddParameter(pattern));
    }
  }
  const auto edge = [&](bool wanted, std::string_view where, std::string_view pattern) {
    return wanted ? fmt::format("CASE WHEN regexp_matches({}, '{}') THEN '{}' ELSE '' END", needle, where, pattern)
                  : std::string("''");
  };
  return fmt::format("({} AND regexp_matches({}, '{}' || {} || regexp_escape({}) || {}))", contains, text, flags,
                     edge(left_edge, "^[\\pL\\pN]", kLeftEdge), needle, edge(right_edge, "[\\pL\\pN]$", kRightEdge));
}

std::string ScalarEmitter::EmitStrcat(const Scalar& call, bool) {
  return fmt::format("{}({})", call.operation == "strcat" ? "concat" : "concat_ws",
                     Join(EmitAll(call.arguments), ", "));
}

// "" counts as missing.
std::string ScalarEmitter::EmitCoalesce(const Scalar& call, bool) {
  std::vector<std::string> texts = EmitAll(call.arguments);
  if (call.type == Type::kString) {
    for (std::string& text : texts) text = fmt::format("nullif({}, '')", text);
    texts.push_back("''");
  }
  return fmt::format("coalesce({})", Join(texts, ", "));
}

std::string ScalarEmitter::EmitExtreme(const Scalar& call, bool) {
  return fmt::format("{}({})", call.operation == "max_of" ? "greatest" : "least", Join(EmitAll(call.arguments), ", "));
}

std::string ScalarEmitter::EmitCase(const Scalar& call, bool) {
  std::string sql = "CASE";
  for (size_t i = 0; i + 1 < call.arguments.size(); i += 2) {
    sql += fmt::format(" WHEN {} THEN {}", Emit(call.arguments[i], true), Emit(call.arguments[i + 1]));
  }
  return fmt::format("{} ELSE {} END", sql, Emit(call.arguments.back()));
}

namespace {

// DuckDB's concat_ws takes one item at least.
std::string Enclosed(char open, const std::vector<std::string>& items, char close) {
  if (items.empty()) return fmt::format("'{}{}'", open, close);
  return fmt::format("('{}' || concat_ws(',', {}) || '{}')", open, Join(items, ", "), close);
}

}  // namespace

std::string ScalarEmitter::EmitPackArray(const Scalar& call, bool) {
  std::vector<std::string> items = EmitAll(call.arguments);
  for (std::string& text : items) text = fmt::format("coalesce({}, 'null')", text);
  return Enclosed('[', items, ']');
}

std::string ScalarEmitter::EmitBagPack(const Scalar& call, bool) {
  std::vector<std::string> items;
  for (size_t i = 0; i < call.arguments.size(); i += 2) {
    items.push_back(fmt::format("CAST(to_json({}) AS VARCHAR) || ':' || coalesce({}, 'null')", Emit(call.arguments[i]),
                                Emit(call.arguments[i + 1])));
  }
  return Enclosed('{', items, '}');
}

std::string ScalarEmitter::EmitArrayConcat(const Scalar& call, bool) {
  std::vector<std::string> arrays;
  for (const std::string& text : EmitAll(call.arguments))
    arrays.push_back(fmt::format("CAST(json_extract({}, '$[*]') AS VARCHAR[])", text));
  return fmt::format("('[' || coalesce(array_to_string(flatten([{}]), ','), '') || ']')", Join(arrays, ", "));
}

// Of each match its groups, as an array of arrays. Arguments: the expression, the text, the groups' numbers.
std::string ScalarEmitter::EmitExtractAll(const Scalar& call, bool) {
  const std::string regex = Emit(call.arguments[0]), text = Hoist(Emit(call.arguments[1]));
  std::vector<std::string> groups;
  for (size_t i = 2; i < call.arguments.size(); ++i) {
    groups.push_back(fmt::format("regexp_extract_all({}, {}, {})", text, regex,
                                 std::get<int64_t>(call.arguments[i].constant.value)));
  }
  if (groups.size() == 1) return fmt::format("kql_texts(nullif({}, CAST([] AS VARCHAR[])))", groups[0]);
  return fmt::format("kql_rows_of_texts({})", Hoist(fmt::format("[{}]", Join(groups, ", "))));
}

std::string ScalarEmitter::EmitExtract(const Scalar& call, bool) {
  const Constant* group = call.arguments[1].AsConstant();
  const int64_t number =
      group != nullptr && !group->is_null() ? std::clamp<int64_t>(std::get<int64_t>(group->value), 0, 9) : 0;
  return fmt::format("regexp_extract({}, {}, {})", Emit(call.arguments[2]), Emit(call.arguments[0]), number);
}

std::string ScalarEmitter::EmitElement(const Scalar& call, bool) {
  const Constant* index = call.arguments[1].AsConstant();
  if (index != nullptr && index->type == Type::kLong && !index->is_null()) {
    return fmt::format("nullif(CAST(json_extract({}, '$[{}]') AS VARCHAR), 'null')", Emit(call.arguments[0]),
                       std::get<int64_t>(index->value));
  }
  return Fill(FindOperation("element", call.arguments)->text, EmitAll(call.arguments));
}

// The text of a bag's slot as the type that all such slots have.
std::string ScalarEmitter::EmitSlotValue(const Scalar& call, bool) {
  const std::string text = Emit(call.arguments[0]);
  switch (call.type) {
    case Type::kString:
      return fmt::format("coalesce({}, '')", text);
    case Type::kDynamic:
      return fmt::format("nullif({}, 'null')", text);
    case Type::kDateTime:
      return fmt::format("kqln_text_to_ticks({})", text);
    case Type::kTimespan:
      return fmt::format("kqln_text_to_timespan({})", text);
    case Type::kGuid:
      return fmt::format("CAST(try_cast({} AS UUID) AS VARCHAR)", text);
    default:
      return fmt::format("try_cast({} AS {})", text, SqlType(call.type));
  }
}

std::string ScalarEmitter::EmitRows(const Scalar& call, bool as_filter) {
  if (call.operation == "in_rows") {
    const std::string in = fmt::format("({} IN ({}))", Emit(call.arguments[0]), state_.emit_rows(*call.rows));
    return as_filter ? in : fmt::format("coalesce({}, false)", in);
  }
  const std::string value = fmt::format("(SELECT * FROM ({}) AS t LIMIT 1)", state_.emit_rows(*call.rows));
  return call.type == Type::kString ? fmt::format("coalesce({}, '')", value) : value;
}

// Ticks of a fixed bin that is positive need no guard against other sizes.
std::string ScalarEmitter::EmitBin(const Scalar& call, bool) {
  const Constant* size = call.arguments[1].AsConstant();
  const auto* ticks = size == nullptr ? nullptr : std::get_if<int64_t>(&size->value);
  if (call.type == Type::kDateTime && ticks != nullptr && *ticks > 0) {
    const std::string value = Hoist(Emit(call.arguments[0]));
    return fmt::format("({0} - {0} % {1})", value, *ticks);
  }
  const OperationRow* row = FindOperation("bin", call.arguments);
  std::vector<std::string> arguments = EmitAll(call.arguments);
  for (std::string& argument : arguments) argument = Hoist(std::move(argument));
  return Fill(row->text, arguments);
}

}  // namespace slipway::kql::sql
