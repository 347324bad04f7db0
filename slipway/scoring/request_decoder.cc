#include "slipway/scoring/request_decoder.h"

#include <cstring>
#include <vector>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/scoring/json_cells.h"

namespace slipway::scoring {
namespace {

constexpr std::string_view kForms[] = {"data",      "input_data", "dataframe_split", "dataframe_records",
                                       "instances", "inputs"};

}  // namespace

struct RequestDecoder::Buffers {
  PaddedJson json;
  std::vector<uint32_t> seen_in_row;  // per column, the row's number + 1 in which it was last seen
  std::vector<size_t> split_columns;  // per column of a request in split form, ours; kUnknown: ignored
};

namespace {

// One request on its way into the sink.
class Decoding : JsonCells {
 public:
  Decoding(const InputColumns& columns, CellSink& sink, std::vector<uint32_t>& seen, std::vector<size_t>& split)
      : JsonCells(columns, sink), seen_(seen), split_(split) {
    seen_.assign(columns.size(), 0);
  }

  Result<RequestForm> Document(od::document& document) {
    SLIPWAY_JSON_OR_RETURN(const od::json_type type, document.type());
    if (type == od::json_type::array) {
      SLIPWAY_JSON_OR_RETURN(od::array rows, document.get_array());
      SLIPWAY_RETURN_IF_ERROR(Rows(rows));
      return RequestForm::kData;
    }
    if (type != od::json_type::object) {
      SLIPWAY_RETURN_IF_ERROR(Scalar(document, type));
      return InvalidArgument(
          fmt::format("the request has to be an object with 'data' or a list of rows, not {}", TypeName(type)));
    }
    SLIPWAY_JSON_OR_RETURN(od::object object, document.get_object());
    return Envelope(object);
  }

 private:
  // The type is told by the first letter alone: `nope` looks like null until it is read.
  static Status Scalar(od::document& document, od::json_type type) {
    simdjson::error_code code = simdjson::SUCCESS;
    if (type == od::json_type::null) {
      bool is_null = false;
      code = document.is_null().get(is_null);
      if (code == simdjson::SUCCESS && !is_null) code = simdjson::N_ATOM_ERROR;
    }
    if (type == od::json_type::boolean) code = document.get_bool().error();
    if (type == od::json_type::number) code = document.get_double().error();
    if (type == od::json_type::string) code = document.get_string().error();
    if (code != simdjson::SUCCESS) return NotJson(code);
    return {};
  }

  // --- the envelope ---

  Result<RequestForm> Envelope(od::object& object) {
    std::string_view form;
    std::string stranger;
    for (auto item : object) {
      SLIPWAY_JSON_OR_RETURN(od::field field, std::move(item));
      SLIPWAY_JSON_OR_RETURN(const std::string_view key, field.unescaped_key());
      const std::string_view known = FormOf(key);
      if (known.empty()) {
        if (stranger.empty() && key != "params") stranger = std::string(key);
        SLIPWAY_RETURN_IF_ERROR(Skip(field.value(), 0));
        continue;
      }
      if (!form.empty()) return InvalidArgument(fmt::format("the request has both '{}' and '{}'", form, known));
      form = known;
      SLIPWAY_RETURN_IF_ERROR(Payload(form, field.value()));
    }
    return Finish(form, stranger);
  }

  static std::string_view FormOf(std::string_view key) {
    for (const std::string_view form : kForms)
      if (key == form) return form;
    return {};
  }

  static Result<RequestForm> Finish(std::string_view form, const std::string& stranger) {
    const std::vector<std::string> forms(std::begin(kForms), std::end(kForms));
    if (form.empty())
      return InvalidArgument(fmt::format(
          "the request has no 'data' (nor 'input_data', 'dataframe_split', 'dataframe_records', 'instances' "
          "or 'inputs'){}",
          DidYouMean(stranger, forms)));
    if (form == "data") return RequestForm::kData;
    if (!stranger.empty())
      return InvalidArgument(fmt::format("'{}' cannot stand beside '{}'; only 'params' can", stranger, form));
    return form == "input_data" ? RequestForm::kInputData : RequestForm::kMlflow;
  }

