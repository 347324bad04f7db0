#include "slipway/runner/execute/run_folder.h"

#include <iterator>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"

namespace slipway::runner {
namespace {

// $0 is the run folder, the words are the command. The exit code appears at once (rename), so that a reader never sees
// half of it. SIGTERM, which comes to the command too, leaves it the time to end. A command's environment holds none of
// the names that are set here before it runs: they would reach it.
constexpr const char* kRun = R"sh(
trap : TERM
echo $$ >"$0/pid"
"$@"; code=$?
)sh";
constexpr const char* kMeasure = R"sh(measure "$0"
)sh";
constexpr const char* kEnd = R"sh(echo $code >"$0/exit.new" && mv "$0/exit.new" "$0/exit"
exit $code
)sh";

// "0m1.250s" → 1.25.
std::optional<double> Seconds(std::string_view text) {
  const size_t minute = text.find('m');
  if (minute == std::string_view::npos || !text.ends_with('s')) return std::nullopt;
  const auto minutes = ParseInt(text.substr(0, minute));
  const auto seconds = ParseDouble(text.substr(minute + 1, text.size() - minute - 2));
  if (!minutes || !seconds) return std::nullopt;
  return 60.0 * static_cast<double>(*minutes) + *seconds;
}

// A line of the shell's `times`: user and system time.
std::optional<double> ProcessorTime(std::string_view line) {
  const auto words = Split(Trim(line), ' ');
  if (words.size() != 2) return std::nullopt;
  const auto user = Seconds(words[0]);
  const auto system = Seconds(words[1]);
  return user && system ? std::optional(*user + *system) : std::nullopt;
}

std::optional<long long> ReadNumber(const std::filesystem::path& path) {
  const auto text = ReadFile(path);
  return text ? ParseInt(Trim(*text)) : std::nullopt;
}

bool EnvironmentNames(int64_t pid, const std::string& job) {
  const auto environment = ReadFile(fmt::format("/proc/{}/environ", pid));
  if (!environment) return false;
  const std::string wanted = fmt::format("{}={}", kJobVariable, job);
  for (const std::string_view entry : Split(*environment, '\0')) {
    if (entry == wanted) return true;
  }
  return false;
}

}  // namespace

// Builtins alone, in the shell itself: a container's image may have nothing else, and a subshell has waited for nobody.
const char* const kMeasureFunction = R"sh(
measure() {
  LC_ALL=C
  { times
    [ ! -r "/proc/$$/io" ] || while read -r line; do echo "$line"; done <"/proc/$$/io"
    [ ! -r "${2:-}" ] || { read -r line <"$2"; echo "memory: $line"; }
  } >"$1/use" 2>/dev/null
}
)sh";

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

std::vector<std::string> RunFolder::Arguments(std::vector<std::string> other) const {
  std::string script = kRun;
  if (other.empty()) {
    other = {Shell(), (root_ / "command.sh").string()};
    script = std::string(kMeasureFunction) + kRun + kMeasure;
  }
  std::vector<std::string> arguments = {"/bin/sh", "-c", script + kEnd, root_.string()};
  std::move(other.begin(), other.end(), std::back_inserter(arguments));
  return arguments;
}

bool RunFolder::IsOfCluster() const {
  std::error_code failure;
  return std::filesystem::exists(root_ / "batch.sh", failure);
}

std::optional<int> RunFolder::ExitCode() const {
  const auto code = ReadNumber(root_ / "exit");
  return code ? std::optional(static_cast<int>(*code)) : std::nullopt;
}

bool RunFolder::IsOfContainer() const {
  std::error_code failure;
  return std::filesystem::exists(root_ / "container.env", failure);
}

std::optional<domain::ResourceUse> RunFolder::Use() const {
  const auto text = ReadFile(root_ / "use");
  if (!text || text->empty()) return std::nullopt;
  domain::ResourceUse use;
  for (const std::string_view line : Split(*text, '\n')) {
    if (const auto seconds = ProcessorTime(line)) use.cpu_seconds = *seconds;  // the children's line is the last
    const size_t space = line.find(' ');
    const auto number = space == std::string_view::npos ? std::nullopt : ParseInt(Trim(line.substr(space)));
    if (!number) continue;
    const std::string_view name = line.substr(0, space);
    if (name == "read_bytes:") use.read_bytes = *number;
    if (name == "write_bytes:") use.written_bytes = *number;
    if (name == "memory:") use.peak_memory_bytes = *number;
  }
  return use;
}

std::optional<process::Identity> RunFolder::FindProcess() const {
  const auto pid = ReadNumber(root_ / "pid");
  if (!pid || !EnvironmentNames(*pid, job_)) return std::nullopt;
  const auto identity = process::IdentityOf(*pid);
  if (!identity || !process::IsRunning(*identity)) return std::nullopt;
  return *identity;
}

}  // namespace slipway::runner
