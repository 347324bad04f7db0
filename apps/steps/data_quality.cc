// Reports on the quality of training data; fails, when asked to, where checks fail.
#include "steps.h"

#include <cstdio>
#include <fstream>

namespace slipway::steps {
namespace {

int Keep(sdk::Run& run, const sdk::QualityReport& report, const std::string& folder, const std::string& name) {
  report.WriteHtml(folder + "/" + name + ".html");
  std::ofstream(folder + "/" + name + ".json") << report.ToJson();
  run.LogMetric(name + "_failed_checks", report.failed());
  run.LogMetric(name + "_passed_checks", report.passed());
  std::printf("%s: %d checks failed, %d passed\n", name.c_str(), report.failed(), report.passed());
  return report.failed();
}

}  // namespace

void DataQuality(const sdk::Arguments& arguments) {
  const sdk::Table train = sdk::Table::Read(arguments.Get("train")), test = sdk::Table::Read(arguments.Get("test"));
  const sdk::QualityOptions options = {.label = arguments.Get("target", ""), .categorical = {}};
  const std::string folder = arguments.Get("report");
  sdk::Run run = sdk::Run::Current();
  const auto integrity = sdk::QualityReport::DataIntegrity(train.Append(test), options);
  const auto validation = sdk::QualityReport::TrainTestValidation(train, test, options);
  const int failed =
      Keep(run, integrity, folder, "data_integrity") + Keep(run, validation, folder, "train_test_validation");
  const int most = arguments.GetInteger("max-failed-checks", -1);
  if (most >= 0 && failed > most)
    throw sdk::Failure(std::to_string(failed) + " quality checks failed; max_failed_checks allows " +
                       std::to_string(most));
  const std::string gate = arguments.Get("fail-on", "none");
  if (integrity.FailsOn(gate) || validation.FailsOn(gate))
    throw sdk::Failure(std::to_string(failed) + " quality checks failed; fail_on is " + gate);
}

}  // namespace slipway::steps
