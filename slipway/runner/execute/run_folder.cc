#include "slipway/runner/execute/run_folder.h"

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"

namespace slipway::runner {
namespace {

// $0 is the run folder. The exit code appears at once (rename), so that a reader never sees half of it.
constexpr const char* kWrapper =
    "echo $$ >\"$0/pid\"; \"$1\" \"$0/command.sh\"; code=$?; "
    "echo $code >\"$0/exit.new\" && mv \"$0/exit.new\" \"$0/exit\"; exit $code";

std::optional<long long> ReadNumber(const std::filesystem::path& path) {
  const auto text = ReadFile(path);
  return text ? ParseInt(Trim(*text)) : std::nullopt;
}

bool EnvironmentNames(int64_t pid, const std::string& job) {
  const auto environment = ReadFile(fmt::format("/proc/{}/environ", pid));
  if (!environment) return false;
  const std::string wanted = "AZUREML_RUN_ID=" + job;
  for (const std::string_view entry : Split(*environment, '\0')) {
    if (entry == wanted) return true;
  }
  return false;
}

}  // namespace

std::string Shell() {
  std::error_code failure;
  return std::filesystem::exists("/bin/bash", failure) ? "/bin/bash" : "/bin/sh";
}

Status RunFolder::Reset() const {
  SLIPWAY_RETURN_IF_ERROR(RemoveAll(root_));
  return MakeDirectories(root_);
}

Status RunFolder::WriteCommand(const std::string& command) const {
  return AppendFile(root_ / "command.sh", command + "\n");
}

std::vector<std::string> RunFolder::Arguments() const {
  return {"/bin/sh", "-c", kWrapper, root_.string(), Shell()};
}

bool RunFolder::IsOfCluster() const {
  std::error_code failure;
  return std::filesystem::exists(root_ / "batch.sh", failure);
}

std::optional<int> RunFolder::ExitCode() const {
  const auto code = ReadNumber(root_ / "exit");
  return code ? std::optional(static_cast<int>(*code)) : std::nullopt;
}

std::optional<process::Identity> RunFolder::FindProcess() const {
  const auto pid = ReadNumber(root_ / "pid");
  if (!pid || !EnvironmentNames(*pid, job_)) return std::nullopt;
  const auto identity = process::IdentityOf(*pid);
  if (!identity || !process::IsRunning(*identity)) return std::nullopt;
  return *identity;
}

}  // namespace slipway::runner
