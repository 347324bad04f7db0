#include "slipway/cli/job/timeline.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/cli/context.h"
#include "slipway/cli/job/report_parts.h"
#include "slipway/cli/job/reports.h"
#include "slipway/client/workspace.h"
#include "slipway/wire/job.h"

namespace slipway::cli {
namespace {

using domain::Job;

double Seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

// The steps whose outputs a step takes.
std::vector<std::string> SourcesOf(const Job& parent, const std::string& step) {
  std::vector<std::string> sources;
  const auto* pipeline = std::get_if<domain::PipelineSpec>(&parent.spec.body);
  if (!pipeline || !pipeline->jobs.count(step)) return sources;
  for (const auto& [key, input] : pipeline->jobs.at(step).inputs) {
    const auto* binding = std::get_if<domain::Binding>(&input);
    if (binding && binding->kind == domain::Binding::Kind::kStepOutput) sources.push_back(binding->step);
  }
  return sources;
}

class TimelineBuilder {
 public:
  explicit TimelineBuilder(const std::vector<Job>& tree) : tree_(tree) {}

  std::vector<TimelineRow> Build(const std::string& root) {
    for (const Job& job : tree_) {
      if (job.name == root) Add(job, nullptr, 0);
    }
    return std::move(rows_);
  }

 private:
  void Add(const Job& job, const Job* parent, size_t depth) {
    TimelineRow row;
    row.label = std::string(2 * depth, ' ') + (job.step.empty() ? job.name : job.step);
    row.status = job.status;
    row.created_at = row.ready_at = job.created_at;
    if (parent) row.ready_at = ReadyAt(job, *parent);
    row.started_at = job.started_at;
    row.ended_at = job.ended_at;
    row.is_cached = !job.reused_from.empty();
    row.resources = job.resources;
    rows_.push_back(std::move(row));
    std::vector<const Job*> children;
    for (const Job& child : tree_) {
      if (child.parent == job.name) children.push_back(&child);
    }
    const auto begin = [](const Job* child) { return child->started_at.value_or(Timestamp::max()); };
    std::stable_sort(children.begin(), children.end(), [&](const Job* a, const Job* b) {
      return std::pair(begin(a), a->created_at) < std::pair(begin(b), b->created_at);
    });
    for (const Job* child : children) Add(*child, &job, depth + 1);
  }

  Timestamp ReadyAt(const Job& job, const Job& parent) const {
    Timestamp ready = job.created_at;
    for (const std::string& source : SourcesOf(parent, job.step)) {
      for (const Job& other : tree_) {
        if (other.parent == parent.name && other.step == source && other.ended_at)
          ready = std::max(ready, *other.ended_at);
      }
    }
    return ready;
  }

