// Binds a query's tree: tables, columns and types are resolved, and the tree becomes a plan.
#pragma once

#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/kql/bind/naming.h"
#include "slipway/kql/bind/plugin_library.h"
#include "slipway/kql/bind/scalar_binder.h"
#include "slipway/kql/bind/walk_builder.h"
#include "slipway/kql/catalog.h"
#include "slipway/kql/diagnostic.h"
#include "slipway/kql/plan/plan.h"
#include "slipway/kql/tree/tree.h"

namespace slipway::kql::bind {

// The slots of all bags of one column, with the type that each slot's values have in common.
struct BagSlot {
  std::string key;
  Type type = Type::kDynamic;
};

// Rows that were computed while the query was bound.
struct MaterializedInput {
  std::string table;  // the stored relation; its columns are named as StoredColumnName says
  std::vector<BagSlot> slots;
};

// Computes `input` once, keeps its rows for the rest of the query, and finds the slots of the bags in column `bag`.
using MaterializeBags = std::function<Result<MaterializedInput>(plan::NodePtr input, int bag)>;

// The name of a plan's column in SQL and in materialized tables: "c<id>".
std::string StoredColumnName(int id);

struct BindOptions {
  int64_t now_ticks = 0;                                       // now(), the same in the whole query
  std::optional<int64_t> begin, end;                           // ticks; apply to every table with a time column
  std::string scope;                                           // "" = all rows
  std::map<std::string, std::string, std::less<>> parameters;  // values of declare query_parameters, as texts
  RegexCheck check_regex;
  MaterializeBags materialize;
  std::function<void(plan::NodePtr& rows)> optimize;  // for the plans that stand inside expressions
};

struct BoundQuery {
  plan::NodePtr plan;
  std::string visualization;        // render's kind; "" for none
  std::optional<int64_t> rows_max;  // of set truncationmaxrecords and set query_take_max_records
};

// Rows that the host keeps for the rest of a query.
struct KeptRows {
  std::string table;
  std::vector<plan::Column> columns;  // stored as StoredColumnName says
};

// How parse-kv finds its pairs.
struct KvOptions {
  std::string pair_delimiter, kv_delimiter, escape, regex;
  std::vector<std::string> quotes;  // one or two characters each
  bool greedy = false;
};

// The axis of make-series, its ends and the width of a bin.
struct SeriesBounds {
  plan::Scalar axis, from, to, size;
};

class Binder {
 public:
  Binder(const Catalog& catalog, const BindOptions& options, Diagnostics& diagnostics);

  // nullopt after complaints. An Error is what went wrong while input was materialized.
  Result<std::optional<BoundQuery>> Bind(const tree::Query& query);

 private:
  using NodePtr = plan::NodePtr;
  using Scalar = plan::Scalar;
  using Expression = tree::Expression;
  using Step = const tree::Operator&;
  using StepBinder = NodePtr (Binder::*)(Step, NodePtr);
  static StepBinder FindStepBinder(tree::OperatorKind kind);

  struct Item {
    plan::Column column;
    plan::Scalar expression;
    bool is_generated = false;  // "Column1"
  };
  // The results of a function that has several: an array in a column that nobody sees.
  struct Several {
    plan::Column column;
    std::vector<std::pair<std::string, Type>> parts;
  };
  // A summarize while its parts are bound.
  struct SummarizeBuilder {
    NameList names;
    std::vector<Item> keys;
    std::vector<plan::Column> key_columns;
    AggregateCollector collector;
    std::vector<Item> items;  // over keys and aggregates
  };
  // A call of a plugin that is a query: what that reads and what stands in its text.
  struct PluginCall {
    std::string name;
    std::string query;
    std::vector<Item> columns;                  // of the rows that the query sees
    std::vector<Definition> values;             // that it reads
    std::map<std::string, std::string> places;  // what stands in the text for a place in braces
    std::map<std::string, std::string> names;   // the user's, by those of the query
  };
  // The columns that a join's condition names.
  struct JoinCondition {
    const tree::Expression* expression = nullptr;
    std::string left, right;
    Span left_span, right_span;
  };
  struct UnpackRequest {
    int bag = 0;
    Span span;
    std::string prefix;
    std::string conflict = "error";
    std::vector<std::string> ignored;
  };

