// A drift study as an HTML page of its own.
#pragma once

#include <string>

#include "slipway/base/time.h"
#include "slipway/stats/drift_study.h"

namespace slipway::stats {

struct DriftPageOptions {
  std::string title = "Data drift";
  std::string reference_name = "Reference";
  std::string current_name = "Current";
};

// Verdict, figures, what was found and what to do about it (worst first), the parts of the study that there are, a
// table of all columns (most drifted first) and both distributions of each. Its size depends on the number of columns,
// not of rows.
std::string DriftPage(const DriftStudy& study, Timestamp now, const DriftPageOptions& options = {});

}  // namespace slipway::stats
