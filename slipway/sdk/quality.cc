#include "slipway/sdk/quality.h"

#include <algorithm>
#include <thread>

#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/base/time.h"
#include "slipway/sdk/unwrap.h"
#include "slipway/stats/quality/quality.h"
#include "slipway/stats/quality/quality_html.h"
#include "slipway/stats/quality/quality_json.h"

namespace slipway::sdk {
namespace {

stats::QualityOptions EngineOptions(const QualityOptions& options) {
  stats::QualityOptions engine;
  engine.label = options.label;
  engine.index = options.index;
  engine.datetime = options.datetime;
  engine.categorical = options.categorical;
  engine.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  return engine;
}

}  // namespace

struct QualityReport::Impl {
  stats::QualityReport report;
};

QualityReport QualityReport::DataIntegrity(const Table& table, const QualityOptions& options) {
  auto report = Unwrap(stats::RunDataIntegrity(table.get(), EngineOptions(options)));
  return QualityReport(std::make_shared<const Impl>(Impl{std::move(report)}));
}

QualityReport QualityReport::TrainTestValidation(const Table& train, const Table& test, const QualityOptions& options) {
  auto report = Unwrap(stats::RunTrainTestValidation(train.get(), test.get(), EngineOptions(options)));
  return QualityReport(std::make_shared<const Impl>(Impl{std::move(report)}));
}

int QualityReport::passed() const {
  return static_cast<int>(impl_->report.Count(stats::Verdict::kPass));
}

int QualityReport::failed() const {
  size_t failed = 0;
  for (auto verdict : {stats::Verdict::kFail, stats::Verdict::kError, stats::Verdict::kWarning})
    failed += impl_->report.Count(verdict);
  return static_cast<int>(failed);
}

bool QualityReport::FailsOn(const std::string& gate) const {
  const auto severity = Unwrap(stats::ParseGate(gate));
  return severity && stats::WorstOf(impl_->report) >= *severity;
}

std::string QualityReport::ToJson() const {
  // Values from the data need not be UTF-8.
  return stats::QualityJson(impl_->report).dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

void QualityReport::WriteHtml(const std::string& path) const {
  Unwrap(WriteFileAtomic(path, stats::QualityPage(impl_->report, SystemClock().Now())));
}

}  // namespace slipway::sdk
