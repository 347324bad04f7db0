#include "slipway/gateway/probe.h"

namespace slipway::gateway {

using std::chrono::milliseconds;

Probe::Step Probe::Advance(Time now, uint32_t number) {
  if (asked_) {
    if (now < asked_->until) return Step::kNone;
    asked_.reset();
    ++failures_;
    successes_ = 0;
    return Step::kFailed;
  }
  if (now < next_) return Step::kNone;
  asked_ = Question{number, now + milliseconds(settings_.timeout_ms)};
  next_ = now + milliseconds(settings_.period_ms);
  return Step::kAsk;
}

void Probe::Answered(uint32_t number) {
  if (!asked_ || asked_->number != number) return;
  asked_.reset();
  Succeeded();
}

void Probe::Succeeded() {
  failures_ = 0;
  ++successes_;
}

}  // namespace slipway::gateway
