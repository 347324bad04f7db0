#include "slipway/gateway/mirror.h"

#include <fmt/format.h>

#include <chrono>
#include <string>

namespace slipway::gateway {

void Mirror::Send(const LogIdentity& identity, std::shared_ptr<const LiveDeployment> target,
                  const WorkerRequest& request, std::optional<ModelRuntime::Protocol> protocol) {
  if (target->script) {
    if (protocol) return;
    const auto deadline = std::chrono::steady_clock::now() +
                          std::chrono::milliseconds(target->wanted.request_settings.request_timeout_ms);
    target->script->Submit(request, deadline, [](const ScoreOutcome&) {});
    return;
  }
  if (waiting_.fetch_add(1, std::memory_order_relaxed) >= kWaitingMax) {
    waiting_.fetch_sub(1, std::memory_order_relaxed);
    return;
  }
  pool_.Submit([this, identity, target = std::move(target), body = std::string(request.body), protocol] {
    Score(identity, *target, body, protocol);
    waiting_.fetch_sub(1, std::memory_order_relaxed);
  });
}

void Mirror::Score(const LogIdentity& identity, const LiveDeployment& target, std::string_view body,
                   std::optional<ModelRuntime::Protocol> protocol) {
  const ModelRuntime::Scored scored = protocol ? target.model->ScoreAs(*protocol, target.wanted, model_lane_, body)
                                               : target.model->Score(model_lane_, body);
  const std::string_view route = !protocol                                      ? "/score"
                                 : protocol == ModelRuntime::Protocol::kTensors ? "/v2/…/infer"
                                                                                : "/invocations";
  const std::string line = fmt::format("slipway: mirrored POST {} {} {:.3f}ms {}", route, scored.status,
                                       scored.exec_ms.value_or(0), scored.body.size());
  sink_.Console(identity, {target.wanted.name, target.wanted.name + "-0", line});
}

}  // namespace slipway::gateway
