#include "slipway/registry/promotions.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/text.h"
#include "slipway/registry/provenance.h"
#include "slipway/registry/seal.h"

namespace slipway::registry {
namespace {

using domain::AssetKind;
using domain::AssetVersion;
using domain::EnvironmentGate;
using domain::Promotion;
using domain::PromotionStatus;
using domain::Scope;
using nlohmann::json;

constexpr const char* kProduction = "Production";
constexpr const char* kRetired = "Archived";

domain::ModelBody& ModelOf(AssetVersion& version) {
  return std::get<domain::ModelBody>(version.body);
}

// [{"name", "candidate", "production", "difference"}] of all metrics that either has.
json CompareMetrics(const json& candidate, const json& production) {
  std::set<std::string> names;
  for (const json* side : {&candidate, &production})
    if (side->is_object())
      for (const auto& [name, value] : side->items()) names.insert(name);
  json rows = json::array();
  for (const std::string& name : names) {
    json row = {{"name", name}};
    // What was no number when it was recorded is null.
    const bool has_new = candidate.is_object() && candidate.contains(name) && candidate[name].is_number();
    const bool has_old = production.is_object() && production.contains(name) && production[name].is_number();
    if (has_new) row["candidate"] = candidate[name];
    if (has_old) row["production"] = production[name];
    if (has_new && has_old) row["difference"] = candidate[name].get<double>() - production[name].get<double>();
    rows.push_back(std::move(row));
  }
  return rows;
}

bool HasToWait(const std::optional<EnvironmentGate>& gate) {
  return gate && (!gate->reviewers.empty() || gate->wait_minutes > 0);
}

}  // namespace

Result<std::optional<EnvironmentGate>> Promotions::FindGate(const Scope& target, const Scope& from,
                                                            const std::string& name) {
  for (const Scope& scope : {target, from}) {
    auto gate = dependencies_.gates.GetGate(scope, name);
    if (!gate && gate.error().code() != Code::kNotFound) return std::move(gate.error());
    // A gate of the source counts when it is the way into the target.
    if (gate && (scope == target || EqualsIgnoreCase(gate->workspace, target.workspace)))
      return std::optional<EnvironmentGate>(std::move(*gate));
  }
  return std::optional<EnvironmentGate>();
}

Result<std::string> Promotions::RegistryFor(const std::string& asked) {
  if (!asked.empty()) {
    SLIPWAY_ASSIGN_OR_RETURN(const auto registry, dependencies_.registries.Get(asked));
    return registry.scope.registry;
  }
  SLIPWAY_ASSIGN_OR_RETURN(const auto registries, dependencies_.registries.List());
  if (registries.size() == 1) return registries.front().scope.registry;
  if (registries.empty())
    return FailedPrecondition("there is no registry to promote through: `slipway registry create --name …` makes one");
  return InvalidArgument(fmt::format("there are {} registries: name one (--registry)", registries.size()));
}

Result<std::optional<AssetVersion>> Promotions::ProductionVersion(const Scope& target, const std::string& model,
                                                                  const std::string& besides) {
  SLIPWAY_ASSIGN_OR_RETURN(auto versions,
                           dependencies_.assets.ListVersions(target, AssetKind::kModel, model, domain::ListView::kAll));
  for (AssetVersion& version : versions)
    if (EqualsIgnoreCase(ModelOf(version).stage, kProduction) && !EqualsIgnoreCase(version.version, besides))
      return std::optional<AssetVersion>(std::move(version));
  return std::optional<AssetVersion>();
}

json Promotions::ProvenanceIn(const Scope& scope, const AssetVersion& version) {
  const auto address = domain::ParseRegistryAddress(std::get<domain::ModelBody>(version.body).path);
  if (address)
    if (const auto shared = dependencies_.shared.Find(*address)) return ProvenanceOf(*shared);
  return FindProvenance(dependencies_.jobs, dependencies_.runs, scope, version);
}

Result<json> Promotions::EvidenceOf(const Scope& target, const Promotion& promotion, const AssetVersion& candidate,
                                    const std::optional<AssetVersion>& production) {
  json provenance = ProvenanceIn(promotion.from, candidate);
  json evidence = {{"candidate", {{"version", candidate.version}, {"tree_sha256", TreeOf(candidate)}}}};
  const json before = production ? ProvenanceIn(target, *production) : json::object();
  if (production) evidence["production"] = {{"version", production->version}, {"tree_sha256", TreeOf(*production)}};
  evidence["metrics"] = CompareMetrics(provenance.value("metrics", json()), before.value("metrics", json()));
  evidence["reports"] = provenance.value("reports", json::object());
  provenance.erase("metrics");
  provenance.erase("reports");
  evidence["provenance"] = std::move(provenance);
  SLIPWAY_ASSIGN_OR_RETURN(evidence["signature"], dependencies_.shared.SigningStateOf(promotion.registry));
  SLIPWAY_ASSIGN_OR_RETURN(const auto deployed,
                           dependencies_.deployed.Find(target, {promotion.model, promotion.registry}));
  evidence["deployments"] = DeployedToJson(deployed);
  return evidence;
}

Result<Promotion> Promotions::Preview(const Scope& target, const PromotionRequest& request) {
  SLIPWAY_RETURN_IF_ERROR(dependencies_.workspaces.GetWorkspace(target));
  SLIPWAY_RETURN_IF_ERROR(dependencies_.workspaces.GetWorkspace(request.from));
  if (request.from == target) return InvalidArgument("a model is promoted from one workspace into another");
  SLIPWAY_ASSIGN_OR_RETURN(const AssetVersion candidate,
                           dependencies_.registry.Get(request.from, AssetKind::kModel, request.model, request.version));
  Promotion promotion;
  promotion.model = candidate.name;
  promotion.version = candidate.version;
  promotion.from = request.from;
  promotion.requested_by = request.by;
  promotion.comment = request.reason;
  promotion.requested_at = dependencies_.clock.Now();
  promotion.name =
      fmt::format("{}-{}-{}", candidate.name, candidate.version, promotion.requested_at.time_since_epoch().count());
  SLIPWAY_ASSIGN_OR_RETURN(promotion.registry, RegistryFor(request.registry));
  const std::string wanted = request.environment.empty() ? target.workspace : request.environment;
  SLIPWAY_ASSIGN_OR_RETURN(const auto gate, FindGate(target, request.from, wanted));
  if (!gate && !request.environment.empty())
    return NotFound(fmt::format("there is no environment '{}' in the workspace '{}'", wanted, target.workspace));
  if (gate) promotion.gate = gate->name;
  SLIPWAY_ASSIGN_OR_RETURN(const auto production, ProductionVersion(target, candidate.name));
  if (production) promotion.previous_version = production->version;
  if (production && EqualsIgnoreCase(production->version, candidate.version))
    return FailedPrecondition(fmt::format("version '{}' of '{}' is the production version of '{}' already",
                                          candidate.version, candidate.name, target.workspace));
  SLIPWAY_ASSIGN_OR_RETURN(const json evidence, EvidenceOf(target, promotion, candidate, production));
  promotion.evidence = evidence.dump(-1, ' ', false, json::error_handler_t::replace);
  return promotion;
}

Result<std::vector<std::string>> Promotions::ReviewersOf(const Scope& target, const Promotion& promotion) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto gate, FindGate(target, promotion.from, promotion.gate));
  return gate ? gate->reviewers : std::vector<std::string>();
}

