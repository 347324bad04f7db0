// The operators of tabular ONNX graphs, each as plain as its description: the second opinion that the fused plan is
// compared with, and what graphs of other forms run on. Where the specification is silent or the reference texts differ
// from practice, they do what ONNX Runtime 1.30 does (models-and-tracking notes in docs/formats).
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/model/onnx_graph.h"
#include "slipway/scoring/tree_ensemble.h"

namespace slipway::scoring::reference {

// A tensor; an optional input that is absent; or a sequence of maps from a label to a number, kept as the matrix
// [N, labels] and the labels.
struct Value {
  model::Tensor tensor;
  bool is_present = true;
  ClassLabels map_labels = {};

  bool is_map() const { return map_labels.size() > 0; }
};

using Values = std::vector<Value>;

// What an operator reads: values that stand elsewhere, in the order of the node's inputs.
class Inputs {
 public:
  explicit Inputs(std::span<const Value* const> values) : values_(values) {}
  size_t size() const { return values_.size(); }
  bool empty() const { return values_.empty(); }
  const Value& operator[](size_t index) const { return *values_[index]; }

 private:
  std::span<const Value* const> values_;
};

// One node, ready to run: attributes are read and checked. Immutable and thread-safe. Fails (kInvalidArgument) for
// inputs that do not fit together.
using Operator = std::function<Result<Values>(Inputs)>;

// A node with the version of its domain that the model imports. A domain that is not imported counts as the newest.
struct Context {
  model::Node node;
  int64_t version = 0;
};

// One run of `operation` on values at hand.
Result<Values> Run(const Operator& operation, const Values& inputs);

// kUnimplemented names an operator, attribute or form that is not supported, with its domain and node.
Result<Operator> MakeOperator(const model::Node& node, const model::OnnxModel& model);

// --- for the files of the families ---

using Factory = std::function<Result<Operator>(std::shared_ptr<const Context>)>;

class Registry {
 public:
  void Add(std::string_view domain, std::string_view name, Factory factory);
  // An operator that needs nothing but its node; `inputs` have at least `min_inputs` values, those present.
  void Add(std::string_view domain, std::string_view name, size_t min_inputs,
           Result<Values> (*function)(const Context&, Inputs));
  const Factory* Find(std::string_view domain, std::string_view name) const;
  std::vector<std::string> names() const;

 private:
  std::unordered_map<std::string, Factory> factories_;
};

inline constexpr std::string_view kMainDomain = "";
inline constexpr std::string_view kMlDomain = "ai.onnx.ml";

void AddShapeOperators(Registry& registry);        // shape_operators.cc
void AddElementwiseOperators(Registry& registry);  // elementwise_operators.cc
void AddReductionOperators(Registry& registry);    // reduction_operators.cc
void AddEncoderOperators(Registry& registry);      // encoder_operators.cc
void AddModelOperators(Registry& registry);        // model_operators.cc
void AddSvmOperators(Registry& registry);          // svm_operators.cc

}  // namespace slipway::scoring::reference
