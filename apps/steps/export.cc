// Collects the answer of a query over the logs as one CSV file with an MLTable beside it.
#include "steps.h"

#include <cstdio>
#include <fstream>

namespace slipway::steps {

void Export(const sdk::Arguments& arguments) {
  sdk::Table rows = sdk::QueryLogs(arguments.Get("query"));
  for (const std::string& name : Names(arguments.Get("exclude", ""))) rows = rows.Without(name);
  const std::string folder = arguments.Get("data");
  rows.WriteCsv(folder + "/data.csv");
  std::ofstream(folder + "/MLTable") << "type: mltable\npaths:\n  - pattern: ./*.csv\ntransformations:\n"
                                        "  - read_delimited: {delimiter: ',', header: all_files_same_headers}\n";
  sdk::Run::Current().LogMetric("exported_rows", static_cast<double>(rows.rows()));
  std::printf("exported %zu rows\n", rows.rows());
}

}  // namespace slipway::steps
