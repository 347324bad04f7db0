// XGBoost's models as JSON or UBJSON: read or refused; what is read is compiled, and scored alike by both plans.
#include <string_view>

#include "fuzz/scored_model.h"
#include "slipway/model/boosted_trees.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto onnx = slipway::model::ReadXgboostModel({reinterpret_cast<const char*>(data), size});
  if (onnx) slipway::fuzz::CompareBothPlans(*onnx);
  return 0;
}