  // function_binder.cc
  bool BindStatements(const tree::Query& query);
  bool BindOption(const tree::Option& option);
  bool BindParameter(const tree::Parameter& parameter);
  bool BindLet(const tree::Let& let);
  bool Define(Definition definition, Span span);
  bool IsRows(const tree::Pipeline& pipeline) const;
  bool IsRows(const Expression& source) const;
  bool ReturnsRows(const Definition& function) const;
  // Puts a call's arguments into the names that the function's body sees. `first`: rows before "| invoke f()".
  bool BindArguments(const Definition& function, const Expression& call, const Definition* first, ScalarBinder& caller,
                     EnvironmentPtr& environment);
  const Expression* FindArgument(const tree::Function& function, const Expression& call, size_t index,
                                 size_t shift) const;
  Scalar BindScalarFunction(const Definition& function, const Expression& call, ScalarBinder& caller);
  NodePtr BindRowsFunction(const Definition& function, const Expression& call, const Definition* first);
  NodePtr BindDefinition(const Definition& definition, const Expression& name);
  NodePtr BindInvoke(Step step, NodePtr input);

  // `steps`: of those of the pipeline, how many.
  NodePtr BindPipeline(const tree::Pipeline& pipeline, size_t steps = std::numeric_limits<size_t>::max());
  NodePtr BindSourceExpression(const Expression& source);
  NodePtr BindPattern(const tree::ColumnPattern& pattern);
  NodePtr BindSource(const tree::Pipeline& pipeline);
  NodePtr BindTable(const tree::Expression& name);
  NodePtr BindUnionSource(Step source);
  // Rows inside an expression: what is known of the step around them stays as it is.
  NodePtr BindRows(const tree::Expression& source);
  NodePtr ScanTable(const CatalogTable& table);
  NodePtr BindPrint(const tree::Pipeline& pipeline);
  NodePtr BindPrintSeveral(const tree::Pipeline& pipeline);
  NodePtr BindDatatable(const tree::Pipeline& pipeline);
  NodePtr BindRange(const tree::Pipeline& pipeline);

