// What the nouns' commands have in common: flags, YAML with overrides, ids, generic updates.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "slipway/cli/command.h"
#include "slipway/cli/context.h"
#include "slipway/spec/document.h"

namespace slipway::cli {

using Json = nlohmann::json;

// Flags that recur; their help is the same everywhere.
Flag NameFlag(bool required, std::string_view help = "Name of the resource.");
Flag FileFlag(bool required);
Flag SetFlag();
Flag VersionFlag();
Flag LabelFlag();
Flag NoWaitFlag();
Flag YesFlag();
Flag MaxResultsFlag();
Flag RegistryFlag();
std::vector<Flag> ArchiveListFlags();  // --include-archived, --archived-only
std::vector<Flag> UpdateFlags();       // --set, --add, --remove, --force-string

// `a` and then `b`.
std::vector<Flag> operator+(std::vector<Flag> a, const std::vector<Flag>& b);

// A command that works in a workspace.
Command MakeCommand(std::string_view path, std::string_view summary, std::vector<Flag> flags,
                    std::function<Result<Output>(Context&, const Arguments&)> run);

// A flag whose value goes over the key of the YAML.
struct KeyFlag {
  std::string_view flag;
  std::string_view key;
};
// The --file (or, without one, an empty document), with --set and then `keys` over it.
Result<spec::Document> LoadSpec(const Arguments& arguments, std::span<const KeyFlag> keys);
// A printed object, or one changed by ApplyUpdate, as a document to read again.
Result<spec::Document> DocumentOf(const Json& printed, std::string name);

// Puts the keys of a file over those of a stored object, and --set over both.
Status MergeFile(const Arguments& arguments, const spec::Document& file, spec::Document& stored);

// --set, --add and --remove on a printed object. Values are JSON where they can be, unless --force-string.
Status ApplyUpdate(const Arguments& arguments, Json& printed);

// "one of --file/-f, --name/-n is required" and the like, for Command::check.
Status RequireOneOf(const Arguments& arguments, std::initializer_list<std::string_view> flags);
Status Exclude(const Arguments& arguments, std::string_view a, std::string_view b);

// Adds `id` and `resourceGroup` of an ARM resource to what is printed of it.
Json WithId(Json printed, const Json& arm);

// An Output with the columns of the built-in table.
struct TableColumn {
  std::string title;
  std::string pointer;  // JSON pointer into the element, "/creation_context/created_at"
};
Output WithColumns(Json value, std::vector<TableColumn> columns);

// "name" and "value" parts of KEY=VALUE items.
Result<std::vector<std::pair<std::string, std::string>>> ParsePairs(const std::vector<std::string>& items,
                                                                    std::string_view flag);

// Whose assets a command is about: the workspace's, or with --registry-name the registry's.
Result<client::Workspace*> OwnerOf(Context& context, const Arguments& arguments);

}  // namespace slipway::cli
