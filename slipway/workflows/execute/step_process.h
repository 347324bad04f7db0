// Runs the programs of one job, one after another, on the calling thread: what they print comes line by line, they are
// told to end when the job is cancelled or their time is over, and what they leave running ends with the job.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/process/spawn.h"

namespace slipway::workflows {

// The bytes that came, of standard output (0) or standard error (1). Empty at the end of the program.
using OutputSink = std::function<void(int stream, std::string_view bytes)>;

struct ProgramEnd {
  std::optional<int> code;  // none when a signal ended it
  int signal = 0;
  bool timed_out = false, was_cancelled = false;
  bool ok() const { return code == 0 && !timed_out && !was_cancelled; }
};

// Not thread-safe; one a process, made before any program is started. Takes SIGTERM and SIGINT as "the job is
// cancelled" for as long as it lives.
class StepProcesses {
 public:
  using Deadline = std::optional<std::chrono::steady_clock::time_point>;

  static Result<StepProcesses> Make();
  ~StepProcesses();
  StepProcesses(StepProcesses&& other) noexcept;
  StepProcesses& operator=(StepProcesses&&) = delete;

  // The job's own deadline; a program that runs when it comes counts as cancelled.
  void set_job_deadline(Deadline deadline) { job_deadline_ = deadline; }
  bool is_cancelled();  // by a signal or the job's deadline
  bool is_job_timed_out() const { return job_timed_out_; }

  // Blocks until the program has ended. SIGINT, after 7.5 s SIGTERM, after 2.5 s more SIGKILL to its tree once it has
  // to end. `goes_on`: asked when the job is cancelled while the program runs; true lets it run on.
  Result<ProgramEnd> Run(const process::SpawnOptions& options, const OutputSink& sink, Deadline deadline,
                         const std::function<bool()>& goes_on);

  // Kills whatever programs have left running, however they hid it.
  void EndLeftovers();

 private:
  explicit StepProcesses(int signals) : signals_(signals) {}
  void ReadSignals();
  void ReadPipes(process::Spawned& child, const OutputSink& sink);
  // What a program has left running may go on printing after its step: read, so that it is not held up, and dropped.
  void DropLeftoverOutput();

  int signals_ = -1;
  bool is_cancelled_ = false, job_timed_out_ = false;
  Deadline job_deadline_;
  std::vector<int> leftover_pipes_;  // held by what programs left running
};

// Kills every process whose environment holds NAME=value, except this one: what a dead job left behind.
void KillMarked(const std::string& name, const std::string& value);

}  // namespace slipway::workflows
