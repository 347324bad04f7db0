// Scores as the JSON answer.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "slipway/scoring/request_decoder.h"

namespace slipway::scoring {

// What a model's outputs are called and how its labels are written. Made once a model.
struct OutputShape {
  std::vector<std::string> classes;  // labels as text; empty for a regressor
  bool integer_labels = false;
  size_t width = 1;  // scores a row: the number of classes, or the targets of a regressor
  std::string label_name = "label";
  std::string score_name = "probabilities";
  bool scores_by_label = false;  // the graph gives maps (ZipMap)
};

// Appends the shortest text that reads back as the same float32; `null` for what is not finite.
void AppendScore(float value, std::string& out);

// Renders answers; immutable.
//   classifier, `data` and MLflow's forms    {"predictions":[label, …],"probabilities":[[p, …], …]}
//   classifier, `input_data`                 [{"label":label,"probabilities":[p, …]}, …]: records of the graph's
//                                            outputs, by its own names; {"label": p, …} for a graph that gives maps
//   regressor                                {"predictions":[y, …]}, or [y, …] for `input_data`; y is a list where
//                                            there are several targets
// Numbers are the shortest text that reads back as the same float32; what is not finite becomes null.
class ResponseEncoder {
 public:
  explicit ResponseEncoder(const OutputShape& shape);

  // `labels` has a class index a row (empty for a regressor), `scores` rows × width numbers. Replaces `out`.
  void Encode(RequestForm form, size_t rows, std::span<const uint32_t> labels, std::span<const float> scores,
              std::string& out) const;

 private:
  void AppendScores(const float* scores, std::string& out) const;
  void AppendScoreMap(const float* scores, std::string& out) const;

  bool is_classifier_;
  bool scores_by_label_;
  size_t width_;
  std::vector<std::string> labels_;      // as JSON values
  std::vector<std::string> label_keys_;  // "label": as JSON keys with their colons
  std::string label_key_, score_key_;
};

}  // namespace slipway::scoring
