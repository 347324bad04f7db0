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

class TensorDecoding : JsonCells {
 public:
  TensorDecoding(const InputColumns& columns, CellSink& sink, JsonReader& json, std::vector<bool>& seen,
                 TensorRequest& into)
      : JsonCells(columns, sink, json), seen_(seen), into_(into) {
    seen_.assign(columns.size(), false);
  }

  Status Document() {
    bool has_inputs = false;
    SLIPWAY_RETURN_IF_ERROR(ObjectOf("the request", "an object with 'inputs'",
                                     [&](std::string_view key) { return Member(key, has_inputs); }));
    if (!has_inputs) return InvalidArgument("the request has no 'inputs'");
    return CheckAbsent();
  }

 private:
  Status Member(std::string_view key, bool& has_inputs) {
    if (key == "id") return ReadText("'id'", into_.id);
    if (key == "outputs") return ListOf("'outputs'", [this] { return Output(); });
    if (key != "inputs") return json_.Skip();
    if (has_inputs) return InvalidArgument("the request has 'inputs' twice");
    has_inputs = true;
    return ListOf("'inputs'", [this] { return Input(); });
  }

  template <typename Member>
  Status ObjectOf(std::string_view what, std::string_view wanted, Member&& member) {
    const Type type = json_.Peek();
    if (type == Type::kObject) return json_.Object(std::forward<Member>(member));
    return HasToBe(what, wanted, type);
  }

  Status ReadText(std::string_view what, std::optional<std::string>& into) {
    const Type type = json_.Peek();
    if (type != Type::kText) return HasToBe(what, "a text", type);
    std::string_view text;
    if (!json_.Text(text)) return json_.error();
    into = std::string(text);
    return {};
  }

  Status ReadShape(std::optional<std::vector<int64_t>>& into) {
    into.emplace();
    return ListOf("'shape'", [&]() -> Status {
      JsonNumber number;
      if (json_.Peek() == Type::kNumber) {
        if (!json_.Number(number)) return json_.error();
        const std::optional<int64_t> size = number.integer();
        if (size && *size >= 0) {
          into->push_back(*size);
          return {};
        }
      } else {
        SLIPWAY_RETURN_IF_ERROR(json_.Skip());
      }
      return InvalidArgument("'shape' has to be a list of sizes");
    });
  }

  Status Output() {
    std::optional<std::string> name;
    SLIPWAY_RETURN_IF_ERROR(ObjectOf("an output", "an object", [&](std::string_view key) {
      return key == "name" ? ReadText("'name'", name) : json_.Skip();
    }));
    if (!name) return InvalidArgument("an output has no 'name'");
    into_.outputs.push_back(std::move(*name));
    return {};
  }

  Status Input() {
    TensorHead head;
    if (const Status read = ReadTensor(head); !read)
      return head.name ? With(read, fmt::format("tensor '{}'", *head.name)) : read;
    return {};
  }

  // --- one tensor ---

  // Where the data comes before what describes it, it is passed over and read in a second pass.
  Status ReadTensor(TensorHead& head) {
    const char* data = nullptr;
    bool is_read = false;
    SLIPWAY_RETURN_IF_ERROR(ObjectOf("an input", "an object", [&](std::string_view key) -> Status {
      if (key != "data") return HeadMember(key, head);
      if (data != nullptr) return InvalidArgument("'data' is given twice");
      data = json_.place();
      is_read = head.IsComplete();
      return is_read ? Data(head) : json_.SkipForNow();
    }));
    SLIPWAY_RETURN_IF_ERROR(CheckComplete(head, data != nullptr));
    if (is_read) return {};
    const char* const end = json_.place();
    json_.Return(data);
    SLIPWAY_RETURN_IF_ERROR(Data(head));
    json_.Return(end);
    return {};
  }

