#include "slipway/tabular/json_records.h"

#include <cmath>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace slipway::tabular {
namespace {

std::string Quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

class RecordWriter {
 public:
  explicit RecordWriter(const Table& table) : table_(table) {
    for (const Column& column : table.columns()) {
      keys_.push_back((keys_.empty() ? "" : ",") + Quoted(column.name) + ':');
      std::vector<std::string>& dictionary = dictionaries_.emplace_back();
      for (const std::string& text : column.dictionary) dictionary.push_back(Quoted(text));
    }
  }

  void Append(size_t row, std::string& text) const {
    text += '{';
    for (size_t i = 0; i < table_.width(); ++i) {
      text += keys_[i];
      AppendValue(i, row, text);
    }
    text += '}';
  }

 private:
  void AppendValue(size_t i, size_t row, std::string& text) const {
    const Column& column = table_.column(i);
    if (column.is_null(row) || (column.type == ColumnType::kFloat64 && !std::isfinite(column.doubles[row])))
      text += "null";
    else if (column.type == ColumnType::kBool)
      text += column.ints[row] != 0 ? "true" : "false";
    else if (column.type == ColumnType::kString)
      text += dictionaries_[i][column.codes[row]];
    else if (column.type == ColumnType::kDatetime)
      text += '"' + column.text(row) + '"';
    else
      text += column.text(row);
  }

  const Table& table_;
  std::vector<std::string> keys_;                       // with the comma before and the colon behind
  std::vector<std::vector<std::string>> dictionaries_;  // quoted; a list a column
};

}  // namespace

std::string ToJsonRecords(const Table& table) {
  const RecordWriter writer(table);
  std::string text = "[";
  for (size_t row = 0; row < table.rows(); ++row) {
    if (row > 0) text += ',';
    writer.Append(row, text);
  }
  return text + ']';
}

std::string ToJsonLines(const Table& table) {
  const RecordWriter writer(table);
  std::string text;
  for (size_t row = 0; row < table.rows(); ++row) {
    writer.Append(row, text);
    text += '\n';
  }
  return text;
}

}  // namespace slipway::tabular
