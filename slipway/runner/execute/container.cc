#include "slipway/runner/execute/container.h"

#include <unistd.h>

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/domain/job_properties.h"
#include "slipway/process/tree.h"

namespace slipway::runner {
namespace {

constexpr const char* kDefaultSharedMemory = "2g";  // Azure's

// The container's first process; $0 is the run folder. A first process does not die of SIGTERM by itself, so it hands
// it to all others, and waits until its command has ended. (It is not the first where docker_args ask for an --init or
// for the processes of this machine.) What the command leaves behind ends with the container. The files tell the
// container's peak, in both versions of cgroups.
constexpr const char* kFirstProcess = R"sh(
if [ $$ = 1 ]; then trap 'kill -TERM -1' TERM; else trap 'kill -TERM $!' TERM; fi
if [ -x /bin/bash ]; then set -- /bin/bash; else set -- /bin/sh; fi
"$1" "$0/command.sh" &
while wait $!; code=$?; kill -0 $! 2>/dev/null; do :; done
peak=/sys/fs/cgroup/memory.peak
[ -r $peak ] || peak=/sys/fs/cgroup/memory/memory.max_usage_in_bytes
measure "$0" $peak
exit $code
)sh";

// Whether a line NAME=VALUE of an --env-file means just that, in all engines and their versions.
bool IsPlain(std::string_view name, std::string_view value) {
  const bool is_name = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '_' || c == '-' || c == '.';
  });
  if (!is_name || value.empty()) return is_name;
  constexpr std::string_view kQuotes = "\"'` \t\\";
  return value.find_first_of("\r\n") == std::string_view::npos &&
         kQuotes.find(value.front()) == std::string_view::npos && kQuotes.find(value.back()) == std::string_view::npos;
}

Result<std::vector<std::string>> MountOptions(const Mount& mount) {
  const std::string path = mount.path.string();
  if (path.find(':') == std::string::npos)
    return std::vector<std::string>{"--volume", fmt::format("{}:{}:{}", path, path, mount.is_writable ? "rw" : "ro")};
  if (path.find(',') != std::string::npos || path.find('"') != std::string::npos)
    return InvalidArgument(fmt::format("a path with ':' and ',' or '\"' cannot be had in a container: {}", path));
  return std::vector<std::string>{
      "--mount", fmt::format("type=bind,source={},target={}{}", path, path, mount.is_writable ? "" : ",readonly")};
}

Result<std::vector<std::string>> ExtraOptions(const domain::Resources& resources) {
  const auto options = resources.properties.find(std::string(domain::kEngineOptionsProperty));
  if (options == resources.properties.end()) return std::vector<std::string>();
  SLIPWAY_ASSIGN_OR_RETURN(auto words, With(SplitWords(options->second), "docker_args"));
  if (!words.empty() && !words[0].starts_with('-')) {
    return InvalidArgument(fmt::format("docker_args are options, and '{}' is none", words[0]));
  }
  return words;
}

}  // namespace

Result<std::vector<std::string>> SplitWords(std::string_view text) {
  std::vector<std::string> words;
  bool is_word = false, is_escaped = false;
  char quote = 0;
  for (const char c : text) {
    if (is_escaped) {
      words.back() += c;
      is_escaped = false;
      continue;
    }
    if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else {
        words.back() += c;
      }
      continue;
    }
    if (c == ' ' || c == '\t' || c == '\n') {
      is_word = false;
      continue;
    }
    if (!is_word) words.emplace_back();
    is_word = true;
    if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '\\') {
      is_escaped = true;
    } else {
      words.back() += c;
    }
  }
  if (quote != 0) return InvalidArgument(fmt::format("the quote {} is not closed in: {}", quote, text));
  return words;
}

Result<ContainerCommand> PrepareContainer(const RunFolder& folder, const ContainerRun& run) {
  const std::string root = folder.root().string();
  const domain::Resources& resources = std::get<domain::CommandSpec>(run.job.spec.body).resources;
  const std::string mark = process::TreeMarkFor(root);
  ContainerCommand command{environments::EngineCommand(run.image.engine), {}};
  const auto add = [&](std::vector<std::string> words) {
    std::move(words.begin(), words.end(), std::back_inserter(command.arguments));
  };
  SLIPWAY_ASSIGN_OR_RETURN(auto extra, ExtraOptions(resources));
  add({"run"});
  add(std::move(extra));  // what comes after them wins
  add({"--detach=false", "--sig-proxy=true", "--rm", "--name",
       fmt::format("slipway-{}-{}-{}", run.job.name, mark.substr(0, 8), run.job.attempt)});
  add({"--label", fmt::format("{}={}", kServerLabel, run.server_mark), "--label", fmt::format("{}={}", kRunLabel, mark),
       "--label", fmt::format("{}={}", kJobLabel, run.job.name)});
  add({"--network", "host", "--log-driver", "none", "--security-opt", "label=disable"});
  add({"--shm-size", resources.shm_size.empty() ? kDefaultSharedMemory : resources.shm_size});
  add(run.image.user_options);

  std::string lines;
  std::map<std::string, std::string> variables = run.variables;
  if (geteuid() != 0) variables.emplace("HOME", "/tmp");  // the image does not know this user
  for (const auto& [name, value] : variables) {
    if (IsPlain(name, value)) {
      lines += fmt::format("{}={}\n", name, value);
    } else {
      add({"--env", name});
      command.variables[name] = value;
    }
  }
  const std::filesystem::path file = folder.root() / "container.env";
  SLIPWAY_RETURN_IF_ERROR(WriteFileAtomic(file, lines, 0600));
  add({"--env-file", file.string(), "--workdir", folder.work().string()});

  std::vector<Mount> mounts = run.mounts;
  mounts.push_back({folder.root(), true});
  for (const Mount& mount : mounts) {
    SLIPWAY_ASSIGN_OR_RETURN(auto options, MountOptions(mount));
    add(std::move(options));
  }
  const std::string id = run.image.id.substr(run.image.id.find(':') + 1);
  add({"--entrypoint", "/bin/sh", id, "-c", std::string(kMeasureFunction) + kFirstProcess, root});
  return command;
}

}  // namespace slipway::runner
