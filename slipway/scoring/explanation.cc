#include "slipway/scoring/explanation.h"

#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/text.h"

namespace slipway::scoring {
namespace {

void AppendNumber(double value, std::string& out) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  out.append(text, end);
}

std::string JsonText(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// `count` items between brackets, each written by `item(i)`.
template <typename Item>
void AppendList(size_t count, std::string& out, const Item& item) {
  out += '[';
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) out += ',';
    item(i);
  }
  out += ']';
}

class ExplanationWriter {
 public:
  ExplanationWriter(const Explanations& explanations, std::string& out) : e_(explanations), out_(out) {
    for (const std::string& column : e_.columns) keys_.push_back(JsonText(column) + ":");
  }

  void Write() {
    out_ += fmt::format("{{\"method\":\"shap\",\"link\":\"{}\",", e_.link);
    if (has_many() && !e_.outputs.empty()) {
      out_ += "\"classes\":";
      AppendList(e_.outputs.size(), out_, [this](size_t i) { out_ += JsonText(e_.outputs[i]); });
      out_ += ',';
    }
    out_ += "\"base_values\":";
    PerOutput([this](size_t output) { AppendNumber(e_.base_values[output], out_); });
    out_ += ",\"shap_values\":";
    AppendList(e_.rows, out_, [this](size_t row) {
      PerOutput([this, row](size_t output) { WriteValues(&e_.values[(row * outputs() + output) * keys_.size()]); });
    });
    out_ += '}';
  }

 private:
  size_t outputs() const { return e_.base_values.size(); }
  bool has_many() const { return outputs() > 1; }

  template <typename Item>
  void PerOutput(const Item& item) {
    has_many() ? AppendList(outputs(), out_, item) : item(0);
  }

  void WriteValues(const double* values) {
    out_ += '{';
    for (size_t i = 0; i < keys_.size(); ++i) {
      if (i > 0) out_ += ',';
      out_ += keys_[i];
      AppendNumber(values[i], out_);
    }
    out_ += '}';
  }

  const Explanations& e_;
  std::string& out_;
  std::vector<std::string> keys_;
};

}  // namespace

Result<Explain> ParseExplain(std::string_view text) {
  if (text == "shap") return Explain::kShap;
  if (text.empty() || text == "none") return Explain::kNone;
  const std::string known[] = {"shap", "none"};
  return InvalidArgument(
      fmt::format("there is no explanation '{}': explain is shap or none{}", text, DidYouMean(text, known)));
}

void AppendExplanations(const Explanations& explanations, std::string& answer) {
  if (answer.starts_with('[')) {
    answer.insert(0, "{\"predictions\":");
  } else {
    answer.pop_back();
  }
  answer += ",\"explanations\":";
  ExplanationWriter(explanations, answer).Write();
  answer += '}';
}

}  // namespace slipway::scoring
