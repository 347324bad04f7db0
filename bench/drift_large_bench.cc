// Synthetic tables for drift of more data than memory holds.
//
//   drift_large_bench make FOLDER ROWS CURRENT_ROWS COLUMNS [csv]
//
// writes FOLDER/reference.parquet and FOLDER/current.parquet (and the same as .csv): four kinds of columns take turns
// (measures, counts, words, measures with a twentieth missing); every tenth column of the current table is shifted.
// Values follow from row and column alone, so that equal arguments give equal tables.
#include <cstdio>
#include <filesystem>
#include <string>

#include <fmt/format.h>

#include "slipway/duck/connection.h"
#include "slipway/sdk/program.h"
#include "slipway/sdk/unwrap.h"

using namespace slipway;
using sdk::Unwrap;

namespace {

struct Side {
  std::string name;
  uint64_t first_row, rows;
  bool is_shifted;
};

// Evenly from 0 to 1.
std::string Unit(int column, int salt) {
  return fmt::format("(hash(i, {}, {}) % 1000000) / 1e6", column, salt);
}

std::string Expression(int column, bool is_shifted) {
  const double shift = is_shifted && column % 10 == 9 ? 0.3 : 0;
  const std::string bell = fmt::format("{} + {} + {} + {}", Unit(column, 0), Unit(column, 1), Unit(column, 2), shift);
  switch (column % 4) {
    case 0:
      return fmt::format("round({}, 2)", bell);
    case 1:
      return fmt::format("CAST(floor(pow({} + {}, 2) * 20) AS BIGINT)", Unit(column, 0), shift);
    case 2:
      return fmt::format("'word ' || CAST(floor(pow({}, 2) * {}) AS INTEGER)", Unit(column, 0), 20 + 20 * shift);
    default:
      return fmt::format("CASE WHEN {} < 0.05 THEN NULL ELSE round({}, 3) END", Unit(column, 3), bell);
  }
}

std::string Select(const Side& side, int columns) {
  std::string list;
  for (int column = 0; column < columns; ++column)
    list += fmt::format("{}{} AS c{:04}", column == 0 ? "" : ", ", Expression(column, side.is_shifted), column);
  return fmt::format("SELECT {} FROM range({}, {}) t(i)", list, side.first_row, side.first_row + side.rows);
}

void Make(int argc, char** argv) {
  const std::filesystem::path folder = argv[2];
  const uint64_t rows = std::stoull(argv[3]), current_rows = std::stoull(argv[4]);
  const int columns = std::stoi(argv[5]);
  std::filesystem::create_directories(folder);
  const auto database = Unwrap(duck::Database::Open("", {.memory_limit = "6GB", .external_access = true}));
  auto connection = Unwrap(database.Connect());
  for (const Side& side : {Side{"reference", 0, rows, false}, Side{"current", rows, current_rows, true}}) {
    const std::string path = (folder / side.name).string();
    Unwrap(connection.Execute(fmt::format("COPY ({}) TO '{}.parquet' (FORMAT parquet)", Select(side, columns), path)));
    if (argc > 6)
      Unwrap(connection.Execute(
          fmt::format("COPY (FROM read_parquet('{0}.parquet')) TO '{0}.csv' (FORMAT csv, HEADER)", path)));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6 || std::string(argv[1]) != "make") {
    std::fprintf(stderr, "usage: drift_large_bench make FOLDER ROWS CURRENT_ROWS COLUMNS [csv]\n");
    return 2;
  }
  return sdk::RunProgram(1, argv, [&](const sdk::Arguments&) { Make(argc, argv); });
}
