#include "slipway/scoring/tensor_decoder.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "slipway/base/text.h"
#include "slipway/scoring/json_cells.h"

namespace slipway::scoring {
namespace {

constexpr std::string_view kIntegers[] = {"INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64"};
constexpr std::string_view kReals[] = {"FP16", "FP32", "FP64"};

bool IsInteger(std::string_view datatype) {
  return std::find(std::begin(kIntegers), std::end(kIntegers), datatype) != std::end(kIntegers);
}

// Whether values of that datatype can be a column's; numbers may be given more narrowly than the model takes them.
bool Fits(std::string_view datatype, InputColumn::Kind kind) {
  switch (kind) {
    case InputColumn::Kind::kReal:
      return IsInteger(datatype) || std::find(std::begin(kReals), std::end(kReals), datatype) != std::end(kReals);
    case InputColumn::Kind::kInteger:
      return IsInteger(datatype);
    case InputColumn::Kind::kBoolean:
      return datatype == "BOOL";
    case InputColumn::Kind::kText:
      return datatype == "BYTES";
  }
  return false;
}

// What a tensor says about itself; complete before its data is read.
struct TensorHead {
  std::optional<std::string> name, datatype;
  std::optional<std::vector<int64_t>> shape;
  bool IsComplete() const { return name && datatype && shape; }
};

// Where a tensor's elements go.
struct TensorPlace {
  size_t first_column = 0, width = 1;
  size_t rows = 0, elements = 0;
  bool adds_rows = false;
  bool is_integer = false;
};

Result<std::string> TextOf(od::value value, std::string_view what) {
  SLIPWAY_JSON_OR_RETURN(const od::json_type type, value.type());
  if (type != od::json_type::string)
    return InvalidArgument(fmt::format("'{}' has to be a text, not {}", what, TypeName(type)));
  SLIPWAY_JSON_OR_RETURN(const std::string_view text, value.get_string());
  return std::string(text);
}

Result<std::vector<int64_t>> ShapeOf(od::value value) {
  SLIPWAY_ASSIGN_OR_RETURN(od::array sizes, ListOf(value, "shape"));
  std::vector<int64_t> shape;
  for (auto item : sizes) {
    SLIPWAY_JSON_OR_RETURN(od::value size_value, std::move(item));
    int64_t size = -1;
    if (size_value.get_int64().get(size) != simdjson::SUCCESS || size < 0)
      return InvalidArgument("'shape' has to be a list of sizes");
    shape.push_back(size);
  }
  return shape;
}

class TensorDecoding : JsonCells {
 public:
  TensorDecoding(const InputColumns& columns, CellSink& sink, std::vector<bool>& seen, TensorRequest& into)
      : JsonCells(columns, sink), seen_(seen), into_(into) {
    seen_.assign(columns.size(), false);
  }

  Status Document(od::document& document) {
    SLIPWAY_JSON_OR_RETURN(const od::json_type type, document.type());
    if (type != od::json_type::object)
      return InvalidArgument(fmt::format("the request has to be an object with 'inputs', not {}", TypeName(type)));
    SLIPWAY_JSON_OR_RETURN(od::object object, document.get_object());
    bool has_inputs = false;
    for (auto item : object) {
      SLIPWAY_JSON_OR_RETURN(od::field field, std::move(item));
      SLIPWAY_RETURN_IF_ERROR(Member(field, has_inputs));
    }
    if (!has_inputs) return InvalidArgument("the request has no 'inputs'");
    return CheckAbsent();
  }

 private:
  Status Member(od::field& field, bool& has_inputs) {
    const std::string_view key = RawKey(field);
    if (key == "id") {
      SLIPWAY_ASSIGN_OR_RETURN(into_.id, TextOf(field.value(), "id"));
      return {};
    }
    if (key == "outputs") return Outputs(field.value());
    if (key != "inputs") return Skip(field.value(), 0);
    if (has_inputs) return InvalidArgument("the request has 'inputs' twice");
    has_inputs = true;
    return Inputs(field.value());
  }