Result<Promotion> Promotions::Request(const Scope& target, const PromotionRequest& request) {
  SLIPWAY_ASSIGN_OR_RETURN(Promotion promotion, Preview(target, request));
  SLIPWAY_ASSIGN_OR_RETURN(const auto gate, FindGate(target, request.from, promotion.gate));
  const std::lock_guard lock(deciding_);
  if (!HasToWait(gate)) {
    promotion.status = PromotionStatus::kApproved;
    promotion.decided_by = request.by;
    promotion.decided_at = dependencies_.clock.Now();
  }
  SLIPWAY_RETURN_IF_ERROR(dependencies_.store.PutPromotion(target, promotion));
  SLIPWAY_RETURN_IF_ERROR(Record(target, promotion, "promotion.request", request.by, request.reason));
  if (promotion.status == PromotionStatus::kWaiting) return promotion;
  return CarryOut(target, std::move(promotion));
}

Result<Promotion> Promotions::Review(const Scope& target, const std::string& name, bool approves, const std::string& by,
                                     const std::string& comment) {
  const std::lock_guard lock(deciding_);
  SLIPWAY_ASSIGN_OR_RETURN(Promotion promotion, dependencies_.store.GetPromotion(target, name));
  SLIPWAY_ASSIGN_OR_RETURN(const auto gate, FindGate(target, promotion.from, promotion.gate));
  if (gate) SLIPWAY_RETURN_IF_ERROR(domain::CheckReviewer(*gate, by, promotion.requested_by));
  const bool goes_on = approves && promotion.status == PromotionStatus::kApproved;
  if (promotion.status != PromotionStatus::kWaiting && !goes_on)
    return FailedPrecondition(
        fmt::format("the promotion '{}' is {}", name, domain::PromotionStatusName(promotion.status)));
  const Timestamp now = dependencies_.clock.Now();
  const Timestamp opens = promotion.requested_at + std::chrono::minutes(gate ? gate->wait_minutes : 0);
  if (approves && now < opens)
    return FailedPrecondition(
        fmt::format("the environment '{}' waits until {}", promotion.gate, FormatTimestamp(opens, 0)));
  if (goes_on) return CarryOut(target, std::move(promotion));
  promotion.status = approves ? PromotionStatus::kApproved : PromotionStatus::kRejected;
  promotion.decided_by = by;
  promotion.comment = comment;
  promotion.decided_at = now;
  if (!approves) promotion.ended_at = now;
  SLIPWAY_RETURN_IF_ERROR(dependencies_.store.PutPromotion(target, promotion));
  SLIPWAY_RETURN_IF_ERROR(Record(target, promotion, approves ? "promotion.approve" : "promotion.reject", by, comment));
  return approves ? CarryOut(target, std::move(promotion)) : Result<Promotion>(std::move(promotion));
}

