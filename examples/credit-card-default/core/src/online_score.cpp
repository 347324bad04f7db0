// The scoring script: answers requests, and logs what it was asked and what it answered for the monitoring queries.
#include <slipway/sdk/classifier.h>
#include <slipway/sdk/scoring_script.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

using slipway::sdk::Model;

namespace {

std::optional<Model> model;
std::string tag;  // "online/<model name>/<version>"

// One line a record: the queries split it at '|' and parse the last part. In JSON line breaks stand only between
// values, so a blank does as well.
void Log(const char* type, std::string json) {
  std::replace(json.begin(), json.end(), '\n', ' ');
  std::printf("%s | %s | %s\n", tag.c_str(), type, json.c_str());
}

}  // namespace

void init() {
  const std::string folder = std::getenv("AZUREML_MODEL_DIR");  // …/azureml-models/<name>/<version>
  const size_t version = folder.rfind('/'), name = folder.rfind('/', version - 1);
  tag = "online" + folder.substr(name);
  model = Model::Load(folder + "/model");
}

std::string run(std::string_view request) {
  std::string answer = model->ScoreJson(request);
  Log("InputData", std::string(request));
  Log("OutputData", answer);
  return answer;
}

SLIPWAY_SCORING_SCRIPT(init, run)
