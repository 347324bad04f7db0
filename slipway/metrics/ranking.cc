#include "slipway/metrics/ranking.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include <fmt/format.h>

#include "slipway/metrics/check.h"

namespace slipway::metrics {
namespace {

struct ScoredRow {
  double score;
  bool is_positive;
};

// Highest score first.
std::vector<ScoredRow> Rank(std::span<const uint8_t> truth, std::span<const double> scores) {
  std::vector<ScoredRow> rows(truth.size());
  for (size_t row = 0; row < rows.size(); ++row) rows[row] = {scores[row], truth[row] != 0};
  std::sort(rows.begin(), rows.end(), [](const ScoredRow& a, const ScoredRow& b) { return a.score > b.score; });
  return rows;
}

// Rows of one score, with the rows above them.
struct Tie {
  uint64_t positives = 0, negatives = 0;
  uint64_t positives_above = 0, negatives_above = 0;
};

template <typename Visit>
void ForEachTie(const std::vector<ScoredRow>& rows, Visit visit) {
  Tie tie;
  for (size_t row = 0; row < rows.size(); ++row) {
    ++(rows[row].is_positive ? tie.positives : tie.negatives);
    if (row + 1 < rows.size() && rows[row + 1].score == rows[row].score) continue;
    visit(static_cast<const Tie&>(tie));
    tie = {0, 0, tie.positives_above + tie.positives, tie.negatives_above + tie.negatives};
  }
}

Status Check(std::span<const uint8_t> truth, std::span<const double> scores) {
  SLIPWAY_RETURN_IF_ERROR(CheckLengths(truth.size(), scores.size(), "scores"));
  return CheckFinite(scores, "score");
}

}  // namespace

Result<double> RocAuc(std::span<const uint8_t> truth, std::span<const double> scores) {
  SLIPWAY_RETURN_IF_ERROR(Check(truth, scores));
  const auto positives =
      static_cast<uint64_t>(truth.size()) - static_cast<uint64_t>(std::count(truth.begin(), truth.end(), uint8_t{0}));
  const uint64_t negatives = truth.size() - positives;
  if (positives == 0 || negatives == 0)
    return InvalidArgument(fmt::format("the area under the ROC curve needs rows of both classes; all {} rows are {}",
                                       truth.size(), positives == 0 ? "negative" : "positive"));
  // Pairs won twice over, so that ties stay whole: 2^63 is enough for three billion rows.
  uint64_t doubled = 0;
  ForEachTie(Rank(truth, scores),
             [&](const Tie& tie) { doubled += tie.negatives * (2 * tie.positives_above + tie.positives); });
  return static_cast<double>(doubled) / 2 / static_cast<double>(positives) / static_cast<double>(negatives);
}

Result<double> RocAucOneVsRest(std::span<const uint32_t> truth, std::span<const double> scores, size_t classes) {
  SLIPWAY_RETURN_IF_ERROR(CheckLengths(truth.size() * classes, scores.size(), "scores"));
  double sum = 0;
  std::vector<uint8_t> is_class(truth.size());
  std::vector<double> class_scores(truth.size());
  for (size_t number = 0; number < classes; ++number) {
    for (size_t row = 0; row < truth.size(); ++row) {
      is_class[row] = truth[row] == number ? 1 : 0;
      class_scores[row] = scores[row * classes + number];
    }
    SLIPWAY_ASSIGN_OR_RETURN(const double area, With(RocAuc(is_class, class_scores), fmt::format("class {}", number)));
    sum += area;
  }
  return sum / static_cast<double>(classes);
}

Result<double> AveragePrecision(std::span<const uint8_t> truth, std::span<const double> scores) {
  SLIPWAY_RETURN_IF_ERROR(Check(truth, scores));
  double sum = 0;  // of precision over the positives, one by one
  uint64_t positives = 0;
  ForEachTie(Rank(truth, scores), [&](const Tie& tie) {
    positives = tie.positives_above + tie.positives;
    const uint64_t rows = positives + tie.negatives_above + tie.negatives;
    sum += static_cast<double>(tie.positives) * static_cast<double>(positives) / static_cast<double>(rows);
  });
  return positives == 0 ? 0 : sum / static_cast<double>(positives);
}

}  // namespace slipway::metrics
