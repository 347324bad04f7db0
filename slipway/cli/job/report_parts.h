// What the reports on jobs have in common. For this folder's own files.
#pragma once

#include <string>

#include "slipway/cli/command.h"
#include "slipway/cli/resource.h"

namespace slipway::cli {

// A command on one job, named by a word or by --name.
Command JobReportCommand(std::string_view path, std::string_view summary, std::vector<Flag> flags,
                         std::function<Result<Output>(Context&, const Arguments&)> run);

// `text`, or the value where a format or a query asks for it.
Output TextOr(const Arguments& arguments, std::string text, Json value);

// "{W}/slipway/jobs/<job>/<report>".
std::string JobReportPath(const domain::Scope& scope, std::string_view job, std::string_view report);

// Metrics and parameters of a job's run: {"name", "metrics": {}, "parameters": {}}.
Result<Json> TrackedOf(client::Workspace& server, const std::string& job);

// "340 ms", "12.5 s", "3 min 20 s", "2 h 5 min"; "512 B", "1.5 MiB".
std::string FormatSeconds(double seconds);
std::string FormatBytes(double bytes);

}  // namespace slipway::cli
