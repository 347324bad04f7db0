#include "slipway/cli/git_state.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "slipway/base/text.h"
#include "slipway/process/run.h"

namespace slipway::cli {
namespace {

class Git {
 public:
  Git(process::Supervisor& supervisor, const std::filesystem::path& folder)
      : supervisor_(supervisor), environment_(process::CurrentEnvironment()), folder_(folder) {
    environment_["GIT_OPTIONAL_LOCKS"] = "0";
    environment_["GIT_TERMINAL_PROMPT"] = "0";
  }

  // The trimmed output; nullopt when git fails.
  std::optional<std::string> Ask(std::vector<std::string> words) {
    words.insert(words.begin(), {"git", "-C", folder_.string()});
    process::SpawnOptions options;
    options.arguments = std::move(words);
    options.environment = environment_;
    auto result = process::RunToEnd(supervisor_, std::move(options), std::chrono::seconds(10));
    if (!result || !result->exit.ok()) return std::nullopt;
    return std::string(Trim(result->output));
  }

 private:
  process::Supervisor& supervisor_;
  std::map<std::string, std::string> environment_;
  std::filesystem::path folder_;
};

// "https://user:secret@host/…" without what must not be shown.
std::string WithoutCredentials(std::string url) {
  const size_t scheme = url.find("://");
  const size_t at = url.find('@');
  if (scheme != std::string::npos && at != std::string::npos && at < url.find('/', scheme + 3))
    url.erase(scheme + 3, at - scheme - 2);
  return url;
}

}  // namespace

domain::Tags GitProperties(const std::filesystem::path& folder) {
  std::error_code ignored;
  const auto place = std::filesystem::is_directory(folder, ignored) ? folder : folder.parent_path();
  auto supervisor = process::Supervisor::Start();
  if (!supervisor) return {};
  Git git(**supervisor, place);
  auto commit = git.Ask({"rev-parse", "HEAD"});
  if (!commit) return {};
  domain::Tags properties{{"azureml.git.commit", *commit}, {"mlflow.source.git.commit", *commit}};
  if (auto branch = git.Ask({"symbolic-ref", "--short", "-q", "HEAD"})) {
    properties["azureml.git.branch"] = *branch;
    properties["mlflow.source.git.branch"] = *branch;
  }
  if (auto url = git.Ask({"ls-remote", "--get-url"}); url && *url != "origin") {
    properties["azureml.git.repository_uri"] = WithoutCredentials(*url);
    properties["mlflow.source.git.repoURL"] = WithoutCredentials(*url);
  }
  const auto changes = git.Ask({"status", "--porcelain", "--", "."});
  properties["azureml.git.dirty"] = changes && !changes->empty() ? "True" : "False";
  return properties;
}

}  // namespace slipway::cli
