// The template of plan.h's ForEachScalar.
#pragma once

#include "slipway/kql/plan/plan.h"

namespace slipway::kql::plan {

template <typename Visit>
void ForEachScalar(Node& node, Visit visit) {
  struct Visitor {
    Visit& visit;
    void operator()(Scan&) const {}
    void operator()(Limit&) const {}
    void operator()(Unpack&) const {}
    void operator()(Join&) const {}
    void operator()(Number&) const {}
    void operator()(Apply&) const {}
    void operator()(Range& range) const {
      visit(range.from);
      visit(range.to);
      visit(range.step);
    }
    void operator()(Values& values) const {
      for (auto& row : values.rows) {
        for (Scalar& scalar : row) visit(scalar);
      }
    }
    void operator()(Filter& filter) const { visit(filter.predicate); }
    void operator()(Project& project) const {
      for (Scalar& scalar : project.expressions) visit(scalar);
    }
    void operator()(Summarize& summarize) const {
      for (Scalar& key : summarize.keys) visit(key);
      for (Aggregate& aggregate : summarize.aggregates) {
        for (Scalar& argument : aggregate.arguments) visit(argument);
        if (aggregate.condition) visit(*aggregate.condition);
      }
    }
    void operator()(Sort& sort) const {
      for (SortKey& key : sort.keys) visit(key.expression);
    }
    void operator()(Expand& expand) const {
      for (Expand::Item& item : expand.items) visit(item.array);
    }
    void operator()(Walk& walk) const {
      for (Scalar& cell : walk.cells) visit(cell);
    }
    void operator()(Union& all) const {
      for (auto& leg : all.sources) {
        for (Scalar& scalar : leg) visit(scalar);
      }
    }
  };
  std::visit(Visitor{visit}, node.body);
}

}  // namespace slipway::kql::plan
