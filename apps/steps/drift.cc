// Measures the drift between what a model was trained on and what it is asked now, and sends it to Application
// Insights.
#include "steps.h"

#include <cstdio>

namespace slipway::steps {
namespace {

std::string Record(const std::string& model, const std::string& type, const std::string& data) {
  return R"({"name": ")" + model + R"(", "type": ")" + type + R"(", "data": )" + data + "}";
}

sdk::Table WithoutAll(sdk::Table table, const std::vector<std::string>& names) {
  for (const std::string& name : names) table = table.Without(name);
  return table;
}

}  // namespace

void Drift(const sdk::Arguments& arguments) {
  const sdk::Table reference =
      WithoutAll(sdk::Table::Read(arguments.Get("reference")), Names(arguments.Get("exclude", "")));
  const sdk::DriftReport report = sdk::DriftReport::Compare(reference, sdk::Table::Read(arguments.Get("current")));
  std::printf("%s", report.ToText().c_str());

  const std::string model = arguments.Get("model-name");
  sdk::Telemetry telemetry;
  telemetry.Trace(Record(model, "OverallDriftMetrics", report.OverallMetricsJson()));
  telemetry.Trace(Record(model, "FeatureDriftMetrics", report.FeatureMetricsJson()));
  telemetry.Metric("drifted_share", report.drifted_share());
  telemetry.Flush();

  report.WriteHtml(arguments.Get("report") + "/drift_report.html");
  sdk::Run run = sdk::Run::Current();
  run.LogArtifact(arguments.Get("report") + "/drift_report.html");
  run.LogMetric("drifted_share", report.drifted_share());
}

}  // namespace slipway::steps
