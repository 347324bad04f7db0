#include "slipway/scoring/request_decoder.h"

#include <algorithm>
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
  JsonReader json;
  std::vector<uint32_t> seen_in_row;  // per column, the row's number + 1 in which it was last seen
  std::vector<size_t> split_columns;  // per column of a request in split form, ours; kUnknown: ignored
  std::string stranger;               // a key that names no column
};

namespace {

// One request on its way into the sink.
class Decoding : JsonCells {
 public:
  Decoding(const InputColumns& columns, CellSink& sink, JsonReader& json, std::vector<uint32_t>& seen,
           std::vector<size_t>& split, std::string& stranger, UnknownColumns unknown)
      : JsonCells(columns, sink, json),
        seen_(seen),
        split_(split),
        stranger_(stranger),
        refuses_unknown_(unknown == UnknownColumns::kRefuse) {
    seen_.assign(columns.size(), 0);
    stranger_.clear();
  }

  Result<RequestForm> Document() {
    const Type type = json_.Peek();
    if (type == Type::kObject) return Envelope();
    if (type != Type::kList) return NoRows(type);
    SLIPWAY_RETURN_IF_ERROR(Rows());
    return RequestForm::kData;
  }

 private:
  Error NoRows(Type type) {
    const Status is_object = HasToBe("the request", "an object with 'data' or a list of rows", type);
    const Status is_json = json_.CheckEnd();
    return is_json ? is_object.error() : is_json.error();
  }

  // --- the envelope ---

