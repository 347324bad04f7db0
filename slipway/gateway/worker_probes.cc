#include "slipway/gateway/worker_probes.h"

namespace slipway::gateway {

std::string_view WorkerProbes::NameOf(Kind kind) {
  switch (kind) {
    case Kind::kStartup:
      return "Startup";
    case Kind::kLiveness:
      return "Liveness";
    case Kind::kReadiness:
      return "Readiness";
  }
  return "";
}

WorkerProbes::WorkerProbes(const ProbeSettings& settings, Probe::Time started)
    : liveness_(settings.liveness, started), readiness_(settings.readiness, started) {
  if (settings.startup) startup_.emplace(*settings.startup, started);
}

std::vector<std::pair<WorkerProbes::Kind, Probe*>> WorkerProbes::Running() {
  if (IsStarting()) return {{Kind::kStartup, &*startup_}};
  return {{Kind::kLiveness, &liveness_}, {Kind::kReadiness, &readiness_}};
}

WorkerProbes::Steps WorkerProbes::Advance(Probe::Time now, bool may_ask) {
  Steps steps;
  for (const auto& [kind, probe] : Running()) {
    if (!may_ask && !probe->is_asking()) continue;
    switch (probe->Advance(now, questions_ + 1)) {
      case Probe::Step::kNone:
        break;
      case Probe::Step::kAsk:
        steps.questions.push_back(++questions_);
        break;
      case Probe::Step::kFailed:
        steps.failures.push_back({kind, probe->has_failed(), probe->settings().timeout_ms});
        break;
    }
  }
  Settle();
  return steps;
}

Probe::Time WorkerProbes::due(bool may_ask) const {
  const auto due_of = [&](const Probe& probe) {
    return may_ask || probe.is_asking() ? probe.due() : Probe::Time::max();
  };
  return IsStarting() ? due_of(*startup_) : std::min(due_of(liveness_), due_of(readiness_));
}

void WorkerProbes::Answered(uint32_t number) {
  for (const auto& [kind, probe] : Running()) probe->Answered(number);
  Settle();
}

void WorkerProbes::Initialised() {
  if (startup_) startup_->Succeeded();
  liveness_.Succeeded();
  readiness_.Succeeded();
  Settle();
}

void WorkerProbes::Settle() {
  if (IsStarting() || readiness_.has_failed()) {
    is_ready_ = false;
  } else if (readiness_.has_succeeded()) {
    is_ready_ = true;
  }
}

}  // namespace slipway::gateway
