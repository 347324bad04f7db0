// Measures the drift between what a model was trained on and what it is asked now, and sends it to Application
// Insights.
#include "steps.h"

#include <cstdio>
#include <fstream>

namespace slipway::steps {
namespace {

std::string Record(const std::string& model, const std::string& type, const std::string& data) {
  return R"({"name": ")" + model + R"(", "type": ")" + type + R"(", "data": )" + data + "}";
}

sdk::Table WithoutAll(sdk::Table table, const std::vector<std::string>& names) {
  for (const std::string& name : names) table = table.Without(name);
  return table;
}

sdk::DriftOptions OptionsOf(const sdk::Arguments& arguments) {
  sdk::DriftOptions options;
  options.target = arguments.Get("target", "");
  options.prediction = arguments.Get("prediction", "");
  options.together = IsTrue(arguments.Get("together", "false"));
  options.every = arguments.Get("every", "");
  options.time_column = arguments.Get("time-column", "");
  options.weekdays = IsTrue(arguments.Get("weekdays", "false"));
  options.bad_windows = arguments.Get("bad-windows", "3/5");
  options.score = arguments.Get("score", "");
  if (arguments.Has("model")) options.importance = arguments.Get("model") + "/model";
  return options;
}

}  // namespace

void Drift(const sdk::Arguments& arguments) {
  const sdk::Table reference =
      WithoutAll(sdk::Table::Read(arguments.Get("reference")), Names(arguments.Get("exclude", "")));
  const sdk::DriftReport report =
      sdk::DriftReport::Compare(reference, sdk::Table::Read(arguments.Get("current")), OptionsOf(arguments));
  std::printf("%s", report.ToText().c_str());

  const std::string model = arguments.Get("model-name");
  sdk::Telemetry telemetry;
  telemetry.Trace(Record(model, "OverallDriftMetrics", report.OverallMetricsJson()));
  telemetry.Trace(Record(model, "FeatureDriftMetrics", report.FeatureMetricsJson()));
  telemetry.Metric("drifted_share", report.drifted_share());
  telemetry.Flush();

  report.WriteHtml(arguments.Get("report") + "/drift_report.html");
  std::ofstream(arguments.Get("report") + "/drift_study.json") << report.StudyJson();
  sdk::Run run = sdk::Run::Current();
  run.LogArtifact(arguments.Get("report") + "/drift_report.html");
  run.LogMetric("drifted_share", report.drifted_share());
  if (const std::string gate = arguments.Get("fail-on", "none"); report.FailsOn(gate))
    throw sdk::Failure("the worst of what was found is of severity " + report.worst() + "; fail_on is " + gate);
}

}  // namespace slipway::steps
