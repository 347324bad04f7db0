// actions/upload-artifact and actions/download-artifact: files that jobs hand to each other, and that stay for people.
#include <fstream>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"
#include "slipway/base/text.h"
#include "slipway/blobstore/file_stream.h"
#include "slipway/workflows/execute/actions.h"
#include "slipway/workflows/execute/artifacts.h"
#include "slipway/workflows/execute/glob.h"

namespace slipway::workflows {
namespace {

namespace fs = std::filesystem;

// Copies and gives the hash of what was copied.
Result<std::string> CopyFile(const fs::path& from, const fs::path& to) {
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(to.parent_path()));
  std::ofstream out(to, std::ios::binary | std::ios::trunc);
  Sha256 hash;
  SLIPWAY_RETURN_IF_ERROR(blobstore::ForEachChunk(from, [&](std::string_view chunk) -> Status {
    hash.Update(chunk);
    out.write(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    return {};
  }));
  out.flush();
  if (!out) return Error(Code::kResourceExhausted, fmt::format("'{}' cannot be written", to.string()));
  return hash.FinishHex();
}

fs::path CommonFolder(const std::vector<fs::path>& paths) {
  fs::path common = paths.front();
  for (const fs::path& path : paths) {
    fs::path shared;
    auto a = common.begin();
    auto b = path.begin();
    for (; a != common.end() && b != path.end() && *a == *b; ++a, ++b) shared /= *a;
    common = shared;
  }
  return common;
}

// What is cut off the files' paths: a folder that was named, or the part before the first wildcard.
fs::path RootOf(const Globbed& found) {
  std::error_code failed;
  const fs::path common = CommonFolder(found.search_paths);
  const bool is_one_file = found.search_paths.size() == 1 && fs::is_regular_file(common, failed);
  return is_one_file ? common.parent_path() : common;
}

Status TakeFiles(const Globbed& found, const fs::path& into, Artifact& artifact) {
  const fs::path root = RootOf(found);
  std::map<std::string, std::string> hashes;
  for (const fs::path& file : found.files) {
    const fs::path relative = file.lexically_relative(fs::is_regular_file(root) ? root.parent_path() : root);
    SLIPWAY_ASSIGN_OR_RETURN(hashes[relative.string()], CopyFile(file, into / relative));
    std::error_code failed;
    artifact.bytes += static_cast<int64_t>(fs::file_size(file, failed));
    ++artifact.files;
  }
  artifact.digest = DigestOf(hashes);
  return {};
}

Result<int64_t> RetentionDays(const ActionCall& call) {
  const std::string text = call.Input("retention-days", "0");
  const auto days = ParseInt(text);
  if (!days || *days < 0 || *days > 3650)
    return InvalidArgument(fmt::format("the input 'retention-days' is a number of days, not '{}'", text));
  return *days == 0 ? 90 : *days;
}

Status ReportNothing(ActionCall& call) {
  const std::string what = call.Input("if-no-files-found", "warn");
  const std::string message =
      fmt::format("no files were found with the path '{}': there is no artifact", call.Input("path"));
  if (what == "error") return NotFound(message);
  if (what == "warn")
    call.warn(message);
  else if (what == "ignore")
    call.log(message);
  else
    return InvalidArgument(fmt::format("the input 'if-no-files-found' is warn, error or ignore, not '{}'", what));
  return {};
}

// The files appear under their name at once; then the description makes the artifact exist.
Status Publish(const fs::path& staged, const ActionCall& call, const Artifact& artifact, bool overwrites) {
  const fs::path folder = call.artifacts / artifact.name;
  std::error_code failed;
  if (overwrites) {
    SLIPWAY_RETURN_IF_ERROR(RemoveAll(call.artifacts / (artifact.name + ".json")));
    SLIPWAY_RETURN_IF_ERROR(RemoveAll(folder));
  }
  if (fs::exists(folder, failed))
    return AlreadyExists(
        fmt::format("the run has an artifact '{}' already: give it another name, or 'overwrite: true'", artifact.name));
  fs::rename(staged, folder, failed);
  if (failed) return FromErrno(failed.value(), folder.string());
  return WriteArtifactDescription(call.artifacts, artifact);
}

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  for (const std::string_view line : Split(text, '\n')) lines.emplace_back(line);
  return lines;
}

Result<fs::path> FolderOfRun(const ActionCall& call) {
  const std::string run = call.Input("run-id");
  if (run.empty()) return call.artifacts;
  const auto id = ParseInt(run);
  if (!id || *id <= 0) return InvalidArgument(fmt::format("the input 'run-id' is a run's number, not '{}'", run));
  return call.artifacts.parent_path().parent_path() / std::to_string(*id) / "artifacts";
}

}  // namespace

