#include "slipway/schedules/scheduler.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <tuple>

#include <fmt/format.h>

#include "slipway/base/log.h"
#include "slipway/base/retry.h"
#include "slipway/base/text.h"
#include "slipway/base/ticker.h"
#include "slipway/schedules/timetable.h"

namespace slipway::schedules {

using domain::JobSpec;
using domain::Schedule;
using domain::Scope;

namespace {

constexpr std::string_view kTriggerTimeMacro = "${{creation_context.trigger_time}}";

constexpr size_t kJobNameMax = 255;

using Inputs = std::map<std::string, domain::JobInput>;

Inputs& InputsOf(JobSpec& spec) {
  return std::visit([](auto& body) -> Inputs& { return body.inputs; }, spec.body);
}

// The job of one firing: named after it, with the time of the firing in its inputs.
JobSpec JobOf(const Schedule& schedule, Timestamp time) {
  JobSpec spec = schedule.create_job;
  spec.name.clear();
  spec.display_name = FiringName(schedule.name, time);
  if (spec.experiment_name.empty()) spec.experiment_name = schedule.name;
  spec.properties["slipway.schedule"] = schedule.name;
  for (auto& [name, input] : InputsOf(spec)) {
    if (auto* literal = std::get_if<domain::Literal>(&input))
      literal->text = ReplaceAll(std::move(literal->text), kTriggerTimeMacro, FormatTimestamp(time, 0));
  }
  return spec;
}

bool IsSame(const domain::Trigger& a, const domain::Trigger& b) {
  if (a.rule.index() != b.rule.index() || a.start_time != b.start_time || a.end_time != b.end_time ||
      a.time_zone != b.time_zone)
    return false;
  if (const auto* cron = std::get_if<domain::CronTrigger>(&a.rule))
    return cron->expression == std::get<domain::CronTrigger>(b.rule).expression;
  const auto& x = std::get<domain::RecurrenceTrigger>(a.rule);
  const auto& y = std::get<domain::RecurrenceTrigger>(b.rule);
  return std::tie(x.frequency, x.interval, x.hours, x.minutes, x.month_days, x.week_days) ==
         std::tie(y.frequency, y.interval, y.hours, y.minutes, y.month_days, y.week_days);
}

void RecordOutcome(Schedule& schedule, const std::string& job, const Error* error) {
  schedule.properties.erase(kLastErrorProperty);
  if (!error) {
    schedule.properties[kLastJobProperty] = job;
    return;
  }
  schedule.properties[kLastErrorProperty] = error->ToString();
  LogWarning("schedule {} could not submit the job {}: {}", schedule.name, job, error->ToString());
}

// The time that comes before the one that a schedule waits for: it fired by a clock that was set back since. Firing
// again is no doubling: the times that come again have the names of the jobs that they had.
std::optional<Timestamp> TimeComingAgain(const Schedule& schedule, Timestamp now) {
  if (schedule.next_fire_at && *schedule.next_fire_at <= now) return std::nullopt;
  const auto timetable = Timetable::Make(schedule.trigger, schedule.context.created_at);
  const auto next = timetable ? timetable->NextAfter(now) : std::nullopt;
  const bool is_before = next && (!schedule.next_fire_at || *next < *schedule.next_fire_at);
  return is_before ? next : std::nullopt;
}

// What a client sends does not change what became of the last firing.
void KeepOutcome(const Schedule& stored, Schedule& schedule) {
  for (const char* key : {kLastJobProperty, kLastErrorProperty}) {
    schedule.properties.erase(key);
    if (const auto found = stored.properties.find(key); found != stored.properties.end())
      schedule.properties.insert(*found);
  }
}

}  // namespace

std::string FiringName(const std::string& schedule, Timestamp time) {
  std::string text = FormatTimestamp(time, 0);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return fmt::format("{}-{}", schedule.substr(0, kJobNameMax - text.size() - 1), text);
}

struct Scheduler::Impl {
  Impl(Options options, Dependencies dependencies)
      : options(options),
        dependencies(dependencies),
        ticker(dependencies.clock, [this](Timestamp now) { return Tick(now); }) {}

  std::optional<Timestamp> Tick(Timestamp now);
  std::optional<Timestamp> TickWorkspace(const Scope& scope, Timestamp now);
  // Fires the schedule if it is due. Its next firing time, as far as there is one.
  std::optional<Timestamp> Look(const Scope& scope, const std::string& name, Timestamp now);
  // The schedule waits for `next`, by a clock that was set back.
  void FollowTheClock(const Scope& scope, Schedule& schedule, Timestamp next);
  Result<std::optional<Timestamp>> Fire(const Scope& scope, Schedule schedule, Timestamp now);