// Another promotion may have been carried out since this one was asked for. Stored before anything changes, as a
// promotion that is carried out again may find the version before retired already.
Status Promotions::NoteVersionBefore(const Scope& target, Promotion& promotion) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto production, ProductionVersion(target, promotion.model, promotion.version));
  if (!production || production->version == promotion.previous_version) return {};
  promotion.previous_version = production->version;
  return dependencies_.store.PutPromotion(target, promotion);
}

// Every step may be repeated: a promotion that was cut short is carried out again from the beginning.
Result<Promotion> Promotions::CarryOut(const Scope& target, Promotion promotion) {
  SLIPWAY_RETURN_IF_ERROR(NoteVersionBefore(target, promotion));
  ShareRequest share;
  share.name = promotion.model;
  share.version = promotion.version;
  share.registry = promotion.registry;
  share.by = promotion.requested_by;
  share.approved_by = promotion.decided_by;
  SLIPWAY_ASSIGN_OR_RETURN(StoredVersion shared, dependencies_.sharing.Share(promotion.from, share));
  AssetVersion version = shared.version;
  ModelOf(version).path =
      domain::RegistryAddress{promotion.registry, AssetKind::kModel, version.name, version.version}.ToString();
  ModelOf(version).stage = kProduction;
  std::erase_if(version.properties, [](const auto& property) { return property.first.starts_with(kOwnPrefix); });
  version.properties["slipway.promotion"] = promotion.name;
  version.properties["slipway.approved_by"] = promotion.decided_by;
  SLIPWAY_RETURN_IF_ERROR(With(dependencies_.registry.Register(target, std::move(version)),
                               fmt::format("the workspace '{}'", target.workspace)));
  if (!promotion.previous_version.empty())
    SLIPWAY_RETURN_IF_ERROR(SetStage(target, promotion.model, promotion.previous_version, kRetired));
  promotion.status = PromotionStatus::kPromoted;
  promotion.ended_at = dependencies_.clock.Now();
  SLIPWAY_RETURN_IF_ERROR(dependencies_.store.PutPromotion(target, promotion));
  SLIPWAY_RETURN_IF_ERROR(Record(target, promotion, "promotion.promote", promotion.decided_by, promotion.comment));
  return promotion;
}

