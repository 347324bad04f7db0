// The fused plan of a linear model: cells → feature row → margins → label and scores.
#include <fmt/format.h>

#include "slipway/scoring/feature_rows.h"
#include "slipway/scoring/json_model.h"
#include "slipway/scoring/linear_shap.h"
#include "slipway/scoring/lower.h"

namespace slipway::scoring {
namespace {

class LinearScratch final : public BatchScratch {
 public:
  explicit LinearScratch(const RowLayout& layout) : rows(layout) {}
  CellSink& cells() override { return rows; }

  FeatureRows rows;
  std::vector<float> mixed;  // working memory
};

Result<LinearExplainer> MakeExplainer(const LoweredGraph& graph, size_t columns) {
  if (!graph.mixes.empty())
    return Unimplemented(
        fmt::format("{} makes numbers of several columns, or by a table, before the linear model sees them: whose part "
                    "they are cannot be told",
                    graph.mixes.front().node));
  return LinearExplainer::Make(*graph.linear, graph.features, columns);
}

class FusedLinearModel final : public JsonModel {
 public:
  // The model's features stand in the last of `slots`.
  FusedLinearModel(model::Signature signature, InputColumns columns, const LoweredGraph& graph, MixPlan mixes,
                   CategoryChecks checks, const std::vector<Slot>& slots)
      : JsonModel(std::move(signature), std::move(columns), graph.outputs),
        layout_(graph.ColumnsOf(this->columns()), slots),
        mixes_(std::move(mixes)),
        checks_(std::move(checks)),
        first_feature_(slots.size() - graph.features.size()),
        linear_(*graph.linear),
        explainer_(MakeExplainer(graph, this->columns().size())) {}

  std::unique_ptr<Scratch> MakeScratch() const override { return std::make_unique<LinearScratch>(layout_); }

  std::string plan_description() const override {
    return fmt::format("fused: {} columns into {} slots, {}{} linear machines", columns().size(), layout_.width() - 1,
                       mixes_.description(), linear_.machines());
  }

  Status CheckExplainable() const override {
    if (explainer_) return {};
    return explainer_.error();
  }

 private:
  Status Run(BatchScratch& scratch) const override {
    auto& batch = static_cast<LinearScratch&>(scratch);
    SLIPWAY_RETURN_IF_ERROR(checks_.Run(batch.rows, columns()));
    SLIPWAY_RETURN_IF_ERROR(mixes_.Run(batch.rows, batch.mixed));
    const size_t rows = batch.rows.rows(), width = linear_.outputs();
    batch.labels.resize(linear_.is_classifier ? rows : 0);
    batch.scores.resize(rows * width);
    for (size_t row = 0; row < rows; ++row) {
      const uint32_t label =
          linear_.Score(batch.rows.row(row) + first_feature_, {batch.scores.data() + row * width, width});
      if (linear_.is_classifier) batch.labels[row] = label;
    }
    return {};
  }

  Result<Explanations> ExplainRows(BatchScratch& scratch) const override {
    auto& batch = static_cast<LinearScratch&>(scratch);
    Explanations explanations;
    explanations.columns = columns().labels();
    explanations.outputs = outputs().classes;
    if (linear_.is_classifier && explainer_->outputs() == 1) explanations.outputs = {outputs().classes.back()};
    explanations.link = LinkName(linear_.post_transform);
    explanations.base_values.assign(explainer_->base_values().begin(), explainer_->base_values().end());
    explanations.rows = batch.rows.rows();
    const size_t values = explainer_->outputs() * columns().size();
    explanations.values.resize(explanations.rows * values);
    for (size_t row = 0; row < explanations.rows; ++row)
      explainer_->Explain(batch.rows.row(row) + first_feature_,
                          std::span(explanations.values).subspan(row * values, values));
    return explanations;
  }

  RowLayout layout_;
  MixPlan mixes_;
  CategoryChecks checks_;
  size_t first_feature_;
  LinearModel linear_;
  Result<LinearExplainer> explainer_;  // or why there is none
};

}  // namespace

std::shared_ptr<const CompiledModel> MakeFusedLinearModel(model::Signature signature, InputColumns columns,
                                                          const LoweredGraph& graph) {
  std::vector<Slot> slots;
  MixPlan mixes(graph.mixes, slots);
  CategoryChecks checks(graph.checks, slots);
  for (const Feature& feature : graph.features) slots.push_back({feature, false});
  return std::make_shared<FusedLinearModel>(std::move(signature), std::move(columns), graph, std::move(mixes),
                                            std::move(checks), slots);
}

}  // namespace slipway::scoring
