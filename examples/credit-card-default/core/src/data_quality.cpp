// Reports on the quality of the prepared data: an HTML page a suite, kept with the job.
#include <slipway/sdk/sdk.h>

#include "constants.h"

using namespace slipway::sdk;

namespace {

void Keep(Run& run, const QualityReport& report, const std::string& name) {
  report.WriteHtml(name + ".html");
  run.LogArtifact(name + ".html");
  run.LogMetric(name + "_failed_checks", report.failed());
  run.LogMetric(name + "_passed_checks", report.passed());
}

}  // namespace

int main(int argc, char** argv) {
  return RunProgram(argc, argv, [](const Arguments& arguments) {
    const std::string folder = arguments.Get("prepared-data");
    const Table train = Table::Read(folder + "/train.csv"), test = Table::Read(folder + "/test.csv");
    const QualityOptions options = {.label = kTarget, .categorical = {}};

    Run run = Run::Current();
    Keep(run, QualityReport::DataIntegrity(train.Append(test), options), "data_integrity");
    Keep(run, QualityReport::TrainTestValidation(train, test, options), "train_test_validation");
  });
}
