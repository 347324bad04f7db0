// The part of Binder for join and lookup.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/kql/bind/binder.h"

namespace slipway::kql::bind {

using plan::Column;
using plan::Join;
using plan::JoinKind;
using plan::NodePtr;
using plan::Scalar;
using tree::Expression;
using tree::ExpressionKind;

namespace {

constexpr std::pair<std::string_view, JoinKind> kJoinKinds[] = {
    {"innerunique", JoinKind::kInnerUnique}, {"inner", JoinKind::kInner},
    {"leftouter", JoinKind::kLeftOuter},     {"rightouter", JoinKind::kRightOuter},
    {"fullouter", JoinKind::kFullOuter},     {"leftsemi", JoinKind::kLeftSemi},
    {"rightsemi", JoinKind::kRightSemi},     {"leftanti", JoinKind::kLeftAnti},
    {"anti", JoinKind::kLeftAnti},           {"leftantisemi", JoinKind::kLeftAnti},
    {"rightanti", JoinKind::kRightAnti},     {"rightantisemi", JoinKind::kRightAnti},
};

bool HasLeft(JoinKind kind) {
  return kind != JoinKind::kRightSemi && kind != JoinKind::kRightAnti;
}

bool HasRight(JoinKind kind) {
  return kind != JoinKind::kLeftSemi && kind != JoinKind::kLeftAnti;
}

// The side that "$left.key" names: "$left", "$right" or "".
std::string_view SideOf(const Expression& expression) {
  if (expression.kind != ExpressionKind::kMember || expression.children[0]->kind != ExpressionKind::kName) return "";
  const std::string& side = expression.children[0]->text;
  return side == "$left" || side == "$right" ? std::string_view(side) : "";
}

const Column* FindByName(const plan::Node& node, std::string_view name) {
  const auto column =
      std::find_if(node.outputs.begin(), node.outputs.end(), [&](const Column& c) { return c.name == name; });
  return column == node.outputs.end() ? nullptr : &*column;
}

std::vector<std::string> NamesOf(const plan::Node& node) {
  std::vector<std::string> names;
  for (const Column& column : node.outputs) names.push_back(column.name);
  return names;
}

}  // namespace

// "key", "$left.a == $right.b", or several of them with "and".
bool Binder::ReadCondition(const Expression& expression, std::vector<JoinCondition>& conditions) {
  if (expression.kind == ExpressionKind::kName) {
    conditions.push_back({&expression, expression.text, expression.text, expression.span, expression.span});
    return true;
  }
  if (expression.kind == ExpressionKind::kBinary && expression.text == "and") {
    return std::all_of(expression.children.begin(), expression.children.end(),
                       [&](const auto& child) { return ReadCondition(*child, conditions); });
  }
  const bool is_equality = expression.kind == ExpressionKind::kBinary && expression.text == "==";
  const std::string_view first = is_equality ? SideOf(*expression.children[0]) : "";
  const std::string_view second = is_equality ? SideOf(*expression.children[1]) : "";
  if (first == "$right" && second == "$left") {
    diagnostics_.Add("SEM0001", expression.span, "the left side comes first: $left.a == $right.b");
    return false;
  }
  if (first != "$left" || second != "$right") {
    diagnostics_.Add("SEM0001", expression.span,
                     "a join's condition is a column of both sides, or $left.a == $right.b; make other keys with "
                     "extend before");
    return false;
  }
  const Expression &left = *expression.children[0], &right = *expression.children[1];
  conditions.push_back({&expression, left.text, right.text, left.name_span, right.name_span});
  return true;
}

std::optional<Join::Key> Binder::BindJoinKey(const JoinCondition& condition, const plan::Node& left,
                                             const plan::Node& right) {
  const Column* left_column = FindByName(left, condition.left);
  const Column* right_column = FindByName(right, condition.right);
  const auto missing = [&](std::string_view side, const std::string& name, Span span, const plan::Node& node) {
    diagnostics_.Add(
        "SEM0100", span,
        fmt::format("the {} side of the join has no column '{}'{}", side, name, DidYouMean(name, NamesOf(node))));
  };
  if (left_column == nullptr) missing("left", condition.left, condition.left_span, left);
  if (right_column == nullptr) missing("right", condition.right, condition.right_span, right);
  if (left_column == nullptr || right_column == nullptr) return std::nullopt;
  const Type type = left_column->type;
  if (type == Type::kDynamic || right_column->type == Type::kDynamic) {
    diagnostics_.Add("SEM0001", condition.expression->span,
                     "a dynamic cannot be a join's key; convert it before, as in extend k = tostring(…)");
    return std::nullopt;
  }
  if (type != right_column->type) {
    diagnostics_.Add("SEM0001", condition.expression->span,
                     fmt::format("the keys are a {} and a {}; convert one before, as in extend k = to{}(…)",
                                 TypeName(type), TypeName(right_column->type), TypeName(type)));
    return std::nullopt;
  }
  return Join::Key{left_column->id, right_column->id, type};
}

NodePtr Binder::BindJoin(Step step, NodePtr left) {
  const auto* kind = std::find_if(std::begin(kJoinKinds), std::end(kJoinKinds),
                                  [&](const auto& candidate) { return candidate.first == step.text; });
  if (kind != std::end(kJoinKinds)) return JoinWith(step, std::move(left), kind->second, false);
  diagnostics_.Add("SEM0001", step.name_span,
                   fmt::format("there is no kind of join '{}': there are innerunique, inner, leftouter, rightouter, "
                               "fullouter, leftsemi, rightsemi, leftanti and rightanti",
                               step.text));
  return nullptr;
}

NodePtr Binder::BindLookup(Step step, NodePtr left) {
  const bool is_inner = step.text == "inner";
  if (is_inner || step.text == "leftouter")
    return JoinWith(step, std::move(left), is_inner ? JoinKind::kInner : JoinKind::kLeftOuter, true);
  diagnostics_.Add("SEM0001", step.name_span, "lookup knows kind=leftouter and kind=inner");
  return nullptr;
}

namespace {

// The columns of both sides that a join of this kind has; those of the right side whose names are taken get others.
std::vector<Column> JoinOutputs(const plan::Node& left, const plan::Node& right, const Join& join,
                                bool drops_right_keys) {
  NameList names;
  std::vector<Column> columns;
  const auto add = [&](const Column& column) {
    columns.push_back({column.id, names.AddGenerated(column.name), column.type});
  };
  if (HasLeft(join.kind)) std::for_each(left.outputs.begin(), left.outputs.end(), add);
  for (const Column& column : right.outputs) {
    const bool is_key =
        std::any_of(join.keys.begin(), join.keys.end(), [&](const Join::Key& key) { return key.right == column.id; });
    if (HasRight(join.kind) && !(is_key && drops_right_keys)) add(column);
  }
  return columns;
}

}  // namespace

NodePtr Binder::JoinWith(Step step, NodePtr left, JoinKind kind, bool drops_right_keys) {
  NodePtr right = BindPipeline(*step.pipelines[0]);
  if (!right) return nullptr;
  std::vector<JoinCondition> conditions;
  for (const auto& condition : step.conditions) {
    if (!ReadCondition(*condition, conditions)) return nullptr;
  }
  Join join{kind, {}};
  for (const JoinCondition& condition : conditions) {
    const auto key = BindJoinKey(condition, *left, *right);
    if (!key) return nullptr;
    join.keys.push_back(*key);
  }
  std::vector<Column> columns = JoinOutputs(*left, *right, join, drops_right_keys);
  NodePtr node = plan::MakeNode(std::move(join), std::move(columns), std::move(left));
  node->inputs.push_back(std::move(right));
  return node;
}

// Adds the further keys of a lookup of addresses; gives the columns of addresses and networks.
std::optional<Join::Key> Binder::AddLookupKeys(const Expression& call, const plan::Node& left, const plan::Node& right,
                                               Join& join) {
  const Expression &source = *call.children[1], &network = *call.children[2];
  const auto networks = BindJoinKey({&source, source.text, network.text, source.span, network.span}, left, right);
  if (!networks) return std::nullopt;
  if (networks->type != Type::kString) {
    diagnostics_.Add("SEM0008", source.span, fmt::format("{}() wants columns of strings", call.text));
    return std::nullopt;
  }
  for (size_t i = 3; i < call.children.size(); ++i) {
    const Expression& argument = *call.children[i];
    if (argument.kind != ExpressionKind::kName) {
      diagnostics_.AddUnsupported(argument.span, fmt::format("return_unmatched of {}()", call.text));
      return std::nullopt;
    }
    const auto key = BindJoinKey({&argument, argument.text, argument.text, argument.span, argument.span}, left, right);
    if (!key) return std::nullopt;
    join.keys.push_back(*key);
  }
  return networks;
}

// ipv4_lookup(table, source, network [, key …]): rows beside those of the table whose network their address is in, and
// whose keys are the same; ipv6_lookup likewise. A join of all with all (by a key that is the same everywhere),
// filtered.
NodePtr Binder::BindAddressLookup(const Expression& call, NodePtr left) {
  constexpr std::string_view kTakes =
      "a table, a column with addresses, the table's column with networks [, further columns of both]";
  if (!HasArguments(call, 3, kTakes)) return nullptr;
  NodePtr right = BindRows(*call.children[0]);
  if (!right) return nullptr;
  const Column left_all{context_.NewColumn(), "", Type::kLong}, right_all{context_.NewColumn(), "", Type::kLong};
  Join join{JoinKind::kInner, {{left_all.id, right_all.id, Type::kLong}}};
  const auto networks = AddLookupKeys(call, *left, *right, join);
  if (!networks) return nullptr;
  const Scalar one = Scalar::Of(Constant{Type::kLong, int64_t{1}});
  std::vector<Column> outputs = JoinOutputs(*left, *right, join, true);
  left = Append(std::move(left), {{left_all, one}});
  right = Append(std::move(right), {{right_all, one}});
  std::vector<Column> joined = outputs;
  NodePtr node = plan::MakeNode(std::move(join), std::move(joined), std::move(left));
  node->inputs.push_back(std::move(right));
  Scalar is_match = Scalar::Call(
      call.text == "ipv4_lookup" ? "ipv4_is_match" : "ipv6_is_match", Type::kBool,
      {Scalar::Of(Column{networks->left, "", Type::kString}), Scalar::Of(Column{networks->right, "", Type::kString})});
  return plan::MakeNode(plan::Filter{std::move(is_match)}, std::move(outputs), std::move(node));
}

}  // namespace slipway::kql::bind
