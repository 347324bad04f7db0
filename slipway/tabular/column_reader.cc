#include "slipway/tabular/column_reader.h"

#include <limits>

#include "slipway/tabular/append_null.h"
#include "slipway/tabular/cell_text.h"

namespace slipway::tabular {

ColumnReader::ColumnReader(std::string name, std::optional<ColumnType> forced, bool infer_datetimes)
    : is_forced_(forced.has_value()), infer_datetimes_(infer_datetimes) {
  column_.name = std::move(name);
  if (!forced) return;
  column_.type = *forced;
  state_ = State::kDecided;
}

void ColumnReader::AddNull() {
  if (state_ == State::kUndecided)
    ++leading_nulls_;
  else if (state_ == State::kDecided)
    AppendNull(column_);
}

void ColumnReader::MarkValue() {
  if (!column_.nulls.empty()) column_.nulls.push_back(0);
}

bool ColumnReader::Add(std::string_view text) {
  if (state_ == State::kGivenUp) return true;
  if (state_ == State::kUndecided) Decide(text);
  if (AddTyped(text)) return true;
  if (is_forced_) return false;
  if (!WidenToFloat(text)) state_ = State::kGivenUp;
  return true;
}

bool ColumnReader::AddTyped(std::string_view text) {
  switch (column_.type) {
    case ColumnType::kBool:
      return AddTruth(text);
    case ColumnType::kInt64:
      return AddWhole(text);
    case ColumnType::kFloat64:
      return AddFloat(text);
    case ColumnType::kString:
      AddText(text);
      return true;
    case ColumnType::kDatetime:
      return AddDatetime(text);
  }
  return false;
}

bool ColumnReader::AddTruth(std::string_view text) {
  const auto truth = ParseTruth(text);
  if (!truth) return false;
  column_.ints.push_back(*truth ? 1 : 0);
  MarkValue();
  return true;
}

bool ColumnReader::AddWhole(std::string_view text) {
  int64_t value = 0;
  if (ParseWholeNumber(text, value) != WholeNumber::kFits) return false;
  column_.ints.push_back(value);
  MarkValue();
  return true;
}

bool ColumnReader::AddFloat(std::string_view text) {
  double value = 0;
  bool is_whole = false;
  if (!ParseNumber(text, value, is_whole)) return false;
  constexpr double kTwoTo63 = 9223372036854775808.0;
  has_fraction_ = has_fraction_ || !is_whole;
  has_big_whole_ = has_big_whole_ || (is_whole && (value >= kTwoTo63 || value < -kTwoTo63));
  column_.doubles.push_back(value);
  MarkValue();
  return true;
}

bool ColumnReader::AddDatetime(std::string_view text) {
  const auto time = ParseDatetime(text);
  if (!time) return false;
  column_.ints.push_back(*time);
  MarkValue();
  return true;
}

void ColumnReader::AddText(std::string_view text) {
  column_.codes.push_back(interner_.Intern(text, column_.dictionary));
  MarkValue();
}

// By the first value: the narrowest type it has.
void ColumnReader::Decide(std::string_view text) {
  int64_t whole = 0;
  double number = 0;
  bool is_whole = false;
  if (ParseTruth(text)) return Become(ColumnType::kBool);
  if (ParseWholeNumber(text, whole) == WholeNumber::kFits) return Become(ColumnType::kInt64);
  if (ParseNumber(text, number, is_whole)) return Become(ColumnType::kFloat64);
  if (infer_datetimes_ && ParseDatetime(text)) return Become(ColumnType::kDatetime);
  Become(ColumnType::kString);
}

void ColumnReader::Become(ColumnType type) {
  state_ = State::kDecided;
  column_.type = type;
  for (; leading_nulls_ > 0; --leading_nulls_) AppendNull(column_);
}

bool ColumnReader::WidenToFloat(std::string_view text) {
  if (column_.type != ColumnType::kInt64) return false;
  column_.type = ColumnType::kFloat64;
  if (!AddFloat(text)) return false;
  std::vector<double> doubles;
  doubles.reserve(column_.ints.capacity());
  for (size_t row = 0; row < column_.ints.size(); ++row)
    doubles.push_back(column_.is_null(row) ? std::numeric_limits<double>::quiet_NaN()
                                           : static_cast<double>(column_.ints[row]));
  doubles.push_back(column_.doubles.back());
  column_.doubles = std::move(doubles);
  column_.ints = {};
  return true;
}

bool ColumnReader::NeedsSecondReading() const {
  // Digits beyond 64 bits are rounded by a float, which ids do not survive.
  return state_ == State::kGivenUp || (!is_forced_ && has_big_whole_ && !has_fraction_);
}

void ColumnReader::StartSecondReading() {
  Column texts;
  texts.name = std::move(column_.name);
  texts.type = ColumnType::kString;
  column_ = std::move(texts);
  state_ = State::kDecided;
  is_forced_ = true;
}

Column ColumnReader::Build() && {
  if (state_ == State::kUndecided) Become(ColumnType::kFloat64);
  return std::move(column_);
}

}  // namespace slipway::tabular
