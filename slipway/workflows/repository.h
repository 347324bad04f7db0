// A Git repository on this machine, asked through the program git.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/process/supervisor.h"

namespace slipway::workflows {

// Blocks; not to be used on the supervisor's thread. A value; borrows the supervisor.
class Repository {
 public:
  // kInvalidArgument when `folder` is in no repository. The path becomes the work tree's (or bare repository's) top.
  static Result<Repository> Open(process::Supervisor& supervisor, const std::string& folder);

  const std::string& path() const { return path_; }
  Result<std::string> DefaultBranch() const;
  // The commit that a name means; kNotFound.
  Result<std::string> Resolve(const std::string& name) const;
  // Texts of the workflow files at a commit: .github/workflows/*.yml, *.yaml, and workflows/ likewise.
  Result<std::map<std::string, std::string>> WorkflowFiles(const std::string& commit) const;
  Result<std::string> ReadFile(const std::string& commit, const std::string& path) const;
  // Of a push. `before` "" or zeros: a new branch.
  Result<std::vector<std::string>> ChangedFiles(const std::string& before, const std::string& after,
                                                const std::string& default_branch) const;
  struct Commit {
    std::string id, message, author, email, time;
  };
  Result<Commit> Describe(const std::string& commit) const;

 private:
  Repository(process::Supervisor& supervisor, std::string path) : supervisor_(&supervisor), path_(std::move(path)) {}
  Result<std::string> Git(std::vector<std::string> words) const;

  process::Supervisor* supervisor_;
  std::string path_;
};

}  // namespace slipway::workflows
