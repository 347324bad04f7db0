#include "slipway/training/comparison.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/stats/performance_estimate.h"
#include "slipway/training/evaluation.h"

namespace slipway::training {
namespace {

using metrics::Resampled;
using model::ColumnSpec;
using scoring::CompiledModel;
using scoring::Predictions;
using tabular::Table;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// --- may the two be compared? ---

Status CheckOptions(const CompareOptions& options) {
  if (!(options.margin >= 0))
    return InvalidArgument(fmt::format("the margin is {}, not a number from 0", options.margin));
  if (options.interval.resamples < 100)
    return InvalidArgument(
        fmt::format("{} resamples are too few for an interval: at least 100", options.interval.resamples));
  return {};
}

Status CheckColumns(const model::Signature& champion, const model::Signature& challenger) {
  for (const ColumnSpec& column : challenger.inputs) {
    const ColumnSpec* known = champion.FindInput(column.name);
    if (known == nullptr)
      return InvalidArgument(
          fmt::format("the challenger takes a column '{}' that the champion does not take", column.name));
    const bool is_text = column.type == model::DataType::kString, was_text = known->type == model::DataType::kString;
    if (is_text != was_text)
      return InvalidArgument(fmt::format("the column '{}' is {} for the champion and {} for the challenger",
                                         column.name, model::DataTypeName(known->type),
                                         model::DataTypeName(column.type)));
  }
  for (const ColumnSpec& column : champion.inputs)
    if (challenger.FindInput(column.name) == nullptr)
      return InvalidArgument(
          fmt::format("the champion takes a column '{}' that the challenger does not take", column.name));
  return {};
}

std::string ClassesText(const std::vector<std::string>& classes) {
  return classes.empty() ? "predicts numbers" : "knows the classes " + Join(classes, ", ");
}

Status CheckClasses(const Predictions& champion, const Predictions& challenger) {
  if (champion.classes == challenger.classes) return {};
  return InvalidArgument(fmt::format("the champion {}, the challenger {}", ClassesText(champion.classes),
                                     ClassesText(challenger.classes)));
}

// --- both on the same rows ---

struct Scored {
  Predictions champion, challenger;
};

Result<Scored> ScoreBoth(const CompiledModel& champion, const CompiledModel& challenger, const Table& table) {
  Scored scored;
  SLIPWAY_ASSIGN_OR_RETURN(scored.champion, With(champion.ScoreTable(table), "the champion"));
  SLIPWAY_ASSIGN_OR_RETURN(scored.challenger, With(challenger.ScoreTable(table), "the challenger"));
  SLIPWAY_RETURN_IF_ERROR(CheckClasses(scored.champion, scored.challenger));
  return scored;
}

Agreement AgreementOf(const Scored& scored) {
  const size_t rows = scored.champion.rows, width = std::max<size_t>(1, scored.champion.classes.size());
  double same = 0, distance = 0;
  for (size_t row = 0; row < rows; ++row) {
    if (width > 1) same += scored.champion.labels[row] == scored.challenger.labels[row] ? 1 : 0;
    const size_t score = row * width + (width == 2 ? 1 : 0);
    distance += std::abs(scored.champion.scores[score] - scored.challenger.scores[score]);
  }
  const double count = static_cast<double>(rows);
  return {width > 1 && rows > 0 ? same / count : kNone, width <= 2 && rows > 0 ? distance / count : kNone};
}

struct JudgedPair {
  Judged champion, challenger;

  JudgedPair TakeRows(std::span<const uint32_t> rows) const {
    return {champion.TakeRows(rows), challenger.TakeRows(rows)};
  }
};

Result<JudgedPair> JudgeBoth(const Scored& scored, const tabular::Column& truth) {
  JudgedPair pair;
  SLIPWAY_ASSIGN_OR_RETURN(pair.champion, Judge(scored.champion, truth));
  SLIPWAY_ASSIGN_OR_RETURN(pair.challenger, Judge(scored.challenger, truth));
  return pair;
}

// A metric of both with the resamples of the improvement.
struct ResampledPair {
  double champion = 0, challenger = 0;
  Resampled improvement;

