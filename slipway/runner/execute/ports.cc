#include "slipway/runner/execute/ports.h"

#include <fmt/format.h>

#include "slipway/base/file.h"

namespace slipway::runner {
namespace {

namespace fs = std::filesystem;
using domain::DataInput;
using domain::JobOutput;
using domain::Literal;

Status CheckData(const DataInput& data, const fs::path& path) {
  std::error_code failure;
  const bool is_folder = fs::is_directory(path, failure);
  if (!fs::exists(path, failure)) {
    return NotFound(fmt::format("'{}' is not there ({})", data.path, path.string()));
  }
  const bool wants_file = data.type == "uri_file";
  if (wants_file == !is_folder) return {};
  // A model may be one file.
  if (!is_folder && data.type == "custom_model") return {};
  return InvalidArgument(
      fmt::format("'{}' is a {}, but the input's type is {}", data.path, is_folder ? "folder" : "file", data.type));
}

Result<InputSource> Locate(registry::Catalog& catalog, const domain::Scope& scope, const DataInput& data) {
  InputSource source;
  source.pinned = data.path;
  SLIPWAY_ASSIGN_OR_RETURN(const std::string uri, catalog.UriOf(scope, data.path, data.type));
  if (data.mode == "direct") {
    source.text = uri;
    return source;
  }
  SLIPWAY_ASSIGN_OR_RETURN(source.local, catalog.LocalPath(scope, uri));
  SLIPWAY_RETURN_IF_ERROR(CheckData(data, source.local));
  source.text = source.local.string();
  source.is_copied = data.mode == "download";
  source.is_writable = data.mode == "rw_mount";
  return source;
}

// Whether the place was given by the user rather than derived from the job's name.
bool IsExplicit(const JobOutput& output) {
  return !output.path.empty() || output.binding.has_value();
}

Status MakeOutput(const JobOutput& output, const fs::path& path) {
  if (!IsExplicit(output)) SLIPWAY_RETURN_IF_ERROR(RemoveAll(path));
  return MakeDirectories(output.type == "uri_file" ? path.parent_path() : path);
}

}  // namespace

Result<std::map<std::string, InputSource>> LocateInputs(registry::Catalog& catalog, const domain::Scope& scope,
                                                        const domain::CommandSpec& command) {
  std::map<std::string, InputSource> sources;
  for (const auto& [key, input] : command.inputs) {
    const std::string where = fmt::format("input '{}'", key);
    if (const auto* literal = std::get_if<Literal>(&input)) {
      sources[key] = InputSource{literal->text, literal->text, {}};
    } else if (const auto* data = std::get_if<DataInput>(&input)) {
      SLIPWAY_ASSIGN_OR_RETURN(sources[key], With(Locate(catalog, scope, *data), where));
    } else {
      return Internal(where + " is still bound to a step");
    }
  }
  return sources;
}

Result<std::map<std::string, std::string>> PlaceInputs(const std::map<std::string, InputSource>& sources,
                                                       const RunFolder& folder) {
  std::map<std::string, std::string> values;
  for (const auto& [key, source] : sources) {
    values[key] = source.text;
    if (!source.is_copied) continue;
    const fs::path copy = folder.inputs() / key / source.local.filename();
    SLIPWAY_RETURN_IF_ERROR(MakeDirectories(copy.parent_path()));
    SLIPWAY_RETURN_IF_ERROR(With(CopyTree(source.local, copy), fmt::format("copying input '{}'", key)));
    values[key] = copy.string();
  }
  return values;
}

Result<std::map<std::string, std::string>> PlaceOutputs(registry::Catalog& catalog, const domain::Scope& scope,
                                                        const domain::Job& job, const RunFolder& folder) {
  std::map<std::string, std::string> values;
  for (const auto& [key, output] : std::get<domain::CommandSpec>(job.spec.body).outputs) {
    const std::string& uri = job.output_uris.at(key);
    if (output.mode == "direct") {
      values[key] = uri;
      continue;
    }
    const bool is_uploaded = output.mode == "upload";
    SLIPWAY_ASSIGN_OR_RETURN(fs::path path, With(catalog.LocalPath(scope, uri), fmt::format("output '{}'", key)));
    if (is_uploaded) path = folder.uploads() / key;
    SLIPWAY_RETURN_IF_ERROR(With(MakeOutput(output, path), fmt::format("output '{}'", key)));
    values[key] = path.string();
  }
  return values;
}

Status MoveUploads(registry::Catalog& catalog, const domain::Scope& scope, const domain::Job& job,
                   const RunFolder& folder) {
  for (const auto& [key, output] : std::get<domain::CommandSpec>(job.spec.body).outputs) {
    const fs::path from = folder.uploads() / key;
    std::error_code failure;
    if (output.mode != "upload" || !fs::exists(from, failure)) continue;
    SLIPWAY_ASSIGN_OR_RETURN(const fs::path to, catalog.LocalPath(scope, job.output_uris.at(key)));
    SLIPWAY_RETURN_IF_ERROR(MakeOutput(output, to));
    SLIPWAY_RETURN_IF_ERROR(With(CopyTree(from, to), fmt::format("uploading output '{}'", key)));
  }
  return {};
}

}  // namespace slipway::runner
