#include "slipway/tabular/profile.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <unordered_map>

namespace slipway::tabular {
namespace {

bool HasValue(const Column& column, size_t row) {
  return !column.is_null(row) && (column.type != ColumnType::kFloat64 || !std::isnan(column.doubles[row]));
}

// A number that is the same for equal values of one column, and for them alone.
uint64_t Key(const Column& column, size_t row) {
  if (column.type == ColumnType::kString) return column.codes[row];
  if (column.type != ColumnType::kFloat64) return static_cast<uint64_t>(column.ints[row]);
  const double value = column.doubles[row] + 0.0;  // -0 and 0 are one value
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

struct Occurrences {
  size_t first_row = 0;
  size_t count = 0;
};

// In order of first appearance.
std::vector<Occurrences> CountValues(const Column& column) {
  std::vector<Occurrences> occurrences;
  std::unordered_map<uint64_t, size_t> places;
  for (size_t row = 0; row < column.size(); ++row) {
    if (!HasValue(column, row)) continue;
    const auto [place, is_new] = places.emplace(Key(column, row), occurrences.size());
    if (is_new) occurrences.push_back({row, 0});
    ++occurrences[place->second].count;
  }
  return occurrences;
}

std::vector<ValueCount> MostFrequent(const Column& column, std::vector<Occurrences> occurrences, size_t count) {
  count = std::min(count, occurrences.size());
  std::partial_sort(occurrences.begin(), occurrences.begin() + static_cast<ptrdiff_t>(count), occurrences.end(),
                    [](const Occurrences& a, const Occurrences& b) {
                      return a.count != b.count ? a.count > b.count : a.first_row < b.first_row;
                    });
  std::vector<ValueCount> top;
  for (size_t i = 0; i < count; ++i) top.push_back({column.text(occurrences[i].first_row), occurrences[i].count});
  return top;
}

std::vector<double> SortedNumbers(const Column& column) {
  std::vector<double> numbers;
  numbers.reserve(column.size());
  for (size_t row = 0; row < column.size(); ++row)
    if (HasValue(column, row)) numbers.push_back(column.number(row));
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

// NumPy's default, "linear": method 7 of Hyndman and Fan, "Sample quantiles in statistical packages" (1996).
double Quantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  if (below + 1 >= sorted.size() || sorted[below] == sorted[below + 1]) return sorted[below];
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[below + 1] - sorted[below]);
}

// Sums what rounding drops along the way (Neumaier, 1974).
double Mean(const std::vector<double>& numbers) {
  double sum = 0, dropped = 0;
  for (double number : numbers) {
    const double next = sum + number;
    dropped += std::abs(sum) >= std::abs(number) ? (sum - next) + number : (number - next) + sum;
    sum = next;
  }
  const bool is_exact = std::isfinite(dropped);  // it is NaN once the sum is infinite
  return (is_exact ? sum + dropped : sum) / static_cast<double>(numbers.size());
}

double StandardDeviation(const std::vector<double>& numbers, double mean) {
  if (numbers.size() < 2) return 0;
  double sum = 0;
  for (double number : numbers) sum += (number - mean) * (number - mean);
  return std::sqrt(sum / static_cast<double>(numbers.size() - 1));
}

std::vector<HistogramBin> Histogram(const std::vector<double>& sorted, size_t bins) {
  const auto first = std::find_if(sorted.begin(), sorted.end(), [](double number) { return std::isfinite(number); });
  const auto last = std::find_if(first, sorted.end(), [](double number) { return !std::isfinite(number); });
  if (first == last || bins == 0) return {};
  const double from = *first, to = *(last - 1);
  if (from == to) return {{from, to, static_cast<size_t>(last - first)}};
  std::vector<HistogramBin> histogram(bins);
  const double width = to / static_cast<double>(bins) - from / static_cast<double>(bins);
  for (size_t i = 0; i < bins; ++i)
    histogram[i] = {from + width * static_cast<double>(i), from + width * static_cast<double>(i + 1), 0};
  histogram.back().to = to;
  size_t bin = 0;
  for (auto number = first; number != last; ++number) {
    while (bin + 1 < bins && *number >= histogram[bin + 1].from) ++bin;
    ++histogram[bin].count;
  }
  return histogram;
}

NumberProfile ProfileNumbers(const std::vector<double>& sorted, size_t bins) {
  NumberProfile profile;
  profile.min = sorted.front();
  profile.max = sorted.back();
  profile.mean = Mean(sorted);
  profile.standard_deviation = StandardDeviation(sorted, profile.mean);
  profile.lower_quartile = Quantile(sorted, 0.25);
  profile.median = Quantile(sorted, 0.5);
  profile.upper_quartile = Quantile(sorted, 0.75);
  profile.histogram = Histogram(sorted, bins);
  return profile;
}

}  // namespace

ColumnProfile ProfileColumn(const Column& column, const ProfileOptions& options) {
  ColumnProfile profile{.name = column.name, .type = column.type, .rows = column.size(), .top = {}, .numbers = {}};
  std::vector<Occurrences> occurrences = CountValues(column);
  size_t values = 0;
  for (const Occurrences& value : occurrences) values += value.count;
  profile.nulls = column.size() - values;
  profile.distinct = occurrences.size();
  profile.top = MostFrequent(column, std::move(occurrences), options.top);
  const bool has_numbers = column.type != ColumnType::kString && column.type != ColumnType::kBool && values > 0;
  if (has_numbers) profile.numbers = ProfileNumbers(SortedNumbers(column), options.bins);
  return profile;
}

std::vector<ColumnProfile> ProfileTable(const Table& table, const ProfileOptions& options) {
  std::vector<ColumnProfile> profiles;
  for (const Column& column : table.columns()) profiles.push_back(ProfileColumn(column, options));
  return profiles;
}

}  // namespace slipway::tabular
