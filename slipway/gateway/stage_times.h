// What a request's time was spent on.
#pragma once

#include <chrono>

#include "slipway/scoring/compiled_model.h"

namespace slipway::gateway {

// Negative where a stage does not apply or was not reached.
struct StageTimes {
  using Nanoseconds = std::chrono::nanoseconds;
  Nanoseconds queue{-1};   // waiting for a worker
  Nanoseconds parse{-1};   // its body, into the model's rows
  Nanoseconds score{-1};   // the model, or a script's run()
  Nanoseconds encode{-1};  // the answer's body, explanations with it
};

// Times the stages of one request after the other: engines do not read the clock. Of one thread.
class StageClock final : public scoring::StageObserver {
 public:
  using Time = std::chrono::steady_clock::time_point;

  void Start() {
    started_ = Now();
    decoded_ = scored_ = Time();
  }
  void Decoded() override { decoded_ = Now(); }
  void Scored() override { scored_ = Now(); }

  struct Reading {
    StageTimes stages;
    double total_ms;
  };
  // Since Start.
  Reading Stop() const {
    const Time ended = Now();
    Reading reading{{}, std::chrono::duration<double, std::milli>(ended - started_).count()};
    reading.stages.parse = (decoded_ == Time() ? ended : decoded_) - started_;
    if (scored_ == Time()) return reading;
    reading.stages.score = scored_ - decoded_;
    reading.stages.encode = ended - scored_;
    return reading;
  }

 private:
  static Time Now() { return std::chrono::steady_clock::now(); }
  Time started_, decoded_, scored_;
};

}  // namespace slipway::gateway
