#include "slipway/stats/quality/quality_json.h"

#include <nlohmann/json.hpp>

#include "slipway/stats/quality/advice.h"

namespace slipway::stats {
namespace {

using json = nlohmann::ordered_json;

json ConditionsToJson(const std::vector<Condition>& conditions) {
  json list = json::array();
  for (const Condition& condition : conditions)
    list.push_back(
        {{"name", condition.name}, {"verdict", VerdictName(condition.verdict)}, {"details", condition.details}});
  return list;
}

json CheckToJson(const CheckResult& check) {
  json object = {{"check", check.name}, {"title", check.title}, {"status", check.ran() ? "ran" : "did not run"}};
  if (!check.ran()) {
    object["reason"] = check.did_not_run;
    return object;
  }
  if (!check.conditions.empty()) object["verdict"] = VerdictName(check.verdict());
  object["value"] = check.value;
  object["conditions"] = ConditionsToJson(check.conditions);
  if (const auto advice = AdviceFor(check); !advice.empty()) object["advice"] = advice;
  if (!check.sampling.empty()) object["sampling"] = check.sampling;
  return object;
}

}  // namespace

json QualityJson(const QualityReport& report) {
  json object = {{"suite", report.suite},
                 {"passed", report.passed()},
                 {"passed_if_warnings_ignored", report.passed(true)},
                 {"rows", report.rows}};
  if (report.test_rows > 0) object["test_rows"] = report.test_rows;
  object["counts"] = {{"passed", report.Count(Verdict::kPass)},
                      {"warned", report.Count(Verdict::kWarning)},
                      {"failed", report.Count(Verdict::kFail) + report.Count(Verdict::kError)},
                      {"not_run", report.not_run()}};
  object["checks"] = json::array();
  for (const CheckResult& check : report.checks) object["checks"].push_back(CheckToJson(check));
  return object;
}

}  // namespace slipway::stats
