#include "slipway/cli/job/report_parts.h"

#include <cmath>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/client/workspace.h"

namespace slipway::cli {
namespace {

// MLflow's lists of {"key", "value"} as an object.
Json ObjectOf(const Json& data, const char* list) {
  Json object = Json::object();
  for (const Json& entry : data.value(list, Json::array())) object[entry.value("key", "")] = entry["value"];
  return object;
}

}  // namespace

Command JobReportCommand(std::string_view path, std::string_view summary, std::vector<Flag> flags,
                         std::function<Result<Output>(Context&, const Arguments&)> run) {
  Command command = MakeCommand(path, summary, std::vector<Flag>{NameFlag(false, "Name of the job.")} + flags, run);
  command.positionals = {{"name", "Name of the job.", false}};
  command.check = [](const Arguments& arguments) -> Status {
    if (arguments.Has("name")) return {};
    return InvalidArgument("which job? Give its name");
  };
  return command;
}

Output TextOr(const Arguments& arguments, std::string text, Json value) {
  const bool wants_data = arguments.Has("output") || arguments.Has("query");
  return wants_data ? Output::Of(std::move(value)) : Output::Text(std::move(text));
}

std::string JobReportPath(const domain::Scope& scope, std::string_view job, std::string_view report) {
  return fmt::format("{}/slipway/jobs/{}/{}", scope.ArmId(), client::Workspace::Segment(job), report);
}

Result<Json> TrackedOf(client::Workspace& server, const std::string& job) {
  SLIPWAY_ASSIGN_OR_RETURN(const Json answer,
                           server.connection().Get(fmt::format("/mlflow/v1.0{}/api/2.0/mlflow/runs/get?run_id={}",
                                                               server.scope().ArmId(), UrlEncode(job))));
  const Json data = answer.value("run", Json::object()).value("data", Json::object());
  return Json{{"name", job}, {"metrics", ObjectOf(data, "metrics")}, {"parameters", ObjectOf(data, "params")}};
}

std::string FormatSeconds(double seconds) {
  if (seconds < 1) return fmt::format("{:.0f} ms", seconds * 1000);
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<int64_t>(std::llround(seconds));
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole / 60 % 60);
}

std::string FormatBytes(double bytes) {
  static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  size_t unit = 0;
  for (; bytes >= 1024 && unit + 1 < std::size(kUnits); ++unit) bytes /= 1024;
  return unit == 0 ? fmt::format("{:.0f} B", bytes) : fmt::format("{:.1f} {}", bytes, kUnits[unit]);
}

}  // namespace slipway::cli