Status Promotions::SetStage(const Scope& target, const std::string& model, const std::string& version,
                            const std::string& stage) {
  SLIPWAY_ASSIGN_OR_RETURN(AssetVersion stored,
                           dependencies_.assets.GetVersion(target, AssetKind::kModel, model, version));
  ModelOf(stored).stage = stage;
  stored.context.last_modified_at = dependencies_.clock.Now();
  return dependencies_.assets.UpdateVersion(target, stored);
}

Result<Promotion> Promotions::LastCarriedOut(const Scope& target, const std::string& model) {
  SLIPWAY_ASSIGN_OR_RETURN(auto promotions, dependencies_.store.ListPromotions(target));
  std::erase_if(promotions, [&](const Promotion& promotion) {
    return !EqualsIgnoreCase(promotion.model, model) || promotion.status != PromotionStatus::kPromoted;
  });
  // Not the last that was asked for: that may have been carried out before others.
  const auto last = std::max_element(promotions.begin(), promotions.end(),
                                     [](const Promotion& a, const Promotion& b) { return a.ended_at < b.ended_at; });
  if (last == promotions.end())
    return NotFound(fmt::format("no promotion of '{}' into '{}' can be rolled back", model, target.workspace));
  if (last->previous_version.empty())
    return FailedPrecondition(fmt::format("version '{}' was the first of '{}' in production: there is none before it",
                                          last->version, last->model));
  return std::move(*last);
}

Result<RolledBack> Promotions::RollBack(const Scope& target, const std::string& model, const std::string& by,
                                        const std::string& reason) {
  const std::lock_guard lock(deciding_);
  SLIPWAY_ASSIGN_OR_RETURN(Promotion last, LastCarriedOut(target, model));
  // Callers come first: what they get is what somebody rolls back for.
  SLIPWAY_ASSIGN_OR_RETURN(auto moves, dependencies_.deployed.MoveTraffic(target, {last.model, last.registry},
                                                                          last.version, last.previous_version));
  SLIPWAY_RETURN_IF_ERROR(SetStage(target, last.model, last.previous_version, kProduction));
  SLIPWAY_RETURN_IF_ERROR(SetStage(target, last.model, last.version, kRetired));
  last.status = PromotionStatus::kRolledBack;
  last.ended_at = dependencies_.clock.Now();
  SLIPWAY_RETURN_IF_ERROR(dependencies_.store.PutPromotion(target, last));
  SLIPWAY_RETURN_IF_ERROR(Record(target, last, "promotion.rollback", by, reason, moves));
  return RolledBack{std::move(last), std::move(moves)};
}

Status Promotions::Record(const Scope& target, const Promotion& promotion, std::string action, const std::string& by,
                          const std::string& reason, const std::vector<TrafficMove>& moves) {
  domain::AuditEntry entry;
  entry.time = dependencies_.clock.Now();
  entry.action = std::move(action);
  entry.actor = by;
  entry.scope = target.ArmId();
  entry.subject = fmt::format("azureml:{}:{}", promotion.model, promotion.version);
  entry.reason = reason;
  entry.evidence = {{"promotion", promotion.name},
                    {"from", promotion.from.ArmId()},
                    {"registry", promotion.registry},
                    {"production_before", promotion.previous_version},
                    {"shown", promotion.evidence}};
  if (!promotion.gate.empty()) entry.evidence["environment"] = promotion.gate;
  if (!moves.empty()) entry.evidence["traffic"] = MovesToJson(moves).dump();
  SLIPWAY_RETURN_IF_ERROR(dependencies_.audit.Record(std::move(entry)));
  return {};
}

}  // namespace slipway::registry
