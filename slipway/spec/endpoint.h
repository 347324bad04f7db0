// YAML of managed online endpoints and deployments.
#pragma once

#include "slipway/base/result.h"
#include "slipway/domain/endpoint.h"
#include "slipway/spec/document.h"
#include "slipway/spec/references.h"

namespace slipway::spec {

Result<domain::OnlineEndpoint> ReadEndpoint(const Document& document);

struct DeploymentDocument {
  domain::OnlineDeployment deployment;
  AnonymousAssets anonymous;  // an inline environment, an inline model (with a local path still)
};
// Local paths (`code`, an inline model's `path`) are absolute and exist; the scoring script is in the code folder.
Result<DeploymentDocument> ReadDeployment(const Document& document);

}  // namespace slipway::spec
