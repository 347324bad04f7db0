// A deployment whose model the gateway scores itself, on the thread that read the request.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/gateway/routing_snapshot.h"
#include "slipway/gateway/stage_times.h"
#include "slipway/scoring/explanation.h"

namespace slipway::gateway {

// The model is shared and immutable; every lane has buffers of its own and is used by one thread at a time.
class ModelRuntime {
 public:
  // SLIPWAY_EXPLAIN of the deployment's environment variables says whether answers are explained when a request does
  // not; a model that cannot be explained is then refused.
  static Result<std::shared_ptr<ModelRuntime>> Load(const WantedDeployment& wanted, int lanes);
  ~ModelRuntime();

  struct Scored {
    int status = 200;               // 400: the request, or its wish for an explanation, does not fit the model; 500
    std::string_view body;          // JSON; valid until the lane's next call
    std::optional<double> exec_ms;  // when it was scored
    StageTimes stages = {};
  };
  // `target` as sent: the query parameter `explain` is shap or none.
  Scored Score(int lane, std::string_view request, std::string_view target = {});

  // The same for a request of another protocol, in which errors are told as well; the answer has the names of `wanted`.
  enum class Protocol { kMlflow, kMlflowCsv, kTensors };
  Scored ScoreAs(Protocol protocol, const WantedDeployment& wanted, int lane, std::string_view request);

  const scoring::CompiledModel& model() const { return *model_; }

 private:
  struct alignas(64) Lane {  // lanes are written by different cores: no shared cache line
    std::unique_ptr<scoring::Scratch> scratch;
    StageClock clock;
    std::string response;
  };
  ModelRuntime(std::shared_ptr<const scoring::CompiledModel> model, scoring::Explain explain,
               bool refuses_unknown_columns, int lanes);
  Status ScoreInto(Lane& lane, std::string_view request, std::string_view target) const;

  const std::shared_ptr<const scoring::CompiledModel> model_;
  const scoring::Explain explain_;  // of requests that do not say
  std::vector<Lane> lanes_;
};

}  // namespace slipway::gateway
