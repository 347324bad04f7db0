#include "slipway/cli/workflow/follow.h"

#include <chrono>
#include <map>
#include <thread>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/cli/interrupt.h"
#include "slipway/cli/workflow/run_view.h"

namespace slipway::cli {
namespace {

using domain::WorkflowConclusion;
using domain::WorkflowJobRun;
using domain::WorkflowRun;
using domain::WorkflowStatus;

// "##[error]text" as people read it.
std::string Readable(std::string_view line) {
  for (const auto& [mark, shown] : {std::pair<std::string_view, std::string_view>{"##[error]", "error: "},
                                    {"##[warning]", "warning: "},
                                    {"##[notice]", "notice: "},
                                    {"##[debug]", "debug: "},
                                    {"##[group]", "▸ "}})
    if (line.starts_with(mark)) return std::string(shown) + std::string(line.substr(mark.size()));
  return std::string(line);
}

class Follower {
 public:
  Follower(Context& context, WorkflowServer& server, int64_t run, const FollowOptions& options)
      : context_(context), server_(server), id_(run), options_(options) {}

  Result<WorkflowRun> Run() {
    const InterruptWatch watch;
    for (auto wait = std::chrono::milliseconds(100);; wait = std::min(wait * 5 / 4, std::chrono::milliseconds(1000))) {
      SLIPWAY_ASSIGN_OR_RETURN(const WorkflowRun run, server_.GetRun(id_));
      SLIPWAY_RETURN_IF_ERROR(PrintNews(run));
      context_.console().Flush();
      if (run.status == WorkflowStatus::kCompleted || !options_.follows) return run;
      if (watch.is_interrupted()) return LeaveRunning();
      std::this_thread::sleep_for(wait);
      if (watch.is_interrupted()) return LeaveRunning();
    }
  }

 private:
  struct Log {
    uint64_t offset = 0;
    std::string partial;
    bool is_announced = false, is_complete = false;
  };

  Error LeaveRunning() const {
    return Error(Code::kCancelled, fmt::format("interrupted; the run {0} goes on. `slipway workflow logs {0} --follow` "
                                               "follows it again, `slipway workflow cancel {0}` stops it",
                                               id_));
  }

  bool IsWanted(const WorkflowJobRun& job) const {
    if (!options_.job.empty() && job.key != options_.job && job.name != options_.job) return false;
    return !options_.only_failed || job.conclusion == WorkflowConclusion::kFailure;
  }

  Status PrintNews(const WorkflowRun& run) {
    bool has_several = false;
    const WorkflowJobRun* first = nullptr;
    for (const WorkflowJobRun& job : run.jobs) {
      if (!IsWanted(job) || job.is_call) continue;
      has_several = has_several || first;
      first = &job;
    }
    for (const WorkflowJobRun& job : run.jobs) {
      const std::string state = StateText(job.status, job.conclusion);
      if (IsWanted(job) && !job.is_call) {
        for (const auto& step : job.steps) {
          if (options_.only_failed && step.outcome != WorkflowConclusion::kFailure) continue;
          SLIPWAY_RETURN_IF_ERROR(PrintStep(job, step, has_several));
        }
      }
      if (job.status == WorkflowStatus::kWaiting && told_[job.key] != state)
        PrintLine(job, fmt::format("⏸ {}", job.reason), has_several);
      if (job.status == WorkflowStatus::kCompleted && IsWanted(job) && told_[job.key] != state && !job.is_call)
        PrintLine(job, fmt::format("■ {}{}", state, job.reason.empty() ? "" : ": " + job.reason), has_several);
      told_[job.key] = state;
    }
    return {};
  }

  Status PrintStep(const WorkflowJobRun& job, const domain::WorkflowStepRun& step, bool has_several) {
    if (step.status == WorkflowStatus::kPending || step.conclusion == WorkflowConclusion::kSkipped) return {};
    Log& log = logs_[{job.key, step.number}];
    if (!log.is_announced) PrintLine(job, fmt::format("── {}", step.name), has_several);
    log.is_announced = true;
    while (!log.is_complete) {
      SLIPWAY_ASSIGN_OR_RETURN(const auto chunk, server_.ReadLog(id_, job.key, step.number, log.offset));
      log.offset += chunk.text.size();
      log.is_complete = chunk.is_complete;
      log.partial += chunk.text;
      size_t start = 0;
      for (size_t end; (end = log.partial.find('\n', start)) != std::string::npos; start = end + 1)
        PrintLine(job, Readable(std::string_view(log.partial).substr(start, end - start)), has_several);
      log.partial.erase(0, start);
      if (log.is_complete && !log.partial.empty()) PrintLine(job, Readable(log.partial), has_several);
      if (chunk.text.empty()) break;
    }
    return {};
  }

  void PrintLine(const WorkflowJobRun& job, std::string_view line, bool has_several) {
    if (line == "##[endgroup]") return;
    context_.console().Out(has_several ? fmt::format("[{}] {}\n", job.name, line) : fmt::format("{}\n", line));
  }

  Context& context_;
  WorkflowServer& server_;
  const int64_t id_;
  const FollowOptions& options_;
  std::map<std::pair<std::string, int>, Log> logs_;
  std::map<std::string, std::string> told_;  // job → the state that was printed
};

}  // namespace

Result<WorkflowRun> FollowRun(Context& context, WorkflowServer& server, int64_t run, const FollowOptions& options) {
  return Follower(context, server, run, options).Run();
}

}  // namespace slipway::cli
