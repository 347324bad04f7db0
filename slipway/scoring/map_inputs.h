// Graphs that take maps: each key that the graph looks at becomes a column of numbers.
#pragma once

#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/model/onnx_graph.h"

namespace slipway::scoring {

struct FlatGraph {
  model::OnnxModel onnx;             // without inputs that are maps
  std::vector<std::string> columns;  // that stand for keys: optional, what is missing counts as 0
};

// DictVectorizer's vocabulary (texts or integers), and CastMap's keys from 0 to max_map - 1 in its sparse form, become
// inputs of their own; what makes a matrix of the map makes it of them. kUnimplemented names a node that reads a map in
// another way.
Result<FlatGraph> FlattenMaps(const model::OnnxModel& onnx);

// Whether an input of the graph is a map.
bool TakesMaps(const model::OnnxGraph& graph);

}  // namespace slipway::scoring