  Status Payload(std::string_view form, od::value value) {
    SLIPWAY_JSON_OR_RETURN(const od::json_type type, value.type());
    if (form == "input_data" || form == "inputs") {
      if (type == od::json_type::object) return form == "inputs" ? NamedColumns(value) : Frame(value);
    } else if (form == "dataframe_split") {
      if (type == od::json_type::object) return Split(value);
      return InvalidArgument(fmt::format("'dataframe_split' has to be an object, not {}", TypeName(type)));
    }
    if (type != od::json_type::array)
      return InvalidArgument(fmt::format("'{}' has to be a list of rows, not {}", form, TypeName(type)));
    allow_records_ = form != "input_data";
    allow_lists_ = form != "dataframe_records";
    SLIPWAY_JSON_OR_RETURN(od::array rows, value.get_array());
    return Rows(rows);
  }

  // --- rows ---

  Status Rows(od::array& rows) {
    for (auto item : rows) {
      SLIPWAY_JSON_OR_RETURN(od::value row, std::move(item));
      SLIPWAY_RETURN_IF_ERROR(Row(row));
    }
    return {};
  }

  Status Row(od::value& row) {
    SLIPWAY_JSON_OR_RETURN(const od::json_type type, row.type());
    if (type == od::json_type::object && allow_records_) {
      SLIPWAY_JSON_OR_RETURN(od::object record, row.get_object());
      return Record(record);
    }
    if (type == od::json_type::array && allow_lists_) {
      SLIPWAY_JSON_OR_RETURN(od::array values, row.get_array());
      return List(values);
    }
    // TensorFlow's short form for models of one column.
    if (columns_.size() == 1 && allow_lists_ && type != od::json_type::object && type != od::json_type::array) {
      const size_t at = StartRow();
      return Cell(row, at, 0);
    }
    return InvalidArgument(fmt::format("row {} has to be {}, not {}", sink_.rows(),
                                       !allow_records_ ? "a list of values (records go into {\"data\": […]})"
                                       : allow_lists_  ? "an object by column names or a list of values"
                                                       : "an object by column names",
                                       TypeName(type)));
  }

  size_t StartRow() {
    const size_t row = sink_.rows();
    sink_.AddRow();
    return row;
  }

  Status List(od::array& values) {
    const size_t row = StartRow();
    size_t column = 0;
    for (auto item : values) {
      SLIPWAY_JSON_OR_RETURN(od::value value, std::move(item));
      if (column < columns_.size()) {
        SLIPWAY_RETURN_IF_ERROR(Cell(value, row, column));
      } else {
        SLIPWAY_RETURN_IF_ERROR(Skip(value, 0));
      }
      ++column;
    }
    if (column == columns_.size()) return {};
    return InvalidArgument(fmt::format("row {} has {} values; the model takes {}", row, column, columns_.size()));
  }

  Status Record(od::object& record) {
    const size_t row = StartRow();
    const uint32_t stamp = static_cast<uint32_t>(row) + 1;
    size_t next = 0, found = 0;
    std::string_view stranger;
    for (auto item : record) {
      SLIPWAY_JSON_OR_RETURN(od::field field, std::move(item));
      const size_t column = FindKey(field, next);
      if (column == kUnknown) {
        SLIPWAY_JSON_OR_RETURN(const std::string_view key, field.unescaped_key());
        stranger = key;
        SLIPWAY_RETURN_IF_ERROR(Stranger(field, key, row, stamp, found));
        continue;
      }
      SLIPWAY_RETURN_IF_ERROR(Once(column, row, stamp));
      SLIPWAY_RETURN_IF_ERROR(Cell(field.value(), row, column));
      ++found;
      next = column + 1;
    }
    if (found == columns_.size()) return {};
    return FillMissing(row, stamp, stranger);
  }

  // The column of a key that is written as the signature has it, looked for first where the last one leaves off.
  size_t FindKey(od::field& field, size_t next) const {
    const char* raw = field.key().raw();
    if (next < columns_.size() && IsKey(raw, columns_[next])) return next;
    const char* end = raw;
    while (*end != '"' && *end != '\\') ++end;
    if (*end == '\\') return kUnknown;
    return columns_.Find(std::string_view(raw, static_cast<size_t>(end - raw))).value_or(kUnknown);
  }

  // The text ends with zeros, where strncmp stops.
  static bool IsKey(const char* raw, const InputColumn& column) {
    const std::string& name = column.name;
    return column.is_plain_name && std::strncmp(raw, name.data(), name.size()) == 0 && raw[name.size()] == '"';
  }

