// Copies of live requests for shadow deployments, scored aside; what they answer is thrown away.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "slipway/base/thread_pool.h"
#include "slipway/gateway/log_sink.h"
#include "slipway/gateway/routing_table.h"

namespace slipway::gateway {

// Thread-safe.
class Mirror {
 public:
  // `model_lane`: the lane of model runtimes that is this object's alone.
  Mirror(LogSink& sink, int model_lane) : sink_(sink), model_lane_(model_lane), pool_(1) {}

  // Scores a copy of the request; the shadow's console log tells of it. A copy that comes while too many wait is
  // dropped: mirroring never slows the callers.
  // `protocol`: of a request to a model that is not in the dialect's own; scripts get none of those.
  void Send(const LogIdentity& identity, std::shared_ptr<const LiveDeployment> target, const WorkerRequest& request,
            std::optional<ModelRuntime::Protocol> protocol = std::nullopt);

 private:
  static constexpr int kWaitingMax = 256;
  // The request's parts, kept while it waits.
  struct Copy {
    explicit Copy(const WorkerRequest& request)
        : method(request.method), target(request.target), header_block(request.header_block), body(request.body) {}
    WorkerRequest view() const { return {method, target, header_block, body}; }
    std::string method, target, header_block, body;
  };
  static void SubmitTo(std::shared_ptr<const LiveDeployment> target, const WorkerRequest& request, SteadyTime deadline);
  void Score(const LogIdentity& identity, const LiveDeployment& target, const WorkerRequest& request,
             std::optional<ModelRuntime::Protocol> protocol);
  LogSink& sink_;
  const int model_lane_;
  std::atomic<int> waiting_{0};
  ThreadPool pool_;
};

}  // namespace slipway::gateway
