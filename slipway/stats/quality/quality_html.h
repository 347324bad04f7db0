// A quality report as an HTML page of its own.
#pragma once

#include <string>

#include "slipway/base/time.h"
#include "slipway/stats/quality/quality.h"

namespace slipway::stats {

// Verdict and counts, a table of all conditions (broken ones first), then each check with its conditions and what it
// found, as tables and charts; last the checks that did not run, and why.
std::string QualityPage(const QualityReport& report, Timestamp now);

}  // namespace slipway::stats
