// How far the scores of a canary are from those of a control: pure.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace slipway::monitor {

// Population stability index in the bins of a baseline of the control (stats/baseline.h), as the live gauges have it.
// Neither may be empty.
double PopulationStabilityIndex(std::span<const double> control, std::span<const double> canary);

// The scores of an answer as JSON, one a row: of a classifier the probability of its last class, else the prediction.
// Takes {"predictions", "probabilities"}, records with "probabilities" or "prediction", lists of numbers. Empty for
// what is none of these.
std::vector<double> ScoresOfAnswer(std::string_view json);

// The same of a console line "… OutputData | <JSON>".
std::vector<double> ScoresOfLine(std::string_view line);

}  // namespace slipway::monitor
