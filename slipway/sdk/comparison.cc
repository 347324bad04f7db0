#include "slipway/sdk/comparison.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/base/time.h"
#include "slipway/scoring/compiled_model.h"
#include "slipway/sdk/unwrap.h"
#include "slipway/training/comparison.h"

namespace slipway::sdk {
namespace {

using nlohmann::json;

training::CompareOptions OptionsOf(const CompareSettings& settings) {
  training::CompareOptions options;
  options.metric = settings.metric;
  options.margin = settings.margin;
  options.min_rows = static_cast<size_t>(std::max(0, settings.min_rows));
  options.segments = settings.segments;
  options.refuses_segment_regressions = settings.refuse_segment_regressions;
  options.interval.seed = settings.random_state;
  return options;
}

training::ComparedNames NamesOf(const std::string& champion, const std::string& challenger,
                                const std::string& job = "") {
  return {champion, challenger, "held-out rows", "recent traffic", job};
}

training::Comparison CompareModels(const std::string& champion, const std::string& challenger, const Table& labelled,
                                   const std::string& target, const tabular::Table* traffic,
                                   const CompareSettings& settings) {
  const auto first = Unwrap(With(scoring::CompiledModel::Load(champion), "the champion"));
  const auto second = Unwrap(With(scoring::CompiledModel::Load(challenger), "the challenger"));
  return Unwrap(training::Compare(*first, *second, labelled.get(), target, traffic, OptionsOf(settings)));
}

}  // namespace

struct ModelComparison::Impl {
  training::Comparison comparison;
};

ModelComparison ModelComparison::Compare(const std::string& champion, const std::string& challenger,
                                         const Table& labelled, const std::string& target,
                                         const CompareSettings& settings) {
  return ModelComparison(
      std::make_shared<const Impl>(Impl{CompareModels(champion, challenger, labelled, target, nullptr, settings)}));
}

ModelComparison ModelComparison::Compare(const std::string& champion, const std::string& challenger,
                                         const Table& labelled, const std::string& target, const Table& traffic,
                                         const CompareSettings& settings) {
  return ModelComparison(std::make_shared<const Impl>(
      Impl{CompareModels(champion, challenger, labelled, target, &traffic.get(), settings)}));
}

std::string ModelComparison::verdict() const {
  return std::string(training::VerdictName(impl_->comparison.decision.verdict));
}

std::string ModelComparison::reason() const {
  return impl_->comparison.decision.reason;
}

std::string ModelComparison::metric() const {
  return impl_->comparison.metric;
}

double ModelComparison::improvement() const {
  return impl_->comparison.chosen().improvement.value;
}

std::string ModelComparison::ToJson(const std::string& champion_name, const std::string& challenger_name,
                                    const std::string& job) const {
  return training::ComparisonJson(impl_->comparison, NamesOf(champion_name, challenger_name, job));
}

std::string ModelComparison::ToText() const {
  return training::ComparisonText(impl_->comparison);
}

void ModelComparison::WriteHtml(const std::string& path, const std::string& champion_name,
                                const std::string& challenger_name) const {
  Unwrap(WriteFileAtomic(
      path, training::ComparisonPage(impl_->comparison, NamesOf(champion_name, challenger_name), SystemClock().Now())));
}

KeptVerdict KeptVerdict::Read(const std::string& path) {
  const json kept = json::parse(Unwrap(ReadFile(path)), nullptr, false);
  KeptVerdict verdict;
  try {
    kept.at("verdict").get_to(verdict.verdict);
    kept.at("reason").get_to(verdict.reason);
    kept.at("metric").get_to(verdict.metric);
    kept.at("champion_model").get_to(verdict.champion);
    kept.at("improvement").get_to(verdict.improvement);
    kept.at("margin").get_to(verdict.margin);
    verdict.job = kept.value("job", "");
  } catch (const json::exception& problem) {
    throw Failure("'" + path + "' is no verdict of a comparison: " + problem.what());
  }
  return verdict;
}

std::map<std::string, std::string> KeptVerdict::Tags() const {
  std::map<std::string, std::string> tags = {{"verdict", verdict},
                                             {"verdict_metric", metric},
                                             {"improvement", FormatDouble(improvement)},
                                             {"margin", FormatDouble(margin)},
                                             {"compared_with", champion}};
  if (!job.empty()) tags["evidence"] = "azureml://jobs/" + job + "/outputs/verdict";
  return tags;
}

}  // namespace slipway::sdk