  // A key that has escapes, or names no column.
  Status Stranger(od::field& field, std::string_view key, size_t row, uint32_t stamp, size_t& found) {
    const auto column = columns_.Find(key);
    if (!column) return Skip(field.value(), 0);
    SLIPWAY_RETURN_IF_ERROR(Once(*column, row, stamp));
    ++found;
    return Cell(field.value(), row, *column);
  }

  Status Once(size_t column, size_t row, uint32_t stamp) {
    if (seen_[column] == stamp)
      return InvalidArgument(fmt::format("row {}, {}: given twice", row, columns_[column].Describe(column)));
    seen_[column] = stamp;
    return {};
  }

  Status FillMissing(size_t row, uint32_t stamp, std::string_view stranger) {
    std::string missing;
    for (size_t column = 0; column < columns_.size(); ++column) {
      if (seen_[column] == stamp) continue;
      if (columns_[column].required || !columns_[column].nullable) {
        missing += fmt::format("{}{}", missing.empty() ? "" : ", ", columns_[column].Describe(column));
      } else {
        sink_.SetMissing(row, column);
      }
    }
    if (missing.empty()) return {};
    return InvalidArgument(fmt::format("row {} lacks {}{}", row, missing, Slip(stranger)));
  }

  // A column that `stranger`, a name the model does not know, was likely meant to be.
  std::string Slip(std::string_view stranger) const {
    if (stranger.empty()) return "";
    const auto names = columns_.names();
    const auto near = NearestName(stranger, names);
    return near ? fmt::format("; did you mean '{}' by '{}'?", *near, stranger) : "";
  }

  // --- split form ---

  Status Frame(od::value& value) {
    SLIPWAY_JSON_OR_RETURN(od::object object, value.get_object());
    bool is_split = false;
    for (auto item : object) {
      SLIPWAY_JSON_OR_RETURN(od::field field, std::move(item));
      const std::string_view key = RawKey(field);
      is_split |= key == "data" || key == "columns";
      if (is_split) break;
    }
    SLIPWAY_JSON_OR_RETURN([[maybe_unused]] const bool is_filled, object.reset());
    return is_split ? SplitObject(object) : NamedColumnsObject(object);
  }

  Status Split(od::value& value) {
    SLIPWAY_JSON_OR_RETURN(od::object object, value.get_object());
    return SplitObject(object);
  }

  // `columns` is wanted before `data`: where it comes after, the data is passed over and read in a second pass.
  Status SplitObject(od::object& object) {
    bool has_columns = false, has_data = false, is_read = false;
    size_t index_size = kUnknown;
    for (auto item : object) {
      SLIPWAY_JSON_OR_RETURN(od::field field, std::move(item));
      const std::string_view key = RawKey(field);
      if (key == "columns" && !has_columns) {
        has_columns = true;
        SLIPWAY_RETURN_IF_ERROR(ReadColumnNames(field.value()));
      } else if (key == "index" && index_size == kUnknown) {
        SLIPWAY_RETURN_IF_ERROR(CountIndex(field.value(), index_size));
      } else if (key == "data" && !has_data) {
        has_data = true;
        is_read = has_columns;
        SLIPWAY_RETURN_IF_ERROR(is_read ? SplitData(field.value()) : Skip(field.value(), 0));
      } else {
        return InvalidArgument(
            fmt::format("'{}' does not belong here: the split form has 'columns', 'index' and 'data' once each", key));
      }
    }
    if (!has_data) return InvalidArgument("the split form has no 'data'");
    if (!is_read) SLIPWAY_RETURN_IF_ERROR(ReadDataAgain(object, has_columns));
    if (index_size != kUnknown && index_size != sink_.rows())
      return InvalidArgument(fmt::format("'index' has {} entries for {} rows", index_size, sink_.rows()));
    return {};
  }

  Status ReadDataAgain(od::object& object, bool has_columns) {
    if (!has_columns) {
      split_.resize(columns_.size());
      for (size_t i = 0; i < split_.size(); ++i) split_[i] = i;
    }
    SLIPWAY_JSON_OR_RETURN([[maybe_unused]] const bool is_filled, object.reset());
    for (auto item : object) {
      SLIPWAY_JSON_OR_RETURN(od::field field, std::move(item));
      const std::string_view key = RawKey(field);
      SLIPWAY_RETURN_IF_ERROR(key == "data" ? SplitData(field.value()) : Skip(field.value(), 0));
    }
    return {};
  }

