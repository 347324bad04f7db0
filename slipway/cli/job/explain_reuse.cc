// job explain-reuse: why a step ran, or took over the outputs of an earlier one.
#include <algorithm>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/cli/context.h"
#include "slipway/cli/job/report_parts.h"
#include "slipway/cli/job/reports.h"
#include "slipway/client/workspace.h"

namespace slipway::cli {
namespace {

constexpr size_t kShownValue = 60;

// Digests by their beginning; of texts what follows `from`, cut, on one line.
std::string Shown(const std::string& value, size_t from = 0) {
  constexpr std::string_view kDigest = "sha256:";
  if (value.starts_with(kDigest)) return value.substr(0, kDigest.size() + 12);
  const std::string rest = ReplaceAll(value.substr(from), "\n", "\\n");
  return fmt::format("{}{}{}", from > 0 ? "…" : "", rest.substr(0, kShownValue), rest.size() > kShownValue ? "…" : "");
}

// Where two texts begin to differ, or a little before: at a blank, so that no word (and no character) is cut.
size_t DifferenceOf(const std::string& a, const std::string& b) {
  const size_t same = static_cast<size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
  const size_t blank = a.rfind(' ', same);
  return same <= kShownValue / 2 || blank == std::string::npos || blank >= a.size() ? 0 : std::min(blank, same);
}

std::string DifferenceLine(const Json& difference) {
  const std::string part = difference["part"].get<std::string>(), here = difference["here"].get<std::string>(),
                    there = difference["there"].get<std::string>();
  const size_t slash = part.find('/');
  const std::string name = slash == std::string::npos ? "  " + part : "      " + part.substr(slash + 1);
  const char* what = there.empty() ? "added" : here.empty() ? "removed" : "changed";
  const size_t from = there.empty() || here.empty() ? 0 : DifferenceOf(there, here);
  const std::string values = there.empty()  ? Shown(here)
                             : here.empty() ? Shown(there)
                                            : fmt::format("{} -> {}", Shown(there, from), Shown(here, from));
  return fmt::format("{:<36} {:<8} {}\n", name, what, values);
}

std::string TextOf(const Json& report) {
  const std::string step = report["step"].get<std::string>();
  std::string text =
      fmt::format("{}{}\n  {}\n", report["job"].get<std::string>(),
                  step.empty() ? "" : fmt::format(" (step '{}')", step), report["summary"].get<std::string>());
  // References do not count, but tell which asset a changed digest belongs to.
  for (const Json& difference : report["differences"]) text += DifferenceLine(difference);
  return text;
}

// The commands of a job: itself, or all below it.
Result<std::vector<std::string>> CommandsOf(client::Workspace& server, const std::string& name) {
  SLIPWAY_ASSIGN_OR_RETURN(const Json job, server.Get("jobs", name));
  if (EqualsIgnoreCase(job["properties"].value("jobType", ""), "command")) return std::vector<std::string>{name};
  std::vector<std::string> commands;
  SLIPWAY_ASSIGN_OR_RETURN(const auto children, server.ListChildren(name));
  for (const Json& child : children) {
    SLIPWAY_ASSIGN_OR_RETURN(const auto below, CommandsOf(server, child.value("name", "")));
    commands.insert(commands.end(), below.begin(), below.end());
  }
  return commands;
}

Result<Output> Explain(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  const std::string name = *arguments.Get("name");
  const auto other = arguments.Get("with");
  std::vector<std::string> commands = {name};
  if (!other) {
    SLIPWAY_ASSIGN_OR_RETURN(commands, CommandsOf(*server, name));
  }
  Json reports = Json::array();
  std::string text;
  for (const std::string& command : commands) {
    const std::string path = JobReportPath(server->scope(), command, "reuse");
    auto report = server->connection().Get(other ? fmt::format("{}?with={}", path, UrlEncode(*other)) : path);
    if (!report && commands.size() > 1 && report.error().code() == Code::kFailedPrecondition) {
      text += fmt::format("{}\n  {}\n", command, report.error().message());  // a step that never began
      continue;
    }
    SLIPWAY_RETURN_IF_ERROR(report);
    text += TextOf(*report);
    reports.push_back(std::move(*report));
  }
  return TextOr(arguments, std::move(text), std::move(reports));
}

}  // namespace

Command JobExplainReuseCommand() {
  Command command =
      JobReportCommand("job explain-reuse",
                       "Say why a job (or each step of a pipeline) ran, or took over earlier outputs: "
                       "which inputs, files and settings differ.",
                       {{"with", 0, "The job to compare with. Default: the earlier one most alike."}}, Explain);
  command.examples = {"slipway job explain-reuse PIPELINE", "slipway job explain-reuse JOB --with OTHER -o json"};
  return command;
}

}  // namespace slipway::cli