  NodePtr BindWhere(Step step, NodePtr input);
  NodePtr BindProject(Step step, NodePtr input);
  NodePtr BindExtend(Step step, NodePtr input);
  NodePtr BindProjectAway(Step step, NodePtr input);
  NodePtr BindProjectKeep(Step step, NodePtr input);
  NodePtr BindProjectRename(Step step, NodePtr input);
  NodePtr BindProjectByNames(Step step, NodePtr input);
  std::optional<std::vector<std::string>> NamesMeant(const tree::Expression& argument);
  NodePtr BindProjectReorder(Step step, NodePtr input);
  NodePtr BindSort(Step step, NodePtr input);
  NodePtr BindTake(Step step, NodePtr input);
  NodePtr BindTop(Step step, NodePtr input);
  NodePtr BindRender(Step step, NodePtr input);
  NodePtr BindSerialize(Step step, NodePtr input);
  NodePtr BindGetSchema(Step step, NodePtr input);
  NodePtr BindUnionStep(Step step, NodePtr input);
  NodePtr BindSample(Step step, NodePtr input);
  NodePtr BindAs(Step step, NodePtr input);
  // Runs one step; afterwards is_ordered_ tells whether the rows have an order that window functions may use.
  NodePtr BindStep(Step step, NodePtr input);
  NodePtr NumberRows(NodePtr node, const plan::Column& number);
  // summarize_binder.cc
  NodePtr BindSummarize(Step step, NodePtr input);
  bool BindKeys(Step step, const plan::Node& input, SummarizeBuilder& builder);
  bool BindAggregateItem(const tree::NamedExpression& item, SummarizeBuilder& builder);
  bool BindSeveral(const tree::NamedExpression& item, SummarizeBuilder& builder);
  bool NameSeveral(const tree::NamedExpression& item, size_t first, SummarizeBuilder& builder);
  bool BindPercentiles(const tree::NamedExpression& item, SummarizeBuilder& builder);
  void AddAggregate(std::string_view operation, std::vector<plan::Scalar> arguments, const std::string& name,
                    SummarizeBuilder& builder);
  NodePtr BindCount(Step step, NodePtr input);
  NodePtr BindDistinct(Step step, NodePtr input);
  NodePtr BindSampleDistinct(Step step, NodePtr input);
  NodePtr BindTopHitters(Step step, NodePtr input);
  // join_binder.cc
  NodePtr BindJoin(Step step, NodePtr left);
  NodePtr BindLookup(Step step, NodePtr left);
  NodePtr JoinWith(Step step, NodePtr left, plan::JoinKind kind, bool drops_right_keys);
  std::optional<plan::Join::Key> AddLookupKeys(const tree::Expression& call, const plan::Node& left,
                                               const plan::Node& right, plan::Join& join);
  NodePtr BindAddressLookup(const tree::Expression& call, NodePtr left);
  bool ReadCondition(const tree::Expression& expression, std::vector<JoinCondition>& conditions);
  std::optional<plan::Join::Key> BindJoinKey(const JoinCondition& condition, const plan::Node& left,
                                             const plan::Node& right);
  // parse_binder.cc
  NodePtr BindParse(Step step, NodePtr input);
  bool CheckPattern(Step step);
  NodePtr BindParseKv(Step step, NodePtr input);
  bool BindKvOptions(Step step, KvOptions& options);
  std::vector<Item> CapturesOf(Step step, const plan::Column& whole, std::vector<plan::Scalar>& conditions);
  NodePtr Append(NodePtr input, std::vector<Item> items);
  // series_binder.cc
  NodePtr BindMakeSeries(Step step, NodePtr input);
  Scalar FindSeriesEnd(Step step, const KeptRows& kept, bool is_end);
  std::optional<SeriesBounds> BindSeriesBounds(Step step, const plan::Node& input, const KeptRows* kept);
  bool BindSeriesItems(Step step, SummarizeBuilder& builder);
  NodePtr GroupByBin(NodePtr input, const SeriesBounds& bounds, const plan::Column& bin, SummarizeBuilder& builder);
  std::optional<plan::Scalar> BindSeriesDefault(const tree::Expression* asked, Type type);
  // pivot_binder.cc
  NodePtr BindPivot(Step step, NodePtr input);
  std::optional<std::vector<plan::Column>> PivotKeys(const tree::Expression& call, int pivoted,
                                                     const plan::Node& input);
  bool BindPivotAggregate(const tree::Expression& call, AggregateCollector& collector);
  NodePtr KeepPivotGroups(NodePtr input, const std::vector<plan::Column>& keys, const plan::Scalar& pivoted,
                          const AggregateCollector& collector, const plan::Column& name, std::vector<BagSlot>& slots);
  NodePtr SpreadPivot(NodePtr input, std::vector<plan::Column> keys, const plan::Scalar& pivoted,
                      const AggregateCollector& collector, Span span);
  NodePtr BindNarrow(Step step, NodePtr input);
  // expand_binder.cc
  NodePtr BindMvExpand(Step step, NodePtr input);
  NodePtr BindExpansion(Step step, NodePtr input);
  NodePtr BindEvaluate(Step step, NodePtr input);
  NodePtr BindBagUnpack(Step step, NodePtr input);
  bool BindUnpackArguments(const tree::Expression& call, UnpackRequest& request);
  NodePtr UnpackSlots(NodePtr input, const std::vector<BagSlot>& slots, const UnpackRequest& request);
  // union_binder.cc
  struct Leg {
    std::string name;
    NodePtr rows;
  };
  NodePtr BindUnion(Step step, NodePtr first);
  bool BindLegs(Step step, std::vector<Leg>& legs);
  bool AddMatching(const tree::ColumnPattern& pattern, std::vector<Leg>& legs);
  bool Resolves(const tree::Pipeline& leg) const;
  std::string LegName(const tree::Pipeline& leg, size_t index) const;
  std::string FirstLegName() const;
  NodePtr UniteLegs(std::vector<Leg> legs, bool is_inner, const std::string& source_column);
  // apply_binder.cc
  NodePtr BindMvApply(Step step, NodePtr input);
  NodePtr BindPartition(Step step, NodePtr input);
  NodePtr BindTopNested(Step step, NodePtr input);
  NodePtr BindSubquery(const tree::Pipeline& subquery, std::function<NodePtr()> input);
  NodePtr Apply(NodePtr outer, NodePtr inner, std::vector<plan::Column> outputs);
  NodePtr JoinElements(Step step, NodePtr row, NodePtr inner);
  void DropOuter(plan::Node& node, const std::vector<plan::Column>& outer);
  std::optional<KeptRows> Keep(NodePtr rows, Span span, std::string_view what);
  NodePtr ScanKept(const KeptRows& kept);
  NodePtr WeighLevel(const tree::NestedLevel& level, NodePtr rows, std::vector<Scalar> keys);
  NodePtr FirstGroups(const tree::NestedLevel& level, const KeptRows& kept, size_t before);
  std::optional<KeptRows> MarkRows(const tree::NestedLevel& level, const KeptRows& kept, size_t before);
  // scan_binder.cc
  NodePtr BindScan(Step step, NodePtr input);
  bool DeclareColumns(Step step, NameList& names, std::vector<plan::Column>& declared, WalkBuilder& builder);
  std::optional<std::vector<ScanState>> RememberSteps(Step step, const std::vector<plan::Column>& columns);
  bool BindScanSteps(Step step, const std::vector<plan::Column>& input, const std::vector<plan::Column>& declared,
                     WalkBuilder& builder);
  NodePtr WalkInOrder(NodePtr input, WalkBuilder& builder, const plan::Column& match,
                      const std::vector<plan::Column>& declared, std::vector<plan::Column> visible);
  bool BindScanStep(const tree::ScanStep& step, const std::vector<plan::Column>& input,
                    const std::vector<plan::Column>& declared, WalkBuilder& builder);
  std::optional<native::WalkExpression> ToWalk(const Scalar& scalar, Span span, WalkBuilder& builder);
  NodePtr AddSession(NodePtr input, const WindowSession& session);
  // pattern_binder.cc
  NodePtr LookAtAll(NodePtr input, std::vector<Scalar> keys, std::vector<plan::Aggregate> weights,
                    std::string_view operation, std::vector<Scalar> settings);
  NodePtr BindReduce(Step step, NodePtr input);
  NodePtr BindPatterns(Step step, NodePtr input);
  std::optional<double> PatternNumber(const tree::Expression& call, size_t index, double least, double most,
                                      double default_value);
  bool PatternWeight(const tree::Expression& call, size_t index, const plan::Node& input,
                     std::optional<plan::Column>& weight);
  bool PatternWildcards(const tree::Expression& call, size_t first, std::map<Type, Constant>& wildcards);
  bool BindSides(const tree::Expression& call, const plan::Node& input, std::optional<plan::Column>& split,
                 std::vector<Scalar>& sides);
  static std::vector<plan::Aggregate> PatternWeights(const std::optional<plan::Column>& weight,
                                                     const std::vector<Scalar>& sides);
  NodePtr SegmentColumns(NodePtr node, const std::vector<plan::Column>& attributes, bool compares,
                         const std::map<Type, Constant>& wildcards);
  // plugin_binder.cc
  bool HasArguments(const tree::Expression& call, size_t least, std::string_view takes,
                    size_t most = std::numeric_limits<size_t>::max());
  bool AddPluginColumn(const tree::Expression& argument, const std::string& name, const plan::Node& input,
                       PluginCall& call);
  bool AddPluginValue(const tree::Expression& argument, const std::string& name, Type type, PluginCall& call);
  bool AddPluginBin(const tree::Expression& argument, Type timeline, PluginCall& call);
  bool AddTimeline(const tree::Expression& argument, const plan::Node& input, PluginCall& call, Type& timeline);
  bool AddPluginArgument(const LibraryPlugin::Parameter& parameter, const tree::Expression& argument,
                         const plan::Node& input, PluginCall& call, Type& timeline);
  std::optional<std::vector<std::string>> AddSequenceSteps(const tree::Expression& call, size_t& next,
                                                           const plan::Node& input, PluginCall& plugin);
  bool AddDimensions(const tree::Expression& call, size_t first, const plan::Node& input, PluginCall& plugin);
  NodePtr BindLibraryPlugin(const LibraryPlugin& plugin, const tree::Expression& call, NodePtr input);
  NodePtr BindSequenceDetect(const tree::Expression& call, NodePtr input);
  NodePtr BindRollingPercentile(const tree::Expression& call, NodePtr input);
  NodePtr BindRowsNear(const tree::Expression& call, NodePtr input);
  NodePtr RunPlugin(const PluginCall& plugin, Span span, NodePtr input);
  NodePtr BindOwnQuery(const std::string& text, const std::vector<Definition>& values, const KeptRows& rows);
  // search_binder.cc
  NodePtr BindSearch(Step step, NodePtr input);
  NodePtr BindFind(Step step, NodePtr input);
  std::optional<std::vector<Leg>> BindSearched(Step step, NodePtr input);
  NodePtr BindConsume(Step step, NodePtr input);

