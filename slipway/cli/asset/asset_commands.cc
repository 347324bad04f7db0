#include "slipway/cli/asset/asset_commands.h"

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/cli/actor.h"
#include "slipway/client/workspace.h"
#include "slipway/spec/asset.h"
#include "slipway/spec/print.h"
#include "slipway/wire/asset.h"
#include "slipway/wire/job.h"

namespace slipway::cli {
namespace {

using domain::AssetKind;

constexpr int kVersionAttempts = 3;  // when others create versions of the same name at the same time

std::string AssetPath(AssetKind kind, const std::string& name) {
  return fmt::format("/{}/{}", domain::AssetCollection(kind), client::Workspace::Segment(name));
}

std::string VersionPath(AssetKind kind, const std::string& name, const std::string& version) {
  return fmt::format("{}/versions/{}", AssetPath(kind, name), client::Workspace::Segment(version));
}

const char* ListView(const Arguments& arguments) {
  if (arguments.Has("archived-only")) return "ArchivedOnly";
  return arguments.Has("include-archived") ? "All" : "ActiveOnly";
}

Result<size_t> MaxResults(const Arguments& arguments) {
  auto given = arguments.Get("max-results");
  if (!given) return size_t{0};
  auto limit = ParseInt(*given);
  if (!limit || *limit < 1)
    return InvalidArgument(fmt::format("--max-results takes a number from 1, not '{}'", *given));
  return static_cast<size_t>(*limit);
}

Result<std::string> VersionOf(client::Workspace& server, AssetKind kind, const Arguments& arguments) {
  if (auto version = arguments.Get("version")) return *version;
  if (auto label = arguments.Get("label"); label && !EqualsIgnoreCase(*label, "latest"))
    return InvalidArgument(fmt::format("'{}' is not a label: latest is", *label));
  return server.LatestVersion(kind, *arguments.Get("name"));
}

Result<Output> Show(AssetKind kind, Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(const Json arm, FetchAsset(context, kind, arguments));
  SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedAsset(kind, arm));
  return Output::Of(std::move(printed));
}

Result<Output> List(const AssetNoun& noun, Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, OwnerOf(context, arguments));
  SLIPWAY_ASSIGN_OR_RETURN(const size_t limit, MaxResults(arguments));
  const auto name = arguments.Get("name");
  const std::string base =
      name ? AssetPath(noun.kind, *name) + "/versions" : fmt::format("/{}", domain::AssetCollection(noun.kind));
  SLIPWAY_ASSIGN_OR_RETURN(
      const auto items,
      server->connection().List(server->Path(fmt::format("{}?listViewType={}", base, ListView(arguments))), limit));
  Json list = Json::array();
  for (const Json& arm : items) {
    Json printed;
    if (name) {
      SLIPWAY_ASSIGN_OR_RETURN(printed, PrintedAsset(noun.kind, arm));
    } else {
      SLIPWAY_ASSIGN_OR_RETURN(const auto container, wire::AssetContainerFromArm(noun.kind, arm));
      printed = WithId(spec::ToJson(container), arm);
    }
    list.push_back(noun.list_item ? noun.list_item(printed, !name) : printed);
  }
  return WithColumns(std::move(list), name ? noun.version_columns : noun.container_columns);
}

Result<domain::AssetVersion> ReadAsset(AssetKind kind, const spec::Document& document) {
  switch (kind) {
    case AssetKind::kData:
      return spec::ReadData(document);
    case AssetKind::kModel:
      return spec::ReadModel(document);
    case AssetKind::kEnvironment:
      return spec::ReadEnvironment(document);
    default: {
      SLIPWAY_ASSIGN_OR_RETURN(auto component, spec::ReadComponent(document));
      return std::move(component.component);
    }
  }
}

