// Splits the curated table into training and validation data, 80 to 20.
#include <slipway/sdk/sdk.h>

using namespace slipway::sdk;

int main(int argc, char** argv) {
  return RunProgram(argc, argv, [](const Arguments& arguments) {
    const Table data = Table::Read(arguments.Get("data"));
    const auto [train, test] = data.Split(0.2, arguments.GetInteger("random-state"));
    const std::string output = arguments.Get("output");
    train.WriteCsv(output + "/train.csv");
    test.WriteCsv(output + "/test.csv");

    Run run = Run::Current();
    run.LogMetric("train_rows", static_cast<double>(train.rows()));
    run.LogMetric("test_rows", static_cast<double>(test.rows()));
  });
}
