// The fused plan: cells → feature row → packed trees → label and scores.
#include <fmt/format.h>

#include "slipway/scoring/feature_rows.h"
#include "slipway/scoring/json_model.h"
#include "slipway/scoring/lower.h"
#include "slipway/scoring/packed_forest.h"
#include "slipway/scoring/tree_shap.h"

namespace slipway::scoring {
namespace {

class FusedScratch final : public BatchScratch {
 public:
  explicit FusedScratch(const RowLayout& layout) : rows(layout) {}
  CellSink& cells() override { return rows; }

  FeatureRows rows;
  std::vector<float> sums;   // rows × outputs of the forest
  std::vector<float> mixed;  // working memory
};

class FusedModel final : public JsonModel {
 public:
  FusedModel(model::Signature signature, InputColumns columns, const LoweredGraph& graph, MixPlan mixes,
             CategoryChecks checks, PackedForest forest, const std::vector<Slot>& slots,
             Result<TreeExplainer> explainer)
      : JsonModel(std::move(signature), std::move(columns), graph.outputs),
        layout_(graph.ColumnsOf(this->columns()), slots),
        mixes_(std::move(mixes)),
        checks_(std::move(checks)),
        forest_(std::move(forest)),
        rule_(graph.ensemble),
        is_classifier_(graph.ensemble.is_classifier),
        post_transform_(graph.ensemble.post_transform),
        base_values_(graph.ensemble.base_values),
        trees_(graph.ensemble.roots.size()),
        explainer_(std::move(explainer)) {}

  std::unique_ptr<Scratch> MakeScratch() const override { return std::make_unique<FusedScratch>(layout_); }

  std::string plan_description() const override {
    return fmt::format("fused: {} columns into {} slots, {}{} trees of {} packed nodes ({} KiB)", columns().size(),
                       layout_.width() - 1, mixes_.description(), trees_, forest_.nodes(), forest_.bytes() / 1024);
  }

  Status CheckExplainable() const override {
    if (explainer_) return {};
    return explainer_.error();
  }

 private:
  Status Run(BatchScratch& scratch) const override {
    auto& batch = static_cast<FusedScratch&>(scratch);
    SLIPWAY_RETURN_IF_ERROR(checks_.Run(batch.rows, columns()));
    SLIPWAY_RETURN_IF_ERROR(mixes_.Run(batch.rows, batch.mixed));
    Score(batch);
    return {};
  }

  void Score(FusedScratch& batch) const noexcept {
    const size_t rows = batch.rows.rows();
    batch.sums.resize(rows * forest_.outputs());
    batch.scores.resize(rows * outputs().width);
    forest_.Score(batch.rows.data(), rows, layout_.width(), batch.sums.data());
    is_classifier_ ? FinishClassifier(rows, batch) : FinishRegressor(rows, batch);
  }

  void FinishClassifier(size_t rows, FusedScratch& batch) const noexcept {
    batch.labels.resize(rows);
    const size_t sums = forest_.outputs(), width = outputs().width;
    for (size_t row = 0; row < rows; ++row)
      batch.labels[row] =
          rule_.Finish({batch.sums.data() + row * sums, sums}, {}, {batch.scores.data() + row * width, width});
  }

  Result<Explanations> ExplainRows(BatchScratch& scratch) const override {
    auto& batch = static_cast<FusedScratch&>(scratch);
    Explanations explanations = ExplanationShape();
    explanations.rows = batch.rows.rows();
    const size_t values = explainer_->outputs() * explainer_->columns();
    explanations.values.resize(explanations.rows * values);
    for (size_t row = 0; row < explanations.rows; ++row) {
      SLIPWAY_RETURN_IF_ERROR(explainer_->Explain(batch.rows.data() + row * layout_.width(),
                                                  std::span(explanations.values).subspan(row * values, values)));
    }
    return explanations;
  }

  Explanations ExplanationShape() const {
    Explanations explanations;
    explanations.columns = columns().labels();
    explanations.outputs = outputs().classes;
    if (is_classifier_ && explainer_->outputs() == 1) explanations.outputs = {outputs().classes.back()};
    const bool has_link = is_classifier_ || outputs().width > 1 || post_transform_ == PostTransform::kProbit;
    if (has_link) explanations.link = LinkName(post_transform_);
    const auto means = explainer_->base_values();
    explanations.base_values.assign(means.begin(), means.end());
    for (size_t i = 0; i < base_values_.size() && i < means.size(); ++i)
      explanations.base_values[i] += static_cast<double>(base_values_[i]);
    return explanations;
  }

  // With one target only PROBIT applies.
  void FinishRegressor(size_t rows, FusedScratch& batch) const noexcept {
    const size_t width = outputs().width;
    const bool applies = width > 1 || post_transform_ == PostTransform::kProbit;
    for (size_t row = 0; row < rows; ++row) {
      const std::span<float> scores(batch.scores.data() + row * width, width);
      for (size_t i = 0; i < width; ++i)
        scores[i] = batch.sums[row * width + i] + (base_values_.empty() ? 0 : base_values_[i]);
      if (applies) ApplyPostTransform(post_transform_, scores);
    }
  }

  RowLayout layout_;
  MixPlan mixes_;
  CategoryChecks checks_;
  PackedForest forest_;
  ClassifierRule rule_;
  bool is_classifier_;
  PostTransform post_transform_;
  std::vector<float> base_values_;
  size_t trees_;
  Result<TreeExplainer> explainer_;  // or why there is none
};

Result<TreeExplainer> MakeExplainer(const LoweredGraph& graph, const std::vector<Slot>& slots, size_t columns,
                                    size_t outputs) {
  if (!graph.mixes.empty())
    return Unimplemented(
        fmt::format("{} makes numbers of several columns, or by a table, before the trees see them: whose part they "
                    "are cannot be told",
                    graph.mixes.front().node));
  return TreeExplainer::Make(graph.ensemble, graph.features, slots, columns, outputs);
}

}  // namespace

size_t LoweredGraph::ColumnsOf(const InputColumns& columns) const {
  return mixes.empty() ? columns.size() : mixes.back().first_column + mixes.back().outputs;
}

Result<std::shared_ptr<const CompiledModel>> MakeFusedModel(const model::OnnxModel& onnx, model::Signature signature,
                                                            InputColumns columns) {
  SLIPWAY_ASSIGN_OR_RETURN(const LoweredGraph graph, LowerGraph(onnx, columns));
  if (graph.linear) return MakeFusedLinearModel(std::move(signature), std::move(columns), graph);
  const size_t outputs = graph.ensemble.is_classifier ? ClassifierRule(graph.ensemble).sums() : graph.ensemble.targets;
  std::vector<Slot> slots;
  MixPlan mixes(graph.mixes, slots);
  CategoryChecks checks(graph.checks, slots);
  auto forest = PackedForest::Compile(graph.ensemble, graph.features, outputs, slots);
  if (!forest) return Unimplemented("the ensemble does not fit the packed layout");
  auto explainer = MakeExplainer(graph, slots, columns.size(), outputs);
  return std::shared_ptr<const CompiledModel>(
      std::make_shared<FusedModel>(std::move(signature), std::move(columns), graph, std::move(mixes), std::move(checks),
                                   std::move(*forest), slots, std::move(explainer)));
}

}  // namespace slipway::scoring
