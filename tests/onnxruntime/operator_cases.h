// Graphs with inputs, made at random from a seed: one operator each, in every form of its attributes and versions that
// converters write, and pipelines as they write them.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "slipway/model/onnx_graph.h"

namespace slipway::ort_cases {

struct Case {
  std::string name;  // what is compared; several cases may have the same
  model::OnnxModel onnx;
  std::vector<model::Tensor> inputs;  // in the order of the graph's
  double tolerance = 0;               // of numbers, absolute for those below 1 and relative above; 0: equal
  bool is_pipeline = false;           // scored by the compiled plan as well
};

// A generator's state, and values from it.
class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}
  size_t Below(size_t count) { return engine_() % count; }
  bool Chance(size_t one_in) { return Below(one_in) == 0; }
  // Short decimals, so that ties, zeros and exact hits of thresholds happen.
  float Number() { return static_cast<float>(static_cast<int>(Below(81)) - 40) / 4; }
  std::vector<float> Numbers(size_t count);
  std::vector<int64_t> Integers(size_t count, size_t below);
  std::vector<std::string> Texts(size_t count);  // of a few short ones
  template <typename T>
  const T& Of(const std::vector<T>& list) {
    return list[Below(list.size())];
  }

 private:
  std::mt19937 engine_;
};

void AddEncoderCases(Random& random, std::vector<Case>& cases);   // encoder_cases.cc
void AddModelCases(Random& random, std::vector<Case>& cases);     // model_cases.cc
void AddPipelineCases(Random& random, std::vector<Case>& cases);  // pipeline_cases.cc

// --- for those files ---

model::Tensor Floats(std::vector<int64_t> dims, std::vector<float> values);
model::Tensor Doubles(std::vector<int64_t> dims, const std::vector<float>& values);
model::Tensor Integers(std::vector<int64_t> dims, std::vector<int64_t> values,
                       model::ElementType type = model::ElementType::kInt64);
model::Tensor Texts(std::vector<int64_t> dims, std::vector<std::string> values);
// The same numbers as a tensor of any numeric type.
model::Tensor NumbersOf(model::ElementType type, std::vector<int64_t> dims, const std::vector<float>& values);
model::Attribute TensorAttribute(std::string name, model::Tensor tensor);

// One node of ai.onnx.ml between the graph's inputs and outputs. `outputs` are the outputs' types.
Case OneNode(std::string op, int64_t ml_version, std::vector<model::Tensor> inputs,
             std::vector<model::Attribute> attributes, const std::vector<model::ElementType>& outputs,
             double tolerance = 0);

}  // namespace slipway::ort_cases
