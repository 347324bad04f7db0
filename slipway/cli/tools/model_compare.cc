// model compare: a new model against the one in use, on the same held-out rows.
#include <cmath>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/cli/context.h"
#include "slipway/cli/tools/named_inputs.h"
#include "slipway/cli/tools/tools.h"
#include "slipway/training/comparison.h"

namespace slipway::cli {
namespace {

using nlohmann::ordered_json;
using training::ComparedNames;
using training::Comparison;
using training::MetricPair;

Result<double> NumberOf(const Arguments& arguments, std::string_view flag, std::string_view fallback) {
  const std::string text = arguments.GetOr(flag, fallback);
  const auto number = ParseDouble(text);
  if (!number || !(*number >= 0))
    return InvalidArgument(fmt::format("--{} is a number from 0 on, not '{}'", flag, text));
  return *number;
}

Result<uint64_t> CountOf(const Arguments& arguments, std::string_view flag, std::string_view fallback) {
  const std::string text = arguments.GetOr(flag, fallback);
  const auto count = ParseInt(text);
  if (!count || *count < 0)
    return InvalidArgument(fmt::format("--{} is a whole number from 0 on, not '{}'", flag, text));
  return static_cast<uint64_t>(*count);
}

Result<training::CompareOptions> OptionsOf(const Arguments& arguments) {
  training::CompareOptions options;
  options.metric = arguments.GetOr("metric", "");
  SLIPWAY_ASSIGN_OR_RETURN(options.margin, NumberOf(arguments, "margin", "0.002"));
  SLIPWAY_ASSIGN_OR_RETURN(options.min_rows, CountOf(arguments, "min-rows", "500"));
  SLIPWAY_ASSIGN_OR_RETURN(options.interval.seed, CountOf(arguments, "seed", "0"));
  options.refuses_segment_regressions = arguments.Has("refuse-segment-regressions");
  for (const std::string& value : arguments.All("segments"))
    for (const std::string_view name : Split(value, ','))
      if (!Trim(name).empty()) options.segments.emplace_back(Trim(name));
  return options;
}

struct Compared {
  Comparison comparison;
  ComparedNames names;
};

Result<Compared> CompareNamed(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(const training::CompareOptions options, OptionsOf(arguments));
  SLIPWAY_ASSIGN_OR_RETURN(const NamedModel champion,
                           With(LoadNamedModel(context, *arguments.Get("champion")), "--champion"));
  SLIPWAY_ASSIGN_OR_RETURN(const NamedModel challenger,
                           With(LoadNamedModel(context, *arguments.Get("challenger")), "--challenger"));
  const ComparedNames names = {champion.name, challenger.name, *arguments.Get("data"), arguments.GetOr("traffic", "")};
  const model::Signature& signature = champion.model->signature();
  SLIPWAY_ASSIGN_OR_RETURN(const tabular::Table data, With(ReadNamedRows(context, names.data, signature), "--data"));
  tabular::Table traffic;
  if (!names.traffic.empty()) {
    SLIPWAY_ASSIGN_OR_RETURN(traffic, With(ReadNamedRows(context, names.traffic, signature), "--traffic"));
  }
  context.Progress(fmt::format("comparing on {} rows", data.rows()));
  SLIPWAY_ASSIGN_OR_RETURN(Comparison comparison,
                           training::Compare(*champion.model, *challenger.model, data, *arguments.Get("target"),
                                             names.traffic.empty() ? nullptr : &traffic, options));
  return Compared{std::move(comparison), names};
}

ordered_json Row(std::string what, size_t rows, const MetricPair& metric, std::string note) {
  const auto text = [](double value) { return std::isfinite(value) ? fmt::format("{:.4f}", value) : std::string(); };
  const auto change = [](double value) { return std::isfinite(value) ? fmt::format("{:+.4f}", value) : std::string(); };
  return {{"metric", std::move(what)},
          {"rows", rows},
          {"champion", text(metric.champion)},
          {"challenger", text(metric.challenger)},
          {"improvement", change(metric.improvement.value)},
          {"low", change(metric.improvement.low)},
          {"high", change(metric.improvement.high)},
          {"note", std::move(note)}};
}

// The metrics, then the chosen one by segments.
ordered_json TableRows(const Comparison& comparison) {
  ordered_json rows = ordered_json::array();
  for (const MetricPair& metric : comparison.metrics) {
    const std::string& name = metric.improvement.name;
    rows.push_back(Row(name, comparison.rows, metric, name == comparison.metric ? "decides" : ""));
  }
  for (const training::SegmentPair& segment : comparison.segments)
    rows.push_back(Row(fmt::format("{} where {} is {}", comparison.metric, segment.column, segment.label), segment.rows,
                       segment.metric, segment.regressed ? "worse" : ""));
  return rows;
}

Result<Output> Run(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(const Compared compared, CompareNamed(context, arguments));
  const training::Decision& decision = compared.comparison.decision;
  if (const auto html = arguments.Get("html"))
    SLIPWAY_RETURN_IF_ERROR(With(
        WriteFileAtomic(*html, training::ComparisonPage(compared.comparison, compared.names, context.clock().Now())),
        "--html"));
  context.Note(fmt::format("{}: {}", training::VerdictName(decision.verdict), decision.reason));
  Output output = Output::Of(ordered_json::parse(training::ComparisonJson(compared.comparison, compared.names)));
  output.keeps_order = true;
  output.table_row = [rows = TableRows(compared.comparison)](const ordered_json&) { return rows; };
  if (arguments.Has("fail-unless") && decision.verdict != training::Verdict::kBetter) output.exit_code = 1;
  return output;
}

}  // namespace

Command ModelCompareCommand() {
  Command command;
  command.path = "model compare";
  command.summary = "Compare a new model with the one in use on the same labelled rows: is it better?";
  command.flags = {
      {"champion", 0, "The model in use: a folder or file, or a registered model (NAME:VERSION, NAME@latest).",
       Flag::Takes::kValue, true},
      {"challenger", 0, "The new model, likewise.", Flag::Takes::kValue, true},
      {"data", 'd', "Labelled rows that neither has seen: a file, a folder, an MLTable folder or a data asset.",
       Flag::Takes::kValue, true},
      {"target", 0, "The column to predict.", Flag::Takes::kValue, true},
      {"traffic", 0, "Recent rows whose truth is not known, likewise."},
      {"metric", 0, "What decides: roc_auc, f1_score, log_loss, rmse, … Default: roc_auc, or rmse of numbers."},
      {"margin", 0, "By how much the new model has to be better. Default: 0.002."},
      {"min-rows", 0, "With fewer labelled rows nothing is decided. Default: 500."},
      {"segments", 0, "Columns to look for regressions by. Default: sex, age, education and the like.",
       Flag::Takes::kValues},
      {.name = "refuse-segment-regressions",
       .help = "A model that is worse for a segment is not better.",
       .takes = Flag::Takes::kNothing},
      {"seed", 0, "Makes the intervals repeatable. Default: 0."},
      {"html", 0, "Also write a page."},
      {.name = "fail-unless", .help = "Exit with 1 unless that is the verdict.", .choices = {"better"}}};
  command.run = Run;
  command.examples = {
      "slipway model compare --champion loans@latest --challenger out/model --data holdout.csv --target default -o "
      "table",
      "slipway model compare --champion old --challenger new --data holdout.csv --target default --fail-unless better"};
  return command;
}

}  // namespace slipway::cli
