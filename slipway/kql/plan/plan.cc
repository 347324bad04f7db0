#include "slipway/kql/plan/plan.h"

#include <algorithm>

#include <fmt/format.h>

namespace slipway::kql::plan {
namespace {

std::string List(const std::vector<Scalar>& scalars) {
  std::string text;
  for (const Scalar& scalar : scalars) text += (text.empty() ? "" : ", ") + Explain(scalar);
  return text;
}

struct Describe {
  const Node& node;

  std::string operator()(const Scan& scan) const { return "scan " + scan.table; }
  std::string operator()(const Values& values) const { return fmt::format("values, {} rows", values.rows.size()); }
  std::string operator()(const Range& range) const {
    return fmt::format("range {} .. {} step {}", Explain(range.from), Explain(range.to), Explain(range.step));
  }
  std::string operator()(const Filter& filter) const { return "filter " + Explain(filter.predicate); }
  std::string operator()(const Project& project) const { return "project " + List(project.expressions); }
  std::string operator()(const Summarize& summarize) const {
    std::string text = "summarize";
    for (const Aggregate& aggregate : summarize.aggregates) {
      text += fmt::format(" {}({})", aggregate.operation, List(aggregate.arguments));
    }
    return summarize.has_keys ? text + " by " + List(summarize.keys) : text;
  }
  std::string operator()(const Sort& sort) const {
    std::string text = "sort";
    for (const SortKey& key : sort.keys) {
      text += fmt::format(" {} {} nulls {}", Explain(key.expression), key.descending ? "desc" : "asc",
                          key.nulls_first ? "first" : "last");
    }
    return sort.limit ? fmt::format("{} limit {}", text, *sort.limit) : text;
  }
  std::string operator()(const Limit& limit) const { return fmt::format("limit {}", limit.rows); }
  std::string operator()(const Expand& expand) const {
    std::string text = "expand";
    for (const Expand::Item& item : expand.items) text += fmt::format(" c{} = {}", item.output, Explain(item.array));
    return text;
  }
  std::string operator()(const Unpack& unpack) const { return fmt::format("unpack c{}", unpack.bag); }
  std::string operator()(const Union&) const { return "union"; }
  std::string operator()(const Join& join) const {
    static constexpr std::string_view kKinds[] = {"innerunique", "inner",     "leftouter", "rightouter", "fullouter",
                                                  "leftsemi",    "rightsemi", "leftanti",  "rightanti"};
    std::string text = fmt::format("join {} on", kKinds[static_cast<size_t>(join.kind)]);
    for (const Join::Key& key : join.keys) text += fmt::format(" c{} = c{}", key.left, key.right);
    return text;
  }
  std::string operator()(const Apply&) const { return "apply"; }
  std::string operator()(const Walk& walk) const {
    return fmt::format("walk by c{} {} as {}", walk.number, List(walk.cells), walk.program);
  }
  std::string operator()(const Number& number) const { return fmt::format("number c{}", number.output); }
};

void Append(const Node& node, int indent, std::string& text) {
  text += std::string(indent * 2, ' ') + std::visit(Describe{node}, node.body) + " →";
  for (const Column& column : node.outputs) {
    text += fmt::format(" {}:{}=c{}", column.name, TypeName(column.type), column.id);
  }
  text += '\n';
  for (const NodePtr& input : node.inputs) Append(*input, indent + 1, text);
}

}  // namespace

Scalar Scalar::Of(Constant constant) {
  Scalar scalar;
  scalar.type = constant.type;
  scalar.constant = std::move(constant);
  return scalar;
}

Scalar Scalar::Of(const Column& column) {
  Scalar scalar;
  scalar.kind = ScalarKind::kColumn;
  scalar.type = column.type;
  scalar.column = column.id;
  return scalar;
}

Scalar Scalar::Call(std::string_view operation, Type type, std::vector<Scalar> arguments) {
  Scalar scalar;
  scalar.kind = ScalarKind::kCall;
  scalar.type = type;
  scalar.operation = operation;
  scalar.arguments = std::move(arguments);
  return scalar;
}

const Column* Node::FindOutput(int id) const {
  const auto column = std::find_if(outputs.begin(), outputs.end(), [id](const Column& c) { return c.id == id; });
  return column == outputs.end() ? nullptr : &*column;
}

namespace {

// A plan of an expression's own in one line.
std::string Line(const Node& node) {
  std::string text = Explain(node);
  std::replace(text.begin(), text.end(), '\n', ';');
  return text;
}

}  // namespace

std::string Explain(const Scalar& scalar) {
  switch (scalar.kind) {
    case ScalarKind::kConstant:
      return FormatConstant(scalar.constant);
    case ScalarKind::kColumn:
      return fmt::format("c{}", scalar.column);
    case ScalarKind::kCall:
      break;
  }
  if (scalar.rows) return fmt::format("{}({})[{}]", scalar.operation, List(scalar.arguments), Line(*scalar.rows));
  return fmt::format("{}({})", scalar.operation, List(scalar.arguments));
}

std::string Explain(const Node& node) {
  std::string text;
  Append(node, 0, text);
  return text;
}

void CollectColumns(const Scalar& scalar, std::vector<int>& ids) {
  if (scalar.kind == ScalarKind::kColumn) ids.push_back(scalar.column);
  for (const Scalar& argument : scalar.arguments) CollectColumns(argument, ids);
}

}  // namespace slipway::kql::plan
