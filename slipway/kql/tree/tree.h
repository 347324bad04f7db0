// The tree of a query as it was written: nothing is resolved yet.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "slipway/kql/diagnostic.h"
#include "slipway/kql/type.h"

namespace slipway::kql::tree {

struct Expression;
struct Pipeline;
using ExpressionPtr = std::unique_ptr<Expression>;
using PipelinePtr = std::unique_ptr<Pipeline>;

enum class ExpressionKind {
  kConstant,    // constant
  kName,        // text
  kMember,      // children[0] . text
  kIndex,       // children[0] [ children[1] ]
  kCall,        // text ( children… )
  kUnary,       // text: "-" or "+"; children[0]
  kBinary,      // text: the operator; two children, or more for "and" and "or"
  kList,        // text: "in", "!in", "in~", "!in~", "has_any", "has_all"; children: the left side, then the items
  kBetween,     // text: "between" or "!between"; children: value, from, to
  kStar,        // "*" as an argument
  kTypeOf,      // typeof(type)
  kAssignment,  // text = children[0], as an argument
  kPipeline,    // pipeline: rows where a value may stand for them, as in "x in (T | project k)"
};

struct Expression {
  ExpressionKind kind;
  Span span;       // all of it
  Span name_span;  // of text
  std::string text;
  Constant constant;
  std::vector<ExpressionPtr> children;
  PipelinePtr pipeline;
  int depth = 1;  // of this tree
};

// "name = expression", "(name, name) = expression" or an expression alone.
struct NamedExpression {
  std::optional<std::string> name;  // the first one
  std::vector<std::string> names;   // all of them, when they stand in parentheses
  Span name_span;
  ExpressionPtr expression;
};

struct ColumnPattern {
  std::string text;  // may hold '*'
  Span span;
};

struct SortKey {
  ExpressionPtr expression;
  bool descending = true;
  std::optional<bool> nulls_first;
};

struct TypedName {
  std::string name;
  Type type = Type::kDynamic;
  Span span;
};

// One part of what `parse` reads: a constant text, a column, or "*" for any text.
struct PatternPart {
  enum class Kind { kText, kColumn, kStar };
  Kind kind = Kind::kText;
  std::string text;  // the constant, or the column's name
  Type type = Type::kString;
  Span span;
};

// make-series: "on axis from a to b step s".
struct SeriesAxis {
  NamedExpression axis;
  ExpressionPtr from, to, step;
};

struct ExpandItem {
  NamedExpression item;
  std::optional<Type> to;
};

// One level of top-nested.
struct NestedLevel {
  ExpressionPtr count;  // null: all groups
  NamedExpression item;
  ExpressionPtr others;  // "with others = …", may be null
  NamedExpression aggregate;
  bool descending = true;
};

// A column that scan makes, and its value where no step gives it one.
struct DeclaredColumn {
  TypedName column;
  ExpressionPtr default_value;  // may be null
};

// Which matches of a step come out.
enum class StepOutput { kAll, kLast, kNone };

// One step of scan: "step name [output = all|last|none]: condition [=> column = value, …]".
struct ScanStep {
  std::string name;
  Span span;  // of the name
  StepOutput output = StepOutput::kAll;
  ExpressionPtr condition;
  std::vector<NamedExpression> assignments;
};

enum class OperatorKind {
  kWhere,
  kProject,
  kExtend,
  kProjectAway,
  kProjectKeep,
  kProjectRename,
  kProjectReorder,
  kSummarize,
  kSort,
  kTake,
  kTop,
  kCount,
  kDistinct,
  kMvExpand,
  kEvaluate,
  kRender,
  kSerialize,
  kGetSchema,
  kUnion,
  kJoin,
  kLookup,
  kParse,
  kParseWhere,
  kParseKv,
  kMakeSeries,
  kSample,
  kSampleDistinct,
  kTopHitters,
  kAs,
  kMvApply,
  kPartition,
  kTopNested,
  kSearch,
  kFind,
  kInvoke,
  kConsume,
  kScan,
  kReduce,
  kProjectByNames,
};

// One step of a pipeline; which members count depends on the kind.
struct Operator {
  OperatorKind kind = OperatorKind::kWhere;
  Span span;                             // the whole step
  Span name_span;                        // the operator's word
  std::vector<NamedExpression> items;    // project, extend, project-rename, summarize (aggregates), serialize
  std::vector<NamedExpression> keys;     // summarize by
  std::vector<ColumnPattern> patterns;   // project-away, -keep, -reorder
  std::vector<SortKey> sort;             // sort, top
  std::vector<NestedLevel> levels;       // top-nested
  std::vector<DeclaredColumn> declared;  // scan
  std::vector<ScanStep> scan_steps;
  std::vector<ExpandItem> expand;
  std::vector<TypedName> schema;  // evaluate … : (schema)
  std::vector<PipelinePtr>
      pipelines;  // union, find, search; join, lookup: the right side; mv-apply, partition: the sub-query
  std::vector<ExpressionPtr> conditions;  // join, lookup: on …
  std::vector<PatternPart> parts;         // parse
  std::vector<ExpressionPtr> defaults;    // make-series: default = …, one an aggregate, may be null
  std::vector<std::string>
      directions;            // project-reorder: "", "asc", "desc", "granny-asc", "granny-desc", one a pattern
  SeriesAxis axis;           // make-series
  ExpressionPtr expression;  // where's predicate, take's and top's number, mv-expand's limit
  std::string text;   // evaluate: the plugin; count, mv-expand, as: a name; render, join, lookup, parse: the kind;
                      // union, find: withsource; search, reduce: kind; scan: with_match_id
  std::string flags;  // parse kind=regex
  bool has_schema = false;
  bool has_star = false;      // distinct *, schema (*, …)
  bool has_keys = false;      // summarize … by
  bool keeps_bags = true;     // mv-expand kind=bag; false: kind=array
  bool is_inner = false;      // union kind=inner
  bool is_fuzzy = false;      // union isfuzzy=true
  bool is_inclusive = false;  // make-series … in range(…)
  bool is_nonempty = false;   // make-series kind=nonempty
};

// kInput: the rows that the step around a sub-query gives it. kPattern: tables by a name with '*', in `pattern`.
enum class SourceKind { kExpression, kPrint, kDatatable, kRange, kUnion, kInput, kPattern, kStep };

struct Pipeline {
  Span span;
  SourceKind source = SourceKind::kExpression;
  ExpressionPtr expression;              // kExpression: a table's name, a let's name, or a scalar
  std::vector<NamedExpression> items;    // print; range: from, to, step under the column's name
  std::vector<TypedName> schema;         // datatable
  std::vector<ExpressionPtr> values;     // datatable, row by row
  std::optional<Operator> union_source;  // kUnion; kStep: a search or find that comes first
  ColumnPattern pattern;                 // kPattern
  std::vector<Operator> operators;
};

struct Query;

// A parameter of a function, or of the query ("declare query_parameters").
struct Parameter {
  std::string name;
  Span span;
  Type type = Type::kString;
  ExpressionPtr default_value;  // may be null
  bool is_rows = false;         // T:(x:long, …), or T:(*)
  std::vector<TypedName> columns;
};

// "(a:long) { … }" or "view () { … }".
struct Function {
  std::vector<Parameter> parameters;
  std::unique_ptr<Query> body;
  bool is_view = false;
};

struct Let {
  std::string name;
  Span span;  // of the name
  PipelinePtr value;
  std::unique_ptr<Function> function;  // instead of value
};

// "set name [= value]".
struct Option {
  std::string name;
  Span span;
  ExpressionPtr value;  // may be null
};

struct Query {
  std::vector<Option> options;
  std::vector<Parameter> parameters;
  std::vector<Let> lets;
  PipelinePtr pipeline;
};

// The tree as indented text, for people.
std::string Explain(const Query& query);
// An expression in one line, fully parenthesised.
std::string Explain(const Expression& expression);

}  // namespace slipway::kql::tree
