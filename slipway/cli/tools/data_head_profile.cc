// data head, data profile: a look into a table, on this machine or in a data asset.
#include <cmath>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/base/time.h"
#include "slipway/cli/context.h"
#include "slipway/cli/tools/named_inputs.h"
#include "slipway/cli/tools/tools.h"
#include "slipway/tabular/json_records.h"
#include "slipway/tabular/profile.h"
#include "slipway/tabular/table.h"

namespace slipway::cli {
namespace {

using nlohmann::ordered_json;
using tabular::ColumnProfile;
using tabular::ColumnType;
using tabular::Table;

// --- data head ---

Result<Output> RunHead(Context& context, const Arguments& arguments) {
  const auto rows = ParseInt(arguments.GetOr("rows", "10"));
  if (!rows || *rows < 1) return InvalidArgument("--rows takes a whole number from 1");
  SLIPWAY_ASSIGN_OR_RETURN(const Table table, ReadNamedTable(context, arguments.GetOr("name-or-path", "")));
  Output output = Output::Of(ordered_json::parse(ToJsonRecords(table.Head(static_cast<size_t>(*rows)))));
  output.table_row = [](const ordered_json& row) { return row; };  // also columns named id or type
  output.keeps_order = true;
  return output;
}

// --- data profile ---

ordered_json NumberJson(ColumnType type, double number) {
  if (type == ColumnType::kDatetime) return FormatTimestamp(Timestamp(Duration(static_cast<int64_t>(number))), 0);
  constexpr double kExactBelow = 9007199254740992.0;  // 2^53
  const bool is_whole = type == ColumnType::kInt64 && std::abs(number) < kExactBelow && number == std::floor(number);
  return is_whole ? ordered_json(static_cast<int64_t>(number)) : ordered_json(number);
}

// A standard deviation is no point in time: of datetimes it is given in seconds.
ordered_json DeviationJson(ColumnType type, double deviation) {
  constexpr double kMicrosecondsPerSecond = 1e6;
  return type == ColumnType::kDatetime ? deviation / kMicrosecondsPerSecond : deviation;
}

void AddNumbers(const ColumnProfile& profile, ordered_json& into) {
  if (!profile.numbers) return;
  const tabular::NumberProfile& numbers = *profile.numbers;
  const auto json = [&](double number) { return NumberJson(profile.type, number); };
  into["min"] = json(numbers.min);
  into["lower_quartile"] = json(numbers.lower_quartile);
  into["median"] = json(numbers.median);
  into["upper_quartile"] = json(numbers.upper_quartile);
  into["max"] = json(numbers.max);
  into["mean"] = json(numbers.mean);
  into["standard_deviation"] = DeviationJson(profile.type, numbers.standard_deviation);
  into["histogram"] = ordered_json::array();
  for (const auto& bin : numbers.histogram)
    into["histogram"].push_back({{"from", json(bin.from)}, {"to", json(bin.to)}, {"count", bin.count}});
}

ordered_json ProfileJson(const ColumnProfile& profile) {
  ordered_json json = {{"column", profile.name},
                       {"type", std::string(ColumnTypeName(profile.type))},
                       {"rows", profile.rows},
                       {"nulls", profile.nulls},
                       {"distinct", profile.distinct}};
  AddNumbers(profile, json);
  json["top"] = ordered_json::array();
  for (const auto& value : profile.top) json["top"].push_back({{"value", value.text}, {"count", value.count}});
  return json;
}

// Six digits are enough to look at. The mean of infinities of both signs is no number.
ordered_json ShortNumber(const ordered_json& value) {
  if (!value.is_number_float()) return value;
  const double number = value.get<double>();
  return std::isnan(number) ? ordered_json("") : ordered_json(fmt::format("{:.6g}", number));
}

ordered_json ProfileRow(const ordered_json& profile) {
  ordered_json row;
  for (const char* key : {"column", "type", "nulls", "distinct"}) row[key] = profile[key];
  for (const char* key : {"min", "median", "max", "mean"}) row[key] = ShortNumber(profile.value(key, ordered_json("")));
  const ordered_json& top = profile["top"];
  row["most frequent"] =
      top.empty() ? "" : fmt::format("{} ({})", top[0]["value"].get<std::string>(), top[0]["count"].get<size_t>());
  return row;
}

Result<Output> RunProfile(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(const Table table, ReadNamedTable(context, arguments.GetOr("name-or-path", "")));
  ordered_json profiles = ordered_json::array();
  for (const ColumnProfile& profile : tabular::ProfileTable(table)) profiles.push_back(ProfileJson(profile));
  Output output = Output::Of(std::move(profiles));
  output.table_row = ProfileRow;
  output.keeps_order = true;
  return output;
}

Command MakeTableCommand(std::string path, std::string summary) {
  Command command;
  command.path = std::move(path);
  command.summary = std::move(summary);
  command.positionals = {{"name-or-path",
                          "CSV or JSON-lines file, folder of such files or with an MLTable file, data asset "
                          "(NAME, NAME:VERSION, NAME@LABEL) or azureml:// path."}};
  return command;
}

}  // namespace

Command DataHeadCommand() {
  Command command = MakeTableCommand("data head", "Print the first rows of a table.");
  command.flags = {{"rows", 'n', "How many rows. Default: 10."}};
  command.run = RunHead;
  command.examples = {"slipway data head data/curated -n 5 -o table", "slipway data head azureml:curated:1"};
  return command;
}

Command DataProfileCommand() {
  Command command =
      MakeTableCommand("data profile", "Describe the columns of a table: counts, ranges, frequent values.");
  command.run = RunProfile;
  command.examples = {"slipway data profile data/curated -o table", "slipway data profile curated@latest"};
  return command;
}

}  // namespace slipway::cli