  Status Outputs(od::value value) {
    SLIPWAY_ASSIGN_OR_RETURN(od::array outputs, ListOf(value, "outputs"));
    for (auto item : outputs) {
      SLIPWAY_JSON_OR_RETURN(od::value entry, std::move(item));
      SLIPWAY_ASSIGN_OR_RETURN(od::object output, ObjectOf(entry, "an output"));
      std::optional<std::string> name;
      for (auto member : output) {
        SLIPWAY_JSON_OR_RETURN(od::field field, std::move(member));
        if (RawKey(field) == "name") {
          SLIPWAY_ASSIGN_OR_RETURN(name, TextOf(field.value(), "name"));
        } else {
          SLIPWAY_RETURN_IF_ERROR(Skip(field.value(), 0));
        }
      }
      if (!name) return InvalidArgument("an output has no 'name'");
      into_.outputs.push_back(std::move(*name));
    }
    return {};
  }

  Status Inputs(od::value value) {
    SLIPWAY_ASSIGN_OR_RETURN(od::array inputs, ListOf(value, "inputs"));
    for (auto item : inputs) {
      SLIPWAY_JSON_OR_RETURN(od::value entry, std::move(item));
      SLIPWAY_ASSIGN_OR_RETURN(od::object tensor, ObjectOf(entry, "an input"));
      TensorHead head;
      if (const Status read = ReadTensor(tensor, head); !read)
        return head.name ? With(read, fmt::format("tensor '{}'", *head.name)) : read;
    }
    return {};
  }

  static Result<od::object> ObjectOf(od::value& value, std::string_view what) {
    SLIPWAY_JSON_OR_RETURN(const od::json_type type, value.type());
    if (type != od::json_type::object)
      return InvalidArgument(fmt::format("{} has to be an object, not {}", what, TypeName(type)));
    SLIPWAY_JSON_OR_RETURN(od::object object, value.get_object());
    return object;
  }

  // --- one tensor ---

  // Where the data comes before what describes it, it is passed over and read in a second pass.
  Status ReadTensor(od::object& tensor, TensorHead& head) {
    bool has_data = false, is_read = false;
    for (auto item : tensor) {
      SLIPWAY_JSON_OR_RETURN(od::field field, std::move(item));
      if (RawKey(field) != "data") {
        SLIPWAY_RETURN_IF_ERROR(HeadMember(field, head));
        continue;
      }
      if (has_data) return InvalidArgument("'data' is given twice");
      has_data = true;
      is_read = head.IsComplete();
      SLIPWAY_RETURN_IF_ERROR(is_read ? Data(field.value(), head) : Skip(field.value(), 0));
    }
    SLIPWAY_RETURN_IF_ERROR(CheckComplete(head, has_data));
    return is_read ? Status() : ReadDataAgain(tensor, head);
  }

  static Status HeadMember(od::field& field, TensorHead& head) {
    const std::string_view key = RawKey(field);
    const bool is_repeated =
        (key == "name" && head.name) || (key == "datatype" && head.datatype) || (key == "shape" && head.shape);
    if (is_repeated) return InvalidArgument(fmt::format("'{}' is given twice", key));
    if (key == "name") {
      SLIPWAY_ASSIGN_OR_RETURN(head.name, TextOf(field.value(), key));
    } else if (key == "datatype") {
      SLIPWAY_ASSIGN_OR_RETURN(head.datatype, TextOf(field.value(), key));
    } else if (key == "shape") {
      SLIPWAY_ASSIGN_OR_RETURN(head.shape, ShapeOf(field.value()));
    } else {
      return Skip(field.value(), 0);
    }
    return {};
  }

  static Status CheckComplete(const TensorHead& head, bool has_data) {
    if (!head.name) return InvalidArgument("an input has no 'name'");
    if (!head.datatype) return InvalidArgument("'datatype' is missing");
    if (!head.shape) return InvalidArgument("'shape' is missing");
    if (!has_data) return InvalidArgument("'data' is missing (the binary tensor extension is not supported yet)");
    return {};
  }

