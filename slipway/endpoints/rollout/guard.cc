#include "slipway/endpoints/rollout/guard.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::endpoints {
namespace {

using domain::GuardOutcome;
using domain::RolloutEvidence;
using domain::RolloutSide;
using Verdict = GuardOutcome::Verdict;

enum class Kind { kLatency, kRate, kIndex };

struct MetricRow {
  std::string_view name;
  GuardMetric metric;
  Kind kind;
  double RolloutSide::*value;  // nullptr: not a side's own
};
constexpr std::array<MetricRow, 6> kMetrics = {{
    {"p50_ms", GuardMetric::kP50, Kind::kLatency, &RolloutSide::p50_ms},
    {"p95_ms", GuardMetric::kP95, Kind::kLatency, &RolloutSide::p95_ms},
    {"p99_ms", GuardMetric::kP99, Kind::kLatency, &RolloutSide::p99_ms},
    {"error_rate", GuardMetric::kErrorRate, Kind::kRate, &RolloutSide::error_rate},
    {"rate_5xx", GuardMetric::kRate5xx, Kind::kRate, &RolloutSide::rate_5xx},
    {"score_psi", GuardMetric::kScorePsi, Kind::kIndex, nullptr},
}};

// Longer ones first: "<=" begins with "<".
constexpr std::array<std::pair<std::string_view, GuardComparator>, 4> kComparators = {{
    {"<=", GuardComparator::kLessOrEqual},
    {">=", GuardComparator::kGreaterOrEqual},
    {"<", GuardComparator::kLess},
    {">", GuardComparator::kGreater},
}};

const MetricRow& RowOf(GuardMetric metric) {
  return kMetrics[static_cast<size_t>(metric)];
}

std::vector<std::string> MetricNames() {
  std::vector<std::string> names;
  for (const MetricRow& row : kMetrics) names.emplace_back(row.name);
  return names;
}

// Reads a guard from left to right.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<Guard> Read() {
    Guard guard;
    guard.text = std::string(Trim(text_));
    SLIPWAY_ASSIGN_OR_RETURN(const MetricRow* row, ReadMetric());
    guard.metric = row->metric;
    SLIPWAY_ASSIGN_OR_RETURN(guard.comparator, ReadComparator());
    SLIPWAY_ASSIGN_OR_RETURN(guard.number, ReadNumber());
    SLIPWAY_RETURN_IF_ERROR(ReadUnit(*row, guard));
    return guard;
  }

 private:
  void SkipBlanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  // The longest run of characters out of `set`, after blanks.
  std::string_view Take(std::string_view set) {
    SkipBlanks();
    const size_t end = std::min(text_.find_first_not_of(set, at_), text_.size());
    const std::string_view taken = text_.substr(at_, end - at_);
    at_ = end;
    return taken;
  }
  Error Complain(size_t at, const std::string& message) const {
    SourcePosition position;
    position.line = 1;
    position.column = static_cast<int>(at) + 1;
    return InvalidArgument(fmt::format("{}\n  {}\n  {}^", message, text_, std::string(at, ' '))).At(position);
  }

  Result<const MetricRow*> ReadMetric() {
    SkipBlanks();
    const size_t begin = at_;
    const std::string name(Take("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"));
    for (const MetricRow& row : kMetrics)
      if (EqualsIgnoreCase(row.name, name)) return &row;
    const auto names = MetricNames();
    if (name.empty()) return Complain(begin, fmt::format("a guard begins with a metric: {}", Join(names, ", ")));
    const std::string hint = DidYouMean(name, names);
    return Complain(begin, fmt::format("there is no metric '{}'{}", name,
                                       hint.empty() ? fmt::format(": take {}", Join(names, ", ")) : hint));
  }

  Result<GuardComparator> ReadComparator() {
    SkipBlanks();
    for (const auto& [sign, comparator] : kComparators) {
      if (!text_.substr(at_).starts_with(sign)) continue;
      at_ += sign.size();
      return comparator;
    }
    return Complain(at_, "after the metric there has to be one of <, <=, >, >=");
  }

  Result<double> ReadNumber() {
    SkipBlanks();
    const size_t begin = at_;
    const auto number = ParseDouble(Take("0123456789."));
    if (!number) return Complain(begin, "after the comparator there has to be a number, such as 20 or 0.5");
    return *number;
  }

  Status ReadUnit(const MetricRow& row, Guard& guard) {
    SkipBlanks();
    const size_t begin = at_;
    const std::string_view unit = Trim(text_.substr(at_));
    const bool fits = unit.empty() || (unit == "ms" && row.kind == Kind::kLatency) ||
                      (unit == "%" && row.kind == Kind::kRate) || (unit == "x" && row.kind != Kind::kIndex);
    if (!fits) return Complain(begin, UnitAdvice(row, unit));
    guard.is_relative = unit == "x";
    if (unit == "%") guard.number /= 100;
    if (row.kind == Kind::kRate && !guard.is_relative && guard.number > 1)
      return Complain(begin, fmt::format("{} is a share from 0 to 1; write 0.5% for 0.005", row.name));
    return {};
  }

  static std::string UnitAdvice(const MetricRow& row, std::string_view unit) {
    constexpr std::string_view kUnits[] = {"ms, x (times the control's) or nothing",
                                           "%, x (times the control's) or nothing", "nothing"};
    return fmt::format("'{}' does not go with {}: the number is followed by {}", unit, row.name,
                       kUnits[static_cast<size_t>(row.kind)]);
  }

  const std::string_view text_;
  size_t at_ = 0;
};

