// The scoring script of `score-http`: the model, called from a worker process.
#include <slipway/sdk/scoring_script.h>
#include <slipway/sdk/sdk.h>

#include <cstdlib>

struct Scorer {
  slipway::sdk::Model model = slipway::sdk::Model::Load(std::getenv("AZUREML_MODEL_DIR"));
  std::string run(std::string_view request) { return model.ScoreJson(request); }
};
SLIPWAY_SCORER(Scorer)
