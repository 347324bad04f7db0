// Writes a plan as nested SELECTs, one a node.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/kql/native/native.h"
#include "slipway/kql/sql/scalar_emitter.h"
#include "slipway/kql/sql/sql.h"

namespace slipway::kql::sql {

using plan::Column;
using plan::Node;
using plan::Scalar;

namespace {

std::string QuoteName(std::string_view name) {
  return "\"" + ReplaceAll(std::string(name), "\"", "\"\"") + "\"";
}

class PlanEmitter {
 public:
  PlanEmitter() {
    state_.emit_rows = [this](const Node& node) { return Emit(node); };
  }
  PlanEmitter(const PlanEmitter&) = delete;
  PlanEmitter& operator=(const PlanEmitter&) = delete;

  std::string Emit(const Node& node) {
    return std::visit([&](const auto& body) { return EmitBody(node, body); }, node.body);
  }
  EmitState& state() { return state_; }

 private:
  // A SELECT has at least one column, even where nobody reads any.
  static std::string List(const std::vector<std::string>& columns) {
    return columns.empty() ? "1 AS none" : Join(columns, ", ");
  }

  static std::vector<std::string> Names(const std::vector<Column>& columns) {
    std::vector<std::string> names;
    for (const Column& column : columns) names.push_back(ColumnName(column.id));
    return names;
  }
  std::string From(const Node& node) { return fmt::format("({})", Emit(*node.inputs[0])); }

  std::string EmitBody(const Node& node, const plan::Scan& scan) {
    std::vector<std::string> columns;
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      columns.push_back(fmt::format("{} AS {}", QuoteName(scan.sources[i]), ColumnName(node.outputs[i].id)));
    }
    return fmt::format("SELECT {} FROM {}", List(columns), QuoteName(scan.table));
  }

  std::string EmitBody(const Node& node, const plan::Values& values) {
    ScalarEmitter scalars(state_);
    std::vector<std::string> columns, rows;
    if (values.rows.empty()) {
      for (const Column& column : node.outputs)
        columns.push_back(fmt::format("CAST(NULL AS {}) AS {}", SqlType(column.type), ColumnName(column.id)));
      return fmt::format("SELECT {} WHERE false", List(columns));
    }
    if (values.rows.size() == 1) {
      for (size_t i = 0; i < node.outputs.size(); ++i) {
        columns.push_back(fmt::format("{} AS {}", scalars.Emit(values.rows[0][i]), ColumnName(node.outputs[i].id)));
      }
      return fmt::format("SELECT {} FROM {} AS t", List(columns), scalars.Wrap("(SELECT 1 AS one)"));
    }
    for (const auto& row : values.rows) {
      std::vector<std::string> cells;
      for (const Scalar& cell : row) cells.push_back(scalars.Emit(cell));
      rows.push_back(fmt::format("({})", Join(cells, ", ")));
    }
    return fmt::format("SELECT * FROM (VALUES {}) AS v({})", Join(rows, ", "), Join(Names(node.outputs), ", "));
  }

  std::string EmitBody(const Node& node, const plan::Range& range) {
    ScalarEmitter scalars(state_);
    const std::string from = scalars.Emit(range.from), to = scalars.Emit(range.to), step = scalars.Emit(range.step);
    const Type type = node.outputs[0].type;
    if (type == Type::kReal) {
      return fmt::format(
          "SELECT {0} + n * {2} AS {3} FROM range(CAST(greatest(0, CASE WHEN {2} <> 0 THEN least(floor(({1} - {0}) / "
          "{2} + "
          "1e-9) + 1, 1e9) ELSE 0 END) AS BIGINT)) AS g(n)",
          from, to, step, ColumnName(node.outputs[0].id));
    }
    if (type == Type::kInt) {
      return fmt::format("SELECT CAST(n AS INTEGER) AS {} FROM generate_series({}, {}, nullif({}, 0)) AS g(n)",
                         ColumnName(node.outputs[0].id), from, to, step);
    }
    return fmt::format("SELECT n AS {} FROM generate_series({}, {}, nullif({}, 0)) AS g(n)",
                       ColumnName(node.outputs[0].id), from, to, step);
  }

