#include "slipway/cli/az_condition.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::cli {

using domain::AlertCondition;
using domain::AlertDimension;
using domain::CompareOperator;

namespace {

constexpr std::pair<std::string_view, std::string_view> kAggregations[] = {
    {"avg", "Average"}, {"min", "Minimum"}, {"max", "Maximum"}, {"total", "Total"}, {"count", "Count"}};
constexpr std::pair<std::string_view, CompareOperator> kOperators[] = {{">=", CompareOperator::kGreaterThanOrEqual},
                                                                       {"<=", CompareOperator::kLessThanOrEqual},
                                                                       {">", CompareOperator::kGreaterThan},
                                                                       {"<", CompareOperator::kLessThan},
                                                                       {"=", CompareOperator::kEqual}};

struct Word {
  std::string text;
  size_t at = 0;
  bool is_quoted = false;
};

bool IsSpace(char c) {
  return c == ' ' || c == '\t' || c == '\n';
}

bool IsOperatorSign(char c) {
  return c == '<' || c == '>' || c == '=' || c == '!';
}

// From `at` to the end of a word of signs, of a quoted one, or of another.
size_t EndOfWord(const std::string& text, size_t at) {
  if (text[at] == '"' || text[at] == '\'') return std::min(text.size(), text.find(text[at], at + 1));
  const bool is_sign = IsOperatorSign(text[at]);
  while (at < text.size() && !IsSpace(text[at]) && IsOperatorSign(text[at]) == is_sign) ++at;
  return at;
}

std::vector<Word> WordsOf(const std::string& text) {
  std::vector<Word> words;
  for (size_t at = 0; at < text.size();) {
    if (IsSpace(text[at])) {
      ++at;
      continue;
    }
    const bool is_quoted = text[at] == '"' || text[at] == '\'';
    const size_t end = EndOfWord(text, at);
    words.push_back({text.substr(at + is_quoted, end - at - is_quoted), at, is_quoted});
    at = end + is_quoted;
  }
  return words;
}

// Reads one condition word by word.
class Reader {
 public:
  explicit Reader(const std::string& text) : text_(text), words_(WordsOf(text)) {}

  bool AtEnd() const { return next_ == words_.size(); }
  bool Sees(std::string_view keyword) const {
    return !AtEnd() && !words_[next_].is_quoted && EqualsIgnoreCase(words_[next_].text, keyword);
  }
  bool SeesOperator() const { return !AtEnd() && !words_[next_].is_quoted && IsOperatorSign(words_[next_].text[0]); }
  const Word& Take() { return words_[next_++]; }
  bool Takes(std::string_view keyword) {
    if (!Sees(keyword)) return false;
    ++next_;
    return true;
  }
  Status Expect(std::string_view keyword) {
    return Takes(keyword) ? Status() : Status(Wrong(fmt::format("expected '{}'", keyword)));
  }

  // A complaint about the next word.
  Error Wrong(std::string_view message) const {
    const size_t at = AtEnd() ? text_.size() : words_[next_].at;
    return InvalidArgument(fmt::format("--condition: {}\n{}\n{}^", message, text_, std::string(at, ' ')));
  }

  Result<std::string> Text(std::string_view what) {
    if (AtEnd()) return Wrong(fmt::format("expected {}", what));
    return Take().text;
  }
  // Words up to one that means something, with single spaces.
  template <typename Ends>
  Result<std::string> TextUntil(std::string_view what, const Ends& ends) {
    SLIPWAY_ASSIGN_OR_RETURN(std::string text, Text(what));
    while (!AtEnd() && !ends()) text += " " + Take().text;
    return text;
  }
  Result<double> Number(std::string_view what) {
    const auto number = AtEnd() ? std::nullopt : ParseDouble(words_[next_].text);
    if (!number) return Wrong(fmt::format("expected {}, a number", what));
    ++next_;
    return *number;
  }

