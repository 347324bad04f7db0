// The part of Binder for dynamic columns: mv-expand and evaluate bag_unpack.
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

NodePtr Binder::BindMvExpand(Step step, NodePtr input) {
  return BindExpansion(step, std::move(input));
}

NodePtr Binder::BindExpansion(Step step, NodePtr input) {
  plan::Expand expand;
  std::vector<Column> columns = input->outputs;
  std::vector<Item> conversions;
  ScalarBinder scalars(context_, input->outputs);
  NameList names;
  for (const Column& column : columns) names.AddGenerated(column.name);
  for (const tree::ExpandItem& item : step.expand) {
    Scalar array = scalars.Bind(*item.item.expression);
    if (array.type == Type::kError) return nullptr;
    if (array.type != Type::kDynamic) {
      diagnostics_.Add("SEM0447", item.item.expression->span,
                       fmt::format("mv-expand wants a dynamic, and this is a {}{}", TypeName(array.type),
                                   array.type == Type::kString ? "; write parse_json(…)" : ""));
      return nullptr;
    }
    const auto derived = DerivedName(*item.item.expression);
    const std::string name = item.item.name ? *item.item.name : derived ? *derived : names.AddNumbered();
    const Column column{context_.NewColumn(), name, Type::kDynamic};
    const auto same = std::find_if(columns.begin(), columns.end(), [&](const Column& c) { return c.name == name; });
    if (same == columns.end()) {
      columns.push_back(column);
    } else {
      *same = column;
    }
    if (item.to && *item.to != Type::kDynamic) {
      conversions.push_back({{context_.NewColumn(), name, *item.to}, Convert(Scalar::Of(column), *item.to)});
    }
    expand.items.push_back({std::move(array), column.id, step.keeps_bags});
  }
  if (step.expression) {
    expand.limit = scalars.BindCount(*step.expression, "limit");
    if (!expand.limit) return nullptr;
  }
  if (!step.text.empty()) {
    columns.push_back({context_.NewColumn(), names.AddGenerated(step.text), Type::kLong});
    expand.index_output = columns.back().id;
  }
  NodePtr node = MakeNode(std::move(expand), std::move(columns), std::move(input));
  return conversions.empty() ? std::move(node) : Extend(std::move(node), std::move(conversions));
}

NodePtr Binder::BindEvaluate(Step step, NodePtr input) {
  if (step.text == "bag_unpack") return BindBagUnpack(step, std::move(input));
  if (step.text == "pivot") return BindPivot(step, std::move(input));
  if (step.text == "narrow") return BindNarrow(step, std::move(input));
  const Expression& call = *step.expression;
  if (step.text == "autocluster" || step.text == "basket" || step.text == "diffpatterns")
    return BindPatterns(step, std::move(input));
  if (step.text == "sequence_detect") return BindSequenceDetect(call, std::move(input));
  if (step.text == "rolling_percentile") return BindRollingPercentile(call, std::move(input));
  if (step.text == "ipv4_lookup" || step.text == "ipv6_lookup") return BindAddressLookup(call, std::move(input));
  if (step.text == "rows_near") return BindRowsNear(call, std::move(input));
  for (const LibraryPlugin& plugin : LibraryPlugins()) {
    if (plugin.name == step.text) return BindLibraryPlugin(plugin, call, std::move(input));
  }
  const std::vector<std::string> unsupported = PluginNames(false);
  if (std::find(unsupported.begin(), unsupported.end(), step.text) != unsupported.end()) {
    diagnostics_.AddUnsupported(step.expression->name_span, fmt::format("the plugin '{}'", step.text));
    return nullptr;
  }
  std::vector<std::string> names = PluginNames(true);
  names.insert(names.end(), unsupported.begin(), unsupported.end());
  diagnostics_.Add("SEM0260", step.expression->name_span,
                   fmt::format("there is no plugin '{}'{}", step.text, DidYouMean(step.text, names)));
  return nullptr;
}

// bag_unpack(column [, prefix] [, columnsConflict] [, ignoredProperties]): the last three by place or by name.
bool Binder::BindUnpackArguments(const Expression& call, UnpackRequest& request) {
  static constexpr std::string_view kNames[] = {"", "OutputColumnPrefix", "columnsConflict", "ignoredProperties"};
  const std::vector<Column> no_columns;
  for (size_t i = 1; i < call.children.size(); ++i) {
    const Expression& child = *call.children[i];
    const bool named = child.kind == ExpressionKind::kAssignment;
    const std::string name = named ? ToLower(child.text) : i < 4 ? ToLower(kNames[i]) : "";
    const auto value = ScalarBinder(context_, no_columns).BindConstant(named ? *child.children[0] : child);
    if (!value) return false;
    const auto* text = std::get_if<std::string>(&value->value);
    if (text != nullptr && name == "outputcolumnprefix") {
      request.prefix = *text;
    } else if (text != nullptr && name == "columnsconflict" &&
               (*text == "error" || *text == "replace_source" || *text == "keep_source")) {
      request.conflict = *text;
    } else if (text != nullptr && name == "ignoredproperties" && value->type == Type::kDynamic) {
      request.ignored = StringsOfArray(*text);
    } else {
      diagnostics_.Add("SEM0008", child.span,
                       "bag_unpack takes a column, a prefix, a columnsConflict ('error', 'replace_source', "
                       "'keep_source') and ignoredProperties");
      return false;
    }
  }
  return true;
}

