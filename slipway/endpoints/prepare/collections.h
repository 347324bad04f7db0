// The data assets of a deployment's data collector: one a collection, of type uri_folder, so that what is collected is
// an input of jobs like any other data.
#pragma once

#include <map>
#include <string>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/domain/endpoint.h"
#include "slipway/domain/stores.h"
#include "slipway/endpoints/plan/placement.h"
#include "slipway/registry/catalog.h"

namespace slipway::endpoints {

// Fills in what the enabled collections leave open: the data asset `<endpoint>-<deployment>-<collection>`, version 1,
// at `modelDataCollector/<endpoint>/<deployment>/<collection>` of the default datastore. A name that is a reference
// ("azureml:n:1", an ARM id) stands for the asset it names. kInvalidArgument when the asset is there with another path.
Status PinCollections(registry::Catalog& catalog, domain::AssetStore& assets, const domain::Scope& scope,
                      domain::OnlineDeployment& deployment);

// Registers the assets that are missing, makes their folders, and gives these by collection. For pinned collections.
Result<std::map<std::string, Folder>> RegisterCollections(registry::Catalog& catalog, domain::AssetStore& assets,
                                                          Timestamp now, const domain::Scope& scope,
                                                          const domain::OnlineDeployment& deployment);

// Where a script's console lines go that are too long for a log record; not made yet. kUnimplemented when the default
// datastore is not local.
Result<Folder> FolderOfLongLines(registry::Catalog& catalog, const domain::Scope& scope,
                                 const domain::OnlineDeployment& deployment);

}  // namespace slipway::endpoints