  MetricPair WithInterval(double level) const {
    return {champion, challenger, metrics::WithInterval(improvement, level)};
  }
};

// The same seed draws the same rows for both.
Result<std::vector<ResampledPair>> ResampleBoth(const JudgedPair& judged, const metrics::IntervalOptions& options) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto champion, Resample(judged.champion, options));
  SLIPWAY_ASSIGN_OR_RETURN(const auto challenger, Resample(judged.challenger, options));
  std::vector<ResampledPair> pairs;
  for (size_t i = 0; i < champion.size(); ++i) {
    const bool higher = metrics::HigherIsBetter(champion[i].name);
    pairs.push_back({champion[i].value, challenger[i].value,
                     higher ? metrics::PairedDifference(champion[i], challenger[i])
                            : metrics::PairedDifference(challenger[i], champion[i])});
  }
  return pairs;
}

// --- the parts of a comparison ---

Status AddMetrics(const JudgedPair& judged, Comparison& comparison) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto pairs, ResampleBoth(judged, comparison.options.interval));
  std::vector<std::string> names;
  for (const ResampledPair& pair : pairs) {
    comparison.metrics.push_back(pair.WithInterval(comparison.options.interval.level));
    names.push_back(pair.improvement.name);
  }
  if (std::find(names.begin(), names.end(), comparison.metric) == names.end())
    return InvalidArgument(fmt::format("there is no metric '{}' of these models; there are {}{}", comparison.metric,
                                       Join(names, ", "), DidYouMean(comparison.metric, names)));
  if (std::isnan(comparison.chosen().improvement.value))
    return InvalidArgument(fmt::format("{} has no meaning for these rows: '{}' has one value alone", comparison.metric,
                                       comparison.target));
  return {};
}

// Of the segments with rows enough and a value of the metric. Intervals are made when their number is known.
Status AddSegments(const JudgedPair& judged, const Table& labelled, Comparison& comparison) {
  const CompareOptions& options = comparison.options;
  std::vector<ResampledPair> found;
  for (const std::string& column : options.segments) {
    if (column == comparison.target) continue;
    SLIPWAY_ASSIGN_OR_RETURN(const auto parts, With(SegmentRowsOf(labelled, column), "segments"));
    for (const SegmentRows& part : parts) {
      if (part.rows.size() < kSegmentRows) continue;
      SLIPWAY_ASSIGN_OR_RETURN(auto pairs, ResampleBoth(judged.TakeRows(part.rows), options.interval));
      const auto pair = std::find_if(pairs.begin(), pairs.end(), [&](const ResampledPair& each) {
        return each.improvement.name == comparison.metric && !std::isnan(each.improvement.value);
      });
      if (pair == pairs.end()) continue;
      comparison.segments.push_back({column, part.label, part.rows.size(), {}, false});
      found.push_back(std::move(*pair));
    }
  }
  const double level = 1 - (1 - options.interval.level) / static_cast<double>(std::max<size_t>(1, found.size()));
  for (size_t i = 0; i < found.size(); ++i) {
    SegmentPair& segment = comparison.segments[i];
    segment.metric = found[i].WithInterval(level);
    segment.regressed = segment.metric.improvement.high < 0;
  }
  return {};
}

// What a classifier of two classes answered.
stats::ScoredRows RowsOf(const Predictions& predictions) {
  stats::ScoredRows rows;
  for (size_t row = 0; row < predictions.rows; ++row) {
    rows.scores.push_back(predictions.scores[2 * row + 1]);
    rows.predicted.push_back(predictions.labels[row] == 1 ? 1 : 0);
  }
  return rows;
}

