#include "slipway/api/arm_schedules.h"

#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/api/answer.h"
#include "slipway/base/text.h"
#include "slipway/wire/schedule.h"

namespace slipway::api {
namespace {

using domain::Schedule;
using domain::Scope;
using net::PathParameters;
using net::Request;
using net::Response;
using nlohmann::json;

// Whether a list of that view has the schedule.
bool IsListed(const std::string& view, const Schedule& schedule) {
  if (EqualsIgnoreCase(view, "All")) return true;
  return schedule.is_enabled != EqualsIgnoreCase(view, "DisabledOnly");
}

class Schedules {
 public:
  explicit Schedules(const SchedulesDependencies& dependencies) : dependencies_(dependencies) {}

  Result<Response> List(const Request& request, const PathParameters& parameters) const {
    const Scope scope = ScopeOf(parameters);
    SLIPWAY_RETURN_IF_ERROR(dependencies_.workspaces.GetWorkspace(scope));
    SLIPWAY_ASSIGN_OR_RETURN(const auto schedules, dependencies_.schedules.ListSchedules(scope));
    const std::string view = request.Parameter("listViewType").value_or("EnabledOnly");
    json values = json::array();
    for (const Schedule& schedule : schedules)
      if (IsListed(view, schedule)) values.push_back(wire::ScheduleToArm(scope, schedule));
    return ListAnswer(std::move(values));
  }

  Result<Response> Get(const Request&, const PathParameters& parameters) const {
    const Scope scope = ScopeOf(parameters);
    SLIPWAY_ASSIGN_OR_RETURN(const Schedule schedule,
                             dependencies_.schedules.GetSchedule(scope, parameters.at("name")));
    return JsonAnswer(200, wire::ScheduleToArm(scope, schedule));
  }

  Result<Response> Put(const Request& request, const PathParameters& parameters) const {
    const Scope scope = ScopeOf(parameters);
    SLIPWAY_ASSIGN_OR_RETURN(const json body, ParseBody(request));
    SLIPWAY_RETURN_IF_ERROR(dependencies_.workspaces.GetWorkspace(scope));
    SLIPWAY_ASSIGN_OR_RETURN(Schedule schedule, wire::ScheduleFromArm(body));
    schedule.name = parameters.at("name");
    const bool is_new = !dependencies_.schedules.GetSchedule(scope, schedule.name);
    SLIPWAY_ASSIGN_OR_RETURN(schedule, dependencies_.scheduler.Put(scope, std::move(schedule)));
    return JsonAnswer(is_new ? 201 : 200, wire::ScheduleToArm(scope, schedule));
  }

  Result<Response> Delete(const Request&, const PathParameters& parameters) const {
    const auto deleted = dependencies_.scheduler.Delete(ScopeOf(parameters), parameters.at("name"));
    if (!deleted && deleted.error().code() == Code::kNotFound)
      return Response{.status = 204, .headers = {}, .body = ""};
    SLIPWAY_RETURN_IF_ERROR(deleted);
    return Response{};
  }

  Result<Response> Trigger(const Request&, const PathParameters& parameters) const {
    SLIPWAY_ASSIGN_OR_RETURN(const auto job,
                             dependencies_.scheduler.Trigger(ScopeOf(parameters), parameters.at("name")));
    return JsonAnswer(200, {{"jobName", job.name}, {"scheduleActionType", "CreateJob"}});
  }

 private:
  const SchedulesDependencies dependencies_;
};

}  // namespace

void MountSchedules(net::Router& router, const SchedulesDependencies& dependencies) {
  const auto schedules = std::make_shared<const Schedules>(dependencies);
  using Handler = Result<Response> (Schedules::*)(const Request&, const PathParameters&) const;
  const auto add = [&](std::string_view method, std::string_view path, Handler handler) {
    router.Add(method, fmt::format("{}{}", kWorkspacePattern, path),
               [schedules, handler](const Request& request, const PathParameters& parameters) {
                 auto answer = ((*schedules).*handler)(request, parameters);
                 return answer ? std::move(*answer) : ErrorAnswer(answer.error());
               });
  };
  add("GET", "/schedules", &Schedules::List);
  add("GET", "/schedules/{name}", &Schedules::Get);
  add("PUT", "/schedules/{name}", &Schedules::Put);
  add("DELETE", "/schedules/{name}", &Schedules::Delete);
  add("POST", "/slipway/schedules/{name}/trigger", &Schedules::Trigger);
}

}  // namespace slipway::api
