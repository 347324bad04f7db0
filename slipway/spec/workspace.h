// YAML of workspaces, datastores and computes.
#pragma once

#include "slipway/base/result.h"
#include "slipway/domain/common.h"
#include "slipway/spec/document.h"

namespace slipway::spec {

Result<domain::Workspace> ReadWorkspace(const Document& document);
// Of type `local` (Slipway's own), or of an Azure type.
Result<domain::Datastore> ReadDatastore(const Document& document);
Result<domain::Compute> ReadCompute(const Document& document);

}  // namespace slipway::spec
