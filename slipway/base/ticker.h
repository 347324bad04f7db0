// A thread that does something whenever its time has come: at the time it named itself, or when somebody wakes it.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "slipway/base/time.h"

namespace slipway {

// Start, Stop and Wake may be called from any thread but the ticker's own.
class Ticker {
 public:
  // Does what is due at `now` and says when it wants to be called again; nullopt: when woken.
  using Tick = std::function<std::optional<Timestamp>(Timestamp now)>;

  // `clock` outlives the ticker. It is looked at every `longest_sleep` of real time at least, for clocks that are set.
  Ticker(const Clock& clock, Tick tick, Duration longest_sleep = std::chrono::seconds(60));
  ~Ticker();  // Stop()

  // The first tick comes at once. Nothing when it runs already.
  void Start();
  // Waits for a tick that is under way. It can be started again.
  void Stop();
  // Another tick, soon.
  void Wake();

 private:
  void Run();

  const Clock& clock_;
  const Tick tick_;
  const Duration longest_sleep_;

  std::mutex mutex_;  // of the three below
  std::condition_variable woken_;
  bool is_woken_ = false, is_stopping_ = false;
  std::thread thread_;
};

}  // namespace slipway
