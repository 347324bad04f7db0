#include "slipway/runner/execute/reuse_key.h"

#include <fmt/format.h>

#include "slipway/base/hash.h"

namespace slipway::runner {
namespace {

using Parts = std::map<std::string, std::string>;

constexpr size_t kShownText = 2000;
constexpr std::string_view kDigestPrefix = "sha256:";

std::string Digest(std::string_view hex) {
  return fmt::format("{}{}", kDigestPrefix, hex);
}

// A text that could be taken for a digest is given by its own.
std::string TextPart(const std::string& text) {
  const bool is_shown = text.size() <= kShownText && !text.starts_with(kDigestPrefix);
  return is_shown ? text : Digest(Sha256Hex(text));
}

void PutText(Parts& parts, const std::string& name, const std::string& text) {
  if (!text.empty()) parts[name] = TextPart(text);
}

void PutEnvironment(Parts& parts, const domain::EnvironmentBody& environment) {
  PutText(parts, "environment.image", environment.image);
  PutText(parts, "environment.conda_file", environment.conda_file);
  PutText(parts, "environment.build.path", environment.build_path);
  PutText(parts, "environment.build.dockerfile_path", environment.dockerfile_path);
  const domain::NativeProvider native = environment.native.value_or(domain::NativeProvider{});
  PutText(parts, "environment.provider", native.provider);
  PutText(parts, "environment.build_command", native.build_command);
  for (const auto& [name, value] : native.environment_variables)
    parts["environment.variables." + name] = TextPart(value);
}

Status PutFiles(Parts& parts, const std::string& name, environments::ContentHasher& hasher,
                const std::filesystem::path& folder) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto files, hasher.HashFiles(folder, kListedFiles));
  for (const auto& [path, digest] : files) parts[fmt::format("{}/{}", name, path)] = Digest(digest);
  return {};
}

Status PutInput(Parts& parts, const std::string& key, environments::ContentHasher& hasher, const InputSource& source,
                bool with_data) {
  const std::string name = "inputs." + key;
  if (source.local.empty()) {
    parts[name] = TextPart(source.text);
    return {};
  }
  parts[fmt::format("{}{}", name, kReferenceSuffix)] = TextPart(source.pinned);
  if (!with_data) return {};
  SLIPWAY_ASSIGN_OR_RETURN(const std::string digest, hasher.Hash(source.local));
  parts[name] = Digest(digest);
  std::error_code failure;
  return std::filesystem::is_directory(source.local, failure) ? PutFiles(parts, name, hasher, source.local) : Status();
}

}  // namespace

Result<Parts> ReuseParts(environments::ContentHasher& hasher, const domain::CommandSpec& command,
                         const std::optional<environments::Snapshot>& code, const domain::EnvironmentBody& environment,
                         const std::map<std::string, InputSource>& inputs, bool with_data) {
  Parts parts;
  parts["command"] = TextPart(command.command);
  if (code) {
    parts["code"] = Digest(code->hash);
    SLIPWAY_RETURN_IF_ERROR(PutFiles(parts, "code", hasher, code->folder));
  }
  PutEnvironment(parts, environment);
  for (const auto& [name, value] : command.environment_variables) parts["variables." + name] = TextPart(value);
  for (const auto& [key, source] : inputs) {
    SLIPWAY_RETURN_IF_ERROR(PutInput(parts, key, hasher, source, with_data));
  }
  for (const auto& [key, output] : command.outputs) {
    parts["outputs." + key] = TextPart(fmt::format("type {}, mode {}, path {}, name {}, version {}", output.type,
                                                   output.mode, output.path, output.name, output.version));
  }
  return parts;
}

bool IsKeyPart(std::string_view name) {
  return name.find('/') == std::string_view::npos && !name.ends_with(kReferenceSuffix);
}

// Every name and value with its length, so that no two lists of parts run together into the same bytes.
std::string ReuseKey(const Parts& parts) {
  Sha256 sha;
  sha.Update("command 2");  // the key's own version
  for (const auto& [name, value] : parts) {
    if (IsKeyPart(name)) sha.Update(fmt::format("{}:{}{}:{}", name.size(), name, value.size(), value));
  }
  return sha.FinishHex();
}

}  // namespace slipway::runner