  std::string EmitBody(const Node& node, const plan::Filter& filter) {
    ScalarEmitter scalars(state_);
    const std::string from = From(node);
    const std::string predicate = scalars.Emit(filter.predicate, true);
    return fmt::format("SELECT {} FROM {} AS t WHERE {}", List(Names(node.outputs)), scalars.Wrap(from), predicate);
  }

  std::string EmitBody(const Node& node, const plan::Project& project) {
    ScalarEmitter scalars(state_);
    const std::string from = From(node);
    std::vector<std::string> columns;
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      const std::string name = ColumnName(node.outputs[i].id);
      const std::string sql = scalars.Emit(project.expressions[i]);
      columns.push_back(sql == name ? name : fmt::format("{} AS {}", sql, name));
    }
    return fmt::format("SELECT {} FROM {} AS t", List(columns), scalars.Wrap(from));
  }

  // SQL would give an aggregate that reads nothing but columns of a query around to that one: such an argument is
  // tied to the rows here.
  static plan::Aggregate OwnArguments(const Node& node, plan::Aggregate aggregate) {
    for (Scalar& argument : aggregate.arguments) {
      std::vector<int> ids;
      plan::CollectColumns(argument, ids);
      const bool is_foreign =
          std::any_of(ids.begin(), ids.end(), [&](int id) { return node.inputs[0]->FindOutput(id) == nullptr; });
      if (is_foreign) argument = Scalar::Call("hoisted", argument.type, {argument});
    }
    return aggregate;
  }

  std::string EmitBody(const Node& node, const plan::Summarize& summarize) {
    ScalarEmitter scalars(state_);
    const std::string from = From(node);
    std::vector<std::string> columns, keys;
    for (const Scalar& key : summarize.keys) {
      columns.push_back(fmt::format("{} AS {}", scalars.Emit(key), ColumnName(node.outputs[columns.size()].id)));
      keys.push_back(std::to_string(columns.size()));
    }
    for (const plan::Aggregate& asked : summarize.aggregates) {
      const plan::Aggregate aggregate = OwnArguments(node, asked);
      columns.push_back(
          fmt::format("{} AS {}", scalars.EmitAggregate(aggregate), ColumnName(node.outputs[columns.size()].id)));
    }
    // Without aggregates and keys there is one row all the same.
    if (columns.empty()) columns.push_back("count(*) AS none");
    const std::string grouping = keys.empty() ? "" : " GROUP BY " + Join(keys, ", ");
    return fmt::format("SELECT {} FROM {} AS t{}", List(columns), scalars.Wrap(from), grouping);
  }

  std::string EmitBody(const Node& node, const plan::Sort& sort) {
    ScalarEmitter scalars(state_);
    const std::string from = From(node);
    std::vector<std::string> keys;
    for (const plan::SortKey& key : sort.keys) {
      keys.push_back(fmt::format("({}) {} NULLS {}", scalars.Emit(key.expression), key.descending ? "DESC" : "ASC",
                                 key.nulls_first ? "FIRST" : "LAST"));
    }
    const std::string limit = sort.limit ? fmt::format(" LIMIT {}", *sort.limit) : "";
    return fmt::format("SELECT {} FROM {} AS t ORDER BY {}{}", List(Names(node.outputs)), scalars.Wrap(from),
                       Join(keys, ", "), limit);
  }

  std::string EmitBody(const Node& node, const plan::Limit& limit) {
    return fmt::format("SELECT {} FROM {} AS t LIMIT {}", List(Names(node.outputs)), From(node), limit.rows);
  }

