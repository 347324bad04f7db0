// One probe of a worker, by the rules of Kubernetes that the dialect took over: it asks every `period`, from
// `initial_delay` on; no answer within `timeout` is a failure; `failure_threshold` failures in a row are a verdict, and
// so are `success_threshold` successes. Pure: times in, steps out.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "slipway/domain/endpoint.h"

namespace slipway::gateway {

class Probe {
 public:
  using Time = std::chrono::steady_clock::time_point;

  Probe(const domain::Probe& settings, Time started)
      : settings_(settings), next_(started + std::chrono::milliseconds(settings.initial_delay_ms)) {}

  enum class Step { kNone, kAsk, kFailed };
  // What is due now. After kAsk the question is under way, with `number` as its name; kFailed: it ran out of time.
  Step Advance(Time now, uint32_t number);
  // When Advance has something to do next.
  Time due() const { return asked_ ? asked_->until : next_; }

  // An answer; one to a question that is not under way any more is passed over.
  void Answered(uint32_t number);
  // As an answer that came unasked, with the same weight.
  void Succeeded();

  bool is_asking() const { return asked_.has_value(); }
  bool has_failed() const { return failures_ >= settings_.failure_threshold; }
  bool has_succeeded() const { return successes_ >= settings_.success_threshold; }
  const domain::Probe& settings() const { return settings_; }

 private:
  struct Question {
    uint32_t number;
    Time until;
  };
  const domain::Probe settings_;
  Time next_;
  std::optional<Question> asked_;
  int failures_ = 0, successes_ = 0;  // in a row
};

}  // namespace slipway::gateway
