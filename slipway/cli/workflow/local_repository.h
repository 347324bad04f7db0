// The Git repository that the command line stands in.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/process/supervisor.h"

namespace slipway::cli {

class LocalRepository {
 public:
  // The repository of `folder` ("" = the current one).
  static Result<LocalRepository> Open(const std::string& folder);

  const std::string& top() const { return top_; }
  Result<std::string> Git(std::vector<std::string> words, const std::string& index_file = "") const;
  // "refs/heads/main"; kFailedPrecondition on a detached HEAD.
  Result<std::string> CurrentRef() const;
  bool HasChanges() const;
  // A commit of the files as they are now, .gitignore respected; neither index nor branch is touched.
  Result<std::string> CommitOfFiles() const;

 private:
  LocalRepository(std::unique_ptr<process::Supervisor> supervisor, std::string folder)
      : supervisor_(std::move(supervisor)), top_(std::move(folder)) {}
  std::unique_ptr<process::Supervisor> supervisor_;
  std::string top_;
};

}  // namespace slipway::cli
