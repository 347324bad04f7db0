#include "slipway/tabular/call_rows.h"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "slipway/base/json_nesting.h"
#include "slipway/tabular/csv.h"
#include "slipway/tabular/json_records.h"

namespace slipway::tabular {
namespace {

using Json = nlohmann::ordered_json;  // rows keep the order of their columns
using Columns = std::span<const std::string>;

// Turned into an Error by the functions that others call.
[[noreturn]] void Refuse(const std::string& why) {
  throw std::invalid_argument(why);
}

std::string ColumnName(Columns columns, size_t index) {
  return index < columns.size() ? columns[index] : std::to_string(index);
}

Json RowOfList(const Json& values, Columns columns) {
  Json row = Json::object();
  for (size_t i = 0; i < values.size(); ++i) row[ColumnName(columns, i)] = values[i];
  return row;
}

// Records and lists alike; a lone record or value is a row by itself.
Json RowsOfList(const Json& list, Columns columns) {
  Json rows = Json::array();
  for (const Json& item : list) {
    if (item.is_object()) {
      rows.push_back(item);
    } else if (item.is_array()) {
      rows.push_back(RowOfList(item, columns));
    } else {
      rows.push_back({{ColumnName(columns, 0), item}});
    }
  }
  return rows;
}

// {"columns": […], "data": [[…], …]}
Json RowsOfSplit(const Json& split) {
  const auto names = split.at("columns").get<std::vector<std::string>>();
  return RowsOfList(split.at("data"), names);
}

// {"age": [41, …], "job": ["clerk", …]}; a value that is no list belongs to a single row.
Json RowsOfColumns(const Json& columns) {
  Json rows = Json::array();
  for (const auto& [name, values] : columns.items()) {
    const Json list = values.is_array() ? values : Json::array({values});
    if (rows.empty()) rows = Json(list.size(), Json::object());
    if (list.size() != rows.size())
      Refuse(fmt::format("the column '{}' has {} values, others {}", name, list.size(), rows.size()));
    for (size_t i = 0; i < list.size(); ++i) rows[i][name] = list[i];
  }
  return rows;
}

Json RowsOfValue(const Json& value, Columns columns) {
  if (value.is_array()) return RowsOfList(value, columns);
  if (!value.is_object()) Refuse("the rows are neither a list nor an object");
  if (value.contains("columns") && value.contains("data")) return RowsOfSplit(value);
  return RowsOfColumns(value);
}

Json RowsOfRequest(const Json& request, Columns columns) {
  if (request.is_array()) return RowsOfList(request, columns);
  for (const char* key : {"data", "dataframe_records", "dataframe_split", "instances", "inputs", "input_data"}) {
    if (request.is_object() && request.contains(key)) return RowsOfValue(request.at(key), columns);
  }
  Refuse("the body has no 'data', 'input_data', 'dataframe_split', 'dataframe_records', 'instances' or 'inputs'");
}

void AppendFlat(const Json& value, std::vector<Json>& flat) {
  if (!value.is_array()) return flat.push_back(value);
  for (const Json& item : value) AppendFlat(item, flat);
}

// A tensor's values, flat or nested, dealt out to rows: one value a row, or a list of as many as a row has.
void AddTensor(const Json& tensor, Columns columns, Json& rows) {
  std::vector<Json> flat;
  AppendFlat(tensor.at("data"), flat);
  const auto shape = tensor.at("shape").get<std::vector<size_t>>();
  const size_t count = shape.empty() ? 1 : shape[0];
  const size_t width = count == 0 ? 0 : flat.size() / count;
  if (count > flat.size() || width * count != flat.size()) Refuse("a tensor's data does not fit its shape");
  if (rows.empty()) rows = Json(count, Json::object());
  if (rows.size() != count) Refuse("the tensors are of different length");
  const auto name = tensor.at("name").get<std::string>();
  const bool is_matrix = width > 1 && width == columns.size();
  for (size_t row = 0; row < count; ++row) {
    const auto begin = flat.begin() + static_cast<std::ptrdiff_t>(row * width);
    const std::vector<Json> values(begin, begin + static_cast<std::ptrdiff_t>(width));
    if (is_matrix) {
      rows[row].update(RowOfList(values, columns));
    } else {
      rows[row][name] = width == 1 ? values[0] : Json(values);
    }
  }
}

Json RowsOfTensors(const Json& tensors, Columns columns) {
  Json rows = Json::array();
  for (const Json& tensor : tensors) AddTensor(tensor, columns, rows);
  return rows;
}

bool AreTensors(const Json& body, const char* key) {
  return body.is_object() && body.contains(key) && body.at(key).is_array() && !body.at(key).empty() &&
         body.at(key)[0].is_object() && body.at(key)[0].contains("datatype");
}

// Every member that is a list of as many values as the first.
Json RowsOfLists(const Json& answer) {
  Json lists = Json::object();
  size_t count = 0;
  for (const auto& [name, values] : answer.items()) {
    if (!values.is_array() || (!lists.empty() && values.size() != count)) continue;
    count = values.size();
    lists[name] = values;
  }
  if (lists.empty()) Refuse("the answer has no list of predictions");
  // Explained answers wrap the records of a plain one.
  if (lists.size() == 1 && count > 0 && lists.begin().value()[0].is_object()) return lists.begin().value();
  return RowsOfColumns(lists);
}

Json RowsOfAnswer(const Json& answer) {
  if (AreTensors(answer, "outputs")) return RowsOfTensors(answer.at("outputs"), {});
  if (answer.is_object()) return RowsOfLists(answer);
  if (!answer.is_array()) Refuse("the answer is no list of predictions");
  Json rows = Json::array();
  for (const Json& item : answer) rows.push_back(item.is_object() ? item : Json{{"predictions", item}});
  return rows;
}

Json JoinedRows(Json inputs, const Json& outputs) {
  if (inputs.size() != outputs.size())
    Refuse(fmt::format("{} rows came and {} answers went", inputs.size(), outputs.size()));
  for (size_t i = 0; i < inputs.size(); ++i) {
    for (const auto& [name, value] : outputs[i].items()) {
      inputs[i][inputs[i].contains(name) ? "output." + name : name] = value;
    }
  }
  return inputs;
}

// A client's text.
Json Parsed(std::string_view body) {
  constexpr int kDepthMax = 1000;
  if (IsNestedDeeperThan(body, kDepthMax)) Refuse(fmt::format("the JSON is nested deeper than {} values", kDepthMax));
  return Json::parse(body);
}

// `make` throws what the JSON library throws, and invalid_argument.
template <class Make>
Result<std::string> Rows(Make&& make) {
  try {
    return make().dump(-1, ' ', false, Json::error_handler_t::replace);
  } catch (const std::exception& error) {
    return InvalidArgument(error.what());
  }
}

Result<std::string> RowsOfCsv(std::string_view body) {
  SLIPWAY_ASSIGN_OR_RETURN(const Table table, ParseCsv(body));
  return ToJsonRecords(table);
}

}  // namespace

Result<std::string> InputRows(std::string_view body, BodyForm form, Columns columns) {
  if (form == BodyForm::kCsv) return RowsOfCsv(body);
  return Rows([&] {
    const Json request = Parsed(body);
    if (form == BodyForm::kTensors) return RowsOfTensors(request.at("inputs"), columns);
    return RowsOfRequest(request, columns);
  });
}

Result<std::string> OutputRows(std::string_view body) {
  return Rows([&] { return RowsOfAnswer(Parsed(body)); });
}

Result<std::string> JoinRows(std::string_view inputs, std::string_view outputs) {
  return Rows([&] { return JoinedRows(Parsed(inputs), Parsed(outputs)); });
}

}  // namespace slipway::tabular
