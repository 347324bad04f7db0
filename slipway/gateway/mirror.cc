#include "slipway/gateway/mirror.h"

#include <chrono>
#include <string>

namespace slipway::gateway {

void Mirror::Send(std::shared_ptr<const LiveDeployment> target, const WorkerRequest& request) {
  if (target->script) {
    const auto deadline = std::chrono::steady_clock::now() +
                          std::chrono::milliseconds(target->wanted.request_settings.request_timeout_ms);
    target->script->Submit(request, deadline, [](const ScoreOutcome&) {});
    return;
  }
  if (waiting_.fetch_add(1, std::memory_order_relaxed) >= kWaitingMax) {
    waiting_.fetch_sub(1, std::memory_order_relaxed);
    return;
  }
  pool_.Submit([this, target = std::move(target), body = std::string(request.body)] {
    target->model->Score(model_lane_, body);
    waiting_.fetch_sub(1, std::memory_order_relaxed);
  });
}

}  // namespace slipway::gateway
