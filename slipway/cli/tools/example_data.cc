// example data: the generator of example_data.h on the command line.
#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/cli/context.h"
#include "slipway/cli/example_data.h"
#include "slipway/cli/tools/tools.h"

namespace slipway::cli {
namespace {

constexpr long long kRowsMax = 10'000'000;

Result<Output> Run(Context& context, const Arguments& arguments) {
  const auto rows = ParseInt(arguments.GetOr("rows", "30000"));
  if (!rows || *rows < 1 || *rows > kRowsMax)
    return InvalidArgument(fmt::format("--rows takes a number from 1 to {}", kRowsMax));
  const auto seed = ParseInt(arguments.GetOr("seed", "7"));
  if (!seed || *seed < 0) return InvalidArgument("--seed takes a whole number from 0");
  const std::string folder = arguments.GetOr("output", "data");
  SLIPWAY_RETURN_IF_ERROR(WriteExampleData(folder, static_cast<size_t>(*rows), static_cast<uint64_t>(*seed)));
  context.Note(fmt::format(
      "Wrote {} made-up credit card clients to '{}': curated/, inference/batch/, inference/stable/, inference/drifted/",
      *rows, folder));
  return Output::Nothing();
}

}  // namespace

Command ExampleDataCommand() {
  Command command;
  command.path = "example data";
  command.summary = "Write the example's data, made up by a seeded generator.";
  command.flags = {{"output", 0, "Folder to write to. Default: data."},
                   {"rows", 0, "Rows of the labelled data. Default: 30000."},
                   {"seed", 0, "Seed: the same gives the same data. Default: 7."}};
  command.needs_workspace = false;
  command.run = Run;
  return command;
}

}  // namespace slipway::cli
