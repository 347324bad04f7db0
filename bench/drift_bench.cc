// The part of `drift` that is ours.
//
//   drift_bench large CURATED.csv TARGET ROWS FOLDER   FOLDER/reference.csv and current.csv: ROWS rows each, drawn from
//                                                      CURATED.csv with replacement, amounts jittered
//   drift_bench compare FOLDER ROUNDS                  {"scores": {column: [test, score]}, "seconds": [...]}
//
// The time is that of CompareTables: scores, verdicts and the histograms of the report, from two tables in memory.
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

#include <nlohmann/json.hpp>

#include "slipway/base/hash.h"
#include "slipway/sdk/program.h"
#include "slipway/sdk/unwrap.h"
#include "slipway/stats/drift.h"
#include "slipway/tabular/csv.h"
#include "slipway/tabular/read.h"

using namespace slipway;
using sdk::Unwrap;

namespace {

// The numbers spread a little, so that there are as many distinct values as real amounts would have.
tabular::Column Resampled(const tabular::Column& column, const std::vector<uint32_t>& rows, SplitMix64& random) {
  tabular::ColumnBuilder builder(column.name, column.type);
  for (uint32_t row : rows) {
    if (column.type == tabular::ColumnType::kFloat64)
      builder.AddDouble(static_cast<double>(static_cast<int64_t>(column.doubles[row] * (95 + 10 * random.NextUnit()))) /
                        100);
    else if (column.type == tabular::ColumnType::kString)
      builder.AddString(column.string_at(row));
    else
      builder.AddInt(column.ints[row]);
  }
  return std::move(builder).Build();
}

void MakeLarge(char** argv) {
  const auto curated = Unwrap(tabular::ReadTable(argv[2])).Without(argv[3]);
  const size_t wanted = std::stoul(argv[4]);
  SplitMix64 random(11);
  for (const char* side : {"reference", "current"}) {
    std::vector<uint32_t> rows(wanted);
    for (uint32_t& row : rows) row = static_cast<uint32_t>(random.NextBelow(curated.rows()));
    std::vector<tabular::Column> columns;
    for (const auto& column : curated.columns()) columns.push_back(Resampled(column, rows, random));
    Unwrap(tabular::WriteCsvFile(Unwrap(tabular::Table::Make(std::move(columns))),
                                 std::string(argv[5]) + "/" + side + ".csv"));
  }
}

void Compare(char** argv) {
  const std::string folder = argv[2];
  const auto reference = Unwrap(tabular::ReadTable(folder + "/reference.csv"));
  const auto current = Unwrap(tabular::ReadTable(folder + "/current.csv"));
  stats::DriftOptions options;
  options.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  nlohmann::ordered_json out = {{"scores", nlohmann::ordered_json::object()},
                                {"seconds", nlohmann::ordered_json::array()}};
  for (int round = 0; round < std::stoi(argv[3]); ++round) {
    const auto begin = std::chrono::steady_clock::now();
    const auto report = Unwrap(stats::CompareTables(reference, current, options));
    out["seconds"].push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    for (const auto& column : report.columns) out["scores"][column.name] = {column.test, column.score};
  }
  std::printf("%s\n", out.dump().c_str());
}

}  // namespace

int main(int argc, char** argv) {
  const std::string verb = argc > 1 ? argv[1] : "";
  if (!(verb == "large" && argc == 6) && !(verb == "compare" && argc == 4)) {
    std::fprintf(stderr,
                 "usage: drift_bench large CURATED.csv TARGET ROWS FOLDER\n"
                 "       drift_bench compare FOLDER ROUNDS\n");
    return 2;
  }
  return sdk::RunProgram(1, argv, [&](const sdk::Arguments&) { verb == "large" ? MakeLarge(argv) : Compare(argv); });
}
