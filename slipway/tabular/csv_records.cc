#include "slipway/tabular/csv_records.h"

#include <algorithm>

#include "slipway/tabular/text_encoding.h"

namespace slipway::tabular {

std::string_view CsvCell::Value(std::string& scratch) const {
  if (!has_doubled_quotes) return text;
  scratch.clear();
  for (size_t i = 0; i < text.size(); ++i) {
    scratch += text[i];
    if (text[i] == '"') ++i;
  }
  return scratch;
}

CsvRecords::CsvRecords(std::string_view text, char delimiter, bool multi_line, std::string_view file)
    : text_(text),
      file_(file),
      at_(text.data()),
      end_(text.data() + text.size()),
      delimiter_(delimiter),
      multi_line_(multi_line) {
  for (char c : {delimiter, '\n', '\r'}) stops_[static_cast<unsigned char>(c)] = true;
}

Error CsvRecords::ErrorAt(const char* place, std::string message) const {
  return InvalidArgument(std::move(message)).At(PositionIn(text_, static_cast<size_t>(place - text_.data()), file_));
}

Error CsvRecords::ErrorAt(const CsvCell& cell, std::string message) const {
  return ErrorAt(cell.text.data() - (cell.quoted ? 1 : 0), std::move(message));
}

void CsvRecords::SkipEmptyLines() {
  while (at_ != end_ && (*at_ == '\n' || *at_ == '\r')) ++at_;
}

Result<bool> CsvRecords::Next(std::vector<CsvCell>& cells) {
  SkipEmptyLines();
  cells.clear();
  if (at_ == end_) return false;
  while (true) {
    if (at_ != end_ && *at_ == '"') {
      SLIPWAY_ASSIGN_OR_RETURN(CsvCell cell, TakeQuoted());
      cells.push_back(cell);
    } else {
      cells.push_back(TakePlain());
    }
    if (at_ == end_ || *at_ != delimiter_) return true;
    ++at_;
  }
}

CsvCell CsvRecords::TakePlain() {
  const char* begin = at_;
  while (!EndsField(at_)) ++at_;
  return {{begin, static_cast<size_t>(at_ - begin)}};
}

// A quote inside a quoted field is written twice; the field ends at the first single one.
Result<CsvCell> CsvRecords::TakeQuoted() {
  const char* opening = at_;
  const char* at = opening + 1;
  bool has_doubled_quotes = false;
  for (;; ++at) {
    at = std::find_if(at, end_, [&](char c) { return c == '"' || (!multi_line_ && (c == '\n' || c == '\r')); });
    if (at == end_ || *at != '"') return ErrorAt(opening, "this quote is never closed");
    if (at + 1 == end_ || at[1] != '"') break;
    has_doubled_quotes = true;
    ++at;
  }
  at_ = at + 1;
  if (!EndsField(at_))
    return ErrorAt(at_, "text after a closing quote; a quote inside a quoted field is written twice");
  return CsvCell{{opening + 1, static_cast<size_t>(at - opening - 1)}, true, has_doubled_quotes};
}

}  // namespace slipway::tabular
