#include "slipway/gateway/model_runtime.h"

#include <fmt/format.h>

#include "slipway/gateway/json_row.h"
#include "slipway/scoring/compiled_model.h"

namespace slipway::gateway {
namespace {

using scoring::Explain;

constexpr const char* kExplainVariable = "SLIPWAY_EXPLAIN";

// The value of a query parameter, as sent; nullopt when it is not there.
std::optional<std::string_view> QueryValue(std::string_view target, std::string_view name) {
  size_t at = target.find('?');
  while (at != std::string_view::npos) {
    target.remove_prefix(at + 1);
    at = target.find('&');
    const std::string_view pair = target.substr(0, at);
    const size_t equals = pair.find('=');
    if (pair.substr(0, equals) != name) continue;
    return equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
  }
  return std::nullopt;
}

Result<Explain> DefaultExplain(const WantedDeployment& wanted, const scoring::CompiledModel& model) {
  const auto variable = wanted.environment_variables.find(kExplainVariable);
  if (variable == wanted.environment_variables.end()) return Explain::kNone;
  SLIPWAY_ASSIGN_OR_RETURN(const Explain explain, scoring::ParseExplain(variable->second));
  if (explain == Explain::kShap) SLIPWAY_RETURN_IF_ERROR(model.CheckExplainable());
  return explain;
}

int StatusOf(Code code) {
  const bool is_callers =
      code == Code::kInvalidArgument || code == Code::kFailedPrecondition || code == Code::kUnimplemented;
  return is_callers ? 400 : 500;
}

}  // namespace

Result<std::shared_ptr<ModelRuntime>> ModelRuntime::Load(const WantedDeployment& wanted, int lanes) {
  const std::string& path = wanted.model_path.empty() ? wanted.model_dir : wanted.model_path;
  SLIPWAY_ASSIGN_OR_RETURN(
      auto model, With(scoring::CompiledModel::Load(path),
                       fmt::format("model '{}:{}' cannot be scored", wanted.model_name, wanted.model_version)));
  SLIPWAY_ASSIGN_OR_RETURN(const Explain explain, With(DefaultExplain(wanted, *model),
                                                       fmt::format("environment variable {}", kExplainVariable)));
  return std::shared_ptr<ModelRuntime>(new ModelRuntime(std::move(model), explain, lanes));
}

ModelRuntime::ModelRuntime(std::shared_ptr<const scoring::CompiledModel> model, Explain explain, int lanes)
    : model_(std::move(model)), explain_(explain), lanes_(static_cast<size_t>(lanes)) {
  for (Lane& lane : lanes_) {
    lane.scratch = model_->MakeScratch();
    lane.scratch->observer = &lane.clock;
  }
}

ModelRuntime::~ModelRuntime() = default;

Status ModelRuntime::ScoreInto(Lane& lane, std::string_view request, std::string_view target) const {
  Explain explain = explain_;
  if (const auto asked = QueryValue(target, "explain")) {
    SLIPWAY_ASSIGN_OR_RETURN(explain, scoring::ParseExplain(*asked));
  }
  if (explain == Explain::kNone) return model_->ScoreJson(request, *lane.scratch, lane.response);
  return model_->ExplainJson(request, *lane.scratch, lane.response);
}

ModelRuntime::Scored ModelRuntime::Score(int lane_index, std::string_view request, std::string_view target) {
  Lane& lane = lanes_[static_cast<size_t>(lane_index)];
  lane.clock.Start();
  const Status status = ScoreInto(lane, request, target);
  const StageClock::Reading reading = lane.clock.Stop();
  Scored scored;
  scored.stages = reading.stages;
  if (status) {
    scored.exec_ms = reading.total_ms;
  } else {
    scored.status = StatusOf(status.error().code());
    lane.response.clear();
    JsonRow row(lane.response);
    row.Text("message", status.error().message());
    row.Close();
  }
  scored.body = lane.response;
  return scored;
}

}  // namespace slipway::gateway
