// What the graphs of all tabular models share: one input a column, of shape [N,1], the nodes that make the feature row
// [N, features] of them, in the form that skl2onnx writes, and the outputs.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/model/column_transform.h"
#include "slipway/model/onnx_graph.h"

namespace slipway::model {

inline constexpr std::string_view kMlDomain = "ai.onnx.ml";

// Adds nodes one after another and invents names for the values between them that no column can have.
class GraphBuilder {
 public:
  explicit GraphBuilder(OnnxGraph& graph) : graph_(graph) {}

  // One node with one output; returns the output's name.
  std::string Add(std::string_view op, std::string_view domain, std::vector<std::string> inputs,
                  std::vector<Attribute> attributes);
  std::string AddInts(std::string_view hint, std::vector<int64_t> values);
  std::string AddFloat(std::string_view hint, float value);
  void Reserve(const std::string& name) { taken_.insert(name); }

 private:
  std::string NewName(std::string_view hint);

  OnnxGraph& graph_;
  std::unordered_set<std::string> taken_;
  size_t counter_ = 0;
};

size_t FeatureCount(const std::vector<ColumnTransform>& columns);

// kInvalidArgument names what stands twice: `what` is "the class label".
Status CheckDistinct(const std::vector<std::string>& names, std::string_view what);

inline constexpr std::string_view kClassifierOutputs[] = {"label", "probabilities"};
inline constexpr std::string_view kRegressorOutputs[] = {"variable"};

// classlabels_int64s or classlabels_strings. kInvalidArgument for fewer than two labels, ones that stand twice or are
// no integers.
Result<Attribute> ClassLabelAttribute(const std::vector<std::string>& labels, bool integer_labels);
// `label` [N] and `probabilities` [N, classes]; `variable` [N,1].
void AddClassifierOutputs(size_t classes, bool integer_labels, OnnxGraph& graph);
void AddRegressorOutput(OnnxGraph& graph);

// Fills in opsets, inputs and nodes of an empty `model`; returns the name of the feature row. `outputs`: names that no
// column may have. kInvalidArgument for columns without name, of a wrong type or named twice, for categories that
// repeat and when there are no features; kUnimplemented for what ONNX cannot say.
Result<std::string> BuildFeatures(const std::vector<ColumnTransform>& columns,
                                  std::span<const std::string_view> outputs, OnnxModel& model);

}  // namespace slipway::model
