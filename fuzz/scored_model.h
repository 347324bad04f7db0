// What the fuzz targets of scoring share: models to send requests to, and answers to hold against each other.
#pragma once

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "slipway/model/tabular_classifier_graph.h"
#include "slipway/scoring/compiled_model.h"

namespace slipway::fuzz {

inline void Require(bool holds, std::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

// A tree on age (a double that may be missing) and job (a text).
inline std::shared_ptr<const scoring::CompiledModel> SmallModel() {
  const std::vector<model::ColumnTransform> columns = {{.name = "age", .imputed_number = 40},
                                                       {.name = "job",
                                                        .kind = model::ColumnTransform::Kind::kCategorical,
                                                        .input_type = model::ElementType::kString,
                                                        .imputed_category = "none",
                                                        .categories = {"clerk", "none", "smith"}}};
  const model::FlatForest forest = {.tree_begin = {0},
                                    .left = {1, -1, 3, -1, -1},
                                    .right = {2, -1, 4, -1, -1},
                                    .feature = {0, 0, 3, 0, 0},
                                    .threshold = {30, 0, 0.5f, 0, 0},
                                    .fractions = {0, 0.25, 0, 0.5, 0.75}};
  const auto graph = model::TabularClassifierGraph(columns, forest, {"0", "1"}, true);
  Require(graph.has_value(), "the small graph is made");
  model::Signature signature = {{{.name = "age", .type = model::DataType::kDouble, .required = false},
                                 {.name = "job", .type = model::DataType::kString}},
                                {}};
  const auto compiled = scoring::CompiledModel::Make(*graph, std::move(signature), false);
  Require(compiled.has_value(), "the small model is compiled");
  return *compiled;
}

// One row for a model of any columns: `number` and `text` in the order of its signature; "" for other types.
inline std::string RowFor(const scoring::CompiledModel& model, double number, std::string_view text) {
  nlohmann::json row = nlohmann::json::array();
  for (const model::ColumnSpec& column : model.signature().inputs) {
    nlohmann::json value = number;
    if (column.type == model::DataType::kBinary) return "";
    if (column.type == model::DataType::kBoolean) value = number > 0;
    if (column.type == model::DataType::kInteger || column.type == model::DataType::kLong)
      value = static_cast<int64_t>(number);
    if (column.type == model::DataType::kString || column.type == model::DataType::kDatetime) value = text;
    const int64_t width = column.tensor_shape.size() == 2 ? column.tensor_shape[1] : 1;
    if (width < 0 || width > 1000) return "";
    row.insert(row.end(), static_cast<size_t>(width), value);
  }
  return nlohmann::json{{"data", {row}}}.dump();
}

inline std::string AnswerOf(const scoring::CompiledModel& model, std::string_view request) {
  const auto scratch = model.MakeScratch();
  std::string response;
  return model.ScoreJson(request, *scratch, response) ? response : "";
}

// Numbers within 1e-4 of each other, or relatively so.
inline bool IsClose(const nlohmann::json& a, const nlohmann::json& b) {
  if (a.is_number_float() && b.is_number_float()) {
    const double x = a.get<double>(), y = b.get<double>();
    return std::abs(x - y) <= 1e-4 * std::max({1.0, std::abs(x), std::abs(y)});
  }
  if (a.size() != b.size() || a.type() != b.type()) return a.is_number() && b.is_number();
  if (!a.is_structured()) return a == b;
  for (auto left = a.begin(), right = b.begin(); left != a.end(); ++left, ++right)
    if (!IsClose(*left, *right)) return false;
  return true;
}

// What an answer says for sure: scores that are no numbers have no best one, so any label goes with them.
inline nlohmann::json Certain(const std::string& answer) {
  auto parsed = nlohmann::json::parse(answer);
  if (parsed.contains("probabilities") && answer.find("null") != std::string::npos) parsed.erase("predictions");
  return parsed;
}

// A graph that was read is compiled or refused; both plans of it give the same scores.
inline void CompareBothPlans(const model::OnnxModel& onnx) {
  constexpr size_t kColumnsMax = 1000;
  using Path = scoring::CompiledModel::Path;
  const auto best = scoring::CompiledModel::Make(onnx, {}, true);
  if (!best || (*best)->signature().inputs.size() > kColumnsMax) return;
  const auto plain = scoring::CompiledModel::Make(onnx, {}, true, Path::kReference);
  if (!plain) return;
  for (const double number : {0.0, 2.0, -3.5}) {
    const std::string request = RowFor(**best, number, number > 0 ? "a" : "clerk");
    if (request.empty()) return;
    const std::string answer = AnswerOf(**best, request), second = AnswerOf(**plain, request);
    if (answer.empty() || second.empty()) continue;
    const nlohmann::json a = Certain(answer), b = Certain(second);
    if (!IsClose(a, b)) std::fprintf(stderr, "%s\n%s\n%s\n", request.c_str(), answer.c_str(), second.c_str());
    Require(IsClose(a, b), "both plans give the same scores");
  }
}

}  // namespace slipway::fuzz