  // The elements as a list: of an array its elements, of a bag its slots, of anything else (null too) itself.
  static std::string ElementsSql(const std::string& value, const plan::Expand& expand, bool keeps_bags) {
    const std::string list = fmt::format(
        "CASE json_type({0}) WHEN 'ARRAY' THEN CAST(json_extract({0}, '$[*]') AS VARCHAR[]) WHEN 'OBJECT' THEN "
        "{1}({0}) ELSE [{0}] END",
        value, keeps_bags ? "kql_bag_items" : "kql_bag_pairs");
    return expand.limit ? fmt::format("list_slice({}, 1, {})", list, *expand.limit) : list;
  }

  std::string EmitBody(const Node& node, const plan::Expand& expand) {
    ScalarEmitter scalars(state_);
    std::string from = From(node);
    std::vector<std::string> lists;
    for (const plan::Expand::Item& item : expand.items) {
      const std::string value = scalars.Hoist(scalars.Emit(item.array));
      lists.push_back(scalars.Hoist(ElementsSql(value, expand, item.keeps_bags)));
    }
    std::vector<std::string> columns, inner;
    for (const Column& column : node.outputs) {
      const std::string name = ColumnName(column.id);
      const auto item =
          std::find_if(expand.items.begin(), expand.items.end(), [&](const auto& i) { return i.output == column.id; });
      if (item != expand.items.end()) {
        inner.push_back(fmt::format("unnest({}) AS {}", lists[item - expand.items.begin()], name));
        columns.push_back(fmt::format("nullif({0}, 'null') AS {0}", name));
      } else if (expand.index_output == column.id) {
        inner.push_back(fmt::format("CAST(generate_subscripts({}, 1) - 1 AS BIGINT) AS {}", LongestList(lists), name));
        columns.push_back(name);
      } else {
        inner.push_back(name);
        columns.push_back(name);
      }
    }
    return fmt::format("SELECT {} FROM (SELECT {} FROM {} AS t) AS t", List(columns), List(inner), scalars.Wrap(from));
  }

  static std::string LongestList(const std::vector<std::string>& lists) {
    std::string longest = lists[0];
    for (size_t i = 1; i < lists.size(); ++i) {
      longest = fmt::format("CASE WHEN len({0}) > len({1}) THEN {0} ELSE {1} END", lists[i], longest);
    }
    return longest;
  }

  // One reading of the bag gives all slots: a list of texts, and a list of JSON for slots that stay dynamic.
  std::string EmitBody(const Node& node, const plan::Unpack& unpack) {
    std::vector<std::string> text_paths, json_paths, columns;
    const std::string bag = ColumnName(unpack.bag);
    for (const Column& column : node.outputs) {
      const auto slot =
          std::find_if(unpack.slots.begin(), unpack.slots.end(), [&](const auto& s) { return s.output == column.id; });
      const std::string name = ColumnName(column.id);
      if (slot == unpack.slots.end()) {
        columns.push_back(name);
        continue;
      }
      const bool is_json = slot->type == Type::kDynamic;
      std::vector<std::string>& paths = is_json ? json_paths : text_paths;
      paths.push_back(state_.AddParameter("/" + ReplaceAll(ReplaceAll(slot->key, "~", "~0"), "/", "~1")));
      columns.push_back(fmt::format(
          is_json ? fmt::runtime("CAST(json_slots[{}] AS VARCHAR) AS {}") : fmt::runtime("text_slots[{}] AS {}"),
          paths.size(), name));
    }
    std::string lists;
    const std::string object = fmt::format("CASE WHEN json_type({0}) = 'OBJECT' THEN {0} END", bag);
    if (!text_paths.empty())
      lists += fmt::format(", json_extract_string({}, [{}]) AS text_slots", object, Join(text_paths, ", "));
    if (!json_paths.empty())
      lists += fmt::format(", json_extract({}, [{}]) AS json_slots", object, Join(json_paths, ", "));
    return fmt::format("SELECT {} FROM (SELECT *{} FROM {} AS t) AS t", List(columns), lists, From(node));
  }

