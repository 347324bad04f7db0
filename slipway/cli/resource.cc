#include "slipway/cli/resource.h"

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::cli {

Flag NameFlag(bool required, std::string_view help) {
  return {"name", 'n', help, Flag::Takes::kValue, required};
}

Flag FileFlag(bool required) {
  return {"file", 'f', "Local path to the YAML file with the specification.", Flag::Takes::kValue, required};
}

Flag SetFlag() {
  return {
      "set", 0,
      "Update an object by specifying a property path and value to set. Example: --set property1.property2=<value>.",
      Flag::Takes::kValues};
}

Flag VersionFlag() {
  return {"version", 'v', "Version of the asset."};
}
Flag LabelFlag() {
  return {"label", 'l', "Label of the asset: latest. Mutually exclusive with --version."};
}
Flag NoWaitFlag() {
  return {"no-wait", 0, "Do not wait for the long-running operation to finish.", Flag::Takes::kNothing};
}
Flag YesFlag() {
  return {"yes", 'y', "Do not prompt for confirmation.", Flag::Takes::kNothing};
}
Flag MaxResultsFlag() {
  return {"max-results", 'r', "Max number of results to return."};
}
Flag RegistryFlag() {
  return {"registry-name", 0, "Name of a registry: its asset is meant, not the workspace's."};
}

std::vector<Flag> ArchiveListFlags() {
  return {{"include-archived", 0, "List archived and active ones.", Flag::Takes::kNothing},
          {"archived-only", 0, "List archived ones only.", Flag::Takes::kNothing}};
}

std::vector<Flag> UpdateFlags() {
  return {
      SetFlag(),
      {"add", 0, "Add an object to a list: --add property.list <key=value, string or JSON string>.",
       Flag::Takes::kValues},
      {"remove", 0, "Remove a property, or an element of a list: --remove property.list <index>.",
       Flag::Takes::kValues},
      {"force-string", 0, "Preserve string literals instead of attempting to convert to JSON.", Flag::Takes::kNothing}};
}

std::vector<Flag> operator+(std::vector<Flag> a, const std::vector<Flag>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Command MakeCommand(std::string_view path, std::string_view summary, std::vector<Flag> flags,
                    std::function<Result<Output>(Context&, const Arguments&)> run) {
  Command command;
  command.path = path;
  command.summary = summary;
  command.flags = std::move(flags);
  command.run = std::move(run);
  return command;
}

Result<spec::Document> LoadSpec(const Arguments& arguments, std::span<const KeyFlag> keys) {
  std::error_code ignored;
  const auto here = std::filesystem::current_path(ignored);
  spec::Document document = spec::EmptyDocument(here);
  if (auto file = arguments.Get("file")) {
    SLIPWAY_ASSIGN_OR_RETURN(document, spec::LoadDocument(*file));
  }
  std::vector<spec::Override> overrides;
  for (const std::string& item : arguments.All("set")) {
    SLIPWAY_ASSIGN_OR_RETURN(spec::Override setting, spec::ParseSetting(item));
    overrides.push_back(std::move(setting));
  }
  for (const KeyFlag& key : keys)
    if (auto value = arguments.Get(key.flag))
      overrides.push_back({std::string(key.key), *value, fmt::format("--{}", key.flag), here});
  SLIPWAY_ASSIGN_OR_RETURN(auto tags, ParsePairs(arguments.All("tags"), "tags"));
  for (const auto& [name, value] : tags) overrides.push_back({"tags." + name, value, "--tags", here});
  SLIPWAY_RETURN_IF_ERROR(spec::Apply(document, overrides));
  return document;
}

Result<spec::Document> DocumentOf(const Json& printed, std::string name) {
  std::error_code ignored;
  Json object = printed;
  object.erase("resourceGroup");
  return spec::ParseDocument(object.dump(), std::move(name), std::filesystem::current_path(ignored));
}

Status MergeFile(const Arguments& arguments, const spec::Document& file, spec::Document& stored) {
  for (const auto& [key, node] : file.root.members) {
    if (spec::Node* existing = stored.root.Find(key.text))
      *existing = node;
    else
      stored.root.members.emplace_back(key, node);
  }
  std::vector<spec::Override> overrides;
  for (const std::string& item : arguments.All("set")) {
    SLIPWAY_ASSIGN_OR_RETURN(spec::Override setting, spec::ParseSetting(item));
    overrides.push_back(std::move(setting));
  }
  return spec::Apply(stored, overrides);
}

Status RequireOneOf(const Arguments& arguments, std::initializer_list<std::string_view> flags) {
  std::vector<std::string> names;
  for (std::string_view flag : flags) {
    if (arguments.Has(flag)) return {};
    names.push_back(fmt::format("--{}", flag));
  }
  return InvalidArgument(fmt::format("one of the arguments {} is required", Join(names, ", ")));
}

Status Exclude(const Arguments& arguments, std::string_view a, std::string_view b) {
  if (arguments.Has(a) && arguments.Has(b))
    return InvalidArgument(fmt::format("arguments --{} and --{} exclude each other", a, b));
  return {};
}

Json WithId(Json printed, const Json& arm) {
  if (!arm.is_object() || !arm.contains("id") || !arm["id"].is_string()) return printed;
  const std::string id = arm["id"].get<std::string>();
  printed["id"] = id;
  const auto segments = Split(id, '/');
  for (size_t i = 0; i + 1 < segments.size(); ++i)
    if (EqualsIgnoreCase(segments[i], "resourceGroups")) printed["resourceGroup"] = segments[i + 1];
  return printed;
}

Output WithColumns(Json value, std::vector<TableColumn> columns) {
  Output output = Output::Of(std::move(value));
  output.table_row = [columns = std::move(columns)](const nlohmann::ordered_json& element) {
    nlohmann::ordered_json row = nlohmann::ordered_json::object();
    for (const TableColumn& column : columns) {
      const nlohmann::ordered_json::json_pointer pointer(column.pointer);
      row[column.title] = element.contains(pointer) ? element.at(pointer) : nlohmann::ordered_json(nullptr);
    }
    return row;
  };
  return output;
}

Result<std::vector<std::pair<std::string, std::string>>> ParsePairs(const std::vector<std::string>& items,
                                                                    std::string_view flag) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string& item : items) {
    const size_t equals = item.find('=');
    if (equals == std::string::npos || equals == 0)
      return InvalidArgument(fmt::format("argument --{} takes KEY=VALUE, not '{}'", flag, item));
    pairs.emplace_back(item.substr(0, equals), item.substr(equals + 1));
  }
  return pairs;
}

Result<client::Workspace*> OwnerOf(Context& context, const Arguments& arguments) {
  const auto registry = arguments.Get("registry-name");
  if (registry && registry->empty()) return InvalidArgument("--registry-name is empty: leave it out for the workspace");
  return registry ? context.Registry(*registry) : context.Server();
}

}  // namespace slipway::cli