  Status HeadMember(std::string_view key, TensorHead& head) {
    const bool is_repeated =
        (key == "name" && head.name) || (key == "datatype" && head.datatype) || (key == "shape" && head.shape);
    if (is_repeated) return InvalidArgument(fmt::format("'{}' is given twice", key));
    if (key == "name") return ReadText("'name'", head.name);
    if (key == "datatype") return ReadText("'datatype'", head.datatype);
    if (key == "shape") return ReadShape(head.shape);
    return json_.Skip();
  }

  static Status CheckComplete(const TensorHead& head, bool has_data) {
    if (!head.name) return InvalidArgument("an input has no 'name'");
    if (!head.datatype) return InvalidArgument("'datatype' is missing");
    if (!head.shape) return InvalidArgument("'shape' is missing");
    if (!has_data) return InvalidArgument("'data' is missing (the binary tensor extension is not supported yet)");
    return {};
  }

  Status Data(const TensorHead& head) {
    SLIPWAY_ASSIGN_OR_RETURN(TensorPlace place, PlaceOf(head));
    for (size_t i = place.first_column; i < place.first_column + place.width; ++i) seen_[i] = true;
    has_rows_ = true;
    const Type type = json_.Peek();
    if (type != Type::kList) return HasToBe("'data'", "a list", type);
    SLIPWAY_RETURN_IF_ERROR(Elements(*head.shape, 0, place));
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
  Status Elements(const std::vector<int64_t>& shape, size_t depth, TensorPlace& place) {
    const auto not_nested = [&shape] {
      return InvalidArgument(fmt::format("'data' is not nested as the shape [{}] says", fmt::join(shape, ",")));
    };
    size_t size = 0;
    bool is_nested = false;
    SLIPWAY_RETURN_IF_ERROR(json_.List([&]() -> Status {
      const bool is_list = json_.Peek() == Type::kList;
      if (size++ == 0) is_nested = is_list;
      if (is_list != is_nested || (is_list && depth + 1 == shape.size())) return not_nested();
      return is_list ? Elements(shape, depth + 1, place) : Element(place);
    }));
    if ((is_nested || depth > 0) && size != static_cast<size_t>(shape[depth])) return not_nested();
    return {};
  }

  Status Element(TensorPlace& place) {
    const size_t row = place.elements / place.width, column = place.first_column + place.elements % place.width;
    ++place.elements;
    if (row >= place.rows) return json_.Skip();
    if (place.adds_rows && column == place.first_column) sink_.AddRow();
    const bool is_whole_real = place.is_integer && columns_[column].kind == InputColumn::Kind::kReal;
    return is_whole_real && json_.Peek() != Type::kNull ? WholeReal(row, column) : Cell(row, column);
  }

  // A real column's value in a tensor of integers.
  Status WholeReal(size_t row, size_t column) {
    JsonNumber number;
    const bool is_number = json_.Peek() == Type::kNumber;
    const std::string snippet = is_number ? "" : json_.Snippet();
    if (is_number && !json_.Number(number)) return json_.error();
    if (!is_number) SLIPWAY_RETURN_IF_ERROR(json_.Skip());
    const std::optional<int64_t> whole = number.integer();
    if (!whole)
      return Bad(row, column,
                 fmt::format("expected an integer, as the datatype says, got {}",
                             is_number ? Shortened(number.text) : snippet));
    sink_.SetReal(row, column, static_cast<double>(*whole));
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
  JsonReader json;
  std::vector<bool> seen;
};

TensorDecoder::TensorDecoder() : buffers_(std::make_unique<Buffers>()) {}
TensorDecoder::~TensorDecoder() = default;

Status TensorDecoder::Decode(std::string_view request, const InputColumns& columns, CellSink& sink,
                             TensorRequest& into) {
  sink.Clear();
  into.id.reset();
  into.outputs.clear();
  JsonReader& json = buffers_->json;
  SLIPWAY_RETURN_IF_ERROR(json.Open(request));
  SLIPWAY_RETURN_IF_ERROR(TensorDecoding(columns, sink, json, buffers_->seen, into).Document());
  return json.CheckEnd();
}

}  // namespace slipway::scoring
