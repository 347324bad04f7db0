// Scores as answers of the Open Inference Protocol, and the model's description in its terms.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/scoring/input_columns.h"
#include "slipway/scoring/response_encoder.h"
#include "slipway/scoring/tensor_decoder.h"

namespace slipway::scoring {

// What the caller's protocol calls the model.
struct ModelIdentity {
  std::string_view name, version;
};

// Immutable. A classifier has two outputs, the labels ([N], INT64 or BYTES) and the probabilities ([N,C], FP32, in the
// order of `classes` in the description); a regressor has its values ([N,width], FP32). They have the graph's names.
class TensorEncoder {
 public:
  explicit TensorEncoder(const OutputShape& shape);

  // kInvalidArgument when the request asks for an output the model does not have. Replaces `out`.
  Status Encode(const ModelIdentity& model, const TensorRequest& request, size_t rows, std::span<const uint32_t> labels,
                std::span<const float> scores, std::string& out) const;

  // The answer of GET …/v2/models/{name}.
  std::string Describe(const ModelIdentity& model, const InputColumns& columns) const;

 private:
  struct Output {
    std::string name;
    bool is_label = false;
  };
  Result<const Output*> Find(std::string_view name) const;
  void AppendTensor(const Output& output, size_t rows, std::span<const uint32_t> labels, std::span<const float> scores,
                    std::string& out) const;

  std::vector<Output> outputs_;
  std::vector<std::string> classes_, label_values_;  // label_values_: as JSON
  std::string label_datatype_;
  size_t width_;
};

}  // namespace slipway::scoring
