#include "slipway/environments/container_engine.h"

#include <unistd.h>

#include <iterator>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/process/tree.h"

namespace slipway::environments {
namespace {

constexpr std::chrono::seconds kPatience{60};  // for answers; pulling and building may take longer
constexpr size_t kShownLines = 20;

constexpr std::string_view kDigest = "sha256:";

// Tells answers from warnings, which come on the same lines.
bool StartsWithId(std::string_view line) {
  constexpr size_t kLength = 64;
  if (line.starts_with(kDigest)) line.remove_prefix(kDigest.size());
  const size_t end = line.find_first_not_of("0123456789abcdef");
  return end == std::string_view::npos ? line.size() == kLength : end == kLength;
}

std::string SearchPath(const std::map<std::string, std::string>& variables) {
  const auto found = variables.find("PATH");
  return found == variables.end() ? "/usr/local/bin:/usr/bin:/bin" : found->second;
}

}  // namespace

std::vector<std::string> EngineCommand(const std::string& program) {
  return {"env", "-u", process::kTreeVariable, program};
}

ContainerEngine::ContainerEngine(ContainerSettings settings, std::map<std::string, std::string> variables,
                                 std::chrono::milliseconds build_timeout, process::Supervisor& supervisor)
    : settings_(std::move(settings)),
      variables_(std::move(variables)),
      build_timeout_(build_timeout),
      supervisor_(supervisor) {}

Result<std::string> ContainerEngine::Program() const {
  std::vector<std::string> names = {"podman", "docker"};
  if (!settings_.engine.empty()) names = {settings_.engine};
  for (const std::string& name : names) {
    if (auto path = process::FindProgram(name, SearchPath(variables_))) return path;
  }
  return FailedPrecondition(fmt::format(
      "containers need {} on the server's PATH, and there is none; run: apt-get install podman", Join(names, " or ")));
}

Result<process::RunResult> ContainerEngine::Run(std::vector<std::string> arguments, std::chrono::milliseconds timeout,
                                                const std::filesystem::path& log) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::string program, Program());
  process::SpawnOptions spawn;
  spawn.arguments = EngineCommand(program);
  std::move(arguments.begin(), arguments.end(), std::back_inserter(spawn.arguments));
  spawn.environment = variables_;
  if (!log.empty()) {
    spawn.output = process::OutputTarget::kFile;
    spawn.output_file = log;
  }
  return process::RunToEnd(supervisor_, std::move(spawn), timeout);
}

Status ContainerEngine::RunLogged(std::vector<std::string> arguments, const std::string& what,
                                  const std::filesystem::path& log) {
  const auto result = Run(std::move(arguments), build_timeout_, log);
  if (result && result->exit.ok()) return {};
  const std::string outcome = result ? result->exit.ToString() : result.error().message();
  return FailedPrecondition(fmt::format("{} failed ({}); the engine's last lines:\n{}", what, outcome,
                                        process::TailOfFile(log, kShownLines)));
}

// Engines without root map this user to root (docker) or have to be asked to map it to itself (podman).
Result<std::vector<std::string>> ContainerEngine::UserOptions() {
  std::lock_guard lock(mutex_);
  if (user_options_) return *user_options_;
  const std::string own = fmt::format("{}:{}", geteuid(), getegid());
  SLIPWAY_ASSIGN_OR_RETURN(const auto version, Run({"--version"}, kPatience));
  if (ToLower(version.output).find("podman") != std::string::npos) {
    user_options_ = {"--user", own};
    if (geteuid() != 0) user_options_->insert(user_options_->begin(), "--userns=keep-id");
    return *user_options_;
  }
  SLIPWAY_ASSIGN_OR_RETURN(const auto info, Run({"info", "--format", "{{.SecurityOptions}}"}, kPatience));
  if (!info.exit.ok()) {
    return FailedPrecondition(
        fmt::format("the container engine does not answer:\n{}", process::TailOf(info.output, kShownLines)));
  }
  const bool is_rootless = info.output.find("rootless") != std::string::npos;
  user_options_ = {"--user", is_rootless ? "0:0" : own};
  return *user_options_;
}

Result<std::optional<ContainerImage>> ContainerEngine::Find(const std::string& name) {
  ContainerImage image;
  SLIPWAY_ASSIGN_OR_RETURN(image.engine, Program());
  SLIPWAY_ASSIGN_OR_RETURN(image.user_options, UserOptions());
  SLIPWAY_ASSIGN_OR_RETURN(const auto found, Run({"image", "inspect", "--format", "{{.Id}}", name}, kPatience));
  if (!found.exit.ok()) return std::optional<ContainerImage>();
  for (const std::string_view line : Split(found.output, '\n')) {
    if (!StartsWithId(line)) continue;
    image.id = line.starts_with(kDigest) ? Trim(line) : fmt::format("{}{}", kDigest, Trim(line));
    return std::optional(std::move(image));
  }
  return Internal(fmt::format("{} gave no id of the image '{}': {}", image.engine, name, found.output));
}

Status ContainerEngine::Pull(const std::string& name, const std::filesystem::path& log) {
  return RunLogged({"pull", name}, fmt::format("pulling the image '{}'", name), log);
}

Status ContainerEngine::Build(const std::string& name, const std::filesystem::path& context,
                              const std::string& dockerfile, const std::filesystem::path& log) {
  return RunLogged({"build", "--tag", name, "--file", (context / dockerfile).string(), context.string()},
                   "building the image", log);
}

Result<std::map<std::string, std::string>> ContainerEngine::List(const std::string& label, const std::string& shown) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto listed,
                           Run({"ps", "--all", "--quiet", "--no-trunc", "--filter", "label=" + label}, kPatience));
  if (!listed.exit.ok()) {
    return FailedPrecondition(
        fmt::format("containers cannot be listed:\n{}", process::TailOf(listed.output, kShownLines)));
  }
  std::vector<std::string> inspect = {"container", "inspect", "--format",
                                      fmt::format("{{{{.Id}}}} {{{{index .Config.Labels \"{}\"}}}}", shown)};
  const size_t fixed = inspect.size();
  for (const std::string_view id : Split(listed.output, '\n')) {
    if (!Trim(id).empty()) inspect.emplace_back(Trim(id));
  }
  std::map<std::string, std::string> containers;
  if (inspect.size() == fixed) return containers;
  SLIPWAY_ASSIGN_OR_RETURN(const auto inspected, Run(std::move(inspect), kPatience));
  for (const std::string_view line : Split(inspected.output, '\n')) {  // of those that have gone meanwhile: nothing
    const size_t space = line.find(' ');
    if (StartsWithId(line) && space != std::string_view::npos)
      containers.emplace(line.substr(0, space), Trim(line.substr(space)));
  }
  return containers;
}

Status ContainerEngine::Remove(const std::vector<std::string>& ids) {
  for (const std::string& id : ids) {
    SLIPWAY_RETURN_IF_ERROR(
        Run({"kill", "--signal", "KILL", id}, kPatience));  // removing alone may ask it to stop first
    SLIPWAY_ASSIGN_OR_RETURN(const auto removed, Run({"rm", "--force", "--volumes", id}, kPatience));
    if (removed.exit.ok()) continue;
    SLIPWAY_ASSIGN_OR_RETURN(const auto there, Run({"container", "inspect", "--format", "{{.Id}}", id}, kPatience));
    if (!there.exit.ok()) continue;
    return FailedPrecondition(
        fmt::format("container {} cannot be removed:\n{}", id, process::TailOf(removed.output, kShownLines)));
  }
  return {};
}

}  // namespace slipway::environments
