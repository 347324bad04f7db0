#include "slipway/scoring/feature.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <tuple>

namespace slipway::scoring {
namespace {

// NaN equals NaN, 0 is not -0: what feeds maps has to be ordered.
auto StepKey(const NumberStep& step) {
  return std::tuple(step.kind, std::bit_cast<uint32_t>(step.a), std::bit_cast<uint32_t>(step.b));
}

std::vector<std::tuple<NumberStep::Kind, uint32_t, uint32_t>> StepKeys(const std::vector<NumberStep>& steps) {
  std::vector<std::tuple<NumberStep::Kind, uint32_t, uint32_t>> keys;
  for (const NumberStep& step : steps) keys.push_back(StepKey(step));
  return keys;
}

std::vector<std::pair<std::string, uint32_t>> TableKeys(const std::map<std::string, float>& table) {
  std::vector<std::pair<std::string, uint32_t>> keys;
  for (const auto& [text, value] : table) keys.emplace_back(text, std::bit_cast<uint32_t>(value));
  return keys;
}

auto Key(const Feature& feature) {
  return std::tuple(feature.column, feature.is_text, StepKeys(feature.steps), TableKeys(feature.table),
                    std::bit_cast<uint32_t>(feature.otherwise));
}

// Whether the step's result is a number when what it takes is one.
bool KeepsNumbers(const NumberStep& step) {
  using Kind = NumberStep::Kind;
  const bool is_product = step.kind == Kind::kMultiply || step.kind == Kind::kDivide || step.kind == Kind::kDivideInto;
  if (step.kind == Kind::kReplace) return !std::isnan(step.b);
  return std::isfinite(step.a) && !(is_product && step.a == 0);
}

// Whether the step's result is a number whatever it takes.
bool MakesNumbers(const NumberStep& step) {
  using Kind = NumberStep::Kind;
  return step.kind == Kind::kIsInteger || step.kind == Kind::kIsAbove ||
         (step.kind == Kind::kReplaceNaN && !std::isnan(step.b));
}

}  // namespace

bool IsNeverMissing(const Feature& feature) {
  if (feature.is_text) {
    const auto is_nan = [](const auto& entry) { return std::isnan(entry.second); };
    return !std::isnan(feature.otherwise) && std::none_of(feature.table.begin(), feature.table.end(), is_nan);
  }
  for (auto step = feature.steps.rbegin(); step != feature.steps.rend(); ++step) {
    if (MakesNumbers(*step)) return true;
    if (!KeepsNumbers(*step)) return false;
  }
  return false;
}

float Feature::OfText(const std::string& text) const {
  const auto found = table.find(text);
  return found == table.end() ? otherwise : found->second;
}

float Feature::OfNumber(float value) const {
  for (const NumberStep& step : steps) value = Apply(step, value);
  return value;
}

bool Feature::operator==(const Feature& other) const {
  return Key(*this) == Key(other);
}
bool Feature::operator<(const Feature& other) const {
  return Key(*this) < Key(other);
}

}  // namespace slipway::scoring
