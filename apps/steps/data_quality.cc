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
  int failed = Keep(run, sdk::QualityReport::DataIntegrity(train.Append(test), options), folder, "data_integrity");
  failed += Keep(run, sdk::QualityReport::TrainTestValidation(train, test, options), folder, "train_test_validation");
  const int most = arguments.GetInteger("max-failed-checks", -1);
  if (most >= 0 && failed > most)
    throw sdk::Failure(std::to_string(failed) + " quality checks failed; max_failed_checks allows " +
                       std::to_string(most));
}

}  // namespace slipway::steps
