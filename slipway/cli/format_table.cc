#include <algorithm>

#include "slipway/base/text.h"
#include "slipway/cli/formats.h"
#include "slipway/cli/scalar_text.h"

namespace slipway::cli {
namespace {

using Json = nlohmann::ordered_json;
using Row = std::vector<std::pair<std::string, std::string>>;

std::string Header(std::string key) {
  if (!key.empty() && key[0] >= 'a' && key[0] <= 'z') key[0] = static_cast<char>(key[0] - 'a' + 'A');
  return key;
}

bool IsSkipped(const std::string& key) {
  return key == "id" || key == "type" || key == "etag";
}

// A cell stays on one line.
std::string Cell(const Json& value) {
  return ReplaceAll(ScalarText(value, ""), "\n", " ");
}

Row ObjectRow(const Json& object, bool is_built_in) {
  Row row;
  for (const auto& member : object.items()) {
    if (!is_built_in && IsSkipped(member.key())) continue;
    if (member.value().is_null() || member.value().is_structured()) continue;
    row.emplace_back(Header(member.key()), Cell(member.value()));
  }
  return row;
}

Row ListRow(const Json& list) {
  Row row;
  for (size_t i = 0; i < list.size(); ++i) row.emplace_back("Column" + std::to_string(i + 1), Cell(list[i]));
  return row;
}

Row RowOf(const Json& value, bool is_built_in) {
  if (value.is_object()) return ObjectRow(value, is_built_in);
  if (value.is_array()) return ListRow(value);
  return {{"Result", Cell(value)}};
}

// How wide a text is on a terminal, one column a code point.
size_t Width(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

struct Column {
  std::string name;
  size_t width;
};

// A column is never narrower than its header and two blanks.
constexpr size_t kHeaderPadding = 2;

std::vector<Column> ColumnsOf(const std::vector<Row>& rows) {
  std::vector<Column> columns;
  for (const Row& row : rows)
    for (const auto& [name, text] : row) {
      auto column = std::find_if(columns.begin(), columns.end(), [&](const Column& each) { return each.name == name; });
      if (column == columns.end()) column = columns.insert(columns.end(), {name, Width(name) + kHeaderPadding});
      column->width = std::max(column->width, Width(text));
    }
  return columns;
}

std::string TrimEnd(std::string line) {
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

std::string Print(const std::vector<Row>& rows) {
  const std::vector<Column> columns = ColumnsOf(rows);
  if (columns.empty()) return "\n";
  std::string header, dashes, out;
  for (const Column& column : columns) {
    header += column.name + std::string(column.width - Width(column.name) + 2, ' ');
    dashes += std::string(column.width, '-') + "  ";
  }
  out = TrimEnd(header) + "\n" + TrimEnd(dashes) + "\n";
  for (const Row& row : rows) {
    std::string line;
    for (const Column& column : columns) {
      auto cell = std::find_if(row.begin(), row.end(), [&](const auto& each) { return each.first == column.name; });
      const std::string text = cell == row.end() ? "" : cell->second;
      line += text + std::string(column.width - Width(text) + 2, ' ');
    }
    out += TrimEnd(line) + "\n";
  }
  return out;
}

}  // namespace

std::string FormatTable(const Json& value, bool is_built_in) {
  std::vector<Row> rows;
  if (value.is_array())
    for (const Json& item : value) rows.push_back(RowOf(item, is_built_in));
  else
    rows.push_back(RowOf(value, is_built_in));
  return Print(rows);
}

}  // namespace slipway::cli