  Result<RequestForm> Envelope() {
    std::string_view form;
    std::string stranger;
    SLIPWAY_RETURN_IF_ERROR(json_.Object([&](std::string_view key) -> Status {
      const std::string_view known = FormOf(key);
      if (known.empty()) {
        if (stranger.empty() && key != "params") stranger = std::string(key);
        return json_.Skip();
      }
      if (!form.empty()) return InvalidArgument(fmt::format("the request has both '{}' and '{}'", form, known));
      form = known;
      return Payload(form);
    }));
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

  Status Payload(std::string_view form) {
    const Type type = json_.Peek();
    if (type == Type::kObject) {
      if (form == "inputs") return NamedColumns();
      if (form == "input_data") return Frame();
      if (form == "dataframe_split") return Split();
    }
    if (form == "dataframe_split") return HasToBe("'dataframe_split'", "an object", type);
    if (type != Type::kList) return HasToBe(fmt::format("'{}'", form), "a list of rows", type);
    allow_records_ = form != "input_data";
    allow_lists_ = form != "dataframe_records";
    return Rows();
  }

  // --- rows ---

  Status Rows() {
    return json_.List([this] { return Row(); });
  }

  Status Row() {
    const Type type = json_.Peek();
    if (type == Type::kObject && allow_records_) return Record();
    if (type == Type::kList && allow_lists_) return List();
    // TensorFlow's short form for models of one column.
    if (columns_.size() == 1 && allow_lists_ && type != Type::kObject && type != Type::kList)
      return Cell(StartRow(), 0);
    return HasToBe(fmt::format("row {}", sink_.rows()),
                   !allow_records_ ? "a list of values (records go into {\"data\": […]})"
                   : allow_lists_  ? "an object by column names or a list of values"
                                   : "an object by column names",
                   type);
  }

  size_t StartRow() {
    const size_t row = sink_.rows();
    sink_.AddRow();
    return row;
  }

  Status List() {
    const size_t row = StartRow();
    size_t column = 0;
    SLIPWAY_RETURN_IF_ERROR(json_.List([&] {
      const size_t at = column++;
      return at < columns_.size() ? Cell(row, at) : json_.Skip();
    }));
    if (column == columns_.size()) return {};
    return InvalidArgument(fmt::format("row {} has {} values; the model takes {}", row, column, columns_.size()));
  }

  Status Record() {
    const size_t row = StartRow();
    const uint32_t stamp = static_cast<uint32_t>(row) + 1;
    size_t next = 0, found = 0;
    SLIPWAY_RETURN_IF_ERROR(json_.Members([&]() -> Status {
      size_t column = next;
      if (!IsNext(next)) SLIPWAY_RETURN_IF_ERROR(ColumnOfKey(column));
      if (column == kUnknown) return refuses_unknown_ ? Unknown(fmt::format("row {}", row)) : json_.Skip();
      if (seen_[column] == stamp) return Bad(row, column, "given twice");
      seen_[column] = stamp;
      ++found;
      next = column + 1;
      return Cell(row, column);
    }));
    return found == columns_.size() ? Status() : FillMissing(row, stamp);
  }

  // Reads the key of the column that the signature has next: most requests keep its order.
  bool IsNext(size_t next) {
    return next < columns_.size() && columns_[next].is_plain_name && json_.TakeKey(columns_[next].name);
  }

  // Reads any other key.
  Status ColumnOfKey(size_t& column) {
    std::string_view key;
    if (!json_.Key(key)) return json_.error();
    column = columns_.Find(key).value_or(kUnknown);
    if (column == kUnknown) stranger_ = key;
    return {};
  }

  Error Unknown(std::string_view where) const {
    return InvalidArgument(fmt::format("{} has '{}', a column that the model does not know{}", where,
                                       Shortened(stranger_), DidYouMean(stranger_, columns_.names())));
  }

  Status FillMissing(size_t row, uint32_t stamp) {
    std::string missing;
    for (size_t column = 0; column < columns_.size(); ++column) {
      if (seen_[column] == stamp) continue;
      if (IsNeeded(column)) {
        missing += fmt::format("{}{}", missing.empty() ? "" : ", ", columns_[column].Describe(column));
      } else {
        sink_.SetMissing(row, column);
      }
    }
    if (missing.empty()) return {};
    return InvalidArgument(fmt::format("row {} lacks {}{}", row, missing, Slip()));
  }

  bool IsNeeded(size_t column) const { return columns_[column].required || !columns_[column].nullable; }

  // A column that the stranger was likely meant to be.
  std::string Slip() const {
    if (stranger_.empty()) return "";
    const auto near = NearestName(stranger_, columns_.names());
    return near ? fmt::format("; did you mean '{}' by '{}'?", *near, Shortened(stranger_)) : "";
  }

  // --- split form ---

  // An object beside `input_data`: split form where it has one of its keys, else a list a column.
  Status Frame() {
    const char* const start = json_.place();
    bool is_split = false;
    SLIPWAY_RETURN_IF_ERROR(json_.Object([&](std::string_view key) {
      is_split |= key == "data" || key == "columns";
      return json_.SkipForNow();
    }));
    json_.Return(start);
    return is_split ? Split() : NamedColumns();
  }

  // `columns` is wanted before `data`: where it comes after, the data is passed over and read in a second pass.
  Status Split() {
    const char* data = nullptr;
    bool has_columns = false, is_read = false;
    size_t index_size = kUnknown;
    SLIPWAY_RETURN_IF_ERROR(json_.Object([&](std::string_view key) -> Status {
      if (key == "columns" && !has_columns) {
        has_columns = true;
        return ReadColumnNames();
      }
      if (key == "index" && index_size == kUnknown) return CountIndex(index_size);
      if (key != "data" || data != nullptr)
        return InvalidArgument(fmt::format(
            "'{}' does not belong here: the split form has 'columns', 'index' and 'data' once each", Shortened(key)));
      data = json_.place();
      is_read = has_columns;
      return is_read ? SplitData() : json_.SkipForNow();
    }));
    if (data == nullptr) return InvalidArgument("the split form has no 'data'");
    if (!is_read) SLIPWAY_RETURN_IF_ERROR(ReadDataAgain(data, has_columns));
    if (index_size != kUnknown && index_size != sink_.rows())
      return InvalidArgument(fmt::format("'index' has {} entries for {} rows", index_size, sink_.rows()));
    return {};
  }

  Status ReadDataAgain(const char* data, bool has_columns) {
    if (!has_columns) {
      split_.resize(columns_.size());
      for (size_t i = 0; i < split_.size(); ++i) split_[i] = i;
    }
    const char* const end = json_.place();
    json_.Return(data);
    SLIPWAY_RETURN_IF_ERROR(SplitData());
    json_.Return(end);
    return {};
  }

  Status ReadColumnNames() {
    split_.clear();
    size_t found = 0;
    SLIPWAY_RETURN_IF_ERROR(ListOf("'columns'", [&]() -> Status {
      SLIPWAY_ASSIGN_OR_RETURN(const size_t column, ColumnOfName());
      split_.push_back(column);
      if (column == kUnknown) return {};
      if (seen_[column] != 0)
        return InvalidArgument(fmt::format("'columns' has {} twice", columns_[column].Describe(column)));
      seen_[column] = 1;
      ++found;
      return {};
    }));
    return found < columns_.size() ? CheckAbsent() : Status();
  }

  // pandas numbers the columns of a frame without names.
  Result<size_t> ColumnOfName() {
    const Type type = json_.Peek();
    const size_t at = split_.size();
    if (type == Type::kText) {
      std::string_view name;
      if (!json_.Text(name)) return json_.error();
      if (const auto column = columns_.Find(name)) return *column;
      if (stranger_.empty()) stranger_ = name;
      if (refuses_unknown_ && columns_.is_named()) return Unknown("'columns'");
    } else if (type != Type::kNumber || columns_.is_named()) {
      return HasToBe("'columns'", "a list of column names", type).error();
    } else {
      SLIPWAY_RETURN_IF_ERROR(json_.Skip());
    }
    return columns_.is_named() || at >= columns_.size() ? kUnknown : at;
  }

  Status CheckAbsent() {
    for (size_t column = 0; column < columns_.size(); ++column) {
      if (seen_[column] != 0) continue;
      if (IsNeeded(column))
        return InvalidArgument(fmt::format("'columns' lacks {}{}", columns_[column].Describe(column), Slip()));
      absent_.push_back(column);
    }
    return {};
  }

  Status CountIndex(size_t& size) {
    size = 0;
    return ListOf("'index'", [&] {
      ++size;
      return json_.Skip();
    });
  }

  Status SplitData() {
    return ListOf("'data'", [this] { return SplitRow(); });
  }

  Status SplitRow() {
    const Type type = json_.Peek();
    if (type != Type::kList) return HasToBe(fmt::format("row {}", sink_.rows()), "a list of values", type);
    const size_t row = StartRow();
    size_t count = 0;
    SLIPWAY_RETURN_IF_ERROR(json_.List([&] {
      const size_t column = count < split_.size() ? split_[count] : kUnknown;
      ++count;
      return column == kUnknown ? json_.Skip() : Cell(row, column);
    }));
    if (count != split_.size())
      return InvalidArgument(fmt::format("row {} has {} values for {} columns", row, count, split_.size()));
    for (const size_t column : absent_) sink_.SetMissing(row, column);
    return {};
  }

  // --- one list a column ---

  Status NamedColumns() {
    bool is_first = true;
    SLIPWAY_RETURN_IF_ERROR(json_.Object([&](std::string_view key) -> Status {
      const GraphInput* matrix = MatrixOf(key);
      const auto column = matrix != nullptr ? std::optional(matrix->first_column) : columns_.Find(key);
      if (!column) {
        if (stranger_.empty()) stranger_ = key;
        return refuses_unknown_ ? Unknown("the request") : json_.Skip();
      }
      const bool adds_rows = is_first;
      is_first = false;
      return ColumnValues(*column, matrix != nullptr ? matrix->width : 1, adds_rows);
    }));
    return CheckAbsentColumns();
  }

  const GraphInput* MatrixOf(std::string_view key) const {
    for (const GraphInput& input : columns_.graph_inputs())
      if (input.name == key && columns_[input.first_column].name.empty()) return &input;
    return nullptr;
  }

  Status CheckAbsentColumns() {
    for (size_t column = 0; column < columns_.size(); ++column) {
      if (seen_[column] != 0) continue;
      if (IsNeeded(column))
        return InvalidArgument(fmt::format("the request lacks {}{}", columns_[column].Describe(column), Slip()));
      for (size_t row = 0; row < sink_.rows(); ++row) sink_.SetMissing(row, column);
    }
    return {};
  }

  Status ColumnValues(size_t first, size_t width, bool adds_rows) {
    for (size_t column = first; column < first + width; ++column) {
      if (seen_[column] != 0)
        return InvalidArgument(fmt::format("{} is given twice", columns_[column].Describe(column)));
      seen_[column] = 1;
    }
    size_t count = 0;
    SLIPWAY_RETURN_IF_ERROR(ListOf(columns_[first].Describe(first), [&] {
      const size_t row = count++;
      if (adds_rows) sink_.AddRow();
      return row < sink_.rows() ? ColumnCell(row, first, width) : json_.Skip();
    }));
    if (count == sink_.rows()) return {};
    return InvalidArgument(fmt::format("{} has {} values, the columns before it {}", columns_[first].Describe(first),
                                       count, sink_.rows()));
  }

  // A value, or the list of a row's values in a matrix; [N,1] may come either way.
  Status ColumnCell(size_t row, size_t first, size_t width) {
    const Type type = json_.Peek();
    if (type != Type::kList && width == 1) return Cell(row, first);
    if (type != Type::kList)
      return HasToBe(fmt::format("row {}", row), fmt::format("a list of {} values", width), type);
    size_t count = 0;
    SLIPWAY_RETURN_IF_ERROR(json_.List([&] {
      const size_t at = count++;
      return at < width ? Cell(row, first + at) : json_.Skip();
    }));
    if (count == width) return {};
    return InvalidArgument(
        fmt::format("row {}, {}: {} values instead of {}", row, columns_[first].Describe(first), count, width));
  }

  std::vector<uint32_t>& seen_;
  std::vector<size_t>& split_;
  std::string& stranger_;
  const bool refuses_unknown_;
  std::vector<size_t> absent_;  // optional columns that a request in split form leaves out
  bool allow_records_ = true, allow_lists_ = true;
};

}  // namespace

RequestDecoder::RequestDecoder() : buffers_(std::make_unique<Buffers>()) {}
RequestDecoder::~RequestDecoder() = default;

Result<RequestForm> RequestDecoder::Decode(std::string_view request, const InputColumns& columns, CellSink& sink,
                                           UnknownColumns unknown) {
  sink.Clear();
  Buffers& b = *buffers_;
  SLIPWAY_RETURN_IF_ERROR(b.json.Open(request));
  Decoding decoding(columns, sink, b.json, b.seen_in_row, b.split_columns, b.stranger, unknown);
  SLIPWAY_ASSIGN_OR_RETURN(const RequestForm form, decoding.Document());
  SLIPWAY_RETURN_IF_ERROR(b.json.CheckEnd());
  return form;
}

}  // namespace slipway::scoring
