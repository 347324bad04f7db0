// Why a model scored as it did: what each column added to each row's sum.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"

namespace slipway::scoring {

enum class Explain { kNone, kShap };
// "shap"; "none" or nothing. kInvalidArgument names the values there are.
Result<Explain> ParseExplain(std::string_view text);

// Exact SHAP values: base_values[o] plus the values of a row's columns is the row's output o, before `link` is undone.
struct Explanations {
  std::vector<std::string> columns;  // as the model takes them; the number of a column without a name
  // One a output: the classes, one class (the second of two) or none (a regressor).
  std::vector<std::string> outputs;
  // How sums become scores: "identity" (values are probability points, or the regressor's unit), "logit", "softmax",
  // "softmax_zero", "probit".
  std::string link = "identity";
  std::vector<double> base_values;  // an output: the mean over the training rows
  std::vector<double> values;       // rows × outputs × columns
  size_t rows = 0;
};

// Turns the answer of a request into one with explanations: {…, "explanations": {"method": "shap", "link": …,
// "base_values": b, "shap_values": [{column: value}, …]}}; with several outputs "classes", a list of base values, and a
// list of objects a row, in the order of the classes. An answer that is a list becomes {"predictions": [list], …}.
void AppendExplanations(const Explanations& explanations, std::string& answer);

}  // namespace slipway::scoring
