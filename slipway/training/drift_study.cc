#include "slipway/training/drift_study.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <mutex>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/base/time.h"
#include "slipway/training/true_classes.h"

namespace slipway::training {
namespace {

using tabular::Column;
using tabular::Table;

// The two labels of a column, in order: numbers by value, texts by code point. The second is the positive one.
Result<std::vector<std::string>> TwoLabels(const Column& column) {
  std::vector<std::pair<double, std::string>> found;  // with the number to order by
  for (size_t row = 0; row < column.size(); ++row) {
    if (column.is_null(row)) continue;
    std::pair<double, std::string> label = {column.is_numeric() ? column.number(row) : 0, column.text(row)};
    if (std::find(found.begin(), found.end(), label) == found.end()) found.push_back(std::move(label));
    if (found.size() > 2) break;
  }
  if (found.size() > 2)
    return InvalidArgument(
        fmt::format("one column of scores is enough for two classes; '{}' has more: name one a class, as CLASS=COLUMN",
                    column.name));
  if (found.size() < 2)
    return InvalidArgument(fmt::format("it takes two classes at least; '{}' has {}", column.name, found.size()));
  std::sort(found.begin(), found.end());
  return std::vector<std::string>{found[0].second, found[1].second};
}

// Labels come late: a column that holds none yet is no different from none.
bool HoldsLabels(const Column* truth) {
  return truth != nullptr && truth->null_count() < truth->size();
}

// The labels of a table, null without any.
const Column* LabelsIn(const Table& table, const std::string& target) {
  const Column* truth = table.Find(target);
  return HoldsLabels(truth) ? truth : nullptr;
}

Result<const Column*> ScoresIn(const Table& table, const std::string& name) {
  SLIPWAY_ASSIGN_OR_RETURN(const Column* scores, table.Get(name));
  if (!scores->is_numeric()) return InvalidArgument(fmt::format("the scores '{}' are no numbers", name));
  return scores;
}

// Labels that are written in another way would be taken for the negative class, all of them.
Status CheckLabel(const std::string& label, const std::string& column, const std::vector<std::string>& labels) {
  if (label == labels[0] || label == labels[1]) return {};
  return InvalidArgument(fmt::format("'{}' holds the label '{}'; in the reference there are '{}' and '{}'", column,
                                     label, labels[0], labels[1]));
}

struct Answers {
  stats::ScoredRows rows;
  std::vector<uint8_t> truth;  // empty without labels
};

// Rows without a score (or, where there are labels, without a label) are left out.
Result<Answers> AnswersIn(const Table& table, const EstimateColumns& columns, const std::string& target,
                          const std::vector<std::string>& labels) {
  SLIPWAY_ASSIGN_OR_RETURN(const Column* scores, ScoresIn(table, columns.score));
  const Column* truth = LabelsIn(table, target);
  Answers answers;
  for (size_t row = 0; row < table.rows(); ++row) {
    const double score = scores->number(row);
    if (!std::isfinite(score) || (truth != nullptr && truth->is_null(row))) continue;
    answers.rows.scores.push_back(score);
    answers.rows.predicted.push_back(score >= columns.threshold);
    if (truth == nullptr) continue;
    const std::string label = truth->text(row);
    SLIPWAY_RETURN_IF_ERROR(CheckLabel(label, target, labels));
    answers.truth.push_back(label == labels[1]);
  }
  return answers;
}

Result<stats::PerformanceEstimate> EstimateTwo(const Table& reference, const Table& current,
                                               const EstimateColumns& columns, const std::vector<std::string>& labels,
                                               const StudyOptions& options) {
  const std::string& target = options.drift.target;
  SLIPWAY_ASSIGN_OR_RETURN(const Answers before, With(AnswersIn(reference, columns, target, labels), "the reference"));
  SLIPWAY_ASSIGN_OR_RETURN(const Answers now, With(AnswersIn(current, columns, target, labels), "the current data"));
  return stats::EstimatePerformance(before.rows, before.truth, now.rows, now.truth, options.estimation);
}

// --- estimated performance of several classes ---

struct ClassAnswers {
  stats::ScoredClassRows rows;
  std::vector<uint32_t> truth;  // empty without labels
};

std::vector<std::string> ClassesOf(const EstimateColumns& columns) {
  std::vector<std::string> classes;
  for (const ClassScore& one : columns.class_scores) classes.push_back(one.label);
  return classes;
}

Result<std::vector<const Column*>> ClassScoresIn(const Table& table, const EstimateColumns& columns) {
  std::vector<const Column*> scores;
  for (const ClassScore& one : columns.class_scores) {
    SLIPWAY_ASSIGN_OR_RETURN(const Column* column,
                             With(ScoresIn(table, one.column), fmt::format("the scores of class '{}'", one.label)));
    scores.push_back(column);
  }
  return scores;
}

Result<uint32_t> ClassIn(const Column& column, size_t row, const std::vector<std::string>& classes) {
  const std::string label = LabelText(column, row);
  const auto found = std::find_if(classes.begin(), classes.end(),
                                  [&](const auto& one) { return one == label || one == column.text(row); });
  if (found == classes.end())
    return InvalidArgument(fmt::format("'{}' holds the class '{}', which has no scores: they are of {}", column.name,
                                       column.text(row), Join(classes, ", ")));
  return static_cast<uint32_t>(found - classes.begin());
}

uint32_t Largest(const std::vector<double>& scores) {
  return static_cast<uint32_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

// Rows without all of the scores, without a prediction where there are any, or without a label where there are any,
// are left out.
Result<ClassAnswers> ClassAnswersIn(const Table& table, const StudyOptions& options) {
  const auto classes = ClassesOf(*options.estimate);
  SLIPWAY_ASSIGN_OR_RETURN(const auto columns, ClassScoresIn(table, *options.estimate));
  const Column *truth = LabelsIn(table, options.drift.target), *predicted = nullptr;
  if (!options.drift.prediction.empty()) {
    SLIPWAY_ASSIGN_OR_RETURN(predicted, table.Get(options.drift.prediction));
  }
  ClassAnswers answers;
  answers.rows.scores.resize(classes.size());
  std::vector<double> scores(classes.size());
  for (size_t row = 0; row < table.rows(); ++row) {
    std::transform(columns.begin(), columns.end(), scores.begin(),
                   [&](const Column* each) { return each->number(row); });
    const bool is_scored = std::all_of(scores.begin(), scores.end(), [](double score) { return std::isfinite(score); });
    if (!is_scored || (truth != nullptr && truth->is_null(row)) || (predicted != nullptr && predicted->is_null(row)))
      continue;
    for (size_t i = 0; i < classes.size(); ++i) answers.rows.scores[i].push_back(scores[i]);
    uint32_t answer = Largest(scores);
    if (predicted != nullptr) {
      SLIPWAY_ASSIGN_OR_RETURN(answer, ClassIn(*predicted, row, classes));
    }
    answers.rows.predicted.push_back(answer);
    if (truth == nullptr) continue;
    SLIPWAY_ASSIGN_OR_RETURN(const uint32_t label, ClassIn(*truth, row, classes));
    answers.truth.push_back(label);
  }
  return answers;
}

Result<stats::PerformanceEstimate> EstimateClasses(const Table& reference, const Table& current,
                                                   const StudyOptions& options) {
  if (options.estimate->threshold != EstimateColumns().threshold)
    return InvalidArgument(
        "a threshold is for two classes: of more, the answer is the prediction or the largest score");
  SLIPWAY_ASSIGN_OR_RETURN(const ClassAnswers before, With(ClassAnswersIn(reference, options), "the reference"));
  SLIPWAY_ASSIGN_OR_RETURN(const ClassAnswers now, With(ClassAnswersIn(current, options), "the current data"));
  return stats::EstimatePerformance(ClassesOf(*options.estimate), before.rows, before.truth, now.rows, now.truth,
                                    options.estimation);
}

// Of `class_scores`; every label has to be of one of them.
Status CheckLabels(const Column& truth, const std::vector<std::string>& classes) {
  for (size_t row = 0; row < truth.size(); ++row)
    if (!truth.is_null(row)) SLIPWAY_RETURN_IF_ERROR(With(ClassIn(truth, row, classes), "the reference"));
  return {};
}

// Two classes with a column each say no more than the positive one's column does.
Result<std::string> PositiveScore(const EstimateColumns& columns, const Column& truth, const std::string& positive) {
  size_t row = 0;
  while (truth.is_null(row) || truth.text(row) != positive) ++row;
  SLIPWAY_ASSIGN_OR_RETURN(const uint32_t index, ClassIn(truth, row, ClassesOf(columns)));
  return columns.class_scores[index].column;
}

Result<stats::PerformanceEstimate> Estimate(const Table& reference, const Table& current, const StudyOptions& options) {
  const std::string& target = options.drift.target;
  if (target.empty()) return InvalidArgument("it takes the reference's labels: name their column as the target");
  SLIPWAY_ASSIGN_OR_RETURN(const Column* column, With(reference.Get(target), "the reference"));
  EstimateColumns columns = *options.estimate;
  if (columns.class_scores.size() > 2) return EstimateClasses(reference, current, options);
  if (!columns.class_scores.empty()) {
    SLIPWAY_RETURN_IF_ERROR(With(ClassScoresIn(reference, columns), "the reference"));
    SLIPWAY_RETURN_IF_ERROR(CheckLabels(*column, ClassesOf(columns)));
  }
  SLIPWAY_ASSIGN_OR_RETURN(const auto labels, TwoLabels(*column));
  if (!columns.class_scores.empty()) {
    SLIPWAY_ASSIGN_OR_RETURN(columns.score, PositiveScore(columns, *column, labels[1]));
  }
  return EstimateTwo(reference, current, columns, labels, options);
}

// What is no feature says nothing about drift of the inputs.
std::vector<std::string> NoFeatures(const StudyOptions& options) {
  std::vector<std::string> names = options.drift.ignored;
  for (const std::string& name : {options.drift.target, options.drift.prediction}) {
    if (!name.empty()) names.push_back(name);
  }
  if (options.estimate) {
    if (!options.estimate->score.empty()) names.push_back(options.estimate->score);
    for (const ClassScore& one : options.estimate->class_scores) names.push_back(one.column);
  }
  return names;
}

Table WithoutAll(const Table& table, const std::vector<std::string>& names) {
  std::vector<std::string> kept;
  for (const Column& column : table.columns())
    if (std::find(names.begin(), names.end(), column.name) == names.end()) kept.push_back(column.name);
  return *table.Select(kept);
}

}  // namespace

Result<stats::DriftStudy> StudyDrift(const Table& reference, const Table& current, StudyOptions options) {
  stats::DriftStudy study;
  SLIPWAY_ASSIGN_OR_RETURN(study.report, stats::CompareTables(reference, current, options.drift));
  std::vector<std::string> unlabelled = options.drift.ignored;
  if (!HoldsLabels(current.Find(options.drift.target))) unlabelled.push_back(options.drift.target);
  study.findings =
      stats::FindShifts(WithoutAll(reference, unlabelled), WithoutAll(current, unlabelled), options.shifts);
  const auto no_features = NoFeatures(options);
  if (options.together) {
    options.together->ignored = no_features;
    SLIPWAY_ASSIGN_OR_RETURN(study.together, With(MeasureDomainDrift(reference, current, *options.together),
                                                  "drift of all columns together"));
  }
  if (options.windows) {
    options.windows->ignored = no_features;
    SLIPWAY_ASSIGN_OR_RETURN(study.over_time,
                             With(stats::CompareWindows(reference, current, *options.windows), "drift over time"));
  }
  if (options.estimate) {
    SLIPWAY_ASSIGN_OR_RETURN(study.performance,
                             With(Estimate(reference, current, options), "the estimated performance"));
  }
  return study;
}

Result<stats::DriftStudy> StudySources(const tabular::ColumnSource& reference, const tabular::ColumnSource& current,
                                       const StudyOptions& options, const StudyProgress& progress) {
  if (options.together || options.windows || options.estimate)
    return Unimplemented(
        "all columns together, windows and estimated performance take whole rows: they are not "
        "supported for tables that are read column by column");
  stats::DriftStudy study;
  std::mutex mutex;  // of findings and count
  size_t done = 0;
  const auto visit = [&](const Column& before, const Column* now) {
    const bool is_unlabelled = before.name == options.drift.target && !HoldsLabels(now);
    auto found =
        is_unlabelled ? std::vector<stats::ShiftFinding>() : stats::FindColumnShifts(before, now, options.shifts);
    const std::lock_guard lock(mutex);
    std::move(found.begin(), found.end(), std::back_inserter(study.findings));
    if (progress) progress(++done, reference.columns().size());
  };
  SLIPWAY_ASSIGN_OR_RETURN(study.report, stats::CompareSources(reference, current, options.drift, visit));
  for (const std::string& name : study.report.only_in_current) study.findings.push_back(stats::NewColumn(name));
  // Threads find in any order.
  std::sort(study.findings.begin(), study.findings.end(),
            [](const auto& a, const auto& b) { return a.column < b.column; });
  stats::SortWorstFirst(study.findings);
  return study;
}

Status SetScores(EstimateColumns& estimate, std::string_view text) {
  const auto parts = Split(text, ',');
  if (parts.size() == 1 || text.find('=') == std::string_view::npos) {
    estimate.score = std::string(text);
    return {};
  }
  for (const std::string_view part : parts) {
    const size_t equals = part.find('=');
    const std::string label(Trim(part.substr(0, equals)));
    if (equals == std::string_view::npos || label.empty() || Trim(part.substr(equals + 1)).empty())
      return InvalidArgument(
          fmt::format("scores are a column, or CLASS=COLUMN for each class with commas between, not '{}'", part));
    const auto is_same = [&](const ClassScore& one) { return one.label == label; };
    if (std::any_of(estimate.class_scores.begin(), estimate.class_scores.end(), is_same))
      return InvalidArgument(fmt::format("the class '{}' has two columns of scores", label));
    estimate.class_scores.push_back({label, std::string(Trim(part.substr(equals + 1)))});
  }
  return {};
}

Status SetWindow(stats::WindowOptions& windows, std::string_view text) {
  if (const auto rows = ParseInt(text)) {
    if (*rows < 1) return InvalidArgument("a window holds one row at least");
    windows.rows = static_cast<size_t>(*rows);
    return {};
  }
  std::string iso(text);
  std::transform(iso.begin(), iso.end(), iso.begin(), [](unsigned char c) { return std::toupper(c); });
  if (!iso.starts_with('P')) iso = (iso.ends_with('D') ? "P" : "PT") + iso;
  const auto length = ParseIsoDuration(iso);
  if (!length || *length <= Duration(0))
    return InvalidArgument(
        fmt::format("a window is a time such as 1d, 12h or 30m, or a number of rows, not '{}'", text));
  windows.length = *length;
  return {};
}

Status SetPersistence(stats::WindowOptions& windows, std::string_view text) {
  const auto parts = Split(text, '/');
  const auto bad = parts.size() == 2 ? ParseInt(parts[0]) : std::nullopt;
  const auto all = parts.size() == 2 ? ParseInt(parts[1]) : std::nullopt;
  if (!bad || !all || *bad < 1 || *bad > *all)
    return InvalidArgument(fmt::format("bad windows are K/N with K from 1 to N, such as 3/5, not '{}'", text));
  windows.bad_windows = static_cast<size_t>(*bad);
  windows.of_windows = static_cast<size_t>(*all);
  return {};
}

Result<std::map<std::string, double>> ReadImportances(const std::string& path) {
  std::error_code ignored;
  std::filesystem::path file = path;
  if (std::filesystem::is_directory(file, ignored)) file /= "evaluation.json";
  SLIPWAY_ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("permutation_importance"))
    return InvalidArgument(
        fmt::format("'{}' has no 'permutation_importance': it is not what training writes beside a "
                    "model",
                    file.string()));
  std::map<std::string, double> importances;
  for (const auto& one : json["permutation_importance"])
    if (one.is_object() && one.contains("value") && one["value"].is_number())
      importances[one.value("column", "")] = one["value"];
  if (importances.empty())
    return InvalidArgument(fmt::format("'{}' has no importances: the model was trained without them", file.string()));
  return importances;
}

}  // namespace slipway::training