stats::ScoredClassRows ClassRowsOf(const Predictions& predictions) {
  const size_t classes = predictions.classes.size();
  stats::ScoredClassRows rows;
  rows.predicted = predictions.labels;
  rows.scores.resize(classes);
  for (size_t i = 0; i < predictions.scores.size(); ++i) rows.scores[i % classes].push_back(predictions.scores[i]);
  return rows;
}

Result<stats::PerformanceEstimate> EstimateChunks(const Predictions& labelled, const Judged& judged,
                                                  const Predictions& traffic, const stats::EstimateOptions& options) {
  if (judged.is_binary())
    return stats::EstimatePerformance(RowsOf(labelled), judged.IsSecond(), RowsOf(traffic), {}, options);
  return stats::EstimatePerformance(judged.classes, ClassRowsOf(labelled), judged.true_classes, ClassRowsOf(traffic),
                                    {}, options);
}

// By the calibration of the labelled rows; all traffic is one chunk.
Result<std::vector<stats::MetricEstimate>> Estimate(const Predictions& labelled, const Judged& judged,
                                                    const Predictions& traffic, uint64_t seed) {
  stats::EstimateOptions options;
  options.chunks = 1;
  options.seed = seed;
  SLIPWAY_ASSIGN_OR_RETURN(auto estimate, EstimateChunks(labelled, judged, traffic, options));
  if (estimate.chunks.empty() || estimate.chunks[0].metrics.empty())
    return FailedPrecondition(
        fmt::format("{} rows are fewer than the {} that an estimate takes", traffic.rows, options.rows_min));
  return std::move(estimate.chunks[0].metrics);
}

// Names as in metrics/measured.h.
std::string MeasuredName(std::string_view estimated) {
  return estimated == "f1" ? "f1_score" : std::string(estimated);
}

Status AddEstimates(const Scored& labelled, const Judged& judged, const Scored& traffic, uint64_t seed,
                    TrafficView& view) {
  if (!judged.is_classifier()) return Unimplemented("performance is estimated of classes alone");
  SLIPWAY_ASSIGN_OR_RETURN(const auto champion, Estimate(labelled.champion, judged, traffic.champion, seed));
  SLIPWAY_ASSIGN_OR_RETURN(const auto challenger, Estimate(labelled.challenger, judged, traffic.challenger, seed));
  const auto names = stats::PerformanceMetrics();
  for (size_t i = 0; i < names.size(); ++i)
    view.estimates.push_back({MeasuredName(names[i].name), champion[i].estimated, challenger[i].estimated});
  return {};
}

Result<TrafficView> ViewTraffic(const CompiledModel& champion, const CompiledModel& challenger, const Table& traffic,
                                const Scored& labelled, const Judged& judged, uint64_t seed) {
  SLIPWAY_ASSIGN_OR_RETURN(const Scored scored, ScoreBoth(champion, challenger, traffic));
  TrafficView view;
  view.rows = traffic.rows();
  view.agreement = AgreementOf(scored);
  const Status estimated = AddEstimates(labelled, judged, scored, seed, view);
  if (!estimated) view.why_no_estimates = estimated.error().message();
  return view;
}

std::string ChangeText(const MetricPair& metric) {
  const double by = metric.improvement.value;
  const std::string change =
      by == 0 ? "unchanged" : fmt::format("{:.4g} {}", std::abs(by), by > 0 ? "better" : "worse");
  return fmt::format("{} is {} ({:.4g} → {:.4g})", metric.improvement.name, change, metric.champion, metric.challenger);
}

}  // namespace

std::string_view VerdictName(Verdict verdict) {
  static constexpr std::string_view kNames[] = {"better", "not better", "undecided"};
  return kNames[static_cast<size_t>(verdict)];
}

const EstimatedPair* TrafficView::Find(std::string_view metric) const {
  const auto found =
      std::find_if(estimates.begin(), estimates.end(), [&](const auto& each) { return each.metric == metric; });
  return found == estimates.end() ? nullptr : &*found;
}

const MetricPair& Comparison::chosen() const {
  return *std::find_if(metrics.begin(), metrics.end(),
                       [&](const MetricPair& each) { return each.improvement.name == metric; });
}

