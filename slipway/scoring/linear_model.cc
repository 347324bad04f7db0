#include "slipway/scoring/linear_model.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace slipway::scoring {
namespace {

std::vector<float> FloatsOf(const model::Node& node, std::string_view name) {
  const model::Attribute* attribute = node.Find(name);
  return attribute == nullptr ? std::vector<float>() : attribute->floats;
}

void DivideBySum(std::span<float> scores) noexcept {
  float sum = 0;
  for (const float score : scores) sum += std::abs(score);
  if (sum == 0) return;
  for (float& score : scores) score /= sum;
}

}  // namespace

Result<LinearModel> LinearModel::Read(const model::Node& node, size_t features) {
  LinearModel linear;
  linear.features = features;
  linear.is_classifier = node.op_type == "LinearClassifier";
  linear.weights = FloatsOf(node, "coefficients");
  linear.intercepts = FloatsOf(node, "intercepts");
  SLIPWAY_ASSIGN_OR_RETURN(linear.post_transform, ParsePostTransform(node));
  SLIPWAY_ASSIGN_OR_RETURN(linear.labels, ParseClassLabels(node));
  const size_t machines = features == 0 ? 0 : linear.weights.size() / features;
  if (linear.intercepts.empty()) linear.intercepts.resize(machines);
  const model::Attribute* targets = node.Find("targets");
  const size_t wanted = targets == nullptr ? 1 : static_cast<size_t>(std::max<int64_t>(targets->integer, 0));
  const size_t classes = linear.labels.size();
  const bool fits = linear.is_classifier ? classes >= 2 && (machines == classes || (machines == 1 && classes == 2))
                                         : machines == wanted;
  if (machines == 0 || !fits || linear.weights.size() != machines * features || linear.machines() != machines)
    return InvalidArgument(fmt::format("{}: {} coefficients and {} intercepts for {} outputs of {} columns",
                                       node.Describe(), linear.weights.size(), linear.intercepts.size(),
                                       linear.is_classifier ? classes : wanted, features));
  return linear;
}

bool LinearModel::is_mirrored() const noexcept {
  if (!is_classifier || machines() != 2 || post_transform != PostTransform::kNone || sums_to_one) return false;
  bool is_mirrored = intercepts[0] == -intercepts[1];
  for (size_t i = 0; i < features; ++i) is_mirrored = is_mirrored && Weight(0, i) == -Weight(1, i);
  return is_mirrored;
}

float LinearModel::Margin(const float* row, size_t machine) const noexcept {
  const float* const weight = weights.data() + machine * features;
  float sum = 0;
  for (size_t i = 0; i < features; ++i) sum += row[i] * weight[i];
  return sum + intercepts[machine];
}

// One machine for two labels: [1-s, s], or the two logistic values; the border is at 0.
uint32_t LinearModel::ClassifyBySign(float margin, std::span<float> scores) const noexcept {
  const bool is_logistic = post_transform == PostTransform::kLogistic;
  scores[0] = is_logistic ? Logistic(-margin) : 1 - margin;
  scores[1] = is_logistic ? Logistic(margin) : margin;
  return margin > 0 ? 1 : 0;
}

uint32_t LinearModel::Score(const float* row, std::span<float> scores) const noexcept {
  uint32_t label = 0;
  if (is_classifier && machines() == 1) {
    label = ClassifyBySign(Margin(row, 0), scores);
  } else {
    for (size_t i = 0; i < machines(); ++i) scores[i] = Margin(row, i);
    if (is_classifier) label = static_cast<uint32_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
    // With one target only PROBIT applies.
    if (is_classifier || machines() > 1 || post_transform == PostTransform::kProbit)
      ApplyPostTransform(post_transform, scores);
  }
  if (sums_to_one) DivideBySum(scores);
  return label;
}

}  // namespace slipway::scoring
