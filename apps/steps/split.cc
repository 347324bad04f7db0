// Parts a table into rows to learn from and rows to judge by.
#include "steps.h"

#include <cstdio>

namespace slipway::steps {
namespace {

struct Parts {
  sdk::Table train, test;
};

Parts PartsOf(const sdk::Table& data, const sdk::Arguments& arguments) {
  const auto [train, test] =
      data.Split(arguments.GetNumber("test-size"), static_cast<uint64_t>(arguments.GetInteger("random-state")));
  return {train, test};
}

// Each table is parted by itself: more rows do not move the rows of the first one, so that a model which learnt from
// its part is still judged by rows that it has not seen.
Parts AllParts(const sdk::Arguments& arguments) {
  const Parts first = PartsOf(sdk::Table::Read(arguments.Get("data")), arguments);
  if (!arguments.Has("more")) return first;
  const Parts more = PartsOf(sdk::Table::Read(arguments.Get("more")), arguments);
  return {first.train.Append(more.train), first.test.Append(more.test)};
}

}  // namespace

void Split(const sdk::Arguments& arguments) {
  const Parts parts = AllParts(arguments);
  parts.train.WriteCsv(arguments.Get("train") + "/data.csv");
  parts.test.WriteCsv(arguments.Get("test") + "/data.csv");
  sdk::Run run = sdk::Run::Current();
  run.LogMetric("train_rows", static_cast<double>(parts.train.rows()));
  run.LogMetric("test_rows", static_cast<double>(parts.test.rows()));
  std::printf("%zu rows to learn from, %zu to judge by\n", parts.train.rows(), parts.test.rows());
}

}  // namespace slipway::steps
