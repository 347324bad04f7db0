#include "slipway/store/rollout_store.h"

#include <fmt/format.h>

#include "slipway/wire/rollout.h"

namespace slipway::store {
namespace {

using domain::Rollout;
using domain::Scope;

DocumentTable Rollouts() {
  return {"rollouts", "rollout", {"workspace", "name_key"}};
}

Result<Rollout> ReadRollout(const Document& document) {
  SLIPWAY_ASSIGN_OR_RETURN(
      Rollout rollout, AsStored(wire::RolloutFromJson(document.body), fmt::format("the rollout '{}'", document.name)));
  rollout.name = document.name;
  return rollout;
}

}  // namespace

std::vector<std::string> RolloutTableStatements() {
  return {Rollouts().CreateStatement()};
}

SqlRolloutStore::SqlRolloutStore(sql::Database& database) : rollouts_(database, Rollouts()) {}

Status SqlRolloutStore::PutRollout(const Scope& scope, const Rollout& rollout) {
  return rollouts_.Put(scope, rollout.name, wire::RolloutToJson(scope, rollout));
}

Result<Rollout> SqlRolloutStore::GetRollout(const Scope& scope, const std::string& name) {
  SLIPWAY_ASSIGN_OR_RETURN(const Document document, rollouts_.Get(scope, name));
  return ReadRollout(document);
}

Result<std::vector<Rollout>> SqlRolloutStore::ListRollouts(const Scope& scope) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto documents, rollouts_.List(scope));
  return ReadAll<Rollout>(documents, ReadRollout);
}

}  // namespace slipway::store