  const Options options;
  const Dependencies dependencies;
  // Held while a stored schedule is read and written back; a submission takes part in that.
  std::mutex changing;
  Ticker ticker;
};

Scheduler::Scheduler(Options options, Dependencies dependencies)
    : impl_(std::make_unique<Impl>(options, dependencies)) {}

Scheduler::~Scheduler() = default;

void Scheduler::Start() {
  impl_->ticker.Start();
}

void Scheduler::Stop() {
  impl_->ticker.Stop();
}

std::optional<Timestamp> Scheduler::Tick(Timestamp now) {
  return impl_->Tick(now);
}

std::optional<Timestamp> Scheduler::Impl::Tick(Timestamp now) {
  const auto workspaces = dependencies.workspaces.ListWorkspaces();
  if (!workspaces) {
    LogError("schedules cannot be read: {}", workspaces.error().ToString());
    return now + options.retry_after;
  }
  std::optional<Timestamp> next;
  for (const auto& workspace : *workspaces) next = Earlier(next, TickWorkspace(workspace.scope, now));
  return next;
}

std::optional<Timestamp> Scheduler::Impl::TickWorkspace(const Scope& scope, Timestamp now) {
  const auto schedules = dependencies.schedules.ListSchedules(scope);
  if (!schedules) {
    LogError("schedules of {} cannot be read: {}", scope.workspace, schedules.error().ToString());
    return now + options.retry_after;
  }
  std::optional<Timestamp> next;
  for (const Schedule& schedule : *schedules) {
    if (!schedule.is_enabled) continue;
    const bool is_due = schedule.next_fire_at && *schedule.next_fire_at <= now;
    next = Earlier(next,
                   is_due || TimeComingAgain(schedule, now) ? Look(scope, schedule.name, now) : schedule.next_fire_at);
  }
  return next;
}

std::optional<Timestamp> Scheduler::Impl::Look(const Scope& scope, const std::string& name, Timestamp now) {
  std::lock_guard lock(changing);
  auto schedule = dependencies.schedules.GetSchedule(scope, name);
  if (!schedule || !schedule->is_enabled) return std::nullopt;  // changed since it was listed
  if (const auto next = TimeComingAgain(*schedule, now)) FollowTheClock(scope, *schedule, *next);
  if (!schedule->next_fire_at || *schedule->next_fire_at > now) return schedule->next_fire_at;
  const auto next = Fire(scope, std::move(*schedule), now);
  if (next) return *next;
  LogError("schedule {}: {}", name, next.error().ToString());
  return now + options.retry_after;
}

void Scheduler::Impl::FollowTheClock(const Scope& scope, Schedule& schedule, Timestamp next) {
  schedule.next_fire_at = next;
  LogWarning("the clock was set back: schedule {} fires next at {}", schedule.name, FormatTimestamp(next, 0));
  if (const Status stored = dependencies.schedules.PutSchedule(scope, schedule); !stored)
    LogError("schedule {}: {}", schedule.name, stored.error().ToString());
}

Result<std::optional<Timestamp>> Scheduler::Impl::Fire(const Scope& scope, Schedule schedule, Timestamp now) {
  SLIPWAY_ASSIGN_OR_RETURN(const Timetable timetable, Timetable::Make(schedule.trigger, schedule.context.created_at));
  const Timestamp time = *schedule.next_fire_at;
  const auto following = timetable.NextAfter(time);
  // A firing is missed when another one has come since: nobody was there to fire it.
  const bool is_missed = following && *following <= now;
  if (!is_missed || options.catch_up) {
    JobSpec spec = JobOf(schedule, time);
    spec.name = spec.display_name;
    const auto job = dependencies.jobs.Submit(scope, spec);
    const bool is_submitted = job || job.error().code() == Code::kAlreadyExists;
    if (!is_submitted && IsWorthRepeating(job.error().code())) return Error(job.error());
    RecordOutcome(schedule, spec.name, is_submitted ? nullptr : &job.error());
    schedule.last_fired_at = time;
  }
  schedule.next_fire_at = is_missed ? timetable.NextAfter(now) : following;
  SLIPWAY_RETURN_IF_ERROR(dependencies.schedules.PutSchedule(scope, schedule));
  return schedule.next_fire_at;
}

Result<Schedule> Scheduler::Put(const Scope& scope, Schedule schedule) {
  SLIPWAY_RETURN_IF_ERROR(domain::CheckName(domain::NameKind::kSchedule, schedule.name));
  std::lock_guard lock(impl_->changing);
  const Timestamp now = impl_->dependencies.clock.Now();
  schedule.context = {now, schedule.context.created_by, now, schedule.context.last_modified_by};
  schedule.last_fired_at.reset();
  const auto stored = impl_->dependencies.schedules.GetSchedule(scope, schedule.name);
  if (!stored && stored.error().code() != Code::kNotFound) return Error(stored.error());
  if (stored) {
    schedule.context.created_at = stored->context.created_at;
    schedule.last_fired_at = stored->last_fired_at;
    KeepOutcome(*stored, schedule);
  }
  SLIPWAY_ASSIGN_OR_RETURN(const Timetable timetable,
                           With(Timetable::Make(schedule.trigger, schedule.context.created_at), "trigger"));
  const bool keeps_its_times =
      stored && stored->is_enabled && schedule.is_enabled && IsSame(stored->trigger, schedule.trigger);
  schedule.next_fire_at = keeps_its_times ? stored->next_fire_at : timetable.NextAfter(now);
  if (!schedule.is_enabled) schedule.next_fire_at.reset();
  SLIPWAY_RETURN_IF_ERROR(impl_->dependencies.schedules.PutSchedule(scope, schedule));
  impl_->ticker.Wake();
  return schedule;
}

Status Scheduler::Delete(const Scope& scope, const std::string& name) {
  std::lock_guard lock(impl_->changing);
  SLIPWAY_ASSIGN_OR_RETURN(const Schedule schedule, impl_->dependencies.schedules.GetSchedule(scope, name));
  if (schedule.is_enabled) {
    return FailedPrecondition(fmt::format("schedule '{}' is enabled: disable it before deleting it", schedule.name));
  }
  return impl_->dependencies.schedules.DeleteSchedule(scope, schedule.name);
}

Result<domain::Job> Scheduler::Trigger(const Scope& scope, const std::string& name) {
  SLIPWAY_ASSIGN_OR_RETURN(const Schedule schedule, impl_->dependencies.schedules.GetSchedule(scope, name));
  return impl_->dependencies.jobs.Submit(scope, JobOf(schedule, impl_->dependencies.clock.Now()));
}

}  // namespace slipway::schedules