  // Whether a side's rows may be absent from a row of the join.
  static bool MayLack(plan::JoinKind kind, bool left) {
    return kind == plan::JoinKind::kFullOuter ||
           kind == (left ? plan::JoinKind::kRightOuter : plan::JoinKind::kLeftOuter);
  }

  static std::string_view JoinWord(plan::JoinKind kind) {
    switch (kind) {
      case plan::JoinKind::kLeftOuter:
        return "LEFT JOIN";
      case plan::JoinKind::kRightOuter:
        return "RIGHT JOIN";
      case plan::JoinKind::kFullOuter:
        return "FULL JOIN";
      case plan::JoinKind::kLeftSemi:
      case plan::JoinKind::kRightSemi:
        return "SEMI JOIN";
      case plan::JoinKind::kLeftAnti:
      case plan::JoinKind::kRightAnti:
        return "ANTI JOIN";
      default:
        return "JOIN";
    }
  }

  // Strings are never null, which lets their comparison be the plain one. Real keys: NaN is equal to nothing.
  static std::string KeySql(const plan::Join::Key& key) {
    const std::string left = ColumnName(key.left), right = ColumnName(key.right);
    if (key.type == Type::kString) return fmt::format("{} = {}", left, right);
    if (key.type == Type::kReal)
      return fmt::format("({0} IS NOT DISTINCT FROM {1} AND NOT coalesce(isnan({0}), false))", left, right);
    return fmt::format("{} IS NOT DISTINCT FROM {}", left, right);
  }

  std::string EmitBody(const Node& node, const plan::Join& join) {
    const bool is_right = join.kind == plan::JoinKind::kRightSemi || join.kind == plan::JoinKind::kRightAnti;
    std::vector<std::string> conditions, columns, left_keys;
    for (const plan::Join::Key& key : join.keys) {
      conditions.push_back(KeySql(key));
      left_keys.push_back(ColumnName(key.left));
    }
    std::string left = fmt::format("({})", Emit(*node.inputs[0]));
    const std::string right = fmt::format("({})", Emit(*node.inputs[1]));
    if (join.kind == plan::JoinKind::kInnerUnique)
      left = fmt::format("(SELECT DISTINCT ON ({}) * FROM {} AS t)", Join(left_keys, ", "), left);
    for (const Column& column : node.outputs) {
      const std::string name = ColumnName(column.id);
      const bool may_lack = MayLack(join.kind, node.inputs[0]->FindOutput(column.id) != nullptr);
      columns.push_back(may_lack && column.type == Type::kString ? fmt::format("coalesce({0}, '') AS {0}", name)
                                                                 : name);
    }
    return fmt::format("SELECT {} FROM {} AS l {} {} AS r ON ({})", List(columns), is_right ? right : left,
                       JoinWord(join.kind), is_right ? left : right, Join(conditions, " AND "));
  }

  std::string EmitBody(const Node& node, const plan::Apply&) {
    return fmt::format("SELECT {} FROM ({}) AS l, LATERAL ({}) AS r", List(Names(node.outputs)), Emit(*node.inputs[0]),
                       Emit(*node.inputs[1]));
  }

  std::string EmitBody(const Node& node, const plan::Number& number) {
    std::vector<std::string> columns;
    for (const Column& column : node.outputs) {
      const std::string name = ColumnName(column.id);
      columns.push_back(column.id == number.output ? fmt::format("row_number() OVER () AS {}", name) : name);
    }
    return fmt::format("SELECT {} FROM {} AS t", List(columns), From(node));
  }

  // A cell of what the machine reads: reals as texts, since NaN has no number in JSON.
  static std::string CellSql(const std::string& sql, Type type) {
    return type == Type::kReal ? fmt::format("CAST({} AS VARCHAR)", sql) : sql;
  }

