// The bytes of an ONNX file: read or refused; what is read is compiled or refused, and scored alike by both plans.
#include <string_view>

#include "fuzz/scored_model.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const slipway::model::OnnxLimits limits = {.bytes = 1 << 20, .nodes = 1000, .values = 1'000'000};
  const auto onnx = slipway::model::ReadOnnx({reinterpret_cast<const char*>(data), size}, limits);
  if (onnx) slipway::fuzz::CompareBothPlans(*onnx);
  return 0;
}
