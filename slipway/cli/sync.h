// From files to resources: uploads, inline assets, the job or deployment itself.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "slipway/base/result.h"
#include "slipway/cli/context.h"
#include "slipway/client/prepare.h"
#include "slipway/domain/asset.h"
#include "slipway/spec/job.h"

namespace slipway::cli {

// Reports uploads on stderr.
client::Uploader MakeUploader(Context& context, client::Workspace& server);

// Registers assets that a file defines inline (uploading their local paths) unless they are there already.
Status RegisterAnonymous(client::Workspace& server, client::Uploader& uploader,
                         std::vector<domain::AssetVersion> assets);

// Uploads what the job names locally, registers its inline environments and adds the code's git state.
Result<domain::JobSpec> PrepareJob(Context& context, client::Workspace& server, spec::JobDocument document);

}  // namespace slipway::cli
