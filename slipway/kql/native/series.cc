// Series: arrays of numbers, element by element, filled, filtered, fitted.
#include <algorithm>
#include <cmath>
#include <complex>
#include <numeric>

#include "slipway/kql/native/series.h"
#include "slipway/kql/native/support.h"

namespace slipway::kql::native {

std::optional<std::vector<double>> NumbersOf(const Json& json) {
  if (!json.is_array()) return std::nullopt;
  std::vector<double> numbers;
  for (const Json& item : json) {
    if (item.is_number()) {
      numbers.push_back(item.get<double>());
    } else if (item.is_boolean()) {
      numbers.push_back(item.get<bool>() ? 1 : 0);
    } else {
      return std::nullopt;
    }
  }
  return numbers;
}

Json NumberJson(double value) {
  if (std::isfinite(value)) return value;
  return std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
}

Json ArrayOf(const std::vector<double>& numbers) {
  Json array = Json::array();
  for (const double number : numbers) array.push_back(NumberJson(number));
  return array;
}

Line FitLine(const std::vector<double>& y, size_t begin, size_t end) {
  Line line;
  const auto n = static_cast<double>(end - begin);
  double sum_x = 0, sum_y = 0;
  for (size_t i = begin; i < end; ++i) {
    sum_x += static_cast<double>(i - begin);
    sum_y += y[i];
  }
  const double mean_x = sum_x / n, mean_y = sum_y / n;
  double xx = 0, xy = 0, yy = 0;
  for (size_t i = begin; i < end; ++i) {
    const double dx = static_cast<double>(i - begin) - mean_x, dy = y[i] - mean_y;
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
  }
  line.slope = xx > 0 ? xy / xx : 0;
  line.interception = mean_y - line.slope * mean_x;
  double residual = 0;
  for (size_t i = begin; i < end; ++i) {
    const double rest = y[i] - line.interception - line.slope * static_cast<double>(i - begin);
    residual += rest * rest;
  }
  line.residual = residual;
  line.variance = n > 1 ? yy / (n - 1) : 0;
  line.rvariance = n > 1 ? residual / (n - 1) : 0;
  line.rsquare = yy > 0 ? 1 - residual / yy : 1;
  return line;
}

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Elements of two series side by side; a scalar beside a series is repeated. `whole`: integers stay integers.
template <typename Compute>
Value Both(Arguments a, bool keeps_integers, const Compute& compute) {
  const Json left = ParseJson(a[0]), right = ParseJson(a[1]);
  if (!left.is_array() && !right.is_array()) return {};
  const size_t size = std::max(left.is_array() ? left.size() : 0, right.is_array() ? right.size() : 0);
  const auto at = [](const Json& series, size_t i) {
    if (!series.is_array()) return series;
    return i < series.size() ? series[i] : Json(nullptr);
  };
  const auto all_whole = [](const Json& series) {
    if (!series.is_array()) return series.is_number_integer();
    return std::all_of(series.begin(), series.end(),
                       [](const Json& x) { return x.is_number_integer() || x.is_null(); });
  };
  const bool whole = keeps_integers && all_whole(left) && all_whole(right);
  Json result = Json::array();
  for (size_t i = 0; i < size; ++i) {
    const Json x = at(left, i), y = at(right, i);
    if (!x.is_number() || !y.is_number()) {
      result.push_back(nullptr);
      continue;
    }
    const auto value = compute(x.get<double>(), y.get<double>());
    if constexpr (std::is_same_v<std::remove_const_t<decltype(value)>, bool>) {
      result.push_back(value);
    } else {
      result.push_back(whole ? Whole(value) : NumberJson(value));
    }
  }
  return Dynamic(result);
}

Value SeriesAdd(Arguments a) {
  return Both(a, true, [](double x, double y) { return x + y; });
}
Value SeriesSubtract(Arguments a) {
  return Both(a, true, [](double x, double y) { return x - y; });
}
Value SeriesMultiply(Arguments a) {
  return Both(a, true, [](double x, double y) { return x * y; });
}
Value SeriesDivide(Arguments a) {
  return Both(a, false, [](double x, double y) { return x / y; });
}
Value SeriesPow(Arguments a) {
  return Both(a, false, [](double x, double y) { return std::pow(x, y); });
}
Value SeriesGreater(Arguments a) {
  return Both(a, false, [](double x, double y) { return x > y; });
}
Value SeriesGreaterEquals(Arguments a) {
  return Both(a, false, [](double x, double y) { return x >= y; });
}
Value SeriesLess(Arguments a) {
  return Both(a, false, [](double x, double y) { return x < y; });
}
Value SeriesLessEquals(Arguments a) {
  return Both(a, false, [](double x, double y) { return x <= y; });
}
Value SeriesEquals(Arguments a) {
  return Both(a, false, [](double x, double y) { return x == y; });
}
Value SeriesNotEquals(Arguments a) {
  return Both(a, false, [](double x, double y) { return x != y; });
}

template <typename Compute>
Value Each(Arguments a, bool keeps_integers, const Compute& compute) {
  const Json series = ParseJson(a[0]);
  if (!series.is_array()) return {};
  const bool whole = keeps_integers && std::all_of(series.begin(), series.end(),
                                                   [](const Json& x) { return x.is_number_integer() || x.is_null(); });
  Json result = Json::array();
  for (const Json& x : series) {
    if (!x.is_number()) {
      result.push_back(nullptr);
      continue;
    }
    const double value = compute(x.get<double>());
    result.push_back(whole ? Whole(value) : NumberJson(value));
  }
  return Dynamic(result);
}

template <double (*compute)(double), bool keeps_integers = false>
Value EachOf(Arguments a) {
  return Each(a, keeps_integers, compute);
}

double Sign(double x) {
  return x > 0 ? 1 : x < 0 ? -1 : 0;
}
double Abs(double x) {
  return std::abs(x);
}
double Acos(double x) {
  return std::acos(x);
}
double Asin(double x) {
  return std::asin(x);
}
double Atan(double x) {
  return std::atan(x);
}
double Ceil(double x) {
  return std::ceil(x);
}
double Cos(double x) {
  return std::cos(x);
}
double Exp(double x) {
  return std::exp(x);
}
double Floor(double x) {
  return std::floor(x);
}
double Log(double x) {
  return std::log(x);
}
double Sin(double x) {
  return std::sin(x);
}
double Tan(double x) {
  return std::tan(x);
}

// What counts as missing: null by default.
bool IsMissing(const Json& item, const Json& missing) {
  if (item.is_null()) return true;
  if (item.is_number() && missing.is_number()) return item.get<double>() == missing.get<double>();
  return item == missing;
}

Value FillConst(Arguments a) {
  Json series = ParseJson(a[0]);
  const Json filler = ParseJson(a[1]), missing = ParseJson(a[2]);
  if (!series.is_array()) return {};
  for (Json& item : series) {
    if (IsMissing(item, missing)) item = filler;
  }
  return Dynamic(series);
}

Value FillForward(Arguments a) {
  Json series = ParseJson(a[0]);
  const Json missing = ParseJson(a[1]);
  if (!series.is_array()) return {};
  for (size_t i = 1; i < series.size(); ++i) {
    if (IsMissing(series[i], missing)) series[i] = series[i - 1];
  }
  return Dynamic(series);
}

Value FillBackward(Arguments a) {
  Json series = ParseJson(a[0]);
  const Json missing = ParseJson(a[1]);
  if (!series.is_array()) return {};
  for (size_t i = series.size(); i-- > 1;) {
    if (IsMissing(series[i - 1], missing)) series[i - 1] = series[i];
  }
  return Dynamic(series);
}

// series, missing, fill_edges, constant
Value FillLinear(Arguments a) {
  Json series = ParseJson(a[0]);
  const Json missing = ParseJson(a[1]), constant = ParseJson(a[3]);
  const bool fills_edges = std::get<bool>(a[2]);
  if (!series.is_array()) return {};
  std::vector<size_t> known;
  bool whole = true;
  for (size_t i = 0; i < series.size(); ++i) {
    if (IsMissing(series[i], missing) || !series[i].is_number()) continue;
    known.push_back(i);
    whole &= series[i].is_number_integer();
  }
  if (known.empty()) {
    for (Json& item : series) item = constant;
    return Dynamic(series);
  }
  for (size_t i = 0; i < series.size(); ++i) {
    const auto next = std::lower_bound(known.begin(), known.end(), i);
    if (next != known.end() && *next == i) continue;
    if (next == known.begin() || next == known.end()) {
      if (fills_edges) series[i] = series[next == known.begin() ? known.front() : known.back()];
      continue;
    }
    const size_t from = *(next - 1), to = *next;
    const double x = series[from].get<double>(), y = series[to].get<double>();
    const double value = x + (y - x) * static_cast<double>(i - from) / static_cast<double>(to - from);
    series[i] = whole ? Whole(value) : Json(value);
  }
  return Dynamic(series);
}

Value Stats(Arguments a) {
  const Json series = ParseJson(a[0]);
  if (!series.is_array()) return {};
  double min = kNaN, max = kNaN, sum = 0, squares = 0, count = 0;
  int64_t min_at = -1, max_at = -1;
  for (size_t i = 0; i < series.size(); ++i) {
    if (!series[i].is_number()) continue;
    const double value = series[i].get<double>();
    if (count == 0 || value < min) min = value, min_at = static_cast<int64_t>(i);
    if (count == 0 || value > max) max = value, max_at = static_cast<int64_t>(i);
    sum += value;
    ++count;
  }
  if (count == 0) return Dynamic(Json::array({nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, 0.0, 0}));
  for (const Json& item : series) {
    if (item.is_number()) squares += (item.get<double>() - sum / count) * (item.get<double>() - sum / count);
  }
  const double variance = count > 1 ? squares / (count - 1) : 0;
  return Dynamic(Json::array({NumberJson(min), min_at, NumberJson(max), max_at, sum / count, std::sqrt(variance),
                              variance, sum, static_cast<int64_t>(series.size())}));
}

Value Fir(Arguments a) {
  const Json json = ParseJson(a[0]), weights = ParseJson(a[1]);
  const auto series = NumbersOf(json), taps = NumbersOf(weights);
  if (!series || !taps || taps->empty()) return {};
  const bool normalizes = std::get<bool>(a[2]), centers = std::get<bool>(a[3]);
  const auto is_whole = [](const Json& x) { return x.is_number_integer(); };
  const bool whole = !normalizes && std::all_of(json.begin(), json.end(), is_whole) &&
                     std::all_of(weights.begin(), weights.end(), is_whole);
  const double total = std::accumulate(taps->begin(), taps->end(), 0.0);
  const auto shift = centers ? static_cast<int64_t>(taps->size() / 2) : 0;
  Json result = Json::array();
  for (int64_t i = 0; i < static_cast<int64_t>(series->size()); ++i) {
    double sum = 0;
    for (int64_t k = 0; k < static_cast<int64_t>(taps->size()); ++k) {
      const int64_t at = i + shift - k;
      if (at >= 0 && at < static_cast<int64_t>(series->size()))
        sum += (*taps)[static_cast<size_t>(k)] * (*series)[static_cast<size_t>(at)];
    }
    if (normalizes && total != 0) sum /= total;
    result.push_back(whole ? Whole(sum) : NumberJson(sum));
  }
  return Dynamic(result);
}

Value Iir(Arguments a) {
  const auto series = NumbersOf(ParseJson(a[0])), b = NumbersOf(ParseJson(a[1])), d = NumbersOf(ParseJson(a[2]));
  if (!series || !b || !d || d->empty() || (*d)[0] == 0) return {};
  std::vector<double> result;
  for (size_t i = 0; i < series->size(); ++i) {
    double sum = 0;
    for (size_t k = 0; k < b->size() && k <= i; ++k) sum += (*b)[k] * (*series)[i - k];
    for (size_t k = 1; k < d->size() && k <= i; ++k) sum -= (*d)[k] * result[i - k];
    result.push_back(sum / (*d)[0]);
  }
  return Dynamic(ArrayOf(result));
}

Value FitLineOf(Arguments a) {
  const auto y = NumbersOf(ParseJson(a[0]));
  if (!y || y->size() < 2) return {};
  const Line line = FitLine(*y, 0, y->size());
  std::vector<double> fitted;
  for (size_t i = 0; i < y->size(); ++i) fitted.push_back(line.interception + line.slope * static_cast<double>(i));
  return Dynamic(Json::array(
      {NumberJson(line.rsquare), line.slope, line.variance, line.rvariance, line.interception, ArrayOf(fitted)}));
}

// The split in two lines with the least residual. Order: rsquare, split_idx, variance, rvariance, line_fit, then
// rsquare, slope, interception, variance, rvariance of the right and of the left.
Value Fit2Lines(Arguments a) {
  const auto y = NumbersOf(ParseJson(a[0]));
  if (!y || y->size() < 4) return {};
  size_t best = 0;
  Line left, right;
  for (size_t split = 2; split + 2 <= y->size(); ++split) {
    const Line l = FitLine(*y, 0, split), r = FitLine(*y, split, y->size());
    if (best != 0 && l.residual + r.residual >= left.residual + right.residual) continue;
    best = split;
    left = l;
    right = r;
  }
  const Line whole = FitLine(*y, 0, y->size());
  const double n = static_cast<double>(y->size()), residual = left.residual + right.residual;
  std::vector<double> fitted;
  for (size_t i = 0; i < y->size(); ++i) {
    const Line& line = i < best ? left : right;
    fitted.push_back(line.interception + line.slope * static_cast<double>(i < best ? i : i - best));
  }
  const double total = whole.variance * (n - 1);
  Json result = Json::array({NumberJson(total > 0 ? 1 - residual / total : 1), static_cast<int64_t>(best),
                             whole.variance, residual / (n - 1), ArrayOf(fitted)});
  for (const Line* line : {&right, &left}) {
    for (const double value : {line->rsquare, line->slope, line->interception, line->variance, line->rvariance})
      result.push_back(NumberJson(value));
  }
  return Dynamic(result);
}

// Least squares by normal equations over x scaled to [-1, 1]; the coefficients are of the plain x.
Value FitPoly(Arguments a) {
  const auto y = NumbersOf(ParseJson(a[0]));
  auto x = NumbersOf(ParseJson(a[1]));
  const int64_t asked = Long(a[2]);
  if (!y || asked < 1 || asked > 7) return {};
  if (!x) {
    x.emplace();
    for (size_t i = 0; i < y->size(); ++i) x->push_back(static_cast<double>(i));
  }
  const auto degree = static_cast<size_t>(asked);
  if (x->size() != y->size() || y->size() <= degree) return {};
  std::vector<std::vector<long double>> m(degree + 1, std::vector<long double>(degree + 2, 0));
  for (size_t i = 0; i < y->size(); ++i) {
    std::vector<long double> powers(2 * degree + 1, 1);
    for (size_t k = 1; k <= 2 * degree; ++k) powers[k] = powers[k - 1] * (*x)[i];
    for (size_t r = 0; r <= degree; ++r) {
      for (size_t c = 0; c <= degree; ++c) m[r][c] += powers[r + c];
      m[r][degree + 1] += powers[r] * (*y)[i];
    }
  }
  for (size_t p = 0; p <= degree; ++p) {
    size_t pivot = p;
    for (size_t r = p + 1; r <= degree; ++r) {
      if (std::abs(m[r][p]) > std::abs(m[pivot][p])) pivot = r;
    }
    std::swap(m[p], m[pivot]);
    if (m[p][p] == 0) return {};
    for (size_t r = 0; r <= degree; ++r) {
      if (r == p) continue;
      const long double factor = m[r][p] / m[p][p];
      for (size_t c = p; c <= degree + 1; ++c) m[r][c] -= factor * m[p][c];
    }
  }
  std::vector<double> coefficients;
  for (size_t p = 0; p <= degree; ++p) coefficients.push_back(static_cast<double>(m[p][degree + 1] / m[p][p]));
  const double n = static_cast<double>(y->size()), mean = std::accumulate(y->begin(), y->end(), 0.0) / n;
  std::vector<double> fitted;
  double residual = 0, total = 0;
  for (size_t i = 0; i < y->size(); ++i) {
    double value = 0;
    for (size_t k = degree + 1; k-- > 0;) value = value * (*x)[i] + coefficients[k];
    fitted.push_back(value);
    residual += ((*y)[i] - value) * ((*y)[i] - value);
    total += ((*y)[i] - mean) * ((*y)[i] - mean);
  }
  return Dynamic(Json::array({NumberJson(total > 0 ? 1 - residual / total : 1), ArrayOf(coefficients), total / (n - 1),
                              residual / (n - 1), ArrayOf(fitted)}));
}

// Plain sums over all frequencies for lengths that are no power of two; series are short.
using Complex = std::complex<double>;

void Transform(std::vector<Complex>& values, bool inverse) {
  const size_t n = values.size();
  const double turn = (inverse ? 2 : -2) * M_PI;
  if ((n & (n - 1)) == 0) {
    for (size_t i = 1, j = 0; i < n; ++i) {
      size_t bit = n >> 1;
      for (; j & bit; bit >>= 1) j ^= bit;
      j ^= bit;
      if (i < j) std::swap(values[i], values[j]);
    }
    for (size_t length = 2; length <= n; length <<= 1) {
      for (size_t i = 0; i < n; i += length) {
        for (size_t k = 0; k < length / 2; ++k) {
          const Complex w = std::polar(1.0, turn * static_cast<double>(k) / static_cast<double>(length));
          const Complex x = values[i + k], y = values[i + k + length / 2] * w;
          values[i + k] = x + y;
          values[i + k + length / 2] = x - y;
        }
      }
    }
  } else {
    std::vector<Complex> result(n);
    for (size_t k = 0; k < n; ++k) {
      for (size_t i = 0; i < n; ++i)
        result[k] += values[i] * std::polar(1.0, turn * static_cast<double>(i * k % n) / static_cast<double>(n));
    }
    values = std::move(result);
  }
  for (Complex& value : values) value /= inverse ? static_cast<double>(n) : 1.0;
}

constexpr size_t kTransformMax = 16384;

Value Fourier(Arguments a, bool inverse) {
  const auto real = NumbersOf(ParseJson(a[0])), imaginary = NumbersOf(ParseJson(a[1]));
  if (!real || real->size() > kTransformMax || (imaginary && imaginary->size() != real->size())) return {};
  std::vector<Complex> values;
  for (size_t i = 0; i < real->size(); ++i) values.emplace_back((*real)[i], imaginary ? (*imaginary)[i] : 0.0);
  Transform(values, inverse);
  std::vector<double> x, y;
  for (const Complex& value : values) {
    x.push_back(value.real());
    y.push_back(value.imag());
  }
  return Dynamic(Json::array({ArrayOf(x), ArrayOf(y)}));
}

Value Fft(Arguments a) {
  return Fourier(a, false);
}
Value Ifft(Arguments a) {
  return Fourier(a, true);
}

Value Product(Arguments a) {
  const Json series = ParseJson(a[0]);
  if (!series.is_array()) return {};
  double product = 1;
  for (const Json& item : series) {
    if (item.is_number()) product *= item.get<double>();
  }
  return product;
}

double Dot(const std::vector<double>& x, const std::vector<double>& y) {
  return std::inner_product(x.begin(), x.end(), y.begin(), 0.0);
}

Value Magnitude(Arguments a) {
  const auto x = NumbersOf(ParseJson(a[0]));
  return x ? Value(std::sqrt(Dot(*x, *x))) : Value();
}

// A number stands for a series of it.
Value DotProduct(Arguments a) {
  const Json left = ParseJson(a[0]), right = ParseJson(a[1]);
  const auto series = [](const Json& json, const Json& other) -> std::optional<std::vector<double>> {
    if (json.is_number() && other.is_array()) return std::vector<double>(other.size(), json.get<double>());
    return NumbersOf(json);
  };
  const std::optional<std::vector<double>> x = series(left, right), y = series(right, left);
  return x && y && x->size() == y->size() ? Value(Dot(*x, *y)) : Value();
}

Value CosineSimilarity(Arguments a) {
  const auto x = NumbersOf(ParseJson(a[0])), y = NumbersOf(ParseJson(a[1]));
  if (!x || !y || x->size() != y->size()) return {};
  return Dot(*x, *y) / std::sqrt(Dot(*x, *x) * Dot(*y, *y));
}

Value Pearson(Arguments a) {
  auto x = NumbersOf(ParseJson(a[0])), y = NumbersOf(ParseJson(a[1]));
  if (!x || !y || x->size() != y->size() || x->empty()) return {};
  for (auto* series : {&*x, &*y}) {
    const double mean = std::accumulate(series->begin(), series->end(), 0.0) / static_cast<double>(series->size());
    for (double& value : *series) value -= mean;
  }
  return Dot(*x, *y) / std::sqrt(Dot(*x, *x) * Dot(*y, *y));
}

constexpr Function kFunctions[] = {
    {"series_add", "ss", 's', SeriesAdd},
    {"series_subtract", "ss", 's', SeriesSubtract},
    {"series_multiply", "ss", 's', SeriesMultiply},
    {"series_divide", "ss", 's', SeriesDivide},
    {"series_pow", "ss", 's', SeriesPow},
    {"series_greater", "ss", 's', SeriesGreater},
    {"series_greater_equals", "ss", 's', SeriesGreaterEquals},
    {"series_less", "ss", 's', SeriesLess},
    {"series_less_equals", "ss", 's', SeriesLessEquals},
    {"series_equals", "ss", 's', SeriesEquals},
    {"series_not_equals", "ss", 's', SeriesNotEquals},
    {"series_abs", "s", 's', EachOf<Abs, true>},
    {"series_sign", "s", 's', EachOf<Sign, true>},
    {"series_acos", "s", 's', EachOf<Acos>},
    {"series_asin", "s", 's', EachOf<Asin>},
    {"series_atan", "s", 's', EachOf<Atan>},
    {"series_ceiling", "s", 's', EachOf<Ceil>},
    {"series_cos", "s", 's', EachOf<Cos>},
    {"series_exp", "s", 's', EachOf<Exp>},
    {"series_floor", "s", 's', EachOf<Floor>},
    {"series_log", "s", 's', EachOf<Log>},
    {"series_sin", "s", 's', EachOf<Sin>},
    {"series_tan", "s", 's', EachOf<Tan>},
    {"series_fill_const", "sss", 's', FillConst, true},
    {"series_fill_forward", "ss", 's', FillForward, true},
    {"series_fill_backward", "ss", 's', FillBackward, true},
    {"series_fill_linear", "ssbs", 's', FillLinear, true},
    {"series_stats", "s", 's', Stats},
    {"series_fir", "ssbb", 's', Fir},
    {"series_iir", "sss", 's', Iir},
    {"series_fit_line", "s", 's', FitLineOf},
    {"series_fit_2lines", "s", 's', Fit2Lines},
    {"series_fit_poly", "ssl", 's', FitPoly, true},
    {"series_fft", "ss", 's', Fft, true},
    {"series_ifft", "ss", 's', Ifft, true},
    {"series_product", "s", 'r', Product},
    {"series_magnitude", "s", 'r', Magnitude},
    {"series_dot_product", "ss", 'r', DotProduct},
    {"series_cosine_similarity", "ss", 'r', CosineSimilarity},
    {"series_pearson_correlation", "ss", 'r', Pearson},
};

}  // namespace

std::span<const Function> SeriesFunctions() {
  return kFunctions;
}

}  // namespace slipway::kql::native