  const std::vector<Job>& tree_;
  std::vector<TimelineRow> rows_;
};

struct Phases {
  double wait = 0, queue = 0, run = 0;  // seconds
};

// A job that has not started queues since it was ready.
Phases PhasesOf(const TimelineRow& row, Timestamp now) {
  const Timestamp end = row.ended_at.value_or(now);
  const Timestamp start = row.started_at.value_or(end);
  Phases phases;
  phases.wait = Seconds(std::min(row.ready_at, start) - row.created_at);
  phases.queue = Seconds(std::max(Duration(0), start - row.ready_at));
  if (row.started_at) phases.run = Seconds(end - start);
  return phases;
}

char MarkAt(const TimelineRow& row, Timestamp at, Timestamp now) {
  if (at < row.created_at || at >= row.ended_at.value_or(now)) return ' ';
  if (row.started_at && at >= *row.started_at) return '#';
  return at < row.ready_at ? '.' : '-';
}

std::string Bar(const TimelineRow& row, Timestamp from, Timestamp until, Timestamp now, size_t width) {
  std::string bar(width, ' ');
  const auto span = std::max<int64_t>(1, (until - from).count());
  const auto column = [&](Timestamp at) {
    const auto index = (at - from).count() * static_cast<int64_t>(width) / span;
    return static_cast<size_t>(std::clamp<int64_t>(index, 0, static_cast<int64_t>(width) - 1));
  };
  for (size_t i = 0; i < width; ++i) {
    bar[i] =
        MarkAt(row, from + Duration((2 * static_cast<int64_t>(i) + 1) * span / (2 * static_cast<int64_t>(width))), now);
  }
  // What is shorter than a column is seen all the same.
  if (row.is_cached && row.ended_at) {
    bar[column(*row.ended_at)] = 'c';
  } else if (row.started_at) {
    bar[column(*row.started_at)] = '#';
  }
  return bar;
}

std::string MemoryOf(const TimelineRow& row) {
  const bool is_known = row.resources && row.resources->peak_memory_bytes > 0;
  return is_known ? FormatBytes(static_cast<double>(row.resources->peak_memory_bytes)) : "";
}

Json RowJson(const TimelineRow& row, Timestamp now) {
  const Phases phases = PhasesOf(row, now);
  const auto time = [](const std::optional<Timestamp>& at) { return at ? Json(FormatTimestamp(*at)) : Json(); };
  Json json = {{"name", row.label.substr(row.label.find_first_not_of(' '))},
               {"status", domain::JobStatusName(row.status)},
               {"created_at", FormatTimestamp(row.created_at)},
               {"ready_at", FormatTimestamp(row.ready_at)},
               {"started_at", time(row.started_at)},
               {"ended_at", time(row.ended_at)},
               {"wait_seconds", phases.wait},
               {"queue_seconds", phases.queue},
               {"run_seconds", phases.run},
               {"is_cached", row.is_cached}};
  if (row.resources) {
    json["cpu_seconds"] = row.resources->cpu_seconds;
    json["peak_memory_bytes"] = row.resources->peak_memory_bytes;
    json["read_bytes"] = row.resources->read_bytes;
    json["written_bytes"] = row.resources->written_bytes;
  }
  return json;
}

Status CollectTree(client::Workspace& server, const Json& arm, std::vector<Job>& tree) {
  SLIPWAY_ASSIGN_OR_RETURN(Job job, wire::JobFromArm(arm));
  const bool has_children = !std::holds_alternative<domain::CommandSpec>(job.spec.body);
  tree.push_back(std::move(job));
  if (!has_children) return {};
  SLIPWAY_ASSIGN_OR_RETURN(const auto children, server.ListChildren(arm.value("name", "")));
  for (const Json& child : children) SLIPWAY_RETURN_IF_ERROR(CollectTree(server, child, tree));
  return {};
}

Result<Output> ShowTimeline(Context& context, const Arguments& arguments) {
  constexpr size_t kChartWidth = 50;
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const Json arm, server->Get("jobs", *arguments.Get("name")));
  std::vector<Job> tree;
  SLIPWAY_RETURN_IF_ERROR(CollectTree(*server, arm, tree));
  const auto rows = TimelineOf(tree, tree.front().name);
  const Timestamp now = context.clock().Now();
  Json list = Json::array();
  for (const TimelineRow& row : rows) list.push_back(RowJson(row, now));
  return TextOr(arguments, DrawTimeline(rows, now, kChartWidth), std::move(list));
}

}  // namespace

std::vector<TimelineRow> TimelineOf(const std::vector<Job>& tree, const std::string& root) {
  return TimelineBuilder(tree).Build(root);
}

std::string DrawTimeline(const std::vector<TimelineRow>& rows, Timestamp now, size_t width) {
  if (rows.empty()) return "";
  size_t label_width = 4;
  for (const TimelineRow& row : rows) label_width = std::max(label_width, row.label.size());
  const Timestamp from = rows.front().created_at, until = rows.front().ended_at.value_or(now);
  std::string text = fmt::format("{:<{}}  {:<9}  {:>10}  {:>10}  {:>10}  {:>9}  {:>10}  |{:<{}}|\n", "Job", label_width,
                                 "Status", "Wait", "Queue", "Run", "CPU", "Memory",
                                 fmt::format("0 … {}", FormatSeconds(Seconds(until - from))), width);
  for (const TimelineRow& row : rows) {
    const Phases phases = PhasesOf(row, now);
    text += fmt::format("{:<{}}  {:<9}  {:>10}  {:>10}  {:>10}  {:>9}  {:>10}  |{}|\n", row.label, label_width,
                        row.is_cached ? "Cached" : domain::JobStatusName(row.status), FormatSeconds(phases.wait),
                        FormatSeconds(phases.queue), FormatSeconds(phases.run),
                        row.resources ? FormatSeconds(row.resources->cpu_seconds) : "", MemoryOf(row),
                        Bar(row, from, until, now, width));
  }
  return text + "\n. waits for other steps   - queues or is prepared   # runs   c taken over from an earlier job\n";
}

Command JobTimelineCommand() {
  Command command = JobReportCommand(
      "job timeline", "Show when each part of a job waited, queued and ran, and what it used.", {}, ShowTimeline);
  command.examples = {"slipway job timeline PIPELINE",
                      "slipway job timeline PIPELINE -o table --query \"[].{Step:name,Run:run_seconds}\""};
  return command;
}

}  // namespace slipway::cli
