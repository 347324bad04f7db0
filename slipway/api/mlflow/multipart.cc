#include "slipway/api/mlflow/multipart.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/base/hash.h"
#include "slipway/base/text.h"

namespace slipway::api::mlflow {
namespace {

namespace fs = std::filesystem;
using domain::Scope;
using nlohmann::json;

constexpr const char* kAbout = "upload.json";
constexpr size_t kIdLength = 32;

bool IsId(const std::string& id) {
  return id.size() == kIdLength && id.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::string PartName(int64_t part) {
  return fmt::format("part-{:05}", part);
}

// With and without the quotes that HTTP puts around it.
std::string BareEtag(std::string_view etag) {
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') etag = etag.substr(1, etag.size() - 2);
  return std::string(etag);
}

}  // namespace

Result<std::string> MultipartUploads::Begin(const Scope& scope, const std::string& path, int64_t part_count) const {
  if (part_count < 1 || part_count > kPartsMax) {
    return InvalidArgument(
        fmt::format("Invalid value {} for parameter 'num_parts': it must be from 1 to {}", part_count, kPartsMax));
  }
  ForgetOld();
  const std::string id = RandomHex(kIdLength / 2);
  const json about = {
      {"workspace", scope.ArmId()}, {"path", path}, {"parts", part_count}, {"begun", FormatTimestamp(clock_.Now())}};
  SLIPWAY_RETURN_IF_ERROR(WriteFileAtomic(folder_ / id / kAbout, about.dump()));
  return id;
}

Result<MultipartUploads::Upload> MultipartUploads::Find(const Scope& scope, const std::string& id) const {
  const auto text = IsId(id) ? ReadFile(folder_ / id / kAbout) : Result<std::string>(NotFound(id));
  const json about = text ? json::parse(*text, nullptr, /*allow_exceptions=*/false) : json();
  if (!about.is_object() || !EqualsIgnoreCase(about.value("workspace", ""), scope.ArmId())) {
    return NotFound(fmt::format("No multipart upload with id '{}'", id));
  }
  return Upload{folder_ / id, about.value("path", ""), about.value("parts", int64_t{0})};
}

Result<MultipartUploads::Upload> MultipartUploads::FindOf(const Scope& scope, const std::string& id,
                                                          const std::string& path) const {
  SLIPWAY_ASSIGN_OR_RETURN(Upload upload, Find(scope, id));
  if (upload.path == path) return upload;
  return InvalidArgument(fmt::format("Multipart upload '{}' is of '{}', not of '{}'", id, upload.path, path));
}

Result<std::string> MultipartUploads::Put(const Scope& scope, const std::string& id, int64_t part,
                                          const std::string& content) const {
  SLIPWAY_ASSIGN_OR_RETURN(const Upload upload, Find(scope, id));
  if (part < 1 || part > upload.part_count) {
    return InvalidArgument(fmt::format("Part {} is not one of the {} parts of this upload", part, upload.part_count));
  }
  const std::string etag = Sha256Hex(content).substr(0, kIdLength);
  SLIPWAY_RETURN_IF_ERROR(WriteFileAtomic(upload.folder / PartName(part), content));
  SLIPWAY_RETURN_IF_ERROR(WriteFileAtomic(upload.folder / (PartName(part) + ".etag"), etag));
  return etag;
}

Result<std::vector<fs::path>> MultipartUploads::Parts(const Scope& scope, const std::string& id,
                                                      const std::string& path, std::vector<Part> parts) const {
  SLIPWAY_ASSIGN_OR_RETURN(const Upload upload, FindOf(scope, id, path));
  std::sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) { return a.number < b.number; });
  if (static_cast<int64_t>(parts.size()) != upload.part_count) {
    return InvalidArgument(
        fmt::format("The upload was begun with {} parts, but {} are named", upload.part_count, parts.size()));
  }
  std::vector<fs::path> files;
  for (const Part& part : parts) {
    const auto expected = static_cast<int64_t>(files.size()) + 1;
    if (part.number != expected) return InvalidArgument(fmt::format("Part {} is missing", expected));
    const fs::path file = upload.folder / PartName(part.number);
    const auto etag = ReadFile(fs::path(file).concat(".etag"));
    if (!etag) return InvalidArgument(fmt::format("Part {} has not been uploaded", part.number));
    if (BareEtag(part.etag) != *etag) {
      return InvalidArgument(
          fmt::format("Part {} was uploaded with ETag {}, not {}", part.number, *etag, BareEtag(part.etag)));
    }
    files.push_back(file);
  }
  return files;
}

Status MultipartUploads::Forget(const Scope& scope, const std::string& id, const std::string& path) const {
  SLIPWAY_ASSIGN_OR_RETURN(const Upload upload, FindOf(scope, id, path));
  return RemoveAll(upload.folder);
}

void MultipartUploads::ForgetOld() const {
  std::error_code failure;
  std::vector<fs::path> old;
  for (fs::directory_iterator at(folder_, failure), end; !failure && at != end; at.increment(failure)) {
    const auto text = ReadFile(at->path() / kAbout);
    const json about = text ? json::parse(*text, nullptr, /*allow_exceptions=*/false) : json();
    const auto begun = ParseTimestamp(about.is_object() ? about.value("begun", "") : "");
    if (begun && clock_.Now() - *begun > kKept) old.push_back(at->path());
  }
  for (const fs::path& upload : old) (void)RemoveAll(upload);  // tried again by the next upload
}

}  // namespace slipway::api::mlflow
