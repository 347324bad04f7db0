// A drift report as text, and the order in which its columns are of interest.
#pragma once

#include <string>
#include <vector>

#include "slipway/stats/drift.h"

namespace slipway::stats {

// Target and prediction, then the drifted columns, then the rest, untested ones last; within each the furthest from its
// threshold first. Scores of different tests do not compare (p-values fall as distances rise), distances from the
// threshold do. Borrows from `report`.
std::vector<const ColumnDrift*> MostDriftedFirst(const DriftReport& report);

// "numeric" or "categorical".
std::string_view FeatureKindName(FeatureKind kind);
// Six decimals, "< 0.000001" for smaller ones, "none" for NaN.
std::string ScoreText(double score);

// An aligned table for the terminal, a verdict below it. Ends with a line end.
std::string DriftText(const DriftReport& report);

}  // namespace slipway::stats
