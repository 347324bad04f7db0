#include "slipway/gateway/model_runtime.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/gateway/json_row.h"
#include "slipway/gateway/routes.h"
#include "slipway/scoring/compiled_model.h"

namespace slipway::gateway {
namespace {

using scoring::Explain;

constexpr const char* kExplainVariable = "SLIPWAY_EXPLAIN";
constexpr const char* kUnknownColumnsVariable = "SLIPWAY_UNKNOWN_COLUMNS";

Result<Explain> DefaultExplain(const WantedDeployment& wanted, const scoring::CompiledModel& model) {
  const auto variable = wanted.environment_variables.find(kExplainVariable);
  if (variable == wanted.environment_variables.end()) return Explain::kNone;
  SLIPWAY_ASSIGN_OR_RETURN(const Explain explain, scoring::ParseExplain(variable->second));
  if (explain == Explain::kShap) SLIPWAY_RETURN_IF_ERROR(model.CheckExplainable());
  return explain;
}

// Whether requests with columns that the model does not know are refused.
Result<bool> RefusesUnknownColumns(const WantedDeployment& wanted) {
  const auto variable = wanted.environment_variables.find(kUnknownColumnsVariable);
  if (variable == wanted.environment_variables.end()) return false;
  const std::vector<std::string> words = {"ignore", "refuse"};
  if (std::find(words.begin(), words.end(), variable->second) != words.end()) return variable->second == "refuse";
  return InvalidArgument(fmt::format("environment variable {}: '{}' is neither ignore nor refuse{}",
                                     kUnknownColumnsVariable, variable->second, DidYouMean(variable->second, words)));
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
  SLIPWAY_ASSIGN_OR_RETURN(const bool refuses_unknown_columns, RefusesUnknownColumns(wanted));
  return std::shared_ptr<ModelRuntime>(new ModelRuntime(std::move(model), explain, refuses_unknown_columns, lanes));
}

ModelRuntime::ModelRuntime(std::shared_ptr<const scoring::CompiledModel> model, Explain explain,
                           bool refuses_unknown_columns, int lanes)
    : model_(std::move(model)), explain_(explain), lanes_(static_cast<size_t>(lanes)) {
  for (Lane& lane : lanes_) {
    lane.scratch = model_->MakeScratch();
    lane.scratch->observer = &lane.clock;
    lane.scratch->refuses_unknown_columns = refuses_unknown_columns;
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
