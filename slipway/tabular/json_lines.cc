#include "slipway/tabular/json_lines.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/file.h"
#include "slipway/base/json_nesting.h"
#include "slipway/base/text.h"
#include "slipway/tabular/cell_text.h"
#include "slipway/tabular/interner.h"
#include "slipway/tabular/text_encoding.h"

namespace slipway::tabular {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kSpaces = " \t\r\n";

// Cuts a text into the texts of its records, without parsing them.
class RecordCutter {
 public:
  RecordCutter(std::string_view text, std::string_view file) : text_(text), file_(file) {
    SkipSpaces();
    is_array_ = At() == '[';
    if (is_array_) ++at_;
  }

  bool is_array() const { return is_array_; }
  // The text of the next record; nullopt at the end.
  Result<std::optional<std::string_view>> Next() { return is_array_ ? NextItem() : NextLine(); }

  Error ErrorAt(size_t offset, std::string message) const {
    return InvalidArgument(std::move(message)).At(PositionIn(text_, offset, file_));
  }
  Error ErrorAt(std::string_view record, size_t offset, std::string message) const {
    return ErrorAt(static_cast<size_t>(record.data() - text_.data()) + offset, std::move(message));
  }

 private:
  char At() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void SkipSpaces() { at_ = std::min(text_.find_first_not_of(kSpaces, at_), text_.size()); }

  Result<std::optional<std::string_view>> NextLine() {
    SkipSpaces();
    if (at_ == text_.size()) return std::nullopt;
    const size_t begin = at_;
    at_ = std::min(text_.find_first_of("\r\n", at_), text_.size());
    return Trim(text_.substr(begin, at_ - begin));
  }

  Result<std::optional<std::string_view>> NextItem() {
    SkipSpaces();
    if (At() == ']') return TakeArrayEnd();
    if (count_ > 0) {
      if (At() != ',') return ErrorAt(at_, "a ',' or the closing ']' is missing here");
      ++at_;
      SkipSpaces();
    }
    if (At() != '{') return ErrorAt(at_, "a record has to be an object, {…}");
    const size_t begin = at_;
    if (!SkipObject()) return ErrorAt(begin, "this object is never closed");
    ++count_;
    return text_.substr(begin, at_ - begin);
  }

  Result<std::optional<std::string_view>> TakeArrayEnd() {
    ++at_;
    SkipSpaces();
    if (at_ != text_.size()) return ErrorAt(at_, "text after the closing ']'");
    return std::nullopt;
  }

  // To behind the brace that closes the one at `at_`.
  bool SkipObject() {
    int depth = 0;
    for (; at_ < text_.size(); ++at_) {
      if (At() == '"' && !SkipString()) return false;
      if (At() == '{') ++depth;
      if (At() == '}' && --depth == 0) {
        ++at_;
        return true;
      }
    }
    return false;
  }

  // To its closing quote.
  bool SkipString() {
    for (++at_; at_ < text_.size() && At() != '"'; ++at_)
      if (At() == '\\') ++at_;
    return at_ < text_.size();
  }

  std::string_view text_;
  std::string_view file_;
  size_t at_ = 0;
  size_t count_ = 0;
  bool is_array_ = false;
};

constexpr int kDepthMax = 1000;

std::string_view KindName(ColumnType type) {
  if (type == ColumnType::kBool) return "a boolean";
  return type == ColumnType::kString ? "a text" : "a number";
}

// One column's values, of one kind. `type` is decided by the first value.
class JsonColumn {
 public:
  explicit JsonColumn(std::string name) { column_.name = std::move(name); }

  const std::string& name() const { return column_.name; }
  ColumnType type() const { return column_.type; }

  // False when the value is of another kind than those before. Rows between the last one and `row` are null.
  bool Add(size_t row, const Json& value) {
    if (value.is_null()) return true;
    const ColumnType type = TypeOf(value);
    if (!has_value_) column_.type = type;
    has_value_ = true;
    if (column_.type == ColumnType::kInt64 && type == ColumnType::kFloat64) TurnToFloat();
    const bool fits = type == column_.type || (type == ColumnType::kInt64 && column_.type == ColumnType::kFloat64);
    if (!fits) return false;
    FillNulls(row);
    Push(value);
    return true;
  }

  static ColumnType TypeOf(const Json& value) {
    if (value.is_boolean()) return ColumnType::kBool;
    if (value.is_number_unsigned() && value.get<uint64_t>() > uint64_t{std::numeric_limits<int64_t>::max()})
      return ColumnType::kFloat64;
    if (value.is_number_integer()) return ColumnType::kInt64;
    return value.is_number() ? ColumnType::kFloat64 : ColumnType::kString;
  }

  Column Build(size_t rows, bool infer_datetimes) && {
    FillNulls(rows);
    if (has_value_ && column_.type == ColumnType::kString && infer_datetimes) TurnToDatetime();
    return std::move(column_);
  }

