// Artifacts of a run on disk: <artifacts>/<name>/… with the files, and <artifacts>/<name>.json about them. Both appear
// at once and are never changed; the description comes last, so an artifact without one does not exist.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/base/time.h"

namespace slipway::workflows {

struct Artifact {
  std::string name;
  std::string digest;  // DigestOf its files
  int64_t files = 0, bytes = 0;
  Timestamp created_at{}, expires_at{};
};

// By name; expired ones left out.
Result<std::vector<Artifact>> ListArtifacts(const std::filesystem::path& folder, Timestamp now);
// Removes those that have expired.
Status ExpireArtifacts(const std::filesystem::path& folder, Timestamp now);

// "sha256:…" over paths, relative to the artifact, and the hashes of their files.
std::string DigestOf(const std::map<std::string, std::string>& hashes);
// Hashes all files of an artifact: kDataLoss when they are not those that were uploaded.
Status CheckArtifact(const std::filesystem::path& folder, const Artifact& artifact);

Status CheckArtifactName(const std::string& name);
Status WriteArtifactDescription(const std::filesystem::path& folder, const Artifact& artifact);

}  // namespace slipway::workflows
