// The fused plan of a linear model: cells → feature row → margins → label and scores.
#include <fmt/format.h>

#include "slipway/scoring/feature_rows.h"
#include "slipway/scoring/json_model.h"
#include "slipway/scoring/lower.h"

namespace slipway::scoring {
namespace {

class LinearScratch final : public BatchScratch {
 public:
  explicit LinearScratch(const RowLayout& layout) : rows(layout) {}
  CellSink& cells() override { return rows; }

  FeatureRows rows;
};

std::vector<Slot> SlotsOf(const std::vector<Feature>& features) {
  std::vector<Slot> slots;
  for (const Feature& feature : features) slots.push_back({feature, false});
  return slots;
}

class FusedLinearModel final : public JsonModel {
 public:
  FusedLinearModel(model::Signature signature, InputColumns columns, const LoweredGraph& graph)
      : JsonModel(std::move(signature), std::move(columns), graph.outputs),
        layout_(this->columns().size(), SlotsOf(graph.features)),
        linear_(*graph.linear) {}

  std::unique_ptr<Scratch> MakeScratch() const override { return std::make_unique<LinearScratch>(layout_); }

  std::string plan_description() const override {
    return fmt::format("fused: {} columns into {} slots, {} linear machines", columns().size(), layout_.width() - 1,
                       linear_.machines());
  }

  Status CheckExplainable() const override {
    return Unimplemented("explanations of linear models are not supported yet");
  }

 private:
  Status Run(BatchScratch& scratch) const override {
    auto& batch = static_cast<LinearScratch&>(scratch);
    const size_t rows = batch.rows.rows(), width = linear_.outputs();
    batch.labels.resize(linear_.is_classifier ? rows : 0);
    batch.scores.resize(rows * width);
    for (size_t row = 0; row < rows; ++row) {
      const uint32_t label =
          linear_.Score(batch.rows.data() + row * layout_.width(), {batch.scores.data() + row * width, width});
      if (linear_.is_classifier) batch.labels[row] = label;
    }
    return {};
  }

  Result<Explanations> ExplainRows(BatchScratch&) const override { return CheckExplainable().error(); }

  RowLayout layout_;
  LinearModel linear_;
};

}  // namespace

std::shared_ptr<const CompiledModel> MakeFusedLinearModel(model::Signature signature, InputColumns columns,
                                                          const LoweredGraph& graph) {
  return std::make_shared<FusedLinearModel>(std::move(signature), std::move(columns), graph);
}

}  // namespace slipway::scoring
