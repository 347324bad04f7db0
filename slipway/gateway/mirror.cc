#include "slipway/gateway/mirror.h"

#include <fmt/format.h>

#include <chrono>
#include <string>

#include "slipway/gateway/collect_call.h"

namespace slipway::gateway {

void Mirror::Send(const LogIdentity& identity, std::shared_ptr<const LiveDeployment> target,
                  const WorkerRequest& request, std::optional<ModelRuntime::Protocol> protocol) {
  if (target->script) {
    if (protocol) return;
    const auto deadline = std::chrono::steady_clock::now() +
                          std::chrono::milliseconds(target->wanted.request_settings.request_timeout_ms);
    return SubmitTo(std::move(target), request, deadline);
  }
  if (waiting_.fetch_add(1, std::memory_order_relaxed) >= kWaitingMax) {
    waiting_.fetch_sub(1, std::memory_order_relaxed);
    return;
  }
  pool_.Submit([this, identity, target = std::move(target), copy = Copy(request), protocol] {
    Score(identity, *target, copy.view(), protocol);
    waiting_.fetch_sub(1, std::memory_order_relaxed);
  });
}

// The answer is thrown away, unless the shadow collects it.
void Mirror::SubmitTo(std::shared_ptr<const LiveDeployment> target, const WorkerRequest& request, SteadyTime deadline) {
  ScriptRuntime& script = *target->script;
  if (!target->collector) {
    script.Submit(request, deadline, [](const ScoreOutcome&) {});
    return;
  }
  // By a bare pointer: the queue belongs to the deployment, which must not be kept alive by what waits in it.
  const LiveDeployment* shadow = target.get();
  script.Submit(request, deadline, [shadow, copy = Copy(request)](const ScoreOutcome& outcome) {
    if (outcome.kind == ScoreOutcome::Kind::kAnswered)
      CollectMirrored(*shadow, copy.view(), outcome.answer.body, outcome.answer.status);
  });
}

void Mirror::Score(const LogIdentity& identity, const LiveDeployment& target, const WorkerRequest& request,
                   std::optional<ModelRuntime::Protocol> protocol) {
  const ModelRuntime::Scored scored = protocol
                                          ? target.model->ScoreAs(*protocol, target.wanted, model_lane_, request.body)
                                          : target.model->Score(model_lane_, request.body);
  CollectMirrored(target, request, scored.body, scored.status,
                  protocol ? BodyFormOf(*protocol) : tabular::BodyForm::kJson);
  const std::string_view route = !protocol                                      ? "/score"
                                 : protocol == ModelRuntime::Protocol::kTensors ? "/v2/…/infer"
                                                                                : "/invocations";
  const std::string line = fmt::format("slipway: mirrored POST {} {} {:.3f}ms {}", route, scored.status,
                                       scored.exec_ms.value_or(0), scored.body.size());
  sink_.Console(identity, {target.wanted.name, target.wanted.name + "-0", line});
}

}  // namespace slipway::gateway
