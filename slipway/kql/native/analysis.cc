// Seasons, trends and outliers of series. The language's documents leave the figures of these open; what is computed
// here: periods by autocorrelation, the season as the median of each phase, outliers by distance from a range of
// percentiles.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "slipway/kql/native/series.h"
#include "slipway/kql/native/support.h"

namespace slipway::kql::native {
namespace {

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

// The correlation of a series with itself `lag` later.
double Autocorrelation(const std::vector<double>& y, size_t lag) {
  const size_t n = y.size() - lag;
  double mean_a = 0, mean_b = 0, ab = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < n; ++i) {
    mean_a += y[i] / static_cast<double>(n);
    mean_b += y[i + lag] / static_cast<double>(n);
  }
  for (size_t i = 0; i < n; ++i) {
    ab += (y[i] - mean_a) * (y[i + lag] - mean_b);
    aa += (y[i] - mean_a) * (y[i] - mean_a);
    bb += (y[i + lag] - mean_b) * (y[i + lag] - mean_b);
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

struct Period {
  size_t length = 0;
  double score = 0;
};

constexpr double kScoreMin = 0.5;
constexpr size_t kSeriesMax = 20'000;

// Lags between the bounds at which the correlation peaks, the best first; multiples of one that is there already add
// nothing.
std::vector<Period> FindPeriods(const std::vector<double>& y, double least, double most, size_t count) {
  std::vector<Period> peaks;
  if (y.size() < 4 || y.size() > kSeriesMax || std::isnan(most)) return peaks;
  const auto end = static_cast<size_t>(std::clamp(most, 0.0, static_cast<double>(y.size() / 2)));
  std::vector<double> scores(end + 2, 0);
  for (size_t lag = 1; lag <= end + 1 && lag + 2 < y.size(); ++lag) scores[lag] = Autocorrelation(y, lag);
  for (size_t lag = std::max<size_t>(
           2, static_cast<size_t>(std::clamp(std::isnan(least) ? 0.0 : least, 0.0, static_cast<double>(end) + 1)));
       lag <= end; ++lag) {
    const bool is_peak = scores[lag] > scores[lag - 1] && scores[lag] >= scores[lag + 1];
    if (is_peak && scores[lag] >= kScoreMin) peaks.push_back({lag, scores[lag]});
  }
  std::vector<Period> found;
  for (const Period& peak : peaks) {
    const bool repeats = std::any_of(found.begin(), found.end(), [&](const Period& shorter) {
      return peak.length % shorter.length == 0 && peak.score < shorter.score + 0.05;
    });
    if (!repeats) found.push_back(peak);
  }
  std::stable_sort(found.begin(), found.end(), [](const Period& x, const Period& z) { return x.score > z.score; });
  if (found.size() > count) found.resize(count);
  return found;
}

Value PeriodsDetect(Arguments a) {
  const auto y = NumbersOf(ParseJson(a[0]));
  const int64_t count = std::clamp<int64_t>(Long(a[3]), 1, 100);
  if (!y) return {};
  const auto found = FindPeriods(*y, Real(a[1]), Real(a[2]), static_cast<size_t>(count));
  Json periods = Json::array(), scores = Json::array();
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    periods.push_back(i < found.size() ? static_cast<double>(found[i].length) : 0.0);
    scores.push_back(i < found.size() ? found[i].score : 0.0);
  }
  return Dynamic(Json::array({periods, scores}));
}

// A period scores when the correlation peaks there.
Value PeriodsValidate(Arguments a) {
  const auto y = NumbersOf(ParseJson(a[0])), asked = NumbersOf(ParseJson(a[1]));
  if (!y || !asked) return {};
  Json scores = Json::array();
  for (const double period : *asked) {
    const auto lag = std::isnan(period)
                         ? 0
                         : static_cast<size_t>(std::clamp(std::round(period), 0.0, static_cast<double>(y->size())));
    double score = 0;
    if (lag >= 2 && lag + 3 < y->size()) {
      const double here = Autocorrelation(*y, lag);
      const bool is_peak = here > Autocorrelation(*y, lag - 1) && here >= Autocorrelation(*y, lag + 1);
      score = is_peak && here >= kScoreMin ? here : 0;
    }
    scores.push_back(score);
  }
  return Dynamic(Json::array({ArrayOf(*asked), scores}));
}

// The season of the first `known` values, over the whole length; zeros without a period.
std::vector<double> SeasonOf(const std::vector<double>& y, size_t known, size_t period) {
  std::vector<double> season(y.size(), 0);
  if (period < 2) return season;
  for (size_t phase = 0; phase < period; ++phase) {
    std::vector<double> values;
    for (size_t i = phase; i < known; i += period) values.push_back(y[i]);
    if (values.empty()) continue;
    const double median = Median(std::move(values));
    for (size_t i = phase; i < y.size(); i += period) season[i] = median;
  }
  return season;
}

size_t PeriodFor(const std::vector<double>& y, int64_t asked) {
  if (asked > 0) return static_cast<size_t>(asked);
  if (asked == 0) return 0;
  const auto found = FindPeriods(y, 2, static_cast<double>(y.size()) / 2, 1);
  return found.empty() ? 0 : found[0].length;
}

Value Seasonal(Arguments a) {
  const auto y = NumbersOf(ParseJson(a[0]));
  if (!y) return {};
  return Dynamic(ArrayOf(SeasonOf(*y, y->size(), PeriodFor(*y, Long(a[1])))));
}

struct Parts {
  std::vector<double> baseline, seasonal, trend, residual;
};

// The trend first (a mean, a line or nothing), the season of what is left, and what neither explains. The last
// `test_points` do not count for either.
Parts Decompose(const std::vector<double>& y, int64_t asked, std::string_view trend, int64_t test_points) {
  const size_t known =
      y.size() - static_cast<size_t>(std::clamp<int64_t>(test_points, 0, static_cast<int64_t>(y.size())));
  Parts parts;
  const Line line = known > 1 ? FitLine(y, 0, known) : Line();
  const double mean = known > 0 ? std::accumulate(y.begin(), y.begin() + static_cast<std::ptrdiff_t>(known), 0.0) /
                                      static_cast<double>(known)
                                : 0;
  std::vector<double> rest;
  for (size_t i = 0; i < y.size(); ++i) {
    const double value = trend == "linefit" ? line.interception + line.slope * static_cast<double>(i)
                         : trend == "none"  ? 0
                                            : mean;
    parts.trend.push_back(value);
    rest.push_back(y[i] - value);
  }
  const std::vector<double> training(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(known));
  parts.seasonal = SeasonOf(rest, known, PeriodFor(training, asked));
  for (size_t i = 0; i < y.size(); ++i) {
    parts.baseline.push_back(parts.trend[i] + parts.seasonal[i]);
    parts.residual.push_back(y[i] - parts.baseline[i]);
  }
  return parts;
}

// series, seasonality, trend, test points
Value DecomposeOf(Arguments a) {
  const auto y = NumbersOf(ParseJson(a[0]));
  if (!y) return {};
  const Parts parts = Decompose(*y, Long(a[1]), Text(a[2]), Long(a[3]));
  return Dynamic(
      Json::array({ArrayOf(parts.baseline), ArrayOf(parts.seasonal), ArrayOf(parts.trend), ArrayOf(parts.residual)}));
}

// series, points, seasonality, trend, threshold: the last `points` of the series are what is to be foreseen.
Value Forecast(Arguments a) {
  const Json json = ParseJson(a[0]);
  const int64_t points = Long(a[1]);
  if (!json.is_array() || points < 0 || points > static_cast<int64_t>(json.size())) return {};
  std::vector<double> y;
  for (const Json& item : json) y.push_back(item.is_number() ? item.get<double>() : 0);
  const Parts parts = Decompose(y, Long(a[2]), Text(a[3]), points);
  return Dynamic(
      Json::array({ArrayOf(parts.baseline), ArrayOf(parts.seasonal), ArrayOf(parts.trend), ArrayOf(parts.residual)}));
}

double Percentile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const double part = place - static_cast<double>(below);
  return below + 1 < sorted.size() ? sorted[below] + part * (sorted[below + 1] - sorted[below]) : sorted[below];
}

// How far outside the range between two percentiles, in units in which 1.5 is Tukey's fence of a normal distribution.
std::vector<double> OutlierScores(const std::vector<double>& y, double low_share, double high_share) {
  std::vector<double> sorted = y;
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> scores(y.size(), 0);
  if (sorted.size() < 2) return scores;
  const double low = Percentile(sorted, low_share), high = Percentile(sorted, high_share);
  // Quartiles of a normal distribution lie 1.349 deviations apart, deciles 2.563. Where most values are equal the
  // deviation of all stands for the range.
  const double mean = std::accumulate(y.begin(), y.end(), 0.0) / static_cast<double>(y.size());
  double squares = 0;
  for (const double value : y) squares += (value - mean) * (value - mean);
  const bool is_flat = high <= low;
  const double range = is_flat ? std::sqrt(squares / static_cast<double>(y.size() - 1)) : high - low;
  const double factor = is_flat || low_share >= 0.2 ? 1 : 2.563 / 1.349;
  if (range <= 0) return scores;
  for (size_t i = 0; i < y.size(); ++i) {
    if (y[i] > high) scores[i] = (y[i] - high) / range * factor;
    if (y[i] < low) scores[i] = (y[i] - low) / range * factor;
  }
  return scores;
}

// series, kind, ignored value, low and high percentile
Value Outliers(Arguments a) {
  const auto y = NumbersOf(ParseJson(a[0]));
  if (!y) return {};
  const bool quartiles = Text(a[1]) == "tukey";
  const double low = quartiles ? 0.25 : std::clamp(Real(a[2]), 0.0, 100.0) / 100,
               high = quartiles ? 0.75 : std::clamp(Real(a[3]), 0.0, 100.0) / 100;
  return Dynamic(ArrayOf(OutlierScores(*y, low, high)));
}

// series, threshold, seasonality, trend, test points
Value Anomalies(Arguments a) {
  const auto y = NumbersOf(ParseJson(a[0]));
  if (!y) return {};
  const Parts parts = Decompose(*y, Long(a[2]), Text(a[3]), Long(a[4]));
  const std::vector<double> scores = OutlierScores(parts.residual, 0.1, 0.9);
  Json flags = Json::array();
  for (const double score : scores) flags.push_back(score >= Real(a[1]) ? 1 : score <= -Real(a[1]) ? -1 : 0);
  return Dynamic(Json::array({flags, ArrayOf(scores), ArrayOf(parts.baseline)}));
}

constexpr Function kFunctions[] = {
    {"series_periods_detect", "srrl", 's', PeriodsDetect},
    {"series_periods_validate", "ss", 's', PeriodsValidate},
    {"series_seasonal", "sl", 's', Seasonal},
    {"series_decompose", "slsl", 's', DecomposeOf},
    {"series_decompose_forecast", "sllsr", 's', Forecast},
    {"series_decompose_anomalies", "srlsl", 's', Anomalies},
    {"series_outliers", "ssrr", 's', Outliers},
};

}  // namespace

std::span<const Function> AnalysisFunctions() {
  return kFunctions;
}

}  // namespace slipway::kql::native
