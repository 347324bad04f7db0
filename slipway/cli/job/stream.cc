#include "slipway/cli/job/stream.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/cli/interrupt.h"
#include "slipway/cli/job/job_view.h"
#include "slipway/client/workspace.h"
#include "slipway/domain/job.h"

namespace slipway::cli {
namespace {

bool IsTerminal(std::string_view status) {
  auto parsed = domain::ParseJobStatus(status);
  return parsed && domain::IsTerminal(*parsed);
}

// One job whose logs are followed.
struct Followed {
  std::string name;
  std::string prefix;  // "" for the job itself
  std::string status;
  bool has_children = false;
  bool is_complete = false;  // ended, and everything printed
  struct Log {
    uint64_t offset = 0;
    std::string partial;  // the last line, until its end arrives
    bool is_complete = false;
    bool is_announced = false;
  };
  std::map<std::string, Log> logs;
};

class JobStreamer {
 public:
  JobStreamer(Context& context, client::Workspace& server, std::string name)
      : context_(context), server_(server), name_(std::move(name)) {}

  Status Run() {
    const InterruptWatch watch;
    SLIPWAY_ASSIGN_OR_RETURN(Json job, Refresh());
    context_.console().Out(fmt::format("RunId: {}\n", name_));
    if (const std::string url = StudioUrl(job); !url.empty())
      context_.console().Out(fmt::format("Web View: {}\n", url));
    Follow(name_, "", job);
    for (auto wait = std::chrono::milliseconds(100);; wait = std::min(wait * 5 / 4, std::chrono::milliseconds(2000))) {
      const bool was_terminal = IsTerminal(job["status"].get<std::string>());
      SLIPWAY_RETURN_IF_ERROR(PrintNews());
      context_.console().Flush();
      if (was_terminal) return Finish(job);
      if (watch.is_interrupted()) return LeaveRunning();
      std::this_thread::sleep_for(wait);
      if (watch.is_interrupted()) return LeaveRunning();
      SLIPWAY_ASSIGN_OR_RETURN(job, Refresh());
    }
  }

 private:
  Result<Json> Refresh() {
    SLIPWAY_ASSIGN_OR_RETURN(Json arm, server_.Get("jobs", name_));
    return PrintedJob(arm);
  }

  static std::string StudioUrl(const Json& job) {
    const Json::json_pointer pointer("/services/Studio/endpoint");
    return job.contains(pointer) ? job.at(pointer).get<std::string>() : "";
  }

  void Follow(const std::string& name, const std::string& prefix, const Json& job) {
    auto found = std::find_if(jobs_.begin(), jobs_.end(), [&](const Followed& each) { return each.name == name; });
    if (found == jobs_.end()) {
      Followed added;
      added.name = name;
      added.prefix = prefix;
      const std::string type = job.value("type", "command");
      added.has_children = type == "pipeline" || type == "sweep";
      found = jobs_.insert(jobs_.end(), std::move(added));
    }
    found->status = job.value("status", "");
  }

  Status PrintNews() {
    for (size_t i = 0; i < jobs_.size(); ++i) {  // grows while children are found
      if (jobs_[i].is_complete) continue;
      const bool had_ended = IsTerminal(jobs_[i].status);
      if (jobs_[i].has_children) SLIPWAY_RETURN_IF_ERROR(FindChildren(i));
      SLIPWAY_ASSIGN_OR_RETURN(const bool all_printed, PrintLogs(jobs_[i]));
      jobs_[i].is_complete = had_ended && all_printed;
    }
    return {};
  }

  Status FindChildren(size_t parent) {
    SLIPWAY_ASSIGN_OR_RETURN(auto children, server_.ListChildren(jobs_[parent].name));
    for (const Json& arm : children) {
      SLIPWAY_ASSIGN_OR_RETURN(const Json child, PrintedJob(arm));
      const std::string name = child["name"].get<std::string>();
      std::string label = StepOf(arm);
      if (label.empty())
        label = name.starts_with(jobs_[parent].name + "_") ? name.substr(jobs_[parent].name.size() + 1) : name;
      const std::string outer = jobs_[parent].prefix;
      Follow(name, outer.empty() ? label : outer + "/" + label, child);
    }
    return {};
  }

  static std::string StepOf(const Json& arm) {
    const Json::json_pointer pointer("/properties/slipway/step");
    return arm.contains(pointer) && arm.at(pointer).is_string() ? arm.at(pointer).get<std::string>() : "";
  }

  // True when every log of the job is printed to its end.
  Result<bool> PrintLogs(Followed& job) {
    SLIPWAY_ASSIGN_OR_RETURN(auto files, server_.ListLogs(job.name));
    bool all_complete = true;
    for (const auto& file : files) {
      if (!file.path.starts_with("user_logs/std_log")) continue;
      Followed::Log& log = job.logs[file.path];
      while (!log.is_complete) {
        SLIPWAY_ASSIGN_OR_RETURN(auto chunk, server_.ReadLog(job.name, file.path, log.offset));
        log.offset += chunk.text.size();
        log.is_complete = chunk.is_complete;
        Print(job, file.path, log, chunk.text);
        if (chunk.text.empty()) break;
      }
      all_complete = all_complete && log.is_complete;
    }
    return all_complete;
  }

  void Print(const Followed& job, const std::string& file, Followed::Log& log, std::string_view text) {
    Console& console = context_.console();
    if (job.prefix.empty() && !log.is_announced && !text.empty()) {
      console.Out(fmt::format("\nStreaming {}\n{}\n\n", file, std::string(file.size() + 10, '=')));
      log.is_announced = true;
    }
    log.partial += text;
    size_t start = 0;
    for (size_t end; (end = log.partial.find('\n', start)) != std::string::npos; start = end + 1)
      PrintLine(job, std::string_view(log.partial).substr(start, end - start));
    log.partial.erase(0, start);
    if (log.is_complete && !log.partial.empty()) {
      PrintLine(job, log.partial);
      log.partial.clear();
    }
  }

  void PrintLine(const Followed& job, std::string_view line) {
    context_.console().Out(job.prefix.empty() ? fmt::format("{}\n", line) : fmt::format("[{}] {}\n", job.prefix, line));
  }

  Status LeaveRunning() {
    return Error(Code::kCancelled,
                 fmt::format("interrupted; the job '{0}' keeps running. `{1} job stream -n {0}` follows it "
                             "again, `{1} job cancel -n {0}` stops it",
                             name_, context_.program()));
  }

  Status Finish(const Json& job) {
    Console& console = context_.console();
    console.Out(fmt::format("\nExecution Summary\n=================\nRunId: {}\n", name_));
    if (const std::string url = StudioUrl(job); !url.empty()) console.Out(fmt::format("Web View: {}\n", url));
    const std::string status = job["status"].get<std::string>();
    console.Out(fmt::format("Status: {}\n", status));
    const auto error = job.find("error");
    const std::string message =
        error != job.end() && error->is_object() ? error->value("message", std::string()) : std::string();
    if (status == "Failed")
      return FailedPrecondition(fmt::format("the job '{}' failed{}{}", name_, message.empty() ? "" : ": ", message));
    // Nobody asked for it: a limit of time ended the job.
    if (status == "Canceled" && !message.empty())
      return FailedPrecondition(fmt::format("the job '{}' was canceled: {}", name_, message));
    return {};
  }

  Context& context_;
  client::Workspace& server_;
  std::string name_;
  std::vector<Followed> jobs_;
};

}  // namespace

Status StreamJob(Context& context, const std::string& name) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  return JobStreamer(context, *server, name).Run();
}

}  // namespace slipway::cli
