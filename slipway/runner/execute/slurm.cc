#include "slipway/runner/execute/slurm.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/shell.h"
#include "slipway/base/text.h"
#include "slipway/process/tree.h"

namespace slipway::runner {
namespace {

constexpr std::string_view kOptionPrefix = "slurm.";

// $0 is the run folder, $1 the log, $2 the variable that marks the wrapper's process tree, the rest options of sbatch.
// The cluster's job is not of that tree: where the node is this machine, its processes would be signalled with the
// wrapper, and the job end as FAILED before scancel comes. SIGTERM, which may come twice, does not interrupt sbatch,
// lest the id be lost, nor scancel. States appear at once (rename) in the file `slurm`. A controller that does not
// answer is asked again for a minute. What Slurm says of the end goes to the log where the exit code alone would not
// tell it.
constexpr const char* kWrapper = R"sh(
echo $$ >"$0/pid"
log=$1; unset "$2"; shift 2
finish() { echo "$1" >"$0/exit.new" && mv "$0/exit.new" "$0/exit"; exit "$1"; }
note() { echo "$id $1" >"$0/slurm.new" && mv "$0/slurm.new" "$0/slurm"; }
cancel() { trap '' TERM; scancel "$id"; }
is_cancelled=
trap is_cancelled=1 TERM
id=$(trap '' TERM; exec sbatch --parsable "$@" "$0/batch.sh" 2>>"$log") || finish 1
id=${id%%;*}
trap cancel TERM
note PENDING
[ -z "$is_cancelled" ] || cancel
missed=0
while [ $missed -lt 60 ]; do
  state=$(squeue --noheader --states=all --jobs="$id" --format=%T 2>/dev/null)
  case $state in
    '') missed=$((missed + 1)) ;;
    PENDING|CONFIGURING|RUNNING|COMPLETING|SUSPENDED|STOPPED|RESIZING|REQUEUED|REQUEUE_HOLD|SIGNALING|STAGE_OUT)
      missed=0; note "$state" ;;
    *) break ;;
  esac
  sleep 1 & wait $!
done
note "${state:-LOST}"
code=$(scontrol show job "$id" --oneliner 2>/dev/null)
code=${code##* ExitCode=}; code=${code%% *}
[ "$state" = COMPLETED ] && finish 0
[ "$state" = FAILED ] || echo "Slurm job $id ended as ${state:-LOST}" >>"$log"
case $code in
  0:0|'') finish 1 ;;
  0:*) finish $((128 + ${code#0:})) ;;
  *) finish "${code%%:*}" ;;
esac
)sh";

bool IsOptionName(std::string_view name) {
  return !name.empty() && name[0] != '-' && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

}  // namespace

Result<std::vector<std::string>> SlurmOptions(const domain::Compute& compute, const domain::CommandSpec& command) {
  std::vector<std::string> options;
  if (compute.size != domain::Compute().size) options.push_back("--partition=" + compute.size);
  if (command.resources.instance_count > 1)
    options.push_back(fmt::format("--nodes={}", command.resources.instance_count));
  for (const auto& [tag, value] : compute.tags) {
    if (!tag.starts_with(kOptionPrefix)) continue;
    const std::string name = tag.substr(kOptionPrefix.size());
    if (!IsOptionName(name)) {
      return InvalidArgument(
          fmt::format("the tag '{}' of compute '{}' names no long option of sbatch", tag, compute.name));
    }
    options.push_back(fmt::format("--{}={}", name, value));
  }
  return options;
}

Result<std::vector<std::string>> PrepareSlurm(const RunFolder& folder, const std::string& job,
                                              const std::filesystem::path& log, std::vector<std::string> options) {
  SLIPWAY_RETURN_IF_ERROR(WriteFileAtomic(
      folder.root() / "batch.sh",
      fmt::format("#!/bin/sh\n{}trap : TERM\nset -- {}\n{} \"$1/command.sh\"; code=$?\nmeasure \"$1\"\nexit $code\n",
                  kMeasureFunction, ShellQuoted(folder.root().string()), Shell())));
  std::vector<std::string> arguments = {
      "/bin/sh", "-c", kWrapper, folder.root().string(), log.string(), process::kTreeVariable};
  arguments.insert(arguments.end(), {"--job-name=" + job, "--chdir=" + folder.work().string(),
                                     "--output=" + log.string(), "--open-mode=append", "--export=ALL", "--no-requeue"});
  std::move(options.begin(), options.end(), std::back_inserter(arguments));
  return arguments;
}

std::optional<SlurmState> ReadSlurmState(const RunFolder& folder) {
  const auto text = ReadFile(folder.root() / "slurm");
  if (!text) return std::nullopt;
  const auto words = Split(Trim(*text), ' ');
  if (words.size() != 2) return std::nullopt;
  return SlurmState{std::string(words[0]), std::string(words[1])};
}

}  // namespace slipway::runner
