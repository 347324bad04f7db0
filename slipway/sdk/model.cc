#include "slipway/scoring/compiled_model.h"
#include "slipway/sdk/classifier.h"
#include "slipway/sdk/evaluation.h"
#include "slipway/sdk/unwrap.h"

namespace slipway::sdk {
namespace {

// Buffers of each thread for the model it scored last, so that repeated requests allocate nothing.
scoring::Scratch& ScratchOfThread(const std::shared_ptr<const scoring::CompiledModel>& model) {
  struct Owned {
    std::shared_ptr<const scoring::CompiledModel> model;  // outlives the scratch
    std::unique_ptr<scoring::Scratch> scratch;
  };
  thread_local Owned owned;
  if (owned.model != model) {
    owned.scratch = model->MakeScratch();
    owned.model = model;
  }
  return *owned.scratch;
}

void ThrowUnless(const Status& status) {
  if (status) return;
  if (status.error().code() == Code::kInvalidArgument) throw InvalidRequest(status.error().message());
  throw Failure(status.error().ToString());
}

}  // namespace

Model Model::Load(const std::string& path) {
  return Model(Unwrap(scoring::CompiledModel::Load(path)));
}

std::string Model::ScoreJson(std::string_view request) const {
  std::string response;
  ThrowUnless(model_->ScoreJson(request, ScratchOfThread(model_), response));
  return response;
}

std::string Model::ExplainJson(std::string_view request) const {
  std::string response;
  ThrowUnless(model_->ExplainJson(request, ScratchOfThread(model_), response));
  return response;
}

std::map<std::string, double> Model::Evaluate(const Table& labelled, const std::string& target) const {
  const auto predictions = Unwrap(model_->ScoreTable(labelled.get().Without(target)));
  return Unwrap(EvaluatePredictions(predictions, labelled.get(), target));
}

}  // namespace slipway::sdk
