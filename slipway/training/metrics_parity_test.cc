// The metrics beside scikit-learn 1.2, by the figures of tests/parity/figures.py.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/metrics/curves.h"
#include "slipway/metrics/measured.h"

namespace slipway::training {
namespace {

using metrics::Measured;
using nlohmann::json;

class MetricsParity : public testing::Test {
 protected:
  static void Expect(const Result<std::vector<metrics::Resampled>>& resampled, const json& wanted) {
    ASSERT_TRUE(resampled) << resampled.error().ToString();
    ASSERT_EQ(resampled->size(), wanted.size());
    for (const Measured& metric : metrics::WithIntervals(*resampled, 0.95)) {
      SCOPED_TRACE(metric.name);
      ASSERT_TRUE(wanted.contains(metric.name));
      EXPECT_NEAR(metric.value, wanted[metric.name].get<double>(), 1e-12 * std::max(1.0, std::abs(metric.value)));
      if (metric.name == "max_error") continue;
      EXPECT_LT(metric.low, metric.value);
      EXPECT_GT(metric.high, metric.value);
    }
  }

  template <typename T>
  std::vector<T> List(const std::string& name) const {
    return figures_["data"][name].get<std::vector<T>>();
  }

  const json figures_ =
      json::parse(ReadFile(std::filesystem::path(SLIPWAY_SOURCE_DIR) / "tests/parity/figures.json").value())["metrics"];
  const metrics::IntervalOptions options_{.resamples = 100};
};

TEST_F(MetricsParity, TwoClasses) {
  const auto truth = List<uint8_t>("truth");
  const auto score = List<double>("score");
  std::vector<uint8_t> predicted;
  for (const double value : score) predicted.push_back(value >= 0.5 ? 1 : 0);
  Expect(metrics::ResampleBinary(truth, score, predicted, options_), figures_["binary"]);
}

TEST_F(MetricsParity, SeveralClasses) {
  const auto truth = List<uint32_t>("classes");
  std::vector<double> probabilities;
  std::vector<uint32_t> predicted;
  for (const json& row : figures_["data"]["probabilities"]) {
    const auto values = row.get<std::vector<double>>();
    probabilities.insert(probabilities.end(), values.begin(), values.end());
    predicted.push_back(static_cast<uint32_t>(std::max_element(values.begin(), values.end()) - values.begin()));
  }
  Expect(metrics::ResampleClasses(truth, probabilities, predicted, 3, options_), figures_["several"]);
}

TEST_F(MetricsParity, Values) {
  Expect(metrics::ResampleRegression(List<double>("value"), List<double>("guess"), options_), figures_["values"]);
}

TEST_F(MetricsParity, Curves) {
  const auto points = metrics::ThresholdCurve(List<uint8_t>("truth"), List<double>("score")).value();
  const json &roc = figures_["curves"]["roc"], &pr = figures_["curves"]["pr"];
  ASSERT_EQ(points.size(), roc[0].size());
  ASSERT_EQ(points.size(), pr[0].size());
  for (size_t i = 0; i < points.size(); ++i) {
    const size_t back = points.size() - 1 - i;  // scikit-learn's list begins with the lowest threshold
    EXPECT_NEAR(points[i].false_positive_rate, roc[0][i].get<double>(), 1e-15);
    EXPECT_NEAR(points[i].recall, roc[1][i].get<double>(), 1e-15);
    EXPECT_NEAR(points[i].precision, pr[0][back].get<double>(), 1e-15);
    EXPECT_NEAR(points[i].recall, pr[1][back].get<double>(), 1e-15);
  }
}

}  // namespace
}  // namespace slipway::training
