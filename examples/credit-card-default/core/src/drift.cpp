// Measures the drift between what the model was trained on and what it is asked now, and sends it to Application
// Insights.
#include <slipway/sdk/sdk.h>

#include <cstdio>

#include "constants.h"

using namespace slipway::sdk;

namespace {

std::string Record(const std::string& model, const std::string& type, const std::string& data) {
  return R"({"name": ")" + model + R"(", "type": ")" + type + R"(", "data": )" + data + "}";
}

}  // namespace

int main(int argc, char** argv) {
  return RunProgram(argc, argv, [](const Arguments& arguments) {
    const Table reference = Table::Read(arguments.Get("reference")).Without(kTarget);
    const Table current = Table::Read(arguments.Get("current"));
    const DriftReport report = DriftReport::Compare(reference, current);
    std::printf("%s", report.ToText().c_str());

    const std::string model = arguments.Get("model-name");
    Telemetry telemetry;
    telemetry.Trace(Record(model, "OverallDriftMetrics", report.OverallMetricsJson()));
    telemetry.Trace(Record(model, "FeatureDriftMetrics", report.FeatureMetricsJson()));
    telemetry.Metric("drifted_share", report.drifted_share());
    telemetry.Flush();

    report.WriteHtml("drift_report.html");
    Run run = Run::Current();
    run.LogArtifact("drift_report.html");
    run.LogMetric("drifted_share", report.drifted_share());
  });
}
