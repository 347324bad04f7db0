// promote model, list, show, approve, reject, rollback.
#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/cli/actor.h"
#include "slipway/cli/commands.h"
#include "slipway/cli/context.h"
#include "slipway/cli/resource.h"
#include "slipway/client/workspace.h"

namespace slipway::cli {
namespace {

// Requests to the promotions of one workspace.
class PromotionServer {
 public:
  static Result<PromotionServer> Connect(Context& context, const Arguments& arguments, std::string workspace) {
    SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
    return PromotionServer(*server, ActorOf(context, arguments), std::move(workspace));
  }

  Result<Json> Send(std::string_view method, const std::string& rest, const Json* body = nullptr) {
    const std::string path = server_->ResourceGroupPath(
        fmt::format("/providers/Microsoft.MachineLearningServices/workspaces/{}/slipway/promotions{}",
                    client::Workspace::Segment(workspace_), rest));
    return SendAs(actor_, server_->connection(), method, path, body);
  }

 private:
  PromotionServer(client::Workspace& server, std::string actor, std::string workspace)
      : server_(&server), actor_(std::move(actor)), workspace_(std::move(workspace)) {}

  client::Workspace* server_;
  std::string actor_, workspace_;
};

std::string NumberText(const Json& row, const char* key) {
  return row.contains(key) && row[key].is_number() ? FormatDouble(row[key].get<double>()) : "-";
}

// Where the model is deployed in the target now.
std::string DeployedText(const Json& deployments, const std::string& version) {
  std::string text;
  bool is_there = false;
  for (const Json& each : deployments) {
    text += fmt::format("  deployed {}/{}: version {}, {} % of the traffic{}\n", each.value("endpoint", ""),
                        each.value("deployment", ""), each.value("version", ""), each.value("traffic", 0),
                        each.value("is_ready", true) ? "" : ", not ready");
    is_there = is_there || each.value("version", "") == version;
  }
  return is_there ? text : text + fmt::format("  version {} is not deployed in the target yet\n", version);
}

// The evidence as lines for people.
std::string EvidenceText(const Json& promotion) {
  const Json& evidence = promotion.at("evidence");
  const Json provenance = evidence.value("provenance", Json::object());
  const Json reports = evidence.value("reports", Json::object());
  const Json data = provenance.value("data", Json::object());
  std::string text = fmt::format("{}:{}", promotion.value("model", ""), promotion.value("version", ""));
  const std::string before = promotion.value("previousVersion", "");
  text += before.empty() ? ", the first in production\n" : fmt::format(" in place of version {}\n", before);
  const Json metrics = evidence.value("metrics", Json::array());
  for (const Json& row : metrics)
    text += fmt::format("  metric {:<24} {:>12}  now {:>12}  difference {}\n", row.value("name", ""),
                        NumberText(row, "candidate"), NumberText(row, "production"), NumberText(row, "difference"));
  for (const auto& [name, uri] : reports.items())
    text += fmt::format("  report {}: {}\n", name, uri.get<std::string>());
  for (const char* key : {"workspace", "job", "pipeline", "commit", "origin"})
    if (provenance.contains(key)) text += fmt::format("  {}: {}\n", key, provenance[key].get<std::string>());
  for (const auto& [input, reference] : data.items())
    text += fmt::format("  data {}: {}\n", input, reference.get<std::string>());
  text += DeployedText(evidence.value("deployments", Json::array()), promotion.value("version", ""));
  const Json signature = evidence.value("signature", Json::object());
  text += fmt::format("  signed with {} ({}{})\n", signature.value("key", ""),
                      signature.value("is_trusted", false) ? "trusted" : "not trusted",
                      signature.value("is_required", false) ? ", required" : "");
  return text;
}

Result<std::pair<std::string, std::string>> ModelArgument(const Arguments& arguments) {
  const std::string text = arguments.GetOr("model", "");
  const size_t colon = text.rfind(':');
  if (colon == 0 || colon == std::string::npos || colon + 1 == text.size())
    return InvalidArgument(fmt::format("'{}' names no version of a model: NAME:VERSION does", text));
  return std::pair(text.substr(0, colon), text.substr(colon + 1));
}

// Deployments do not move by themselves.
void TellWhatServesIt(Context& context, const Json& promotion, const std::string& target) {
  if (promotion.value("status", "") != "Promoted") return;
  const Json evidence = promotion.value("evidence", Json::object());
  std::string endpoint = "ENDPOINT";
  for (const Json& each : evidence.value("deployments", Json::array()))
    if (each.value("traffic", 0) > 0) endpoint = each.value("endpoint", "");
  const std::string name = fmt::format("version-{}", promotion.value("version", ""));
  context.Note(
      fmt::format("To serve it: slipway online-deployment create -f FILE --endpoint-name {0} --name {1} --set "
                  "model=azureml:{2}:{3} -w {4}, then slipway rollout start --endpoint {0} --to {1} --steps 10,50,100 "
                  "--guard 'error_rate<1%' -w {4}",
                  endpoint, name, promotion.value("model", ""), promotion.value("version", ""), target));
}

Result<Output> PromoteModel(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto model, ModelArgument(arguments));
  SLIPWAY_ASSIGN_OR_RETURN(PromotionServer server, PromotionServer::Connect(context, arguments, *arguments.Get("to")));
  Json body = {{"model", model.first},
               {"version", model.second},
               {"from", *arguments.Get("from")},
               {"registry", arguments.GetOr("registry", "")},
               {"environment", arguments.GetOr("environment", "")},
               {"reason", arguments.GetOr("reason", "")},
               {"preview", true}};
  SLIPWAY_ASSIGN_OR_RETURN(const Json preview, server.Send("POST", "", &body));
  context.Note(EvidenceText(preview));
  const auto reviewers = preview.value("reviewers", std::vector<std::string>());
  if (!reviewers.empty() && arguments.Has("yes"))
    return FailedPrecondition(fmt::format("the environment '{}' needs an approval by {}: --yes cannot stand for it",
                                          preview.value("environment", ""), Join(reviewers, " or ")));
  if (reviewers.empty()) {
    SLIPWAY_ASSIGN_OR_RETURN(
        const bool wanted,
        context.Confirm(fmt::format("Promote it to '{}'?", *arguments.Get("to")), arguments.Has("yes")));
    if (!wanted) return Output::Nothing();
  }
  body["preview"] = false;
  SLIPWAY_ASSIGN_OR_RETURN(const Json promotion, server.Send("POST", "", &body));
  if (promotion.value("status", "") == "Waiting")
    context.Note(fmt::format("It waits{}: slipway promote approve --name {} -w {}",
                             reviewers.empty() ? "" : " for " + Join(reviewers, " or "), promotion.value("name", ""),
                             *arguments.Get("to")));
  else
    TellWhatServesIt(context, promotion, *arguments.Get("to"));
  return Output::Of(promotion);
}

Result<Output> ListPromotions(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(PromotionServer server,
                           PromotionServer::Connect(context, arguments, context.scope().workspace));
  SLIPWAY_ASSIGN_OR_RETURN(const Json answer, server.Send("GET", ""));
  return WithColumns(answer.value("value", Json::array()), {{"Name", "/name"},
                                                            {"Model", "/model"},
                                                            {"Version", "/version"},
                                                            {"Status", "/status"},
                                                            {"Asked by", "/requestedBy"},
                                                            {"Decided by", "/decidedBy"},
                                                            {"Before", "/previousVersion"}});
}

Result<Output> ShowPromotion(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(PromotionServer server,
                           PromotionServer::Connect(context, arguments, context.scope().workspace));
  SLIPWAY_ASSIGN_OR_RETURN(const Json promotion,
                           server.Send("GET", "/" + client::Workspace::Segment(*arguments.Get("name"))));
  return Output::Of(promotion);
}

Command ReviewCommand(std::string_view verb, std::string_view summary) {
  return MakeCommand(
      fmt::format("promote {}", verb), summary,
      {NameFlag(true, "Name of the promotion."), {"comment", 0, "Why; kept in the audit log."}, ActorFlag()},
      [verb](Context& context, const Arguments& arguments) -> Result<Output> {
        SLIPWAY_ASSIGN_OR_RETURN(PromotionServer server,
                                 PromotionServer::Connect(context, arguments, context.scope().workspace));
        const Json body = {{"comment", arguments.GetOr("comment", "")}};
        SLIPWAY_ASSIGN_OR_RETURN(
            const Json promotion,
            server.Send("POST", fmt::format("/{}/{}", client::Workspace::Segment(*arguments.Get("name")), verb),
                        &body));
        TellWhatServesIt(context, promotion, context.scope().workspace);
        return Output::Of(promotion);
      });
}

void TellMove(Context& context, const Json& promotion, const Json& move) {
  const std::string endpoint = move.value("endpoint", ""), from = move.value("from", ""), to = move.value("to", "");
  const int share = move.value("traffic", 0);
  if (!to.empty())
    return context.Note(fmt::format("{}: {} % of the traffic went from '{}' back to '{}'", endpoint, share, from, to));
  context.Warn(
      fmt::format("{}: '{}' keeps {} % of the traffic: no deployment of version {} is ready beside it; deploy that "
                  "version, then give it the traffic with `slipway online-endpoint update --name {} --traffic`",
                  endpoint, from, share, promotion.value("previousVersion", ""), endpoint));
}

Result<Output> RollBack(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(PromotionServer server,
                           PromotionServer::Connect(context, arguments, context.scope().workspace));
  const Json body = {{"model", *arguments.Get("name")}, {"reason", arguments.GetOr("reason", "")}};
  SLIPWAY_ASSIGN_OR_RETURN(const Json promotion, server.Send("POST", "/rollback", &body));
  context.Note(fmt::format("Version {} of '{}' is in production again", promotion.value("previousVersion", ""),
                           promotion.value("model", "")));
  for (const Json& move : promotion.value("traffic", Json::array())) TellMove(context, promotion, move);
  return Output::Of(promotion);
}

}  // namespace