  Status ReadDataAgain(od::object& tensor, const TensorHead& head) {
    SLIPWAY_JSON_OR_RETURN([[maybe_unused]] const bool is_filled, tensor.reset());
    for (auto item : tensor) {
      SLIPWAY_JSON_OR_RETURN(od::field field, std::move(item));
      SLIPWAY_RETURN_IF_ERROR(RawKey(field) == "data" ? Data(field.value(), head) : Skip(field.value(), 0));
    }
    return {};
  }

  Status Data(od::value value, const TensorHead& head) {
    SLIPWAY_ASSIGN_OR_RETURN(TensorPlace place, PlaceOf(head));
    for (size_t i = place.first_column; i < place.first_column + place.width; ++i) seen_[i] = true;
    has_rows_ = true;
    SLIPWAY_ASSIGN_OR_RETURN(od::array data, ListOf(value, "data"));
    SLIPWAY_RETURN_IF_ERROR(Elements(data, *head.shape, 0, place));
    if (place.elements == place.rows * place.width) return {};
    return InvalidArgument(fmt::format("'data' has {} elements; the shape [{}] takes {}", place.elements,
                                       fmt::join(*head.shape, ","), place.rows * place.width));
  }

  // --- where it goes ---

  Result<TensorPlace> PlaceOf(const TensorHead& head) const {
    SLIPWAY_ASSIGN_OR_RETURN(TensorPlace place, ColumnsOf(*head.name));
    const InputColumn& column = columns_[place.first_column];
    if (!Fits(*head.datatype, column.kind))
      return InvalidArgument(
          fmt::format("the datatype '{}' does not fit; the model takes {}", *head.datatype, TensorDatatype(column)));
    place.is_integer = IsInteger(*head.datatype);
    SLIPWAY_RETURN_IF_ERROR(TakeShape(*head.shape, place));
    const bool is_repeated = std::any_of(seen_.begin() + static_cast<std::ptrdiff_t>(place.first_column),
                                         seen_.begin() + static_cast<std::ptrdiff_t>(place.first_column + place.width),
                                         [](bool seen) { return seen; });
    if (is_repeated) return InvalidArgument("its columns are given twice");
    place.adds_rows = !has_rows_;
    if (has_rows_ && place.rows != sink_.rows())
      return InvalidArgument(fmt::format("the shape has {} rows, the tensors before it {}", place.rows, sink_.rows()));
    return place;
  }

  Result<TensorPlace> ColumnsOf(std::string_view name) const {
    if (const auto column = columns_.Find(name)) return TensorPlace{.first_column = *column};
    std::vector<std::string> names = columns_.names();
    for (const GraphInput& input : columns_.graph_inputs()) {
      if (input.name == name) return TensorPlace{.first_column = input.first_column, .width = input.width};
      names.push_back(input.name);
    }
    return InvalidArgument(fmt::format("the model has no input of that name{}", DidYouMean(name, names)));
  }

  static Status TakeShape(const std::vector<int64_t>& shape, TensorPlace& place) {
    constexpr int64_t kRowsMax = int64_t{1} << 31;
    const bool is_list = shape.size() == 1 && place.width == 1;
    const bool is_matrix = shape.size() == 2 && shape[1] == static_cast<int64_t>(place.width);
    if ((!is_list && !is_matrix) || shape[0] > kRowsMax)
      return InvalidArgument(
          fmt::format("the shape [{}] does not fit; the model takes [-1,{}]", fmt::join(shape, ","), place.width));
    place.rows = static_cast<size_t>(shape[0]);
    return {};
  }

  // --- its elements ---

