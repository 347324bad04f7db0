// Times both quality suites with their pages, from tables in memory to bytes of HTML.
//
//   quality_bench CURATED.csv TARGET ROUNDS    every fifth row is a test row
//
// Prints {"seconds": […], "bytes": …, "checks": {name: verdict}}.
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

#include <nlohmann/json.hpp>

#include "slipway/sdk/program.h"
#include "slipway/sdk/unwrap.h"
#include "slipway/stats/quality/quality.h"
#include "slipway/stats/quality/quality_html.h"
#include "slipway/tabular/read.h"

using namespace slipway;
using sdk::Unwrap;

namespace {

using Json = nlohmann::ordered_json;

void AddVerdicts(const stats::QualityReport& report, Json& verdicts) {
  for (const stats::CheckResult& check : report.checks)
    verdicts[check.name] = !check.ran()               ? "did not run"
                           : check.conditions.empty() ? "no condition"
                                                      : std::string(stats::VerdictName(check.verdict()));
}

void Measure(char** argv) {
  const auto curated = Unwrap(tabular::ReadTable(argv[1]));
  std::vector<uint32_t> train_rows, test_rows;
  for (uint32_t row = 0; row < curated.rows(); ++row) (row % 5 == 4 ? test_rows : train_rows).push_back(row);
  const auto train = curated.TakeRows(train_rows), test = curated.TakeRows(test_rows);
  stats::QualityOptions options;
  options.label = argv[2];
  options.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  Json out = {{"seconds", Json::array()}, {"bytes", 0}, {"checks", Json::object()}};
  for (int round = 0; round < std::stoi(argv[3]); ++round) {
    const auto begin = std::chrono::steady_clock::now();
    const auto integrity = Unwrap(stats::RunDataIntegrity(train, options));
    const auto validation = Unwrap(stats::RunTrainTestValidation(train, test, options));
    const size_t bytes =
        stats::QualityPage(integrity, Timestamp{}).size() + stats::QualityPage(validation, Timestamp{}).size();
    out["seconds"].push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    out["bytes"] = bytes;
    AddVerdicts(integrity, out["checks"]);
    AddVerdicts(validation, out["checks"]);
  }
  std::printf("%s\n", out.dump().c_str());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: quality_bench CURATED.csv TARGET ROUNDS\n");
    return 2;
  }
  return sdk::RunProgram(1, argv, [&](const sdk::Arguments&) { Measure(argv); });
}
