// Log files of a job: what lies below user_logs/, azureml-logs/ and logs/ of its artifacts.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/runner/runner.h"

namespace slipway::runner {

// user_logs/std_log.txt first, then by name. Empty when the job has none yet.
Result<std::vector<LogFile>> ListLogFiles(const std::filesystem::path& artifacts);

// At most 4 MiB from `offset` on. kNotFound names the logs that exist; `may_grow` is whether the job still runs, asked
// before the file is read so that nothing is missed.
Result<LogPart> ReadLogFile(const std::filesystem::path& artifacts, const std::string& name, uint64_t offset,
                            bool may_grow);

}  // namespace slipway::runner