std::vector<Command> PromoteCommands() {
  Command model = MakeCommand(
      "promote model", "Take a model version into another workspace through a registry, after its gate.",
      {{"from", 0, "Workspace it comes from.", Flag::Takes::kValue, true},
       {"to", 0, "Workspace it goes to.", Flag::Takes::kValue, true},
       {"registry", 0, "Registry it goes through. Default: the only one."},
       {"environment", 0, "Environment whose gate has to be passed. Default: the one with the target's name."},
       {"reason", 0, "Why; kept in the audit log."},
       ActorFlag(),
       YesFlag()},
      PromoteModel);
  model.positionals = {{"model", "The model and its version: NAME:VERSION, or NAME:latest."}};
  model.examples = {"slipway promote model credit:3 --from staging --to production --registry shared"};
  return {model,
          MakeCommand("promote list", "List the promotions into a workspace, newest first.", {}, ListPromotions),
          MakeCommand("promote show", "Show a promotion with its evidence.", {NameFlag(true)}, ShowPromotion),
          ReviewCommand("approve", "Approve a promotion that waits, and carry it out."),
          ReviewCommand("reject", "Reject a promotion that waits."),
          MakeCommand("promote rollback",
                      "Give production, stage and traffic, back to the version before the last promotion.",
                      {NameFlag(true, "Name of the model."), {"reason", 0, "Why; kept in the audit log."}, ActorFlag()},
                      RollBack)};
}

}  // namespace slipway::cli
