// One trial of the sweep: fits a random forest and says how well it does on the validation data.
#include <slipway/sdk/sdk.h>

#include "constants.h"

using namespace slipway::sdk;

int main(int argc, char** argv) {
  return RunProgram(argc, argv, [](const Arguments& arguments) {
    const std::string folder = arguments.Get("prepared-data");
    const Table train = Table::Read(folder + "/train.csv"), test = Table::Read(folder + "/test.csv");

    RandomForest forest;
    forest.n_estimators = arguments.GetInteger("n-estimators");
    forest.max_depth = arguments.GetInteger("max-depth");
    forest.criterion = arguments.Get("criterion");
    forest.random_state = arguments.GetInteger("random-state");
    const Classifier classifier = Classifier::Fit(train, kTarget, forest);

    Run run = Run::Current();
    run.LogParameter("n_estimators", std::to_string(forest.n_estimators));
    run.LogParameter("max_depth", std::to_string(forest.max_depth));
    run.LogParameter("criterion", forest.criterion);
    run.LogMetrics(classifier.Evaluate(test), "validation_");
    classifier.Save(arguments.Get("model-output") + "/model");
  });
}
