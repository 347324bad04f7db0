#include "slipway/scoring/mixing.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include <fmt/format.h>

namespace slipway::scoring {
namespace {

void Multiply(const Mix& mix, std::span<const float> inputs, std::span<float> outputs) noexcept {
  std::fill(outputs.begin(), outputs.end(), 0.0f);
  const float* weight = mix.weights.data();
  for (const float input : inputs)
    for (float& output : outputs) output += input * *weight++;
}

float Norm(Mix::Kind kind, std::span<const float> inputs) noexcept {
  float sum = 0, top = std::numeric_limits<float>::lowest();
  for (const float input : inputs) {
    sum += kind == Mix::Kind::kNormalizeL1 ? std::abs(input) : input * input;
    top = std::max(top, input);
  }
  if (kind == Mix::Kind::kNormalizeMax) return top;
  return kind == Mix::Kind::kNormalizeL1 ? sum : std::sqrt(sum);
}

void Normalize(Mix::Kind kind, std::span<const float> inputs, std::span<float> outputs) noexcept {
  const float norm = Norm(kind, inputs);
  for (size_t i = 0; i < outputs.size(); ++i) outputs[i] = norm == 0 ? inputs[i] : inputs[i] / norm;
}

float LookUp(const Mix& mix, float value) noexcept {
  const auto found = std::isnan(value) ? mix.table.end() : mix.table.find(value);
  return found == mix.table.end() ? mix.otherwise : found->second;
}

}  // namespace

MixPlan::MixPlan(std::vector<Mix> mixes, std::vector<Slot>& slots) : mixes_(std::move(mixes)) {
  for (const Mix& mix : mixes_) {
    first_slots_.push_back(slots.size());
    for (const Feature& input : mix.inputs) slots.push_back({input, false});
  }
}

std::string MixPlan::description() const {
  return mixes_.empty() ? "" : fmt::format("{} mixes, ", mixes_.size());
}

Status MixPlan::Run(FeatureRows& rows, std::vector<float>& values) const {
  for (size_t i = 0; i < mixes_.size(); ++i) {
    const Mix& mix = mixes_[i];
    values.resize(mix.outputs);
    for (size_t row = 0; row < rows.rows(); ++row) {
      SLIPWAY_RETURN_IF_ERROR(RunRow(mix, rows.row(row) + first_slots_[i], row, values));
      for (size_t output = 0; output < mix.outputs; ++output)
        rows.SetReal(row, mix.first_column + output, static_cast<double>(values[output]));
    }
  }
  return {};
}

Status MixPlan::RunRow(const Mix& mix, const float* from, size_t row, std::vector<float>& values) const {
  const std::span<const float> inputs(from, mix.inputs.size());
  switch (mix.kind) {
    case Mix::Kind::kProduct:
      Multiply(mix, inputs, values);
      break;
    case Mix::Kind::kNormalizeMax:
    case Mix::Kind::kNormalizeL1:
    case Mix::Kind::kNormalizeL2:
      Normalize(mix.kind, inputs, values);
      break;
    case Mix::Kind::kBinarize:
      for (size_t i = 0; i < inputs.size(); ++i) {
        if (std::isnan(inputs[i]))
          return InvalidArgument(fmt::format("row {}: {}: NaN cannot be made binary", row, mix.node));
        values[i] = inputs[i] > mix.threshold ? 1.0f : 0.0f;
      }
      break;
    case Mix::Kind::kLookUp:
      for (size_t i = 0; i < inputs.size(); ++i) values[i] = LookUp(mix, inputs[i]);
      break;
  }
  return {};
}

}  // namespace slipway::scoring