  // All rows as one list in their order, beside it what the machine sees of them, a line a row; its answer has a line
  // for each row, too.
  std::string EmitBody(const Node& node, const plan::Walk& walk) {
    ScalarEmitter scalars(state_);
    const std::string from = From(node);
    std::vector<std::string> cells, passed = {fmt::format("'n': {}", ColumnName(walk.number))}, columns;
    for (const Scalar& cell : walk.cells) cells.push_back(CellSql(scalars.Emit(cell), cell.type));
    for (const Column& column : node.outputs) {
      const std::string name = ColumnName(column.id);
      const auto result = std::find(walk.results.begin(), walk.results.end(), column.id);
      if (result == walk.results.end()) {
        passed.push_back(fmt::format("'{0}': {0}", name));
        columns.push_back(fmt::format("r.{0} AS {0}", name));
        continue;
      }
      const std::string value = fmt::format("json_extract_string(o, '$[{}]')", result - walk.results.begin());
      columns.push_back(column.type == Type::kString
                            ? fmt::format("coalesce({}, '') AS {}", value, name)
                            : fmt::format("CAST({} AS {}) AS {}", value, SqlType(column.type), name));
    }
    const std::string rows = fmt::format(
        "SELECT list({{{0}}} ORDER BY {1}) AS rows, string_agg({2}, chr(10) ORDER BY {1}) AS cells FROM {3} AS t",
        Join(passed, ", "), ColumnName(walk.number),
        cells.empty() ? "'[]'" : fmt::format("CAST(json_array({}) AS VARCHAR)", Join(cells, ", ")), scalars.Wrap(from));
    const std::string lines =
        fmt::format("SELECT unnest(rows) AS r, unnest(string_split({}walk({}, cells), chr(10))) AS o FROM ({}) AS t",
                    native::kPrefix, state_.AddParameter(walk.program), rows);
    return fmt::format(
        "SELECT {} FROM (SELECT r, unnest(CAST(json_extract(o, '$[*]') AS VARCHAR[])) AS o FROM ({}) AS t) AS t",
        List(columns), lines);
  }

  std::string EmitBody(const Node& node, const plan::Union& all) {
    std::vector<std::string> legs;
    for (size_t leg = 0; leg < all.sources.size(); ++leg) {
      ScalarEmitter scalars(state_);
      std::vector<std::string> columns;
      for (size_t i = 0; i < node.outputs.size(); ++i) {
        columns.push_back(fmt::format("{} AS {}", scalars.Emit(all.sources[leg][i]), ColumnName(node.outputs[i].id)));
      }
      legs.push_back(fmt::format("SELECT {} FROM ({}) AS t", List(columns), Emit(*node.inputs[leg])));
    }
    return Join(legs, " UNION ALL ");
  }

  EmitState state_;
};

// Some operations do not look at an argument (isnull of a string), whose constants are then not in the text: the
// parameters that are get the numbers 1, 2, … in the order of their first use.
Statement Renumber(std::string_view text, const std::vector<Parameter>& parameters) {
  Statement statement;
  std::vector<size_t> numbers(parameters.size() + 1, 0);
  for (size_t at = 0; at < text.size();) {
    if (text[at] != '$' || at + 1 == text.size() || text[at + 1] < '0' || text[at + 1] > '9') {
      statement.text += text[at++];
      continue;
    }
    size_t number = 0;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at)
      number = number * 10 + static_cast<size_t>(text[at] - '0');
    if (numbers[number] == 0) {
      statement.parameters.push_back(parameters[number - 1]);
      numbers[number] = statement.parameters.size();
    }
    statement.text += fmt::format("${}", numbers[number]);
  }
  return statement;
}

}  // namespace

Statement Emit(const Node& node) {
  PlanEmitter emitter;
  const std::string text = emitter.Emit(node);
  return Renumber(text, emitter.state().parameters);
}

}  // namespace slipway::kql::sql
