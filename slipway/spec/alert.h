// YAML of alert rules and action groups. Slipway's own: Azure's command line has flags for these.
#pragma once

#include <string>

#include "slipway/base/result.h"
#include "slipway/domain/alert.h"
#include "slipway/spec/document.h"
#include "slipway/spec/references.h"

namespace slipway::spec {

struct AlertDocument {
  domain::AlertRule rule;
  // A metric rule's resource as the file names it; whoever knows the workspace makes `rule.resource` of them.
  std::string endpoint_name, deployment_name;
  AnonymousAssets anonymous;
};
// docs/alerts.md has the keys.
Result<AlertDocument> ReadAlertRule(const Document& document);

struct ActionGroupDocument {
  domain::ActionGroup group;
  AnonymousAssets anonymous;
};
Result<ActionGroupDocument> ReadActionGroup(const Document& document);

}  // namespace slipway::spec
