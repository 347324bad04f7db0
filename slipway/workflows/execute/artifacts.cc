#include "slipway/workflows/execute/artifacts.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"
#include "slipway/blobstore/file_stream.h"

namespace slipway::workflows {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::optional<Artifact> ReadArtifact(const fs::path& file) {
  const auto text = ReadFile(file);
  const json read = text ? json::parse(*text, nullptr, false) : json();
  if (!read.is_object()) return std::nullopt;
  try {
    Artifact artifact;
    artifact.name = read.at("name");
    artifact.digest = read.at("digest");
    artifact.files = read.at("files");
    artifact.bytes = read.at("bytes");
    artifact.created_at = ParseTimestamp(read.at("createdAt").get<std::string>()).value_or(Timestamp{});
    artifact.expires_at = ParseTimestamp(read.at("expiresAt").get<std::string>()).value_or(Timestamp{});
    return artifact;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

std::vector<Artifact> ReadAllArtifacts(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed))
    if (entry.path().extension() == ".json" && entry.is_regular_file(failed)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<Artifact> artifacts;
  for (const fs::path& file : files)
    if (auto artifact = ReadArtifact(file)) artifacts.push_back(std::move(*artifact));
  return artifacts;
}

}  // namespace

std::string DigestOf(const std::map<std::string, std::string>& hashes) {
  Sha256 digest;
  for (const auto& [path, hash] : hashes) digest.Update(path + '\0' + hash + '\n');
  return "sha256:" + digest.FinishHex();
}

Status CheckArtifact(const fs::path& folder, const Artifact& artifact) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto files, ListFiles(folder / artifact.name));
  std::map<std::string, std::string> hashes;
  for (const FileEntry& file : files) {
    SLIPWAY_ASSIGN_OR_RETURN(hashes[file.path], blobstore::HashFile(folder / artifact.name / file.path));
  }
  const std::string found = DigestOf(hashes);
  if (found == artifact.digest) return {};
  return DataLoss(fmt::format("the artifact '{}' was tampered with: its digest is {}, it was uploaded with {}",
                              artifact.name, found, artifact.digest));
}

Status CheckArtifactName(const std::string& name) {
  const bool is_bad =
      name.empty() || name.size() > 200 || name[0] == '.' || name.find_first_of("\"<>|*?:\r\n\\/") != std::string::npos;
  if (!is_bad) return {};
  return InvalidArgument(
      fmt::format("'{}' is no name of an artifact: at most 200 characters, none of \" : < > | * ? \\ / "
                  "and line ends, no '.' first",
                  name));
}

Result<std::vector<Artifact>> ListArtifacts(const fs::path& folder, Timestamp now) {
  std::vector<Artifact> artifacts = ReadAllArtifacts(folder);
  std::erase_if(artifacts, [&](const Artifact& each) { return each.expires_at <= now; });
  return artifacts;
}

Status ExpireArtifacts(const fs::path& folder, Timestamp now) {
  for (const Artifact& artifact : ReadAllArtifacts(folder)) {
    if (artifact.expires_at > now) continue;
    SLIPWAY_RETURN_IF_ERROR(RemoveAll(folder / (artifact.name + ".json")));
    SLIPWAY_RETURN_IF_ERROR(RemoveAll(folder / artifact.name));
  }
  return {};
}

Status WriteArtifactDescription(const fs::path& folder, const Artifact& artifact) {
  const json description = {{"name", artifact.name},
                            {"digest", artifact.digest},
                            {"files", artifact.files},
                            {"bytes", artifact.bytes},
                            {"createdAt", FormatTimestamp(artifact.created_at)},
                            {"expiresAt", FormatTimestamp(artifact.expires_at)}};
  return WriteFileAtomic(folder / (artifact.name + ".json"), description.dump());
}

}  // namespace slipway::workflows
