// Inference requests of the Open Inference Protocol (version 2, REST), read straight into a CellSink:
//
//   {"id": "…", "inputs": [{"name": "age", "shape": [2, 1], "datatype": "FP64", "data": [41, 23]}, …],
//    "outputs": [{"name": "label"}]}
//
// A tensor has the name of a column ([N] or [N,1]) or of an input of the graph ([N,width]); its data is a flat list in
// row-major order, or nested as its shape says. `null` is a missing value. Source: the specification of
// kserve/open-inference-protocol.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/scoring/cell_sink.h"
#include "slipway/scoring/input_columns.h"

namespace slipway::scoring {

// What a request says beside its tensors.
struct TensorRequest {
  std::optional<std::string> id;
  std::vector<std::string> outputs;  // by name; none: all
};

// The datatype that the tensor of such a column has: "FP64", "INT32", "BYTES" …
std::string_view TensorDatatype(const InputColumn& column);

// Buffers of one thread. After the largest request they allocate no more.
class TensorDecoder {
 public:
  TensorDecoder();
  ~TensorDecoder();

  // Clears `sink` and fills it, replaces `into`. kInvalidArgument names the tensor that does not fit the columns.
  Status Decode(std::string_view request, const InputColumns& columns, CellSink& sink, TensorRequest& into);

 private:
  struct Buffers;
  std::unique_ptr<Buffers> buffers_;
};

}  // namespace slipway::scoring