Status UploadArtifact(ActionCall& call) {
  Artifact artifact;
  artifact.name = call.Input("name", "artifact");
  SLIPWAY_RETURN_IF_ERROR(CheckArtifactName(artifact.name));
  SLIPWAY_ASSIGN_OR_RETURN(const bool overwrites, call.Flag("overwrite", false));
  SLIPWAY_ASSIGN_OR_RETURN(const bool includes_hidden, call.Flag("include-hidden-files", false));
  SLIPWAY_ASSIGN_OR_RETURN(const int64_t days, RetentionDays(call));
  if (call.Input("path").empty()) return InvalidArgument("the input 'path' is required");
  SLIPWAY_ASSIGN_OR_RETURN(const Globbed found, FindFiles(call.work, LinesOf(call.Input("path")), call.home,
                                                          {.follows_links = true, .includes_hidden = includes_hidden}));
  if (found.files.empty()) return ReportNothing(call);
  SLIPWAY_RETURN_IF_ERROR(MakeDirectories(call.artifacts));
  SLIPWAY_ASSIGN_OR_RETURN(const TemporaryDirectory staging, TemporaryDirectory::Make(call.artifacts));
  SLIPWAY_RETURN_IF_ERROR(TakeFiles(found, staging.path() / "files", artifact));
  artifact.created_at = call.now;
  artifact.expires_at = call.now + std::chrono::hours(24) * days;
  SLIPWAY_RETURN_IF_ERROR(Publish(staging.path() / "files", call, artifact, overwrites));
  call.outputs["artifact-id"] = artifact.name;
  call.outputs["artifact-url"] = "file://" + (call.artifacts / artifact.name).string();
  call.outputs["artifact-digest"] = artifact.digest.substr(7);
  call.log(fmt::format("artifact '{}': {} files, {} bytes, kept for {} days", artifact.name, artifact.files,
                       artifact.bytes, days));
  return {};
}

Status DownloadArtifact(ActionCall& call) {
  SLIPWAY_ASSIGN_OR_RETURN(const fs::path folder, FolderOfRun(call));
  SLIPWAY_ASSIGN_OR_RETURN(const bool merges, call.Flag("merge-multiple", false));
  SLIPWAY_ASSIGN_OR_RETURN(const auto artifacts, ListArtifacts(folder, call.now));
  const std::string name = call.Input("name", call.Input("artifact-ids")), pattern = call.Input("pattern");
  fs::path target = call.Input("path");
  if (target == "~" || call.Input("path").starts_with("~/")) target = call.home / call.Input("path").substr(2);
  target = (call.work / target).lexically_normal();
  std::vector<std::string> names;
  for (const Artifact& artifact : artifacts) names.push_back(artifact.name);
  size_t count = 0;
  for (const Artifact& artifact : artifacts) {
    if (!name.empty() ? artifact.name != name : !pattern.empty() && !GlobMatch(pattern, artifact.name)) continue;
    const bool is_flat = !name.empty() || merges;
    const fs::path into = is_flat ? target : target / artifact.name;
    SLIPWAY_RETURN_IF_ERROR(CheckArtifact(folder, artifact));
    SLIPWAY_RETURN_IF_ERROR(MakeDirectories(into));
    SLIPWAY_RETURN_IF_ERROR(CopyTree(folder / artifact.name, into));
    call.log(fmt::format("artifact '{}': {} files to '{}'", artifact.name, artifact.files, into.string()));
    ++count;
  }
  if (!name.empty() && count == 0)
    return NotFound(fmt::format("there is no artifact '{}'{}{}", name, DidYouMean(name, names),
                                names.empty() ? "; the run has none" : "; there is: " + Join(names, ", ")));
  if (count == 0) call.log("there are no artifacts");
  call.outputs["download-path"] = target.string();
  return {};
}

}  // namespace slipway::workflows
