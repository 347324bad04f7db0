// YAML of assets: data, models, environments, command components.
#pragma once

#include "slipway/base/result.h"
#include "slipway/domain/asset.h"
#include "slipway/spec/document.h"
#include "slipway/spec/references.h"

namespace slipway::spec {

// Local paths in the results are absolute and exist. An Error holds every complaint, each with its position.
Result<domain::AssetVersion> ReadData(const Document& document);
Result<domain::AssetVersion> ReadModel(const Document& document);
Result<domain::AssetVersion> ReadEnvironment(const Document& document);

struct ComponentDocument {
  domain::AssetVersion component;
  AnonymousAssets anonymous;
};
Result<ComponentDocument> ReadComponent(const Document& document);

// An environment without name and version, written where a reference may stand.
domain::AssetVersion ReadInlineEnvironment(const Value& value);
// A model as an object, `{path, type, …}`, in a deployment.
domain::AssetVersion ReadInlineModel(const Value& value);

}  // namespace slipway::spec