Result<Output> Update(AssetKind kind, Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(Json arm, FetchAsset(context, kind, arguments));
  SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedAsset(kind, arm));
  SLIPWAY_RETURN_IF_ERROR(ApplyUpdate(arguments, printed));
  if (auto stage = arguments.Get("stage")) printed["stage"] = *stage;
  SLIPWAY_ASSIGN_OR_RETURN(const spec::Document document, DocumentOf(printed, "--set"));
  SLIPWAY_ASSIGN_OR_RETURN(const domain::AssetVersion asset, ReadAsset(kind, document));
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, OwnerOf(context, arguments));
  Json body = wire::AssetVersionToArm(server->scope(), asset);
  body["properties"]["isArchived"] = arm["properties"].value("isArchived", false);
  SLIPWAY_ASSIGN_OR_RETURN(arm, server->PutAsset(kind, asset.name, asset.version, body));
  SLIPWAY_ASSIGN_OR_RETURN(printed, PrintedAsset(kind, arm));
  return Output::Of(std::move(printed));
}

Result<Output> SetArchived(AssetKind kind, bool is_archived, Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, OwnerOf(context, arguments));
  const std::string name = *arguments.Get("name");
  std::string path = AssetPath(kind, name);
  if (arguments.Has("version") || arguments.Has("label")) {
    SLIPWAY_ASSIGN_OR_RETURN(const std::string version, VersionOf(*server, kind, arguments));
    path = VersionPath(kind, name, version);
  }
  SLIPWAY_ASSIGN_OR_RETURN(Json arm, server->connection().Get(server->Path(path)));
  arm["properties"]["isArchived"] = is_archived;
  SLIPWAY_RETURN_IF_ERROR(server->connection().Put(server->Path(path), arm));
  return Output::Nothing();
}

Result<Output> Share(AssetKind kind, Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  const Json body = {{"kind", domain::AssetCollection(kind)},
                     {"name", *arguments.Get("name")},
                     {"version", *arguments.Get("version")},
                     {"registry", *arguments.Get("registry-name")},
                     {"shareWithName", arguments.GetOr("share-with-name", "")},
                     {"shareWithVersion", arguments.GetOr("share-with-version", "")}};
  SLIPWAY_ASSIGN_OR_RETURN(const Json arm, SendAs(ActorOf(context, arguments), server->connection(), "POST",
                                                  server->Path("/slipway/share"), &body));
  SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedAsset(kind, arm));
  return Output::Of(std::move(printed));
}

Command ShareCommand(AssetKind kind, std::string_view noun) {
  Flag version = VersionFlag(), registry = RegistryFlag();
  version.required = registry.required = true;
  registry.help = "Name of the registry to share with.";
  Command command = MakeCommand(
      fmt::format("{} share", noun), "Copy one version into a registry, from where other workspaces use it.",
      {NameFlag(true, "Name of the asset."),
       version,
       registry,
       {"share-with-name", 0, "Name in the registry. Default: the same."},
       {"share-with-version", 0, "Version in the registry. Default: the same."},
       ActorFlag()},
      [kind](Context& context, const Arguments& arguments) { return Share(kind, context, arguments); });
  command.examples = {
      "az ml model share -n credit -v 3 --registry-name prod --share-with-name credit "
      "--share-with-version 3"};
  return command;
}

Status CheckVersionAndLabel(const Arguments& arguments) {
  return Exclude(arguments, "version", "label");
}

}  // namespace

Result<Json> PrintedAsset(AssetKind kind, const Json& arm) {
  SLIPWAY_ASSIGN_OR_RETURN(const domain::AssetVersion asset, wire::AssetVersionFromArm(kind, arm));
  return WithId(spec::ToJson(asset), arm);
}

Result<Json> FetchAsset(Context& context, AssetKind kind, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, OwnerOf(context, arguments));
  SLIPWAY_ASSIGN_OR_RETURN(const std::string version, VersionOf(*server, kind, arguments));
  return server->GetAsset(kind, *arguments.Get("name"), version);
}

