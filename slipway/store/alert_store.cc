#include "slipway/store/alert_store.h"

#include <fmt/format.h>

#include "slipway/wire/action_group.h"

namespace slipway::store {
namespace {

using domain::ActionGroup;
using domain::AlertFreeze;
using domain::Scope;

constexpr const char* kFreeze = "freeze";

DocumentTable Groups() {
  return {"action_groups", "action group", {"workspace", "name_key"}};
}

DocumentTable Settings() {
  return {"alert_settings", "alert setting", {"workspace", "name_key"}};
}

Result<ActionGroup> ReadGroup(const Document& document) {
  SLIPWAY_ASSIGN_OR_RETURN(ActionGroup group, AsStored(wire::ActionGroupFromArm(document.body),
                                                       fmt::format("the action group '{}'", document.name)));
  group.name = document.name;
  return group;
}

}  // namespace

std::vector<std::string> ActionGroupTableStatements() {
  return {Groups().CreateStatement(), Settings().CreateStatement()};
}

SqlActionGroupStore::SqlActionGroupStore(sql::Database& database)
    : groups_(database, Groups()), settings_(database, Settings()) {}

Status SqlActionGroupStore::PutActionGroup(const Scope& scope, const ActionGroup& group) {
  return groups_.Put(scope, group.name, wire::ActionGroupToArm(scope, group, wire::Secrets::kInclude));
}

Result<ActionGroup> SqlActionGroupStore::GetActionGroup(const Scope& scope, const std::string& name) {
  SLIPWAY_ASSIGN_OR_RETURN(const Document document, groups_.Get(scope, name));
  return ReadGroup(document);
}

Result<std::vector<ActionGroup>> SqlActionGroupStore::ListActionGroups(const Scope& scope) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto documents, groups_.List(scope));
  return ReadAll<ActionGroup>(documents, ReadGroup);
}

Status SqlActionGroupStore::DeleteActionGroup(const Scope& scope, const std::string& name) {
  return groups_.Delete(scope, name);
}

Status SqlActionGroupStore::PutFreeze(const Scope& scope, const std::optional<AlertFreeze>& freeze) {
  if (!freeze) return settings_.Delete(scope, kFreeze);
  return settings_.Put(scope, kFreeze, wire::FreezeToJson(*freeze));
}

Result<std::optional<AlertFreeze>> SqlActionGroupStore::GetFreeze(const Scope& scope) {
  const auto document = settings_.Get(scope, kFreeze);
  if (!document && document.error().code() == Code::kNotFound) return std::optional<AlertFreeze>();
  SLIPWAY_RETURN_IF_ERROR(document);
  SLIPWAY_ASSIGN_OR_RETURN(AlertFreeze freeze, AsStored(wire::FreezeFromJson(document->body), "the freeze switch"));
  return std::optional(std::move(freeze));
}

}  // namespace slipway::store
