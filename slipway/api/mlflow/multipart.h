// Uploads in parts: kept in a folder of the server until all are there, then joined to the artifact at once. For this
// folder's own files.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/domain/common.h"

namespace slipway::api::mlflow {

// Thread-safe: uploads know nothing of each other. Ids are made here; one that a client makes up is kNotFound.
class MultipartUploads {
 public:
  static constexpr int64_t kPartsMax = 10'000;
  // Uploads that nobody has completed after this long are forgotten.
  static constexpr std::chrono::hours kKept{7 * 24};

  MultipartUploads(std::filesystem::path folder, const Clock& clock) : folder_(std::move(folder)), clock_(clock) {}

  // An upload of `part_count` parts to the artifact `path` of a workspace; gives its id.
  Result<std::string> Begin(const domain::Scope& scope, const std::string& path, int64_t part_count) const;
  // Stores a part, replacing an earlier try; gives its ETag.
  Result<std::string> Put(const domain::Scope& scope, const std::string& id, int64_t part,
                          const std::string& content) const;

  struct Part {
    int64_t number = 0;
    std::string etag;
  };
  // The files of the parts in order. kInvalidArgument unless every part is named once, with the ETag it was answered,
  // and `path` is the upload's.
  Result<std::vector<std::filesystem::path>> Parts(const domain::Scope& scope, const std::string& id,
                                                   const std::string& path, std::vector<Part> parts) const;
  Status Forget(const domain::Scope& scope, const std::string& id, const std::string& path) const;

 private:
  struct Upload {
    std::filesystem::path folder;
    std::string path;
    int64_t part_count = 0;
  };
  Result<Upload> Find(const domain::Scope& scope, const std::string& id) const;
  Result<Upload> FindOf(const domain::Scope& scope, const std::string& id, const std::string& path) const;
  void ForgetOld() const;

  const std::filesystem::path folder_;
  const Clock& clock_;
};

}  // namespace slipway::api::mlflow
