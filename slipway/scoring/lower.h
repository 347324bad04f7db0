// Lowers an ONNX graph to features and one tree ensemble or linear model: every number that it looks at becomes a
// Feature of one column of the request, so that rows can be filled without running the graph.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "slipway/scoring/category_check.h"
#include "slipway/scoring/compiled_model.h"
#include "slipway/scoring/feature.h"
#include "slipway/scoring/input_columns.h"
#include "slipway/scoring/linear_model.h"
#include "slipway/scoring/mixing.h"
#include "slipway/scoring/response_encoder.h"
#include "slipway/scoring/tree_ensemble.h"

namespace slipway::scoring {

struct LoweredGraph {
  std::vector<Mix> mixes;             // before the model
  std::vector<CategoryCheck> checks;  // before the model, of what requests hold
  std::vector<Feature> features;      // by the model's feature ids
  TreeEnsemble ensemble;
  std::optional<LinearModel> linear;  // instead of the ensemble
  OutputShape outputs;

  // How many columns features are made of: the request's, and those that mixes make.
  size_t ColumnsOf(const InputColumns& columns) const;
};

// The form that training exports and skl2onnx's ColumnTransformer pipelines have: casts, imputers, scalers, encoders,
// concatenation, products with matrices (PCA), norms and one tree ensemble or linear model. kUnimplemented says which
// node is of another form: such graphs run on the reference operators.
Result<LoweredGraph> LowerGraph(const model::OnnxModel& model, const InputColumns& columns);

// `graph.linear` is there.
std::shared_ptr<const CompiledModel> MakeFusedLinearModel(model::Signature signature, InputColumns columns,
                                                          const LoweredGraph& graph);

}  // namespace slipway::scoring