// The columns of a bag are known only from the rows: without a schema of the user's, the input is computed here, once,
// and the query goes on from those rows.
NodePtr Binder::BindBagUnpack(Step step, NodePtr input) {
  const Expression& call = *step.expression;
  if (!HasArguments(call, 1, "a column")) return nullptr;
  const Scalar bag = ScalarBinder(context_, input->outputs).Bind(*call.children[0]);
  if (bag.type == Type::kError) return nullptr;
  if (bag.kind != plan::ScalarKind::kColumn || bag.type != Type::kDynamic) {
    diagnostics_.Add("SEM0008", call.children[0]->span,
                     bag.type == Type::kDynamic
                         ? "bag_unpack() wants a column's name"
                         : fmt::format("bag_unpack() wants a dynamic column, and this is a {}", TypeName(bag.type)));
    return nullptr;
  }
  UnpackRequest request{bag.column, call.children[0]->span, "", "error", {}};
  if (!BindUnpackArguments(call, request)) return nullptr;
  if (step.has_schema) {
    std::vector<BagSlot> slots;
    for (const tree::TypedName& column : step.schema) slots.push_back({column.name, column.type});
    if (step.has_star) return UnpackSlots(std::move(input), slots, request);
    std::vector<Column> only_bag = {*input->FindOutput(bag.column)};
    return UnpackSlots(Select(std::move(input), std::move(only_bag)), slots, request);
  }
  if (!diagnostics_.empty()) return nullptr;  // rows are not computed for a query that will be refused
  if (subqueries_ > 0) {
    diagnostics_.AddUnsupported(call.name_span, "bag_unpack without a schema within the sub-query of another step");
    return nullptr;
  }
  std::vector<Column> columns = input->outputs;
  auto materialized = options_.materialize(std::move(input), bag.column);
  if (!materialized) {
    failure_ = std::move(materialized.error());
    return nullptr;
  }
  std::sort(materialized->slots.begin(), materialized->slots.end(),
            [](const BagSlot& a, const BagSlot& b) { return a.key < b.key; });
  plan::Scan scan{materialized->table, {}};
  for (const Column& column : columns) scan.sources.push_back(StoredColumnName(column.id));
  return UnpackSlots(MakeNode(std::move(scan), std::move(columns)), materialized->slots, request);
}

NodePtr Binder::UnpackSlots(NodePtr input, const std::vector<BagSlot>& slots, const UnpackRequest& request) {
  std::vector<Column> kept, texts;
  for (const Column& column : input->outputs) {
    if (column.id != request.bag) kept.push_back(column);
  }
  plan::Unpack unpack{request.bag, {}};
  plan::Project project;
  for (const Column& column : kept) project.expressions.push_back(Scalar::Of(column));
  std::vector<Column> columns = kept;
  for (const BagSlot& slot : slots) {
    if (std::find(request.ignored.begin(), request.ignored.end(), slot.key) != request.ignored.end()) continue;
    const std::string name = request.prefix + slot.key;
    const auto same = std::find_if(kept.begin(), kept.end(), [&](const Column& c) { return c.name == name; });
    if (same != kept.end() && request.conflict == "keep_source") continue;
    if (same != kept.end() && request.conflict == "error") {
      diagnostics_.Add("SEM0001", request.span,
                       fmt::format("the bags have a slot '{0}', and the input a column '{0}'; give a prefix, or "
                                   "columnsConflict='replace_source'",
                                   name));
      return nullptr;
    }
    texts.push_back({context_.NewColumn(), "", Type::kDynamic});
    unpack.slots.push_back({slot.key, texts.back().id, slot.type});
    const Column column{context_.NewColumn(), name, slot.type};
    Scalar value = Scalar::Call("slot_value", slot.type, {Scalar::Of(texts.back())});
    if (same != kept.end()) {
      columns[same - kept.begin()] = column;
      project.expressions[same - kept.begin()] = std::move(value);
    } else {
      columns.push_back(column);
      project.expressions.push_back(std::move(value));
    }
  }
  kept.insert(kept.end(), texts.begin(), texts.end());
  NodePtr node = MakeNode(std::move(unpack), std::move(kept), std::move(input));
  return MakeNode(std::move(project), std::move(columns), std::move(node));
}

}  // namespace slipway::kql::bind
