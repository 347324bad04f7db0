// Runs a graph node by node.
#pragma once

#include <unordered_map>

#include "slipway/scoring/reference/operators.h"

namespace slipway::scoring::reference {

// Immutable and thread-safe.
class Graph {
 public:
  // kUnimplemented names the first operator that is not supported; kInvalidArgument a value that nothing makes.
  static Result<Graph> Make(const model::OnnxModel& model);

  // `inputs` by the order of the graph's inputs; the outputs by the order of its outputs.
  Result<Values> Run(Values inputs) const;

  size_t nodes() const { return steps_.size(); }

 private:
  struct Step {
    Operator run;
    std::string description;
    std::vector<int> inputs;  // places of values; -1: absent
    std::vector<int> outputs;
  };

  Status AddStep(const model::Node& node, const model::OnnxModel& model);
  int PlaceOf(const std::string& name);

  std::unordered_map<std::string, int> places_;
  std::vector<Value> constants_;  // by place; not present where a value is computed
  std::vector<Step> steps_;
  std::vector<int> inputs_, outputs_;
};

}  // namespace slipway::scoring::reference