  // Binds and names project-like items; nullopt after complaints.
  std::optional<std::vector<Item>> BindItems(const std::vector<tree::NamedExpression>& items,
                                             const std::vector<plan::Column>& input, NameList& names);
  std::optional<std::vector<plan::SortKey>> BindSortKeys(const std::vector<tree::SortKey>& keys,
                                                         const plan::Node& input);
  NodePtr PrepareSeveral(const std::vector<tree::NamedExpression>& items, NodePtr input);
  bool AddSeveral(const tree::NamedExpression& item, NameList& names, std::vector<Item>& bound);
  NodePtr DropHidden(NodePtr node);
  // The inputs' columns that match the patterns, in the input's order; complains of patterns that name nothing.
  std::optional<std::vector<bool>> MatchPatterns(const std::vector<tree::ColumnPattern>& patterns,
                                                 const plan::Node& input);
  // Outputs are these columns of the input, in this order.
  NodePtr Select(NodePtr input, std::vector<plan::Column> columns);
  // Outputs are these items, and nothing else.
  static NodePtr ProjectItems(std::vector<Item> items, NodePtr input);
  NodePtr Extend(NodePtr input, std::vector<Item> items);
  std::string NameItem(const tree::NamedExpression& item, NameList& names, bool& good);

  const Catalog& catalog_;
  const BindOptions& options_;
  Diagnostics& diagnostics_;
  QueryContext context_;
  // The part of the pipeline before the step that is bound now, and what it sees.
  Definition prefix_;
  std::function<NodePtr()> input_;                      // the rows that a sub-query begins with
  int subqueries_ = 0;                                  // how deep in sub-queries
  std::map<const tree::Expression*, Several> several_;  // of the step that is bound now
  int scope_ = 0, scopes_ = 0;
  std::optional<int64_t> rows_max_;
  // Each use of a tabular let is bound anew: how deep they are nested now, how often they were used, and whether that
  // was too much.
  int table_depth_ = 0, table_uses_ = 0;
  bool expands_too_far_ = false;
  bool is_ordered_ = false;
  std::string visualization_;
  std::optional<Error> failure_;  // of a materialization
};

}  // namespace slipway::kql::bind