  Status ReadColumnNames(od::value value) {
    SLIPWAY_ASSIGN_OR_RETURN(od::array names, ListOf(value, "columns"));
    split_.clear();
    std::string stranger;
    size_t found = 0;
    for (auto item : names) {
      SLIPWAY_JSON_OR_RETURN(od::value name, std::move(item));
      SLIPWAY_ASSIGN_OR_RETURN(const size_t column, ColumnOfName(name, stranger));
      split_.push_back(column);
      if (column == kUnknown) continue;
      if (seen_[column] != 0)
        return InvalidArgument(fmt::format("'columns' has {} twice", columns_[column].Describe(column)));
      seen_[column] = 1;
      ++found;
    }
    if (found < columns_.size()) return CheckAbsent(stranger);
    return {};
  }

  Result<size_t> ColumnOfName(od::value& name, std::string& stranger) {
    SLIPWAY_JSON_OR_RETURN(const od::json_type type, name.type());
    if (type == od::json_type::string) {
      SLIPWAY_JSON_OR_RETURN(const std::string_view text, name.get_string());
      if (const auto column = columns_.Find(text)) return *column;
      if (stranger.empty()) stranger = std::string(text);
      return columns_.is_named() ? Result<size_t>(kUnknown) : Result<size_t>(std::min(split_.size(), columns_.size()));
    }
    // pandas numbers the columns of a frame without names.
    SLIPWAY_RETURN_IF_ERROR(Skip(name, 0));
    if (type == od::json_type::number && !columns_.is_named() && split_.size() < columns_.size()) return split_.size();
    return InvalidArgument(fmt::format("'columns' has to be a list of column names, not {}", TypeName(type)));
  }

  Status CheckAbsent(std::string_view stranger) {
    for (size_t column = 0; column < columns_.size(); ++column) {
      if (seen_[column] != 0) continue;
      if (columns_[column].required || !columns_[column].nullable)
        return InvalidArgument(fmt::format("'columns' lacks {}{}", columns_[column].Describe(column), Slip(stranger)));
      absent_.push_back(column);
    }
    return {};
  }

  Status CountIndex(od::value value, size_t& size) {
    SLIPWAY_ASSIGN_OR_RETURN(od::array index, ListOf(value, "index"));
    size = 0;
    for (auto item : index) {
      SLIPWAY_JSON_OR_RETURN(od::value entry, std::move(item));
      SLIPWAY_RETURN_IF_ERROR(Skip(entry, 0));
      ++size;
    }
    return {};
  }

  Status SplitData(od::value value) {
    SLIPWAY_ASSIGN_OR_RETURN(od::array rows, ListOf(value, "data"));
    for (auto item : rows) {
      SLIPWAY_JSON_OR_RETURN(od::value row, std::move(item));
      SLIPWAY_RETURN_IF_ERROR(SplitRow(row));
    }
    return {};
  }

  Status SplitRow(od::value& row_value) {
    SLIPWAY_JSON_OR_RETURN(const od::json_type type, row_value.type());
    if (type != od::json_type::array)
      return InvalidArgument(fmt::format("row {} has to be a list of values, not {}", sink_.rows(), TypeName(type)));
    SLIPWAY_JSON_OR_RETURN(od::array values, row_value.get_array());
    const size_t row = StartRow();
    size_t at = 0;
    for (auto item : values) {
      SLIPWAY_JSON_OR_RETURN(od::value value, std::move(item));
      const size_t column = at < split_.size() ? split_[at] : kUnknown;
      SLIPWAY_RETURN_IF_ERROR(column == kUnknown ? Skip(value, 0) : Cell(value, row, column));
      ++at;
    }
    if (at != split_.size())
      return InvalidArgument(fmt::format("row {} has {} values for {} columns", row, at, split_.size()));
    for (const size_t column : absent_) sink_.SetMissing(row, column);
    return {};
  }

  // --- one list a column ---

  Status NamedColumns(od::value& value) {
    SLIPWAY_JSON_OR_RETURN(od::object object, value.get_object());
    return NamedColumnsObject(object);
  }

