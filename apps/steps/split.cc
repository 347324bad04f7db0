// Parts a table into rows to learn from and rows to judge by.
#include "steps.h"

#include <cstdio>

namespace slipway::steps {

void Split(const sdk::Arguments& arguments) {
  const sdk::Table data = sdk::Table::Read(arguments.Get("data"));
  const auto [train, test] =
      data.Split(arguments.GetNumber("test-size"), static_cast<uint64_t>(arguments.GetInteger("random-state")));
  train.WriteCsv(arguments.Get("train") + "/data.csv");
  test.WriteCsv(arguments.Get("test") + "/data.csv");
  sdk::Run run = sdk::Run::Current();
  run.LogMetric("train_rows", static_cast<double>(train.rows()));
  run.LogMetric("test_rows", static_cast<double>(test.rows()));
  std::printf("%zu rows to learn from, %zu to judge by\n", train.rows(), test.rows());
}

}  // namespace slipway::steps
