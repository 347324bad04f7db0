// The relational plan of a query: a tree of nodes over bound, typed expressions. Values; no database in sight.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "slipway/kql/type.h"

namespace slipway::kql::plan {

// A column of a plan. Ids are unique in a query; names are what the user sees and may be repeated by other nodes.
struct Column {
  int id = 0;
  std::string name;
  Type type = Type::kDynamic;
};

enum class ScalarKind { kConstant, kColumn, kCall };

// A typed expression. A call's operation ("add", "has", "to_long") is a name of bind/functions.cc or
// bind/operators.cc, resolved for its arguments' types; sql/ knows how to say it.
struct Node;
struct Scalar {
  ScalarKind kind = ScalarKind::kConstant;
  Type type = Type::kDynamic;
  Constant constant;           // kConstant
  int column = 0;              // kColumn: an id
  std::string_view operation;  // kCall: static text
  std::vector<Scalar> arguments;
  std::shared_ptr<const Node> rows;  // in_rows, scalar_of_rows: a plan of its own with one column

  static Scalar Of(Constant constant);
  static Scalar Of(const Column& column);
  static Scalar Call(std::string_view operation, Type type, std::vector<Scalar> arguments);

  bool IsCall(std::string_view name) const { return kind == ScalarKind::kCall && operation == name; }
  const Constant* AsConstant() const { return kind == ScalarKind::kConstant ? &constant : nullptr; }
};

using NodePtr = std::unique_ptr<Node>;

// Rows of a stored table; sources[i] is the stored column of output i.
struct Scan {
  std::string table;
  std::vector<std::string> sources;
};
// Constant rows.
struct Values {
  std::vector<std::vector<Scalar>> rows;
};
// The numbers from, from + step … up to and with to; constants.
struct Range {
  Scalar from, to, step;
};
struct Filter {
  Scalar predicate;
};
// expressions[i] makes output i.
struct Project {
  std::vector<Scalar> expressions;
};
struct Aggregate {
  std::string_view operation;
  std::vector<Scalar> arguments;
  Type type = Type::kLong;
  std::optional<Scalar> condition = std::nullopt;  // rows that count; all without one
};
// Outputs are the keys, then the aggregates. No keys: one row.
struct Summarize {
  std::vector<Scalar> keys;
  std::vector<Aggregate> aggregates;
  bool has_keys = false;
};
struct SortKey {
  Scalar expression;
  bool descending = true;
  bool nulls_first = false;
};
struct Sort {
  std::vector<SortKey> keys;
  std::optional<int64_t> limit;
};
struct Limit {
  int64_t rows = 0;
};
// One row for each element of the arrays (or bags); the other outputs are the input's columns.
struct Expand {
  struct Item {
    Scalar array;
    int output = 0;  // the id of the element's column
    bool keeps_bags = true;
  };
  std::vector<Item> items;
  std::optional<int> index_output;  // 0-based position of the element
  std::optional<int64_t> limit;     // rows for each input row
};
// Columns out of a bag: one for each slot, holding the slot's raw text (slot_value makes a typed value of it). The
// other outputs are the input's columns.
struct Unpack {
  struct Slot {
    std::string key;
    int output = 0;
    Type type = Type::kDynamic;  // dynamic slots keep their JSON
  };
  int bag = 0;  // id
  std::vector<Slot> slots;
};
// Rows of all inputs; sources[leg][i] makes output i.
struct Union {
  std::vector<std::vector<Scalar>> sources;
};

enum class JoinKind {
  kInnerUnique,
  kInner,
  kLeftOuter,
  kRightOuter,
  kFullOuter,
  kLeftSemi,
  kRightSemi,
  kLeftAnti,
  kRightAnti
};
// Rows of inputs[0] and inputs[1] whose keys are equal, null with null too. Outputs are columns of the inputs; those of
// a side without a match are null, or "" for strings.
struct Join {
  struct Key {
    int left = 0, right = 0;  // ids
    Type type = Type::kDynamic;
  };
  JoinKind kind = JoinKind::kInnerUnique;
  std::vector<Key> keys;
};
// The input with one more column that counts its rows from 1, in their order.
struct Number {
  int output = 0;
};

// The input's rows as the machine of native/walk.h puts them out, reading them in the order of a column. Outputs are
// columns of the input, and the machine's results.
struct Walk {
  std::string program;
  std::vector<Scalar> cells;  // what the machine sees of each row
  int number = 0;             // id of the column that orders the rows
  std::vector<int> results;   // ids: where a row comes among those of its input row, the number of its match, declared
};

// Each row of inputs[0] beside the rows that inputs[1] gives for it: the inner plan may read the outer one's columns.
struct Apply {};

struct Node {
  std::variant<Scan, Values, Range, Filter, Project, Summarize, Sort, Limit, Expand, Unpack, Union, Join, Number, Apply,
               Walk>
      body;
  std::vector<Column> outputs;
  std::vector<NodePtr> inputs;

  const Column* FindOutput(int id) const;
};

template <typename Body>
NodePtr MakeNode(Body body, std::vector<Column> outputs, NodePtr input = nullptr) {
  auto node = std::make_unique<Node>();
  node->body = std::move(body);
  node->outputs = std::move(outputs);
  if (input) node->inputs.push_back(std::move(input));
  return node;
}

// Calls `visit` on each expression of the node itself (not of its inputs).
template <typename Visit>
void ForEachScalar(Node& node, Visit visit);

// The plan as indented text, for people.
std::string Explain(const Node& node);
std::string Explain(const Scalar& scalar);

// Adds the ids of all columns that `scalar` reads.
void CollectColumns(const Scalar& scalar, std::vector<int>& ids);

}  // namespace slipway::kql::plan

#include "slipway/kql/plan/visit.h"
