// Models in the protocols of MLflow's scoring server and of Open Inference.
#include "slipway/gateway/json_row.h"
#include "slipway/gateway/model_runtime.h"
#include "slipway/scoring/compiled_model.h"

namespace slipway::gateway {
namespace {

using Protocol = ModelRuntime::Protocol;

Status ScoreWith(const scoring::CompiledModel& model, Protocol protocol, const scoring::ModelIdentity& identity,
                 std::string_view request, scoring::Scratch& scratch, std::string& response) {
  switch (protocol) {
    case Protocol::kMlflow:
      return model.ScoreMlflow(request, scratch, response);
    case Protocol::kMlflowCsv:
      return model.ScoreCsv(request, scratch, response);
    case Protocol::kTensors:
      return model.ScoreTensors(request, identity, scratch, response);
  }
  return {};
}

void WriteError(Protocol protocol, const Error& error, std::string& response) {
  response.clear();
  JsonRow row(response);
  if (protocol == Protocol::kTensors) {
    row.Text("error", error.ToString());
  } else {
    row.Text("error_code", "BAD_REQUEST").Text("message", error.ToString());
  }
  row.Close();
}

}  // namespace

ModelRuntime::Scored ModelRuntime::ScoreAs(Protocol protocol, const WantedDeployment& wanted, int lane_index,
                                           std::string_view request) {
  Lane& lane = lanes_[static_cast<size_t>(lane_index)];
  lane.clock.Start();
  const Status status =
      ScoreWith(*model_, protocol, {wanted.model_name, wanted.model_version}, request, *lane.scratch, lane.response);
  const StageClock::Reading reading = lane.clock.Stop();
  Scored scored;
  scored.stages = reading.stages;
  if (status) {
    scored.exec_ms = reading.total_ms;
  } else {
    const Code code = status.error().code();
    scored.status = code == Code::kInvalidArgument || code == Code::kUnimplemented ? 400 : 500;
    WriteError(protocol, status.error(), lane.response);
  }
  scored.body = lane.response;
  return scored;
}

}  // namespace slipway::gateway
