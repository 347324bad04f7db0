// Loads YAML files into nodes, with overrides on top.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/spec/node.h"

namespace slipway::spec {

struct Document {
  Node root;
  const Source& source() const { return *root.mark.source; }
};

// A value put over the file's before it is checked: `--set a.b=v`, or a flag such as `--name`.
struct Override {
  std::string path;    // dotted: "settings.default_compute"
  std::string value;   // always text; the schema converts it
  std::string origin;  // shown in complaints: "--set settings.default_compute", "--name"
  // Relative paths in `value` are relative to it; "" = the file's folder.
  std::filesystem::path folder;
};

// Splits "a.b=v" at the first '='. kInvalidArgument without one.
Result<Override> ParseSetting(std::string_view text);

// Limits against hostile documents: 4 MiB, 64 levels, 200,000 nodes after aliases are resolved.
Result<Document> LoadDocument(const std::filesystem::path& file);
// The same from text; `name` and `folder` as in Source.
Result<Document> ParseDocument(std::string_view text, std::string name, std::filesystem::path folder);
// No file: an empty object to put overrides on.
Document EmptyDocument(std::filesystem::path folder);

// Missing middle keys are made; a middle element that is text is refused. An override through a list is refused.
Status Apply(Document& document, std::span<const Override> overrides);

// `path` below the folder of the node that holds it, when it is relative; normalised either way.
std::filesystem::path ResolvePath(const Node& node, std::string_view path);

// The node as block-style YAML text, with keys in order.
std::string EmitYaml(const Node& node);

}  // namespace slipway::spec