 private:
  void Push(const Json& value) {
    if (column_.type == ColumnType::kBool)
      column_.ints.push_back(value.get<bool>() ? 1 : 0);
    else if (column_.type == ColumnType::kInt64)
      column_.ints.push_back(value.get<int64_t>());
    else if (column_.type == ColumnType::kFloat64)
      column_.doubles.push_back(value.get<double>());
    else if (value.is_string())
      column_.codes.push_back(interner_.Intern(value.get_ref<const std::string&>(), column_.dictionary));
    else
      column_.codes.push_back(interner_.Intern(value.dump(), column_.dictionary));
    if (!column_.nulls.empty()) column_.nulls.push_back(0);
  }

  void FillNulls(size_t rows) {
    if (column_.size() >= rows) return;
    column_.nulls.resize(column_.size(), 0);
    column_.nulls.resize(rows, 1);
    if (column_.type == ColumnType::kFloat64)
      column_.doubles.resize(rows, std::numeric_limits<double>::quiet_NaN());
    else if (column_.type == ColumnType::kString)
      column_.codes.resize(rows, 0);
    else
      column_.ints.resize(rows, 0);
  }

  void TurnToFloat() {
    for (size_t row = 0; row < column_.ints.size(); ++row)
      column_.doubles.push_back(column_.is_null(row) ? std::numeric_limits<double>::quiet_NaN()
                                                     : static_cast<double>(column_.ints[row]));
    column_.ints = {};
    column_.type = ColumnType::kFloat64;
  }

  // When every text is a date; leaves the column alone otherwise.
  void TurnToDatetime() {
    std::vector<int64_t> times;
    for (const std::string& text : column_.dictionary) {
      const auto time = ParseDatetime(text);
      if (!time) return;
      times.push_back(*time);
    }
    for (size_t row = 0; row < column_.codes.size(); ++row)
      column_.ints.push_back(column_.is_null(row) ? 0 : times[column_.codes[row]]);
    column_.codes = {};
    column_.dictionary = {};
    column_.type = ColumnType::kDatetime;
  }

  Column column_;
  Interner interner_;
  bool has_value_ = false;
};

class JsonReader {
 public:
  JsonReader(std::string_view text, const JsonOptions& options, std::string_view file)
      : options_(options), cutter_(text, file) {}

  Result<Table> Read() {
    while (true) {
      SLIPWAY_ASSIGN_OR_RETURN(const auto record, cutter_.Next());
      if (!record) break;
      auto value = Parse(*record);
      if (!value && options_.drop_invalid_lines && !cutter_.is_array()) continue;
      if (!value) return std::move(value.error());
      SLIPWAY_RETURN_IF_ERROR(AddRecord(*record, *value));
    }
    std::vector<Column> columns;
    for (JsonColumn& column : columns_) columns.push_back(std::move(column).Build(rows_, options_.infer_datetimes));
    return Table::Make(std::move(columns));
  }

 private:
  Result<Json> Parse(std::string_view record) const {
    if (IsNestedDeeperThan(record, kDepthMax)) return cutter_.ErrorAt(record, 0, "this record is nested too deep");
    try {
      Json value = Json::parse(record);
      if (value.is_object()) return value;
      return cutter_.ErrorAt(record, 0, "a record has to be an object, {…}");
    } catch (const Json::parse_error& error) {
      const size_t offset = error.byte > 0 ? std::min(error.byte - 1, record.size()) : 0;
      return cutter_.ErrorAt(record, offset, "this is not valid JSON" + Reason(error.what()));
    }
  }

  // ": invalid literal" out of the library's "… syntax error while parsing value - invalid literal; last read: …".
  static std::string Reason(std::string_view what) {
    const size_t dash = what.find(" - ");
    if (dash == std::string_view::npos) return {};
    what.remove_prefix(dash + 3);
    return fmt::format(": {}", what.substr(0, what.find(';')));
  }

  Status AddRecord(std::string_view record, const Json& value) {
    size_t expected = 0;  // records mostly have the same keys in the same order
    for (const auto& [key, field] : value.items()) {
      JsonColumn& column = ColumnOf(key, expected++);
      if (!column.Add(rows_, field))
        return cutter_.ErrorAt(record, 0,
                               fmt::format("'{}' is {} in this record, but {} in those before", key,
                                           KindName(JsonColumn::TypeOf(field)), KindName(column.type())));
    }
    ++rows_;
    return {};
  }

  JsonColumn& ColumnOf(const std::string& key, size_t expected) {
    if (expected < columns_.size() && columns_[expected].name() == key) return columns_[expected];
    const auto [place, is_new] = index_.emplace(key, columns_.size());
    if (is_new) columns_.emplace_back(key);
    return columns_[place->second];
  }

  const JsonOptions& options_;
  RecordCutter cutter_;
  std::vector<JsonColumn> columns_;
  std::unordered_map<std::string, size_t> index_;
  size_t rows_ = 0;
};

}  // namespace

Result<Table> ParseJsonRecords(std::string_view text, const JsonOptions& options, std::string_view file) {
  std::string storage;
  SLIPWAY_ASSIGN_OR_RETURN(const std::string_view decoded, DecodeText(text, Encoding::kUtf8, file, storage));
  return JsonReader(decoded, options, file).Read();
}

Result<Table> ReadJsonFile(const std::filesystem::path& path, const JsonOptions& options) {
  SLIPWAY_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  return ParseJsonRecords(text, options, path.string());
}

}  // namespace slipway::tabular
