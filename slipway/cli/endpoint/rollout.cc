// rollout start, list, show, pause, resume, promote, abort.
#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/base/time.h"
#include "slipway/cli/actor.h"
#include "slipway/cli/commands.h"
#include "slipway/cli/context.h"
#include "slipway/cli/resource.h"
#include "slipway/client/workspace.h"
#include "slipway/domain/rollout.h"
#include "slipway/wire/rollout.h"

namespace slipway::cli {
namespace {

using domain::GuardOutcome;
using domain::Rollout;
using domain::RolloutDecision;
using domain::RolloutEvidence;
using domain::RolloutSide;

// "5,25,50,100", also with blanks.
Result<std::vector<int>> ParseSteps(const std::vector<std::string>& words) {
  std::vector<int> steps;
  const std::string text = ReplaceAll(Join(words, ","), " ", ",");
  for (const std::string_view part : Split(text, ',')) {
    if (part.empty()) continue;
    const auto step = ParseInt(part);
    if (!step || *step < 1 || *step > 100)
      return InvalidArgument(
          fmt::format("--steps takes percentages from 1 to 100, such as 5,25,50,100, not '{}'", part));
    steps.push_back(static_cast<int>(*step));
  }
  return steps;
}

// "90s", "2m", "1h30m", or ISO 8601 ("PT2M").
Result<int64_t> ParseEvery(std::string_view text) {
  std::string iso(text);
  std::transform(iso.begin(), iso.end(), iso.begin(), [](unsigned char c) { return std::toupper(c); });
  const auto duration = ParseIsoDuration(iso.starts_with('P') ? iso : "PT" + iso);
  if (!duration) return InvalidArgument(fmt::format("--every takes a time such as 90s, 2m or 1h30m, not '{}'", text));
  return std::chrono::duration_cast<std::chrono::milliseconds>(*duration).count();
}

// "credit-green-20260304t050607z"; lower case reads better in paths.
std::string NewName(const std::string& endpoint, const std::string& to, Timestamp now) {
  std::string time = FormatTimestamp(now, 0);
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  return fmt::format("{}-{}-{}", endpoint, to, ToLower(time));
}

std::string PathOf(client::Workspace& server, const std::string& name, std::string_view verb = "") {
  return server.Path(
      fmt::format("/slipway/rollouts/{}{}{}", client::Workspace::Segment(name), verb.empty() ? "" : "/", verb));
}

// What is printed.

std::string PercentText(double share) {
  return fmt::format("{:.4g}%", share * 100);
}

Json SideView(const RolloutSide& side) {
  return {{"requests", side.requests}, {"error_rate", side.error_rate}, {"rate_5xx", side.rate_5xx},
          {"p50_ms", side.p50_ms},     {"p95_ms", side.p95_ms},         {"p99_ms", side.p99_ms},
          {"scores", side.scores}};
}

Json EvidenceView(const RolloutEvidence& evidence) {
  return {{"since", FormatTimestamp(evidence.since)},
          {"until", FormatTimestamp(evidence.until)},
          {"canary", SideView(evidence.canary)},
          {"control", SideView(evidence.control)},
          {"score_psi", evidence.score_psi ? Json(*evidence.score_psi) : Json(nullptr)}};
}

Json GuardView(const GuardOutcome& outcome) {
  return {{"guard", outcome.guard},
          {"verdict", domain::VerdictName(outcome.verdict)},
          {"value", outcome.value ? Json(*outcome.value) : Json(nullptr)},
          {"limit", outcome.limit ? Json(*outcome.limit) : Json(nullptr)},
          {"note", outcome.note.empty() ? Json(nullptr) : Json(outcome.note)}};
}

Json DecisionView(const RolloutDecision& decision) {
  Json guards = Json::array();
  for (const GuardOutcome& outcome : decision.guards) guards.push_back(GuardView(outcome));
  return {{"at", FormatTimestamp(decision.at)},
          {"last_at", FormatTimestamp(decision.last_at)},
          {"times", decision.times},
          {"action", decision.action},
          {"share", decision.share},
          {"reason", decision.reason},
          {"evidence", decision.evidence ? EvidenceView(*decision.evidence) : Json(nullptr)},
          {"guards", std::move(guards)}};
}

Json SummaryOf(const Rollout& rollout) {
  return {{"name", rollout.name},
          {"endpoint", rollout.endpoint},
          {"from", rollout.from},
          {"to", rollout.to},
          {"status", domain::RolloutStatusName(rollout.status)},
          {"share", rollout.share},
          {"steps", rollout.steps},
          {"every", FormatIsoDuration(std::chrono::milliseconds(rollout.every_ms))},
          {"guards", rollout.guards},
          {"min_samples", rollout.samples_min},
          {"reason", rollout.reason.empty() ? Json(nullptr) : Json(rollout.reason)},
          {"started_at", FormatTimestamp(rollout.context.created_at)}};
}

Json ViewOf(const Rollout& rollout) {
  Json view = SummaryOf(rollout);
  view["decisions"] = Json::array();
  for (const RolloutDecision& decision : rollout.decisions) view["decisions"].push_back(DecisionView(decision));
  return view;
}

Result<Output> Printed(const Json& answer) {
  SLIPWAY_ASSIGN_OR_RETURN(const Rollout rollout, wire::RolloutFromJson(answer));
  return Output::Of(ViewOf(rollout));
}

// Of -o table: a head, and a line a decision with the guards' outcome below it.

std::string SideText(const RolloutSide& side) {
  return fmt::format("{} requests, errors {}, 5xx {}, p50/p95/p99 {:g}/{:g}/{:g} ms", side.requests,
                     PercentText(side.error_rate), PercentText(side.rate_5xx), side.p50_ms, side.p95_ms, side.p99_ms);
}

std::string GuardText(const GuardOutcome& outcome) {
  const std::string_view verdict = domain::VerdictName(outcome.verdict);
  if (!outcome.value) return fmt::format("      {:<9} {}  {}\n", verdict, outcome.guard, outcome.note);
  return fmt::format("      {:<9} {}  {:.4g} against {:.4g}\n", verdict, outcome.guard, *outcome.value,
                     outcome.limit.value_or(0));
}

std::string DecisionText(const RolloutDecision& decision) {
  const std::string times =
      decision.times > 1 ? fmt::format(" ({} times, last {})", decision.times, FormatTimestamp(decision.last_at, 0))
                         : "";
  std::string text = fmt::format("{}  {:<9}  {:>3} %  {}{}\n", FormatTimestamp(decision.at, 0), decision.action,
                                 decision.share, decision.reason, times);
  if (decision.evidence) {
    text += fmt::format("      new  {}\n", SideText(decision.evidence->canary));
    text += fmt::format("      old  {}\n", SideText(decision.evidence->control));
  }
  for (const GuardOutcome& outcome : decision.guards) text += GuardText(outcome);
  return text;
}

std::string StepsText(const Rollout& rollout) {
  std::vector<std::string> steps;
  for (const int step : rollout.steps) steps.push_back(std::to_string(step));
  return Join(steps, " → ");
}

std::string TableText(const Rollout& rollout) {
  std::string text = fmt::format(
      "{}: {} {} → {} of {}\n  {} %{}{}; steps {} every {}, at least {} samples\n  guards: {}\n\n",
      domain::RolloutStatusName(rollout.status), rollout.name, rollout.from, rollout.to, rollout.endpoint,
      rollout.share, rollout.reason.empty() ? "" : "; ", rollout.reason, StepsText(rollout),
      FormatIsoDuration(std::chrono::milliseconds(rollout.every_ms)), rollout.samples_min, Join(rollout.guards, ", "));
  for (const RolloutDecision& decision : rollout.decisions) text += DecisionText(decision);
  return text;
}

// Commands.

Result<Output> Start(Context& context, const Arguments& arguments) {
  Rollout rollout;
  rollout.endpoint = *arguments.Get("endpoint");
  rollout.to = *arguments.Get("to");
  rollout.from = arguments.GetOr("from", "");
  rollout.guards = arguments.All("guard");
  SLIPWAY_ASSIGN_OR_RETURN(rollout.steps, ParseSteps(arguments.All("steps")));
  SLIPWAY_ASSIGN_OR_RETURN(rollout.every_ms, ParseEvery(arguments.GetOr("every", "2m")));
  if (const auto text = arguments.Get("min-samples")) {
    const auto samples = ParseInt(*text);
    if (!samples || *samples < 1) return InvalidArgument("--min-samples takes a number from 1");
    rollout.samples_min = *samples;
  }
  rollout.name = arguments.GetOr("name", NewName(rollout.endpoint, rollout.to, context.clock().Now()));
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  const Json body = wire::RolloutToJson(server->scope(), rollout);
  SLIPWAY_ASSIGN_OR_RETURN(const Json answer, SendAs(ActorOf(context, arguments), server->connection(), "PUT",
                                                     PathOf(*server, rollout.name), &body));
  return Printed(answer);
}

Result<std::vector<Rollout>> FetchAll(client::Workspace& server, const std::optional<std::string>& endpoint) {
  const std::string filter = endpoint ? "?endpoint=" + client::Workspace::Segment(*endpoint) : "";
  SLIPWAY_ASSIGN_OR_RETURN(const auto list, server.connection().List(server.Path("/slipway/rollouts" + filter)));
  std::vector<Rollout> rollouts;
  for (const Json& one : list) {
    SLIPWAY_ASSIGN_OR_RETURN(Rollout rollout, wire::RolloutFromJson(one));
    rollouts.push_back(std::move(rollout));
  }
  std::stable_sort(rollouts.begin(), rollouts.end(),
                   [](const Rollout& a, const Rollout& b) { return a.context.created_at > b.context.created_at; });
  return rollouts;
}

Result<Output> List(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const auto rollouts, FetchAll(*server, arguments.Get("endpoint")));
  Json list = Json::array();
  for (const Rollout& rollout : rollouts) list.push_back(SummaryOf(rollout));
  return WithColumns(std::move(list), {{"Name", "/name"},
                                       {"Endpoint", "/endpoint"},
                                       {"From", "/from"},
                                       {"To", "/to"},
                                       {"Status", "/status"},
                                       {"Share", "/share"},
                                       {"Started at", "/started_at"},
                                       {"Reason", "/reason"}});
}

// --name, or the newest of --endpoint.
Result<std::string> NameOf(client::Workspace& server, const Arguments& arguments) {
  if (const auto name = arguments.Get("name")) return *name;
  const std::string endpoint = *arguments.Get("endpoint");
  SLIPWAY_ASSIGN_OR_RETURN(const auto rollouts, FetchAll(server, endpoint));
  if (rollouts.empty()) return NotFound(fmt::format("the endpoint '{}' has had no rollout", endpoint));
  return rollouts.front().name;
}

Result<Output> Show(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const std::string name, NameOf(*server, arguments));
  SLIPWAY_ASSIGN_OR_RETURN(const Json answer, server->connection().Get(PathOf(*server, name)));
  SLIPWAY_ASSIGN_OR_RETURN(const Rollout rollout, wire::RolloutFromJson(answer));
  const bool is_table = context.options().output == "table" && context.options().query.empty();
  return is_table ? Output::Text(TableText(rollout)) : Output::Of(ViewOf(rollout));
}

