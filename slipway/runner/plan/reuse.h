// Whether a command may take over the outputs of an earlier one, and how two commands differ. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "slipway/domain/job.h"

namespace slipway::runner {

// Why no earlier job is looked for; nullopt for steps of pipelines that allow it, and trials of their sweeps, when the
// component says that it is deterministic. `parent` and `grandparent` are null where there is none.
std::optional<std::string> WhyNoReuse(const domain::Job& job, const domain::Job* parent,
                                      const domain::Job* grandparent);

// One part (execute/reuse_key.h) in which two commands differ; what stands here and there, "" where it is missing.
struct PartDifference {
  std::string part;
  std::string here, there;
};
std::vector<PartDifference> DifferencesOf(const std::map<std::string, std::string>& here,
                                          const std::map<std::string, std::string>& there);

}  // namespace slipway::runner
