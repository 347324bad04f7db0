// Trains a model on a table, judges it, logs how good it is and keeps its card.
#include "steps.h"

#include <cctype>
#include <cstdio>

namespace slipway::steps {
namespace {

// "n_estimators=500 max_depth=12"; a block of YAML has line ends, too.
std::map<std::string, std::string> ParametersIn(const std::string& text) {
  std::map<std::string, std::string> parameters;
  std::string word;
  for (const char c : text + " ") {
    if (std::isspace(static_cast<unsigned char>(c)) == 0) {
      word += c;
      continue;
    }
    const size_t equals = word.find('=');
    if (!word.empty() && equals == std::string::npos)
      throw sdk::Failure("parameters are NAME=VALUE with spaces between, not '" + word + "'");
    if (!word.empty()) parameters[word.substr(0, equals)] = word.substr(equals + 1);
    word.clear();
  }
  return parameters;
}

}  // namespace

void TrainTabular(const sdk::Arguments& arguments) {
  const std::string target = arguments.Get("target");
  sdk::TrainSettings settings;
  settings.algorithm = arguments.Get("algorithm");
  settings.task = arguments.Get("task", "");
  if (settings.task == "auto") settings.task = "";
  settings.parameters = ParametersIn(arguments.Get("parameters", ""));
  settings.exclude = Names(arguments.Get("exclude", ""));
  settings.segments = Names(arguments.Get("segments", ""));
  settings.random_state = static_cast<uint64_t>(arguments.GetInteger("random-state"));

  const sdk::Table train = sdk::Table::Read(arguments.Get("train"));
  const sdk::TrainedModel model =
      arguments.Has("test") ? sdk::TrainedModel::Fit(train, sdk::Table::Read(arguments.Get("test")), target, settings)
                            : sdk::TrainedModel::Fit(train, target, settings);
  const std::string folder = arguments.Get("model") + "/model";
  model.Save(folder);

  sdk::Run run = sdk::Run::Current();
  for (const auto& [name, value] : model.Parameters()) run.LogParameter(name, value);
  run.LogMetrics(model.Metrics(), "validation_");
  run.LogArtifact(folder + "/model_card.html");
  std::printf("%s\n", model.CostText().c_str());
  for (const std::string& note : model.Notes()) std::printf("note: %s\n", note.c_str());
  for (const auto& [name, value] : model.Metrics()) std::printf("%-22s %.4f\n", name.c_str(), value);
}

}  // namespace slipway::steps
