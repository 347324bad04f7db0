// The content key of a deterministic command: equal keys, equal outputs; and what went into it, to tell why two differ.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "slipway/base/result.h"
#include "slipway/domain/asset.h"
#include "slipway/environments/content_hash.h"
#include "slipway/environments/environments.h"
#include "slipway/runner/execute/ports.h"

namespace slipway::runner {

// By name: "command", "code", "environment.image" …, "variables.X", "inputs.x", "outputs.y". Where data stands and how
// jobs are called do not count. Short texts stand for themselves, long ones and data are given by "sha256:<digest>".
//
// Beside them are some that do not make the key: "code/<file>" and "inputs.x/<file>", digests of the first kListedFiles
// files of a folder, and "inputs.x.reference", what was asked for. Without `with_data` data is not read, and only that
// is told of it.
Result<std::map<std::string, std::string>> ReuseParts(environments::ContentHasher& hasher,
                                                      const domain::CommandSpec& command,
                                                      const std::optional<environments::Snapshot>& code,
                                                      const domain::EnvironmentBody& environment,
                                                      const std::map<std::string, InputSource>& inputs, bool with_data);
inline constexpr size_t kListedFiles = 500;
inline constexpr std::string_view kReferenceSuffix = ".reference";

// Whether a part counts.
bool IsKeyPart(std::string_view name);

std::string ReuseKey(const std::map<std::string, std::string>& parts);

}  // namespace slipway::runner