bool Holds(GuardComparator comparator, double value, double limit) {
  switch (comparator) {
    case GuardComparator::kLess:
      return value < limit;
    case GuardComparator::kLessOrEqual:
      return value <= limit;
    case GuardComparator::kGreater:
      return value > limit;
    case GuardComparator::kGreaterOrEqual:
      return value >= limit;
  }
  return false;
}

double LimitOf(const Guard& guard, const MetricRow& row, const RolloutSide& control) {
  if (!guard.is_relative) return guard.number;
  const double smallest =
      row.kind == Kind::kLatency ? 1.0 : 1.0 / static_cast<double>(std::max<int64_t>(control.requests, 1));
  return guard.number * std::max(control.*row.value, smallest);
}

// Why the samples decide nothing; "" when they do.
std::string Scarcity(std::string_view what, int64_t canary, int64_t control, bool compares, int64_t min) {
  if (canary < min) return fmt::format("{} {} of the new deployment, {} needed", canary, what, min);
  if (compares && control < min) return fmt::format("{} {} of the old deployment, {} needed", control, what, min);
  return "";
}

GuardOutcome Unknown(const Guard& guard, std::string note) {
  return {guard.text, Verdict::kUnknown, std::nullopt, std::nullopt, std::move(note)};
}

GuardOutcome Compare(const Guard& guard, double value, double limit) {
  const bool holds = Holds(guard.comparator, value, limit);
  return {guard.text, holds ? Verdict::kHolds : Verdict::kBreached, value, limit, ""};
}

}  // namespace

Result<Guard> ParseGuard(std::string_view text) {
  return Reader(text).Read();
}

Result<std::vector<Guard>> ParseGuards(const std::vector<std::string>& texts) {
  std::vector<Guard> guards;
  for (const std::string& text : texts) {
    SLIPWAY_ASSIGN_OR_RETURN(Guard guard, With(ParseGuard(text), "guard"));
    guards.push_back(std::move(guard));
  }
  return guards;
}

GuardOutcome Judge(const Guard& guard, const RolloutEvidence& evidence, int64_t samples_min) {
  const MetricRow& row = RowOf(guard.metric);
  if (!row.value) {
    if (!evidence.score_psi) return Unknown(guard, evidence.score_note);
    const std::string scarcity = Scarcity("scores", evidence.canary.scores, evidence.control.scores, true, samples_min);
    if (!scarcity.empty()) return Unknown(guard, scarcity);
    return Compare(guard, *evidence.score_psi, guard.number);
  }
  const std::string scarcity =
      Scarcity("requests", evidence.canary.requests, evidence.control.requests, guard.is_relative, samples_min);
  if (!scarcity.empty()) return Unknown(guard, scarcity);
  return Compare(guard, evidence.canary.*row.value, LimitOf(guard, row, evidence.control));
}

}  // namespace slipway::endpoints