  Status NamedColumnsObject(od::object& object) {
    bool is_first = true;
    std::string stranger;
    for (auto item : object) {
      SLIPWAY_JSON_OR_RETURN(od::field field, std::move(item));
      SLIPWAY_JSON_OR_RETURN(const std::string_view key, field.unescaped_key());
      const GraphInput* matrix = MatrixOf(key);
      const auto column = matrix != nullptr ? std::optional(matrix->first_column) : columns_.Find(key);
      if (!column) {
        if (stranger.empty()) stranger = std::string(key);
        SLIPWAY_RETURN_IF_ERROR(Skip(field.value(), 0));
        continue;
      }
      const size_t width = matrix != nullptr ? matrix->width : 1;
      SLIPWAY_RETURN_IF_ERROR(ColumnValues(field.value(), *column, width, is_first));
      is_first = false;
    }
    return CheckAbsentColumns(stranger);
  }

  const GraphInput* MatrixOf(std::string_view key) const {
    for (const GraphInput& input : columns_.graph_inputs())
      if (input.name == key && columns_[input.first_column].name.empty()) return &input;
    return nullptr;
  }

  Status CheckAbsentColumns(std::string_view stranger) {
    for (size_t column = 0; column < columns_.size(); ++column) {
      if (seen_[column] != 0) continue;
      if (columns_[column].required || !columns_[column].nullable)
        return InvalidArgument(
            fmt::format("the request lacks {}{}", columns_[column].Describe(column), Slip(stranger)));
      for (size_t row = 0; row < sink_.rows(); ++row) sink_.SetMissing(row, column);
    }
    return {};
  }

  Status ColumnValues(od::value value, size_t first, size_t width, bool adds_rows) {
    for (size_t column = first; column < first + width; ++column) {
      if (seen_[column] != 0)
        return InvalidArgument(fmt::format("{} is given twice", columns_[column].Describe(column)));
      seen_[column] = 1;
    }
    SLIPWAY_JSON_OR_RETURN(const od::json_type type, value.type());
    if (type != od::json_type::array)
      return InvalidArgument(
          fmt::format("{} has to be a list of values, not {}", columns_[first].Describe(first), TypeName(type)));
    SLIPWAY_JSON_OR_RETURN(od::array values, value.get_array());
    size_t row = 0;
    for (auto item : values) {
      SLIPWAY_JSON_OR_RETURN(od::value cell, std::move(item));
      if (adds_rows) sink_.AddRow();
      SLIPWAY_RETURN_IF_ERROR(row < sink_.rows() ? ColumnCell(cell, row, first, width) : Skip(cell, 0));
      ++row;
    }
    if (row == sink_.rows()) return {};
    return InvalidArgument(
        fmt::format("{} has {} values, the columns before it {}", columns_[first].Describe(first), row, sink_.rows()));
  }

  // A value, or the list of a row's values in a matrix; [N,1] may come either way.
  Status ColumnCell(od::value& cell, size_t row, size_t first, size_t width) {
    SLIPWAY_JSON_OR_RETURN(const od::json_type type, cell.type());
    if (type != od::json_type::array && width == 1) return Cell(cell, row, first);
    if (type != od::json_type::array)
      return InvalidArgument(fmt::format("row {} has to be a list of {} values, not {}", row, width, TypeName(type)));
    SLIPWAY_JSON_OR_RETURN(od::array values, cell.get_array());
    size_t at = 0;
    for (auto item : values) {
      SLIPWAY_JSON_OR_RETURN(od::value value, std::move(item));
      SLIPWAY_RETURN_IF_ERROR(at < width ? Cell(value, row, first + at) : Skip(value, 0));
      ++at;
    }
    if (at == width) return {};
    return InvalidArgument(
        fmt::format("row {}, {}: {} values instead of {}", row, columns_[first].Describe(first), at, width));
  }

  std::vector<uint32_t>& seen_;
  std::vector<size_t>& split_;
  std::vector<size_t> absent_;  // optional columns that a request in split form leaves out
  bool allow_records_ = true, allow_lists_ = true;
};

}  // namespace

RequestDecoder::RequestDecoder() : buffers_(std::make_unique<Buffers>()) {}
RequestDecoder::~RequestDecoder() = default;

Result<RequestForm> RequestDecoder::Decode(std::string_view request, const InputColumns& columns, CellSink& sink) {
  sink.Clear();
  Buffers& b = *buffers_;
  SLIPWAY_ASSIGN_OR_RETURN(od::document document, b.json.Open(request));
  Decoding decoding(columns, sink, b.seen_in_row, b.split_columns);
  SLIPWAY_ASSIGN_OR_RETURN(const RequestForm form, decoding.Document(document));
  SLIPWAY_RETURN_IF_ERROR(PaddedJson::CheckEnd(document));
  return form;
}

}  // namespace slipway::scoring
