#include "slipway/monitor/score_shift.h"

#include <cmath>
#include <optional>

#include <nlohmann/json.hpp>

#include "slipway/stats/baseline.h"

namespace slipway::monitor {
namespace {

using nlohmann::json;

constexpr std::string_view kMark = "OutputData";

std::optional<double> ScoreOfRow(const json& row) {
  if (row.is_number()) return row.get<double>();
  if (row.is_array() && !row.empty() && row.back().is_number()) return row.back().get<double>();
  if (!row.is_object()) return std::nullopt;
  for (const char* key : {"probabilities", "score", "prediction", "predictions"})
    if (row.contains(key)) return ScoreOfRow(row[key]);
  return std::nullopt;
}

void AddScores(const json& rows, std::vector<double>& scores) {
  for (const json& row : rows)
    if (const auto score = ScoreOfRow(row); score && std::isfinite(*score)) scores.push_back(*score);
}

}  // namespace

double PopulationStabilityIndex(std::span<const double> control, std::span<const double> canary) {
  const auto expected = stats::DescribeScores({control.begin(), control.end()});
  if (!expected) return 0;
  stats::BinCounts actual(*expected);
  for (const double score : canary) actual.AddNumber(*expected, score);
  return stats::MeasureGauge(*expected, actual).psi;
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
