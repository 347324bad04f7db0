// A request of the Open Inference Protocol: refused with a text, or answered by JSON whose tensors have as many rows as
// the request's shapes say.
#include <string_view>

#include "fuzz/scored_model.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using nlohmann::json;
  using slipway::fuzz::Require;
  static const auto kModel = slipway::fuzz::SmallModel();
  static const auto kScratch = kModel->MakeScratch();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string response;
  const auto status = kModel->ScoreTensors(text, {"small", "1"}, *kScratch, response);
  if (!status) {
    Require(!status.error().ToString().empty(), "a refusal says why");
    return 0;
  }
  const json answer = json::parse(response, nullptr, false), request = json::parse(text, nullptr, false);
  Require(!answer.is_discarded(), "the answer is JSON");
  if (request.is_discarded()) return 0;  // for a number beyond all doubles, in a part that is ignored
  const auto rows = request["inputs"][0]["shape"][0].get<uint64_t>();
  for (const json& tensor : answer["outputs"]) {
    Require(tensor["shape"][0].get<uint64_t>() == rows, "the answer has the request's rows");
    const uint64_t width = tensor["shape"].size() > 1 ? tensor["shape"][1].get<uint64_t>() : 1;
    Require(tensor["data"].size() == rows * width, "a tensor has the elements of its shape");
  }
  return 0;
}
