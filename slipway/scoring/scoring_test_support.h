// Graphs and requests that several tests of scoring build.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "slipway/model/tabular_classifier_graph.h"
#include "slipway/scoring/compiled_model.h"

namespace slipway::scoring {

// age (double, imputed by 40) and job (text, imputed by "none"; clerk, none, smith) before one tree:
//   age <= 30: 0.25 of class 1; else by job_smith <= 0.5: 0.5 and 0.75.
inline model::OnnxModel SmallClassifier(bool integer_labels = true, std::vector<float> cover = {}) {
  const std::vector<model::ColumnTransform> columns = {{.name = "age", .imputed_number = 40},
                                                       {.name = "job",
                                                        .kind = model::ColumnTransform::Kind::kCategorical,
                                                        .input_type = model::ElementType::kString,
                                                        .imputed_category = "none",
                                                        .categories = {"clerk", "none", "smith"}}};
  model::FlatForest forest;
  forest.tree_begin = {0};
  forest.left = {1, -1, 3, -1, -1};
  forest.right = {2, -1, 4, -1, -1};
  forest.feature = {0, 0, 3, 0, 0};
  forest.threshold = {30, 0, 0.5f, 0, 0};
  forest.fractions = {0, 0.25, 0, 0.5, 0.75};
  forest.cover = std::move(cover);
  auto graph = model::TabularClassifierGraph(columns, forest, {"0", "1"}, integer_labels);
  EXPECT_TRUE(graph) << graph.error().ToString();
  return std::move(*graph);
}

// `age` may be missing, `job` may not.
inline model::Signature SmallSignature() {
  return {{{.name = "age", .type = model::DataType::kDouble, .required = false},
           {.name = "job", .type = model::DataType::kString}},
          {}};
}

using ModelPointer = std::shared_ptr<const CompiledModel>;

inline ModelPointer MakeModel(const model::OnnxModel& onnx, model::Signature signature,
                              CompiledModel::Path path = CompiledModel::Path::kBest) {
  auto model = CompiledModel::Make(onnx, std::move(signature), false, path);
  EXPECT_TRUE(model) << model.error().ToString();
  return model ? *model : nullptr;
}

// The answer, or "error: …".
inline std::string Answer(const CompiledModel& model, std::string_view request) {
  const auto scratch = model.MakeScratch();
  std::string response;
  const Status status = model.ScoreJson(request, *scratch, response);
  return status ? response : "error: " + status.error().message();
}

}  // namespace slipway::scoring
