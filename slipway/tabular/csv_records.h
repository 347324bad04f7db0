// CSV text as records of cells (RFC 4180), without a copy.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"

namespace slipway::tabular {

struct CsvCell {
  std::string_view text;  // within the source; without the quotes around it, quotes inside still doubled
  bool quoted = false;
  bool has_doubled_quotes = false;

  // The value; made in `scratch` when doubled quotes have to go.
  std::string_view Value(std::string& scratch) const;
};

// Reads record by record. Lines end with LF, CRLF or CR; empty lines are skipped. Not thread-safe.
class CsvRecords {
 public:
  // `file` names the text in errors. The text outlives the reader and its cells.
  CsvRecords(std::string_view text, char delimiter, bool multi_line, std::string_view file);

  // Replaces `cells` by those of the next record; false at the end.
  Result<bool> Next(std::vector<CsvCell>& cells);

  // For reading again from a place between two records.
  size_t offset() const { return static_cast<size_t>(at_ - text_.data()); }
  void set_offset(size_t offset) { at_ = text_.data() + offset; }

  // kInvalidArgument with the place of the cell, the first line, or the end of the text.
  Error ErrorAt(const CsvCell& cell, std::string message) const;
  Error ErrorAtStart(std::string message) const { return ErrorAt(text_.data(), std::move(message)); }
  Error ErrorAtEnd(std::string message) const { return ErrorAt(end_, std::move(message)); }

 private:
  Error ErrorAt(const char* place, std::string message) const;
  void SkipEmptyLines();
  CsvCell TakePlain();
  Result<CsvCell> TakeQuoted();
  bool EndsField(const char* at) const { return at == end_ || stops_[static_cast<unsigned char>(*at)]; }

  std::string_view text_;
  std::string file_;
  const char* at_;
  const char* end_;
  char delimiter_;
  bool multi_line_;
  bool stops_[256] = {};  // bytes that end a plain field
};

}  // namespace slipway::tabular
