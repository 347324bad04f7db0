// Copies of live requests for shadow deployments, scored aside; what they answer is thrown away.
#pragma once

#include <atomic>
#include <memory>
#include <string_view>

#include "slipway/base/thread_pool.h"
#include "slipway/gateway/routing_table.h"

namespace slipway::gateway {

// Thread-safe.
class Mirror {
 public:
  // `model_lane`: the lane of model runtimes that is this object's alone.
  explicit Mirror(int model_lane) : model_lane_(model_lane), pool_(1) {}

  // Scores a copy of the request. A copy that comes while too many wait is dropped: mirroring never slows the callers.
  void Send(std::shared_ptr<const LiveDeployment> target, const WorkerRequest& request);

 private:
  static constexpr int kWaitingMax = 256;
  const int model_lane_;
  std::atomic<int> waiting_{0};
  ThreadPool pool_;
};

}  // namespace slipway::gateway
