#include "slipway/model/linear_graph.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "slipway/model/feature_graph.h"

namespace slipway::model {
namespace {

Status CheckLinear(const LinearModel& linear, size_t features, size_t outputs) {
  if (linear.outputs() == outputs && linear.coefficients.size() == outputs * features) return {};
  return InvalidArgument(
      fmt::format("the linear model has {} coefficients and {} intercepts; {} features and {} "
                  "outputs need {} and {}",
                  linear.coefficients.size(), linear.outputs(), features, outputs, features * outputs, outputs));
}

Node LinearNode(std::string_view op, const std::string& features, std::vector<std::string> outputs,
                const LinearModel& linear, std::vector<Attribute> attributes) {
  Node node;
  node.op_type = node.name = op;
  node.domain = kMlDomain;
  node.inputs = {features};
  node.outputs = std::move(outputs);
  node.attributes = std::move(attributes);
  node.attributes.push_back(Attribute::Floats("coefficients", linear.coefficients));
  node.attributes.push_back(Attribute::Floats("intercepts", linear.intercepts));
  return node;
}

void AddMeans(const LinearModel& linear, OnnxModel& model) {
  if (!linear.feature_means.empty())
    model.metadata[std::string(kFeatureMeansKey)] = fmt::format("{}", fmt::join(linear.feature_means, ","));
}

std::string_view TransformName(LinearModel::Link link) {
  switch (link) {
    case LinearModel::Link::kLogistic:
      return "LOGISTIC";
    case LinearModel::Link::kSoftmax:
      return "SOFTMAX";
    case LinearModel::Link::kIdentity:
      break;
  }
  return "NONE";
}

float Logistic(float sum) {
  const float p = 1 / (1 + std::exp(-std::abs(sum)));
  return sum < 0 ? 1 - p : p;
}

void Softmax(std::span<float> sums) {
  const float top = *std::max_element(sums.begin(), sums.end());
  float total = 0;
  for (float& sum : sums) total += sum = std::exp(sum - top);
  for (float& sum : sums) sum /= total;
}

}  // namespace

void LinearModel::Sums(std::span<const float> features, std::span<float> sums) const {
  for (size_t output = 0; output < outputs(); ++output) {
    const float* row = coefficients.data() + output * features.size();
    float sum = 0;
    for (size_t i = 0; i < features.size(); ++i) sum += features[i] * row[i];
    sums[output] = sum + intercepts[output];
  }
}

void LinearModel::Finish(std::span<float> sums) const {
  if (link == Link::kSoftmax) return Softmax(sums);
  if (link == Link::kLogistic)
    for (float& sum : sums) sum = Logistic(sum);
}

Result<OnnxModel> LinearClassifierGraph(const std::vector<ColumnTransform>& columns, const LinearModel& linear,
                                        const std::vector<std::string>& class_labels, bool integer_labels) {
  OnnxModel model;
  model.graph.name = "slipway_linear_classifier";
  SLIPWAY_ASSIGN_OR_RETURN(const std::string row, BuildFeatures(columns, kClassifierOutputs, model));
  SLIPWAY_ASSIGN_OR_RETURN(Attribute labels, ClassLabelAttribute(class_labels, integer_labels));
  SLIPWAY_RETURN_IF_ERROR(CheckLinear(linear, FeatureCount(columns), class_labels.size()));
  model.graph.nodes.push_back(
      LinearNode("LinearClassifier", row, {"label", "probabilities"}, linear,
                 {std::move(labels), Attribute::Int("multi_class", linear.link == LinearModel::Link::kSoftmax ? 1 : 0),
                  Attribute::Text("post_transform", std::string(TransformName(linear.link)))}));
  AddClassifierOutputs(class_labels.size(), integer_labels, model.graph);
  AddMeans(linear, model);
  return model;
}

Result<OnnxModel> LinearRegressorGraph(const std::vector<ColumnTransform>& columns, const LinearModel& linear) {
  OnnxModel model;
  model.graph.name = "slipway_linear_regressor";
  SLIPWAY_ASSIGN_OR_RETURN(const std::string row, BuildFeatures(columns, kRegressorOutputs, model));
  SLIPWAY_RETURN_IF_ERROR(CheckLinear(linear, FeatureCount(columns), 1));
  model.graph.nodes.push_back(LinearNode("LinearRegressor", row, {"variable"}, linear, {Attribute::Int("targets", 1)}));
  AddRegressorOutput(model.graph);
  AddMeans(linear, model);
  return model;
}

}  // namespace slipway::model
