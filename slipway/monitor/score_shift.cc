#include "slipway/monitor/score_shift.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <nlohmann/json.hpp>

namespace slipway::monitor {
namespace {

using nlohmann::json;

constexpr size_t kBins = 10;
constexpr std::string_view kMark = "OutputData";

// Upper bounds (inclusive) of all bins but the last.
std::vector<double> Bounds(std::span<const double> control) {
  std::vector<double> sorted(control.begin(), control.end());
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> bounds;
  for (size_t bin = 1; bin < kBins; ++bin) {
    const double bound = sorted[(sorted.size() - 1) * bin / kBins];
    if (bounds.empty() || bound > bounds.back()) bounds.push_back(bound);
  }
  return bounds;
}

std::vector<double> Shares(std::span<const double> values, const std::vector<double>& bounds) {
  std::vector<double> counts(bounds.size() + 1, 0);
  for (const double value : values)
    ++counts[static_cast<size_t>(std::lower_bound(bounds.begin(), bounds.end(), value) - bounds.begin())];
  for (double& count : counts) count = std::max(count, 0.5) / static_cast<double>(values.size());
  return counts;
}

std::optional<double> ScoreOfRow(const json& row) {
  if (row.is_number()) return row.get<double>();
  if (row.is_array() && !row.empty() && row.back().is_number()) return row.back().get<double>();
  if (!row.is_object()) return std::nullopt;
  for (const char* key : {"probabilities", "score", "prediction"})
    if (row.contains(key)) return ScoreOfRow(row[key]);
  return std::nullopt;
}

void AddScores(const json& rows, std::vector<double>& scores) {
  for (const json& row : rows)
    if (const auto score = ScoreOfRow(row); score && std::isfinite(*score)) scores.push_back(*score);
}

}  // namespace

double PopulationStabilityIndex(std::span<const double> control, std::span<const double> canary) {
  const auto bounds = Bounds(control);
  const auto expected = Shares(control, bounds), actual = Shares(canary, bounds);
  double sum = 0;
  for (size_t bin = 0; bin < expected.size(); ++bin)
    sum += (actual[bin] - expected[bin]) * std::log(actual[bin] / expected[bin]);
  return sum;
}

std::vector<double> ScoresOfAnswer(std::string_view text) {
  const json answer = json::parse(text, nullptr, /*allow_exceptions=*/false);
  std::vector<double> scores;
  if (answer.is_array()) AddScores(answer, scores);
  if (!answer.is_object()) return scores;
  for (const char* key : {"probabilities", "predictions"}) {
    if (scores.empty() && answer.contains(key) && answer[key].is_array()) AddScores(answer[key], scores);
  }
  return scores;
}

std::vector<double> ScoresOfLine(std::string_view line) {
  const size_t mark = line.find(kMark);
  if (mark == std::string_view::npos) return {};
  const size_t begin = line.find_first_of("{[", mark);
  return begin == std::string_view::npos ? std::vector<double>() : ScoresOfAnswer(line.substr(begin));
}

}  // namespace slipway::monitor
