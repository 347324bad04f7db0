#include "slipway/scoring/response_encoder.h"

#include <charconv>
#include <cmath>

#include <nlohmann/json.hpp>

namespace slipway::scoring {
namespace {

std::string JsonText(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

void AppendScore(float value, std::string& out) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  out.append(text, end);
}

ResponseEncoder::ResponseEncoder(const OutputShape& shape)
    : is_classifier_(!shape.classes.empty()),
      scores_by_label_(shape.scores_by_label),
      width_(shape.width),
      label_key_("{" + JsonText(shape.label_name) + ":"),
      score_key_("," + JsonText(shape.score_name) + ":") {
  for (const std::string& label : shape.classes) {
    labels_.push_back(shape.integer_labels ? label : JsonText(label));
    label_keys_.push_back(JsonText(label) + ":");
  }
}

void ResponseEncoder::AppendScores(const float* scores, std::string& out) const {
  out += '[';
  for (size_t i = 0; i < width_; ++i) {
    if (i > 0) out += ',';
    AppendScore(scores[i], out);
  }
  out += ']';
}

void ResponseEncoder::AppendScoreMap(const float* scores, std::string& out) const {
  out += '{';
  for (size_t i = 0; i < width_; ++i) {
    if (i > 0) out += ',';
    out += label_keys_[i];
    AppendScore(scores[i], out);
  }
  out += '}';
}

void ResponseEncoder::Encode(RequestForm form, size_t rows, std::span<const uint32_t> labels,
                             std::span<const float> scores, std::string& out) const {
  out.clear();
  const bool is_bare = form == RequestForm::kInputData;
  const bool as_records = is_bare && is_classifier_;
  out += is_bare ? "[" : "{\"predictions\":[";
  for (size_t row = 0; row < rows; ++row) {
    const float* values = scores.data() + row * width_;
    if (row > 0) out += ',';
    if (as_records) {
      out += label_key_;
      out += labels_[labels[row]];
      out += score_key_;
      scores_by_label_ ? AppendScoreMap(values, out) : AppendScores(values, out);
      out += '}';
    } else if (is_classifier_) {
      out += labels_[labels[row]];
    } else if (width_ == 1) {
      AppendScore(values[0], out);
    } else {
      AppendScores(values, out);
    }
  }
  out += ']';
  if (is_bare) return;
  if (is_classifier_) {
    out += ",\"probabilities\":[";
    for (size_t row = 0; row < rows; ++row) {
      if (row > 0) out += ',';
      AppendScores(scores.data() + row * width_, out);
    }
    out += ']';
  }
  out += '}';
}

}  // namespace slipway::scoring
