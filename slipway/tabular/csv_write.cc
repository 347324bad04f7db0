#include <algorithm>

#include "slipway/base/file.h"
#include "slipway/tabular/cell_text.h"
#include "slipway/tabular/csv.h"

namespace slipway::tabular {
namespace {

// Quotes what a reader would take for something else than the text.
class Quoting {
 public:
  explicit Quoting(char delimiter) : nulls_(DefaultNullTexts()) {
    for (char c : {delimiter, '"', '\n', '\r'}) is_special_[static_cast<unsigned char>(c)] = true;
  }

  void Append(std::string_view field, std::string& text) const {
    if (!nulls_.Has(field) && std::none_of(field.begin(), field.end(), [&](char c) { return IsSpecial(c); })) {
      text += field;
      return;
    }
    text += '"';
    for (char c : field) text.append(c == '"' ? 2 : 1, c);
    text += '"';
  }

 private:
  bool IsSpecial(char c) const { return is_special_[static_cast<unsigned char>(c)]; }

  TextSet nulls_;
  bool is_special_[256] = {};
};

std::vector<std::string> QuotedDictionary(const Column& column, const Quoting& quoting) {
  std::vector<std::string> quoted(column.dictionary.size());
  for (size_t code = 0; code < quoted.size(); ++code) quoting.Append(column.dictionary[code], quoted[code]);
  return quoted;
}

class CsvWriter {
 public:
  CsvWriter(const Table& table, char delimiter) : table_(table), quoting_(delimiter), delimiter_(delimiter) {
    for (const Column& column : table.columns()) dictionaries_.push_back(QuotedDictionary(column, quoting_));
  }

  std::string Write() && {
    WriteLine([&](size_t i) { quoting_.Append(table_.column(i).name, text_); });
    for (size_t row = 0; row < table_.rows(); ++row) WriteLine([&](size_t i) { WriteCell(i, row); });
    return std::move(text_);
  }

 private:
  template <typename WriteField>
  void WriteLine(WriteField write_field) {
    for (size_t i = 0; i < table_.width(); ++i) {
      if (i > 0) text_ += delimiter_;
      write_field(i);
    }
    text_ += '\n';
  }

  void WriteCell(size_t i, size_t row) {
    const Column& column = table_.column(i);
    if (column.is_null(row))
      text_ += table_.width() == 1 ? "\"\"" : "";  // readers skip an empty line
    else if (column.type == ColumnType::kString)
      text_ += dictionaries_[i][column.codes[row]];
    else
      quoting_.Append(column.text(row), text_);
  }

  const Table& table_;
  Quoting quoting_;
  char delimiter_;
  std::vector<std::vector<std::string>> dictionaries_;  // a list a column
  std::string text_;
};

}  // namespace

std::string WriteCsv(const Table& table, char delimiter) {
  return CsvWriter(table, delimiter).Write();
}

Status WriteCsvFile(const Table& table, const std::filesystem::path& path, char delimiter) {
  return WriteFileAtomic(path, WriteCsv(table, delimiter));
}

}  // namespace slipway::tabular