 private:
  const std::string& text_;
  const std::vector<Word> words_;
  size_t next_ = 0;
};

Status ReadAggregation(Reader& reader, AlertCondition& condition) {
  for (const auto& [word, name] : kAggregations) {
    if (!reader.Takes(word)) continue;
    condition.time_aggregation = name;
    return {};
  }
  return reader.Wrong("a condition begins with avg, min, max, total or count");
}

Status ReadThreshold(Reader& reader, AlertCondition& condition) {
  for (const auto& [sign, compare] : kOperators) {
    if (!reader.Takes(sign)) continue;
    if (reader.Sees("dynamic"))
      return Unimplemented("--condition: dynamic thresholds are not supported: write a number");
    condition.compare = compare;
    SLIPWAY_ASSIGN_OR_RETURN(condition.threshold, reader.Number("the threshold"));
    return {};
  }
  if (reader.Sees("!=")) return Unimplemented("--condition: the operator != is not supported: =, >, >=, < and <= are");
  return reader.Wrong("expected an operator: =, >, >=, < or <=");
}

// "DIMENSION {includes,excludes} VALUE [or VALUE …]"
Result<AlertDimension> ReadDimension(Reader& reader) {
  AlertDimension dimension;
  SLIPWAY_ASSIGN_OR_RETURN(dimension.name, reader.TextUntil("a dimension", [&] {
    return reader.Sees("includes") || reader.Sees("excludes") || reader.Sees("startswith");
  }));
  if (reader.Sees("startswith"))
    return Unimplemented("--condition: startswith is not supported: includes and excludes are");
  dimension.is_excluding = reader.Sees("excludes");
  if (!reader.Takes("includes") && !reader.Takes("excludes")) return reader.Wrong("expected 'includes' or 'excludes'");
  do {
    SLIPWAY_ASSIGN_OR_RETURN(std::string value, reader.TextUntil("a value", [&] {
      return reader.Sees("or") || reader.Sees("and") || reader.Sees("with") || reader.Sees("at");
    }));
    dimension.values.push_back(std::move(value));
  } while (reader.Takes("or"));
  return dimension;
}

Status ReadDimensions(Reader& reader, AlertCondition& condition) {
  if (!reader.Takes("where")) return {};
  do {
    SLIPWAY_ASSIGN_OR_RETURN(AlertDimension dimension, ReadDimension(reader));
    condition.dimensions.push_back(std::move(dimension));
  } while (reader.Takes("and"));
  return {};
}

Status ReadMetricName(Reader& reader, AlertCondition& condition) {
  SLIPWAY_ASSIGN_OR_RETURN(std::string name, reader.TextUntil("a metric", [&] { return reader.SeesOperator(); }));
  const size_t dot = name.rfind('.');
  if (dot != std::string::npos) condition.metric_namespace = name.substr(0, dot);
  condition.metric_name = name.substr(dot == std::string::npos ? 0 : dot + 1);
  return {};
}

Status ReadViolations(Reader& reader, LogCondition& read) {
  if (!reader.Takes("at")) return {};
  SLIPWAY_RETURN_IF_ERROR(reader.Expect("least"));
  SLIPWAY_ASSIGN_OR_RETURN(const double failing, reader.Number("how many violations"));
  for (const char* word : {"violations", "out", "of"}) SLIPWAY_RETURN_IF_ERROR(reader.Expect(word));
  SLIPWAY_ASSIGN_OR_RETURN(const double periods, reader.Number("out of how many points"));
  for (const char* word : {"aggregated", "points"}) SLIPWAY_RETURN_IF_ERROR(reader.Expect(word));
  read.failing_periods = static_cast<int>(std::clamp(failing, 0.0, 1e6));
  read.evaluation_periods = static_cast<int>(std::clamp(periods, 0.0, 1e6));
  return {};
}

Status ExpectEnd(const Reader& reader) {
  return reader.AtEnd() ? Status() : Status(reader.Wrong("expected nothing further"));
}

}  // namespace

Result<AlertCondition> ParseMetricCondition(const std::string& text) {
  Reader reader(text);
  AlertCondition condition;
  SLIPWAY_RETURN_IF_ERROR(ReadAggregation(reader, condition));
  SLIPWAY_RETURN_IF_ERROR(ReadMetricName(reader, condition));
  SLIPWAY_RETURN_IF_ERROR(ReadThreshold(reader, condition));
  SLIPWAY_RETURN_IF_ERROR(ReadDimensions(reader, condition));
  if (reader.Takes("with")) {
    SLIPWAY_RETURN_IF_ERROR(reader.Expect("skipmetricvalidation"));
    condition.skips_metric_validation = true;
  }
  SLIPWAY_RETURN_IF_ERROR(ExpectEnd(reader));
  return condition;
}

Result<LogCondition> ParseLogCondition(const std::string& text) {
  Reader reader(text);
  LogCondition read;
  AlertCondition& condition = read.condition;
  SLIPWAY_RETURN_IF_ERROR(ReadAggregation(reader, condition));
  SLIPWAY_ASSIGN_OR_RETURN(condition.query, reader.Text("a query's placeholder"));
  if (reader.Takes("from")) {
    condition.metric_measure_column = std::exchange(condition.query, {});
    SLIPWAY_ASSIGN_OR_RETURN(condition.query, reader.Text("a query's placeholder"));
  }
  SLIPWAY_RETURN_IF_ERROR(ReadThreshold(reader, condition));
  if (reader.Takes("resource")) {
    SLIPWAY_RETURN_IF_ERROR(reader.Expect("id"));
    SLIPWAY_ASSIGN_OR_RETURN(condition.resource_id_column, reader.Text("the column of resource ids"));
  }
  SLIPWAY_RETURN_IF_ERROR(ReadDimensions(reader, condition));
  SLIPWAY_RETURN_IF_ERROR(ReadViolations(reader, read));
  SLIPWAY_RETURN_IF_ERROR(ExpectEnd(reader));
  return read;
}

std::vector<std::string> ConditionTexts(const std::vector<std::string>& words) {
  std::vector<std::string> texts;
  for (const std::string& word : words) {
    const std::string first = word.substr(0, word.find(' '));
    const bool begins = std::any_of(std::begin(kAggregations), std::end(kAggregations), [&](const auto& aggregation) {
      return EqualsIgnoreCase(aggregation.first, first);
    });
    if (begins || texts.empty())
      texts.push_back(word);
    else
      texts.back() += " " + word;
  }
  return texts;
}

}  // namespace slipway::cli