Result<Output> StoreAsset(client::Workspace& server, domain::AssetVersion asset) {
  const bool picks_version = asset.version.empty();
  for (int attempt = 1;; ++attempt) {
    if (picks_version) {
      SLIPWAY_ASSIGN_OR_RETURN(asset.version, server.NextVersion(asset.kind, asset.name));
    }
    auto arm = server.PutAsset(asset.kind, asset.name, asset.version, wire::AssetVersionToArm(server.scope(), asset));
    if (arm) {
      SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedAsset(asset.kind, *arm));
      return Output::Of(std::move(printed));
    }
    if (!picks_version || attempt == kVersionAttempts || arm.error().code() != Code::kConflict)
      return std::move(arm.error());
  }
}

Result<domain::DatastorePath> LocateFiles(client::Workspace& server, const std::string& uri, AssetKind kind) {
  SLIPWAY_ASSIGN_OR_RETURN(const domain::Reference reference, domain::ParseReference(uri, kind));
  if (auto* path = std::get_if<domain::DatastorePath>(&reference)) return *path;
  auto* output = std::get_if<domain::JobOutputPath>(&reference);
  if (!output) return Unimplemented(fmt::format("downloading from '{}' is not supported yet", uri));
  SLIPWAY_ASSIGN_OR_RETURN(const Json job, server.Get("jobs", output->job));
  SLIPWAY_ASSIGN_OR_RETURN(const domain::Job read, wire::JobFromArm(job));
  auto found = read.output_uris.find(output->output);
  if (found == read.output_uris.end())
    return NotFound(fmt::format("the job '{}' has no output '{}'", output->job, output->output));
  SLIPWAY_ASSIGN_OR_RETURN(domain::DatastorePath base, LocateFiles(server, found->second, AssetKind::kData));
  if (!base.path.empty() && !base.path.ends_with('/')) base.path += '/';
  base.path += output->path;
  return base;
}

std::vector<Command> CommonAssetCommands(const AssetNoun& noun) {
  const AssetKind kind = noun.kind;
  auto make = [&](std::string_view verb, std::string_view summary, std::vector<Flag> flags, auto run) {
    Command command;
    command.path = fmt::format("{} {}", noun.noun, verb);
    command.summary = summary;
    command.flags = std::move(flags);
    command.run = std::move(run);
    command.check = CheckVersionAndLabel;
    return command;
  };
  const std::vector<Flag> which = {NameFlag(true, "Name of the asset."), VersionFlag(), LabelFlag(), RegistryFlag()};
  std::vector<Flag> list =
      std::vector<Flag>{NameFlag(false, "Name of the asset: lists its versions."), MaxResultsFlag(), RegistryFlag()} +
      ArchiveListFlags();
  std::vector<Flag> update = which + UpdateFlags();
  if (kind == AssetKind::kModel) {
    list.push_back({"stage", 's', "Stage of the model."});
    update.push_back({"stage", 's', "Stage of the model."});
  }
  return {
      make("show", "Show details of one version.", which,
           [kind](Context& context, const Arguments& arguments) { return Show(kind, context, arguments); }),
      make("list", "List names, or the versions of one, newest first.", list,
           [noun](Context& context, const Arguments& arguments) { return List(noun, context, arguments); }),
      make("update", "Update description, tags and the like of one version.", update,
           [kind](Context& context, const Arguments& arguments) { return Update(kind, context, arguments); }),
      make(
          "archive", "Hide one version, or all of a name, from lists.", which,
          [kind](Context& context, const Arguments& arguments) { return SetArchived(kind, true, context, arguments); }),
      make("restore", "Show an archived version, or name, in lists again.", which,
           [kind](Context& context, const Arguments& arguments) {
             return SetArchived(kind, false, context, arguments);
           }),
      ShareCommand(kind, noun.noun),
  };
}

}  // namespace slipway::cli
