#include "slipway/scoring/feature.h"

#include <bit>
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

}  // namespace

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