  // `depth` lists are open; nested data is to be nested all the way, with the shape's sizes.
  Status Elements(od::array& list, const std::vector<int64_t>& shape, size_t depth, TensorPlace& place) {
    size_t size = 0;
    bool is_nested = false;
    for (auto item : list) {
      SLIPWAY_JSON_OR_RETURN(od::value value, std::move(item));
      SLIPWAY_JSON_OR_RETURN(const od::json_type type, value.type());
      const bool is_list = type == od::json_type::array;
      if (size++ == 0) is_nested = is_list;
      if (is_list != is_nested || (is_list && depth + 1 == shape.size()))
        return InvalidArgument(fmt::format("'data' is not nested as the shape [{}] says", fmt::join(shape, ",")));
      if (is_list) {
        SLIPWAY_JSON_OR_RETURN(od::array inner, value.get_array());
        SLIPWAY_RETURN_IF_ERROR(Elements(inner, shape, depth + 1, place));
      } else {
        SLIPWAY_RETURN_IF_ERROR(Element(value, place));
      }
    }
    if ((is_nested || depth > 0) && size != static_cast<size_t>(shape[depth]))
      return InvalidArgument(fmt::format("'data' is not nested as the shape [{}] says", fmt::join(shape, ",")));
    return {};
  }

  Status Element(od::value& value, TensorPlace& place) {
    const size_t row = place.elements / place.width, column = place.first_column + place.elements % place.width;
    ++place.elements;
    if (row >= place.rows) return Skip(value, 0);
    if (place.adds_rows && column == place.first_column) sink_.AddRow();
    const bool is_whole_real = place.is_integer && columns_[column].kind == InputColumn::Kind::kReal;
    return is_whole_real && *value.raw_json_token().data() != 'n' ? WholeReal(value, row, column)
                                                                  : Cell(value, row, column);
  }

  // A real column's value in a tensor of integers.
  Status WholeReal(od::value& value, size_t row, size_t column) {
    int64_t whole = 0;
    if (value.get_int64().get(whole) != simdjson::SUCCESS) {
      SLIPWAY_RETURN_IF_ERROR(Skip(value, 0));
      return Bad(row, column, "expected an integer, as the datatype says");
    }
    sink_.SetReal(row, column, static_cast<double>(whole));
    return {};
  }

  Status CheckAbsent() {
    for (size_t column = 0; column < columns_.size(); ++column) {
      if (seen_[column]) continue;
      if (columns_[column].required || !columns_[column].nullable || !has_rows_)
        return InvalidArgument(fmt::format("the request lacks the tensor of {}", columns_[column].Describe(column)));
      for (size_t row = 0; row < sink_.rows(); ++row) sink_.SetMissing(row, column);
    }
    return {};
  }

  std::vector<bool>& seen_;  // per column
  TensorRequest& into_;
  bool has_rows_ = false;  // a tensor has said how many
};

}  // namespace

std::string_view TensorDatatype(const InputColumn& column) {
  switch (column.type) {
    case model::DataType::kBoolean:
      return "BOOL";
    case model::DataType::kInteger:
      return "INT32";
    case model::DataType::kLong:
      return "INT64";
    case model::DataType::kFloat:
      return "FP32";
    case model::DataType::kDouble:
      return "FP64";
    case model::DataType::kString:
    case model::DataType::kBinary:
    case model::DataType::kDatetime:
      return "BYTES";
  }
  return "";
}

struct TensorDecoder::Buffers {
  PaddedJson json;
  std::vector<bool> seen;
};

TensorDecoder::TensorDecoder() : buffers_(std::make_unique<Buffers>()) {}
TensorDecoder::~TensorDecoder() = default;

Status TensorDecoder::Decode(std::string_view request, const InputColumns& columns, CellSink& sink,
                             TensorRequest& into) {
  sink.Clear();
  into.id.reset();
  into.outputs.clear();
  SLIPWAY_ASSIGN_OR_RETURN(od::document document, buffers_->json.Open(request));
  SLIPWAY_RETURN_IF_ERROR(TensorDecoding(columns, sink, buffers_->seen, into).Document(document));
  return PaddedJson::CheckEnd(document);
}

}  // namespace slipway::scoring
