// Champion against challenger: is a new model better than the one in use? Both score the same held-out rows; the
// verdict is by the interval of their difference from the paired bootstrap (Efron and Tibshirani, An Introduction to
// the Bootstrap, 1993; for comparing two systems on one test set Koehn 2004, "Statistical significance tests for
// machine translation evaluation"). Values in, values out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/metrics/measured.h"
#include "slipway/scoring/compiled_model.h"
#include "slipway/tabular/table.h"

namespace slipway::training {

struct CompareOptions {
  std::string metric;     // of metrics/measured.h; "": roc_auc of classes, rmse of values
  double margin = 0.002;  // by how much the challenger has to be better, in units of the metric; from 0
  size_t min_rows = 500;  // with fewer held-out rows nothing is decided
  metrics::IntervalOptions interval = {.resamples = 1000};
  std::vector<std::string> segments;         // columns to look for regressions by; empty: FairnessColumns
  bool refuses_segment_regressions = false;  // a challenger with one is not better
};

enum class Verdict { kBetter, kNotBetter, kUndecided };
std::string_view VerdictName(Verdict verdict);  // "better", "not better", "undecided"

// One metric of both models. `improvement` is how much better the challenger is, whichever way is better: for log_loss
// champion - challenger.
struct MetricPair {
  double champion = 0, challenger = 0;
  metrics::Measured improvement;
};

// The chosen metric over the rows of one segment. Its interval is wider than the others', by Bonferroni's correction
// for the number of segments looked at.
struct SegmentPair {
  std::string column, label;
  size_t rows = 0;
  MetricPair metric;
  bool regressed = false;  // the whole interval is below 0
};

// How alike two models' answers to the same rows are; NaN where there is nothing to take it of.
struct Agreement {
  double share_same = 0;     // rows of the same predicted class
  double mean_distance = 0;  // of the second class' probabilities (two classes), of values
};

// How good each classifier is likely to be on rows whose truth is not known (stats/performance_estimate.h, CBPE). It
// sees what a shift of the inputs does, not that labels come to follow from inputs in another way.
struct EstimatedPair {
  std::string metric;
  double champion = 0, challenger = 0;
};

// Both models on rows whose truth is not known (yet).
struct TrafficView {
  size_t rows = 0;
  Agreement agreement;
  std::vector<EstimatedPair> estimates;  // empty where `why_no_estimates` says why
  std::string why_no_estimates;

  const EstimatedPair* Find(std::string_view metric) const;
};

struct Decision {
  Verdict verdict = Verdict::kUndecided;
  std::string reason;  // a sentence
};

struct Comparison {
  std::string target, metric;
  std::vector<std::string> classes;  // empty for regressors
  size_t rows = 0;
  CompareOptions options;  // as they were applied
  Decision decision;
  std::vector<MetricPair> metrics;
  std::vector<SegmentPair> segments;
  Agreement agreement;
  std::optional<TrafficView> traffic;

  const MetricPair& chosen() const;  // of `metric`
  std::vector<const SegmentPair*> Regressions() const;
};

// The rule by itself. Better: the improvement is at least the margin, and its interval lies above 0. Not better: the
// interval lies below the margin or below 0. Undecided: everything else, fewer rows than min_rows, and a challenger
// that is estimated to be worse on the traffic by more than the margin (`estimate` may be null).
Decision Decide(const MetricPair& metric, size_t rows, size_t regressed_segments, const EstimatedPair* estimate,
                const CompareOptions& options);

// `traffic` may be null. kInvalidArgument names what differs where the models take different columns or know different
// classes, the row of a missing label, a metric that is not there or has no meaning for these rows; kNotFound a target
// or segment that is no column. Takes resamples × rows × (2 + segments).
Result<Comparison> Compare(const scoring::CompiledModel& champion, const scoring::CompiledModel& challenger,
                           const tabular::Table& labelled, const std::string& target, const tabular::Table* traffic,
                           const CompareOptions& options);

// What was compared, by the names that a reader knows.
struct ComparedNames {
  std::string champion, challenger, data, traffic;
  std::string job = {};  // that compared them; "" for none
};
// What comparison.json holds; docs/retraining.md describes it.
std::string ComparisonJson(const Comparison& comparison, const ComparedNames& names);
// A page that stands alone.
std::string ComparisonPage(const Comparison& comparison, const ComparedNames& names, Timestamp now);
// The verdict, and a line a metric and a regressed segment, for a terminal or a job's log.
std::string ComparisonText(const Comparison& comparison);

}  // namespace slipway::training
