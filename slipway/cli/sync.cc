#include "slipway/cli/sync.h"

#include "slipway/cli/git_state.h"
#include "slipway/wire/asset.h"

namespace slipway::cli {

client::Uploader MakeUploader(Context& context, client::Workspace& server) {
  return client::Uploader(server, [&context](std::string_view line) { context.Note(line); });
}

Status RegisterAnonymous(client::Workspace& server, client::Uploader& uploader,
                         std::vector<domain::AssetVersion> assets) {
  for (domain::AssetVersion& asset : assets) {
    if (server.GetAsset(asset.kind, asset.name, asset.version)) continue;
    if (auto* model = std::get_if<domain::ModelBody>(&asset.body))
      SLIPWAY_RETURN_IF_ERROR(uploader.ReplaceData(model->path, domain::AssetKind::kModel));
    SLIPWAY_RETURN_IF_ERROR(
        server.PutAsset(asset.kind, asset.name, asset.version, wire::AssetVersionToArm(server.scope(), asset)));
  }
  return {};
}

Result<domain::JobSpec> PrepareJob(Context& context, client::Workspace& server, spec::JobDocument document) {
  client::Uploader uploader = MakeUploader(context, server);
  SLIPWAY_RETURN_IF_ERROR(RegisterAnonymous(server, uploader, std::move(document.anonymous)));
  SLIPWAY_RETURN_IF_ERROR(uploader.ReplaceAll(document.job));
  if (!uploader.code_folder().empty())
    for (const auto& [key, value] : GitProperties(uploader.code_folder())) document.job.properties.emplace(key, value);
  return std::move(document.job);
}

}  // namespace slipway::cli
