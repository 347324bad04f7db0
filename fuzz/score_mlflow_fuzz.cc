// A request to MLflow's scoring server: JSON where it begins with '{', else CSV. Refused with a text, or answered by
// JSON with a prediction a row; of CSV every row is a line of its own, and quotes make no more of them.
#include <algorithm>
#include <string_view>

#include "fuzz/scored_model.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using slipway::fuzz::Require;
  static const auto kModel = slipway::fuzz::SmallModel();
  static const auto kScratch = kModel->MakeScratch();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const bool is_json = text.starts_with('{');
  std::string response;
  const auto status =
      is_json ? kModel->ScoreMlflow(text, *kScratch, response) : kModel->ScoreCsv(text, *kScratch, response);
  if (!status) {
    Require(!status.error().message().empty(), "a refusal says why");
    return 0;
  }
  const auto answer = nlohmann::json::parse(response, nullptr, false);
  Require(!answer.is_discarded(), "the answer is JSON");
  const auto& labels = answer["predictions"];
  const auto& scores = answer["probabilities"];
  Require(labels.size() == scores.size(), "there are as many labels as scores");
  for (const auto& row : scores)
    Require(row.size() == 2 && std::abs(row[0].get<double>() + row[1].get<double>() - 1) < 1e-6,
            "probabilities are numbers that add up to 1");
  const auto lines =
      static_cast<size_t>(std::count(text.begin(), text.end(), '\n') + std::count(text.begin(), text.end(), '\r'));
  Require(is_json || labels.size() <= lines, "a row of CSV is a line of its own");
  return 0;
}
