// The verbs that data, environments, models and components share.
#pragma once

#include <functional>
#include <vector>

#include "slipway/cli/command.h"
#include "slipway/cli/context.h"
#include "slipway/cli/resource.h"
#include "slipway/domain/asset.h"
#include "slipway/domain/reference.h"

namespace slipway::cli {

// What is special about one kind.
struct AssetNoun {
  domain::AssetKind kind;
  std::string_view noun;         // "data"
  std::string_view plural_text;  // "data assets": for help
  // Elements of `list`, from what `show` prints of a version or container.
  std::function<Json(const Json& printed, bool is_container)> list_item;
  std::vector<TableColumn> container_columns, version_columns;
};

// show, list, update, archive, restore.
std::vector<Command> CommonAssetCommands(const AssetNoun& noun);

// A version as `show` prints it.
Result<Json> PrintedAsset(domain::AssetKind kind, const Json& arm);

// Stores the asset; a version of "" becomes the next one. Prints what the server made of it.
Result<Output> StoreAsset(client::Workspace& server, domain::AssetVersion asset);

// The ARM shape of the version that --version or --label names, else the newest.
Result<Json> FetchAsset(Context& context, domain::AssetKind kind, const Arguments& arguments);

// Where an asset's files are, as a path of a datastore: follows job outputs.
Result<domain::DatastorePath> LocateFiles(client::Workspace& server, const std::string& uri, domain::AssetKind kind);

}  // namespace slipway::cli