std::vector<const SegmentPair*> Comparison::Regressions() const {
  std::vector<const SegmentPair*> regressions;
  for (const SegmentPair& segment : segments)
    if (segment.regressed) regressions.push_back(&segment);
  return regressions;
}

Decision Decide(const MetricPair& metric, size_t rows, size_t regressed_segments, const EstimatedPair* estimate,
                const CompareOptions& options) {
  if (rows < options.min_rows)
    return {Verdict::kUndecided, fmt::format("{}, but {} rows are fewer than the {} that a verdict takes",
                                             ChangeText(metric), rows, options.min_rows)};
  const metrics::Measured& gain = metric.improvement;
  const std::string facts = fmt::format("{}, between {:+.4g} and {:+.4g} with {:.4g} % confidence", ChangeText(metric),
                                        gain.low, gain.high, 100 * options.interval.level);
  if (gain.high < options.margin || gain.high <= 0)
    return {Verdict::kNotBetter,
            fmt::format("{}: an improvement by the margin of {} is ruled out", facts, options.margin)};
  if (gain.value < options.margin || !(gain.low > 0))
    return {Verdict::kUndecided,
            fmt::format("{}: neither an improvement by the margin of {} nor its absence is certain", facts,
                        options.margin)};
  if (options.refuses_segment_regressions && regressed_segments > 0)
    return {Verdict::kNotBetter, fmt::format("{}, but {} {} became worse", facts, regressed_segments,
                                             regressed_segments == 1 ? "segment" : "segments")};
  if (estimate != nullptr && estimate->challenger < estimate->champion - options.margin)
    return {Verdict::kUndecided, fmt::format("{}, but on recent traffic it is estimated to be {:.4g} against {:.4g}",
                                             facts, estimate->challenger, estimate->champion)};
  return {Verdict::kBetter, fmt::format("{}; the margin is {}", facts, options.margin)};
}

Result<Comparison> Compare(const CompiledModel& champion, const CompiledModel& challenger, const Table& labelled,
                           const std::string& target, const Table* traffic, const CompareOptions& options) {
  SLIPWAY_RETURN_IF_ERROR(CheckOptions(options));
  SLIPWAY_RETURN_IF_ERROR(CheckColumns(champion.signature(), challenger.signature()));
  SLIPWAY_ASSIGN_OR_RETURN(const tabular::Column* truth, With(labelled.Get(target), "the target"));
  if (labelled.rows() == 0) return InvalidArgument("the labelled data has no rows");
  SLIPWAY_ASSIGN_OR_RETURN(const Scored scored, ScoreBoth(champion, challenger, labelled));
  SLIPWAY_ASSIGN_OR_RETURN(const JudgedPair judged, JudgeBoth(scored, *truth));
  Comparison comparison;
  comparison.target = target;
  comparison.classes = scored.champion.classes;
  comparison.rows = labelled.rows();
  comparison.options = options;
  if (comparison.options.segments.empty()) comparison.options.segments = FairnessColumns(labelled);
  comparison.metric = !options.metric.empty() ? options.metric : comparison.classes.empty() ? "rmse" : "roc_auc";
  comparison.agreement = AgreementOf(scored);
  SLIPWAY_RETURN_IF_ERROR(AddMetrics(judged, comparison));
  SLIPWAY_RETURN_IF_ERROR(AddSegments(judged, labelled, comparison));
  if (traffic != nullptr) {
    SLIPWAY_ASSIGN_OR_RETURN(
        comparison.traffic,
        With(ViewTraffic(champion, challenger, *traffic, scored, judged.champion, options.interval.seed), "traffic"));
  }
  const EstimatedPair* estimate = comparison.traffic ? comparison.traffic->Find(comparison.metric) : nullptr;
  comparison.decision =
      Decide(comparison.chosen(), comparison.rows, comparison.Regressions().size(), estimate, comparison.options);
  return comparison;
}

}  // namespace slipway::training