Command SteeringCommand(std::string_view verb, std::string_view summary, std::vector<Flag> which) {
  which.push_back(ActorFlag());
  Command command = MakeCommand(fmt::format("rollout {}", verb), summary, std::move(which),
                                [verb](Context& context, const Arguments& arguments) -> Result<Output> {
                                  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
                                  SLIPWAY_ASSIGN_OR_RETURN(const std::string name, NameOf(*server, arguments));
                                  SLIPWAY_ASSIGN_OR_RETURN(const Json answer,
                                                           SendAs(ActorOf(context, arguments), server->connection(),
                                                                  "POST", PathOf(*server, name, verb)));
                                  return Printed(answer);
                                });
  command.check = [](const Arguments& arguments) { return RequireOneOf(arguments, {"name", "endpoint"}); };
  return command;
}

Command StartCommand() {
  using Takes = Flag::Takes;
  Command command = MakeCommand(
      "rollout start", "Give a deployment its traffic step by step, as long as guards hold.",
      {{"endpoint", 'e', "Name of the online endpoint.", Takes::kValue, true},
       {"to", 0, "The new deployment.", Takes::kValue, true},
       {"from", 0, "The old deployment. Default: the one that has the traffic."},
       {"steps", 0, "Rising percentages of the new deployment: 5,25,50,100.", Takes::kValues, true},
       {"every", 0, "How long a step takes at least: 90s, 2m, 1h30m. Default: 2m."},
       {"guard", 0,
        "What must hold of the new deployment: 'p99_ms<20', 'error_rate<0.5%', 'p95_ms<1.2x' (times the old one's), "
        "'score_psi<0.2'. May be repeated. Metrics: p50_ms, p95_ms, p99_ms, error_rate, rate_5xx, score_psi.",
        Takes::kValues, true},
       {"min-samples", 0, "Fewer requests of a side decide nothing. Default: 100."},
       NameFlag(false, "Name of the rollout. Default: made of endpoint, deployment and time."),
       ActorFlag()},
      Start);
  command.examples = {
      "slipway rollout start -e credit --to green --steps 5,25,50,100 --every 2m --guard 'p99_ms<20' --guard "
      "'error_rate<0.5%'"};
  return command;
}

}  // namespace

std::vector<Command> RolloutCommands() {
  const Flag endpoint = {"endpoint", 'e', "The newest rollout of this online endpoint."};
  const std::vector<Flag> which = {NameFlag(false, "Name of the rollout."), endpoint};
  Command show = MakeCommand("rollout show", "Show a rollout with its decisions and their evidence.", which, Show);
  show.check = [](const Arguments& arguments) { return RequireOneOf(arguments, {"name", "endpoint"}); };
  return {
      StartCommand(),
      MakeCommand("rollout list", "List rollouts, newest first.", {{"endpoint", 'e', "Of this online endpoint alone."}},
                  List),
      show,
      SteeringCommand("pause", "Leave the traffic as it is until the rollout is resumed.", which),
      SteeringCommand("resume", "Take the present step anew.", which),
      SteeringCommand("promote", "Give the new deployment all traffic now.", which),
      SteeringCommand("abort", "Give the old deployment all traffic now.", which),
  };
}

}  // namespace slipway::cli
