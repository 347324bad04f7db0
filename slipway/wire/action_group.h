// Action groups in the shape of Microsoft.Insights/actionGroups, both ways.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "slipway/base/result.h"
#include "slipway/domain/alert.h"
#include "slipway/wire/secrets.h"

namespace slipway::wire {

// "/subscriptions/…/providers/Microsoft.Insights/actionGroups/<name>"; of the resource group of `scope`.
std::string ActionGroupId(const domain::Scope& scope, const std::string& name);

// The whole resource. Beside Azure's webhookReceivers and emailReceivers, in `properties.slipway`: "secrets" (of web
// hooks, by receiver; left out with Secrets::kOmit), "commandReceivers":[{"name","command","timeoutSeconds"}],
// "jobReceivers":[{"name","createJob"}], "workflowReceivers":[{"name","workflow","inputs"}]. Receivers come back in the
// order web hooks, mails, commands, jobs, workflows.
nlohmann::json ActionGroupToArm(const domain::Scope& scope, const domain::ActionGroup& group,
                                Secrets secrets = Secrets::kOmit);
// Receivers of Azure's other kinds (SMS, functions, logic apps, …) are refused with kUnimplemented by their name.
Result<domain::ActionGroup> ActionGroupFromArm(const nlohmann::json& resource);

// {"reason","since","by"}
nlohmann::json FreezeToJson(const domain::AlertFreeze& freeze);
Result<domain::AlertFreeze> FreezeFromJson(const nlohmann::json& json);

}  // namespace slipway::wire
