// What happens without a request: schedules, alerts, new models; old runs' files go.
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/base/log.h"
#include "slipway/base/text.h"
#include "slipway/schedules/timetable.h"
#include "slipway/schedules/windows_zones.h"
#include "slipway/workflows/impl.h"

namespace slipway::workflows {
namespace {

namespace fs = std::filesystem;
using domain::Scope;
using domain::WorkflowRepository;
using nlohmann::json;

constexpr size_t kEventsMax = 100, kModelsMax = 1000;
constexpr auto kCleanPeriod = std::chrono::hours(1);
constexpr auto kKeepRuns = std::chrono::hours(24 * 90);

// schedules/ knows zones by their Windows names.
Result<std::string> WindowsZone(const std::string& iana) {
  if (iana.empty() || EqualsIgnoreCase(iana, "UTC") || EqualsIgnoreCase(iana, "Etc/UTC")) return std::string("UTC");
  for (const auto& zone : schedules::WindowsZones())
    if (EqualsIgnoreCase(zone.iana, iana) || EqualsIgnoreCase(zone.windows, iana)) return std::string(zone.windows);
  return InvalidArgument(fmt::format("the time zone '{}' is not known here", iana));
}

Result<std::optional<Timestamp>> NextFiring(const spec::workflow::Cron& cron, Timestamp after) {
  domain::Trigger trigger;
  trigger.rule = domain::CronTrigger{cron.expression};
  SLIPWAY_ASSIGN_OR_RETURN(trigger.time_zone, WindowsZone(cron.time_zone));
  SLIPWAY_ASSIGN_OR_RETURN(const auto timetable, schedules::Timetable::Make(trigger, after));
  return timetable.NextAfter(after);
}

Watched ReadWatched(const Repository& repository, const std::string& commit) {
  Watched watched;
  watched.commit = commit;
  const auto files = repository.WorkflowFiles(commit);
  if (!files) return watched;
  for (const auto& [path, text] : *files) {
    const auto document = spec::ParseDocument(text, path, {});
    const auto workflow =
        document ? spec::workflow::ReadWorkflow(*document, path) : Result<spec::workflow::Workflow>(document.error());
    if (!workflow) {
      LogWarning("{}: {}", repository.path(), workflow.error().ToString());
      continue;
    }
    for (const auto& event : workflow->events) {
      watched.events.insert(event.name);
      if (!event.crons.empty()) watched.crons[path] = event.crons;
    }
  }
  return watched;
}

void Report(const Result<StartedRuns>& fired, const std::string& what) {
  if (!fired) LogWarning("{} starts no workflow: {}", what, fired.error().ToString());
}

}  // namespace

std::optional<Timestamp> Workflows::Impl::LookAround(Timestamp now) {
  const auto workspaces = dependencies.workspaces.ListWorkspaces();
  if (!workspaces) return now + options.watch_period;
  bool has_any = false;
  for (const auto& workspace : *workspaces) {
    const auto repositories = dependencies.store.ListRepositories(workspace.scope);
    if (!repositories) continue;
    for (const WorkflowRepository& repository : *repositories) Look(workspace.scope, repository, now);
    has_any = has_any || !repositories->empty();
  }
  if (!cleaned_at || now >= *cleaned_at + kCleanPeriod) {
    cleaned_at = now;
    CleanUp(now);
  }
  return has_any ? std::optional(now + options.watch_period) : std::optional(now + kCleanPeriod);
}

void Workflows::Impl::Look(const Scope& scope, WorkflowRepository repository, Timestamp now) {
  // The branch's file says whether anything changed, without starting a program; a packed branch costs one.
  const fs::path folder(repository.path);
  std::string head;
  for (const fs::path& git : {folder / ".git", folder})
    if (const auto text = ReadFile(git / "refs" / "heads" / repository.default_branch)) head = Trim(*text);
  Watched& known = watched[ToLower(scope.ArmId()) + "|" + repository.path];
  if (head.empty() || head != known.commit) {
    const auto opened = Repository::Open(dependencies.supervisor, repository.path);
    if (!opened) return;  // it may come back: a disk that is not mounted
    const auto commit = opened->Resolve("refs/heads/" + repository.default_branch);
    if (!commit) return;
    if (*commit != known.commit) known = ReadWatched(*opened, *commit);
  }
  if (!known.crons.empty() || !repository.next_firings.empty()) FireSchedules(scope, repository, known, now);
  const bool listens = known.events.count("repository_dispatch") > 0;
  if (listens || known.events.count("alert")) FireAlerts(scope, repository);
  if (listens || known.events.count("model_registered")) FireModels(scope, repository);
}

void Workflows::Impl::FireSchedules(const Scope& scope, WorkflowRepository& repository, const Watched& known,
                                    Timestamp now) {
  std::map<std::string, Timestamp> next;
  for (const auto& [path, crons] : known.crons) {
    for (const spec::workflow::Cron& cron : crons) {
      const std::string key = fmt::format("{}|{}|{}", path, cron.expression, cron.time_zone);
      const auto planned = repository.next_firings.find(key);
      const bool is_due = planned != repository.next_firings.end() && planned->second <= now;
      if (is_due) {
        EventRequest request;
        request.repository = repository.path;
        request.event = "schedule";
        request.actor = "schedule";
        request.workflow = path;
        request.subject = cron.expression;
        request.payload = json({{"schedule", cron.expression}}).dump();
        request.cause = fmt::format("schedule|{}|{}|{}", repository.path, key, FormatTimestamp(planned->second));
        Report(Fire(scope, request), fmt::format("the schedule '{}' of {}", cron.expression, path));
      }
      // Also when nothing fired: after a clock was set back the next time is not the planned one.
      const auto firing = NextFiring(cron, now);
      if (firing && *firing)
        next[key] = **firing;
      else if (!firing)
        LogWarning("{}: the schedule '{}': {}", path, cron.expression, firing.error().ToString());
    }
  }
  if (next == repository.next_firings) return;
  repository.next_firings = std::move(next);
  if (const Status stored = dependencies.store.PutRepository(scope, repository); !stored)
    LogWarning("the schedules of {}: {}", repository.path, stored.error().ToString());
}

// Our own event, and the one that files for GitHub can name too.
void Workflows::Impl::FireBoth(const Scope& scope, EventRequest request, const std::string& type,
                               const std::string& what) {
  Report(Fire(scope, request), what);
  request.event = "repository_dispatch";
  request.action = type;
  request.cause += "|dispatch";
  Report(Fire(scope, request), what);
}

void Workflows::Impl::FireAlerts(const Scope& scope, const WorkflowRepository& repository) {
  const auto events = dependencies.alerts.ListAlertEvents(scope, "", kEventsMax);
  if (!events) return;
  for (auto event = events->rbegin(); event != events->rend(); ++event) {
    for (const std::string action : {"fired", "resolved"}) {
      const auto at = action == "fired" ? std::optional(event->fired_at) : event->resolved_at;
      if (!at || *at < repository.watched_since) continue;
      const std::string cause = fmt::format("alert|{}|{}|{}", repository.path, event->id, action);
      if (!seen_causes.insert(cause).second) continue;
      EventRequest request;
      request.repository = repository.path;
      request.event = "alert";
      request.action = action;
      request.actor = "alert";
      request.subject = event->rule;
      request.cause = cause;
      request.payload = json({{"action", action},
                              {"alert",
                               {{"id", event->id},
                                {"rule", event->rule},
                                {"fired_at", FormatTimestamp(event->fired_at)},
                                {"value", event->value},
                                {"threshold", event->threshold}}}})
                            .dump();
      FireBoth(scope, std::move(request), "alert-" + action, fmt::format("the alert '{}'", event->rule));
    }
  }
}

void Workflows::Impl::FireModels(const Scope& scope, const WorkflowRepository& repository) {
  const auto models = dependencies.assets.ListContainers(scope, domain::AssetKind::kModel, domain::ListView::kAll);
  if (!models) return;
  for (size_t i = 0; i < models->size() && i < kModelsMax; ++i) {
    const std::string& name = (*models)[i].name;
    const auto versions =
        dependencies.assets.ListVersions(scope, domain::AssetKind::kModel, name, domain::ListView::kAll);
    if (!versions) continue;
    for (auto version = versions->rbegin(); version != versions->rend(); ++version) {
      if (version->context.created_at < repository.watched_since) continue;
      const std::string cause = fmt::format("model|{}|{}:{}", repository.path, name, version->version);
      if (!seen_causes.insert(cause).second) continue;
      EventRequest request;
      request.repository = repository.path;
      request.event = "model_registered";
      request.actor = version->context.created_by;
      request.subject = name;
      request.cause = cause;
      request.payload =
          json({{"model", {{"name", name}, {"version", version->version}, {"tags", version->tags}}}}).dump();
      FireBoth(scope, std::move(request), "model-registered", fmt::format("the model '{}:{}'", name, version->version));
    }
  }
}

void Workflows::Impl::CleanUp(Timestamp now) {
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(options.home / "workflows", failed)) {
    const auto id = ParseInt(entry.path().filename().string());
    if (!id) continue;
    if (const Status expired = ExpireArtifacts(entry.path() / "artifacts", now); !expired)
      LogWarning("artifacts of run {}: {}", *id, expired.error().ToString());
    {
      const std::lock_guard lock(mutex);
      const bool is_live = std::any_of(spaces.begin(), spaces.end(),
                                       [&](const auto& space) { return space.second.runs.count(*id) > 0; });
      if (is_live) continue;
    }
    const auto changed = fs::last_write_time(entry.path(), failed);
    const auto age = fs::file_time_type::clock::now() - changed;
    std::error_code none;
    const bool has_artifacts =
        fs::exists(entry.path() / "artifacts", none) && !fs::is_empty(entry.path() / "artifacts", none);
    if (failed || age < kKeepRuns || has_artifacts) continue;
    if (const Status removed = RemoveAll(entry.path()); !removed) LogWarning("{}", removed.error().ToString());
  }
}

}  // namespace slipway::workflows
