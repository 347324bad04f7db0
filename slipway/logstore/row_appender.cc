#include "slipway/logstore/row_appender.h"

#include <cmath>
#include <optional>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <simdjson.h>

#include "slipway/base/text.h"

namespace slipway::logstore {
namespace {

using kql::Type;
namespace ondemand = simdjson::ondemand;

// A value of the row that is being read; texts point into the parser's buffers.
using Cell = std::variant<std::monostate, bool, int64_t, double, std::string_view>;

std::optional<int64_t> ReadInteger(ondemand::value& value) {
  int64_t integer = 0;
  if (value.get_int64().get(integer) == simdjson::SUCCESS) return integer;
  double real = 0;
  if (value.get_double().get(real) == simdjson::SUCCESS && std::abs(real) < 9e18 && real == std::floor(real)) {
    return static_cast<int64_t>(real);
  }
  return std::nullopt;
}

// False when the value does not fit the type.
bool ReadCell(ondemand::value value, Type type, Cell& cell) {
  ondemand::json_type kind;
  if (value.type().get(kind) != simdjson::SUCCESS) return false;
  if (kind == ondemand::json_type::null) return true;
  switch (type) {
    case Type::kBool: {
      bool flag = false;
      if (value.get_bool().get(flag) != simdjson::SUCCESS) return false;
      cell = flag;
      return true;
    }
    case Type::kInt:
    case Type::kLong: {
      const auto integer = ReadInteger(value);
      if (!integer || (type == Type::kInt && *integer != static_cast<int32_t>(*integer))) return false;
      cell = *integer;
      return true;
    }
    case Type::kReal: {
      double real = 0;
      if (value.get_double().get(real) != simdjson::SUCCESS) return false;
      cell = real;
      return true;
    }
    case Type::kDateTime: {
      std::string_view text;
      if (value.get_string().get(text) != simdjson::SUCCESS) return false;
      const auto ticks = kql::ParseDateTimeTicks(text);
      if (!ticks) return false;
      cell = *ticks;
      return true;
    }
    case Type::kDynamic: {
      std::string_view json;
      if (simdjson::to_json_string(value).get(json) != simdjson::SUCCESS) return false;
      cell = Trim(json);
      return true;
    }
    default: {
      std::string_view text;
      if (kind == ondemand::json_type::string) {
        if (value.get_string().get(text) != simdjson::SUCCESS) return false;
        cell = text;
        return true;
      }
      if (simdjson::to_json_string(value).get(text) != simdjson::SUCCESS) return false;
      cell = Trim(text);
      return true;
    }
  }
}

// A text that says what another type's value would; else null.
Cell CellFromText(ondemand::value value, Type type) {
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) return {};
  text = Trim(text);
  switch (type) {
    case Type::kBool:
      if (EqualsIgnoreCase(text, "true")) return true;
      if (EqualsIgnoreCase(text, "false")) return false;
      return {};
    case Type::kReal:
      if (const auto number = ParseDouble(text)) return *number;
      return {};
    case Type::kInt:
    case Type::kLong:
      if (const auto number = ParseInt(text);
          number && (type == Type::kLong || *number == static_cast<int32_t>(*number)))
        return static_cast<int64_t>(*number);
      return {};
    default:
      return {};
  }
}

}  // namespace

struct RowAppender::Impl {
  duck::Appender appender;
  StoredTable table;
  std::unordered_map<std::string_view, size_t> index;  // of table.columns; keys point into it
  ondemand::parser parser;
  std::string buffer;
  std::vector<Cell> cells;
  std::vector<std::pair<std::string, std::optional<size_t>>> order;  // keys of the row before, with their columns
  size_t time_index = 0, received_index = 0, workspace_index = 0;

  Impl(duck::Appender opened, StoredTable stored) : appender(std::move(opened)), table(std::move(stored)) {
    for (size_t i = 0; i < table.columns.size(); ++i) index.emplace(table.columns[i].name, i);
    cells.resize(table.columns.size());
    time_index = index.at(kTimeColumn);
    received_index = index.at(kReceivedColumn);
    workspace_index = index.at(kWorkspaceColumn);
  }

  Status ReadRow(std::string_view row, RowRules rules) {
    buffer.assign(row);
    buffer.reserve(row.size() + simdjson::SIMDJSON_PADDING);
    ondemand::document document;
    ondemand::object object;
    if (parser.iterate(buffer.data(), buffer.size(), buffer.capacity()).get(document) != simdjson::SUCCESS ||
        document.get_object().get(object) != simdjson::SUCCESS) {
      return InvalidArgument(fmt::format("a row of {} is one JSON object", table.name));
    }
    size_t place = 0;
    for (auto field : object) {
      std::string_view key;
      ondemand::value value;
      if (field.unescaped_key().get(key) != simdjson::SUCCESS || field.value().get(value) != simdjson::SUCCESS) {
        return InvalidArgument(fmt::format("a row of {} is not well-formed JSON", table.name));
      }
      const std::optional<size_t> column = FindColumn(key, place++);
      if (!column) {
        if (rules != RowRules::kStrict) continue;
        return UnknownKey(key);
      }
      const Type type = table.columns[*column].type;
      Cell& cell = cells[*column];
      if (ReadCell(value, type, cell)) continue;
      if (rules == RowRules::kTakeWhatFits) {
        cell = CellFromText(value, type);
      } else {
        return InvalidArgument(
            fmt::format("the value of '{}' in a row of {} is not a {}", key, table.name, kql::TypeName(type)));
      }
    }
    // Nothing may stand behind it.
    if (document.current_location().error() != simdjson::OUT_OF_BOUNDS)
      return InvalidArgument(fmt::format("a row of {} is one JSON object", table.name));
    return {};
  }

  // Rows of one writer have their keys in one order: what stood at this place in the row before is looked at first.
  std::optional<size_t> FindColumn(std::string_view key, size_t place) {
    if (place < order.size() && order[place].first == key) return order[place].second;
    const auto column = index.find(key == "TenantId" ? kWorkspaceColumn : key);
    const std::optional<size_t> found = column == index.end() ? std::nullopt : std::optional(column->second);
    if (order.size() <= place) order.resize(place + 1);
    order[place] = {std::string(key), found};
    return found;
  }

  Error UnknownKey(std::string_view key) const {
    std::vector<std::string> names;
    for (const StoredColumn& column : table.columns) names.push_back(column.name);
    return InvalidArgument(fmt::format("the table {} has no column '{}'{}", table.name, key, DidYouMean(key, names)));
  }

  void AppendCell(const StoredColumn& column, const Cell& cell) {
    if (const auto* text = std::get_if<std::string_view>(&cell)) return appender.AppendString(*text);
    if (std::holds_alternative<std::monostate>(cell)) {
      return column.type == Type::kString ? appender.AppendString("") : appender.AppendNull();
    }
    if (const auto* flag = std::get_if<bool>(&cell)) return appender.AppendBool(*flag);
    if (const auto* real = std::get_if<double>(&cell)) return appender.AppendDouble(*real);
    const int64_t integer = std::get<int64_t>(cell);
    if (column.type == Type::kInt) return appender.AppendInt32(static_cast<int32_t>(integer));
    appender.AppendInt64(integer);
  }
};

RowAppender::RowAppender(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RowAppender::RowAppender(RowAppender&&) noexcept = default;
RowAppender::~RowAppender() = default;

Result<RowAppender> RowAppender::Open(duck::Connection& connection, const StoredTable& table) {
  SLIPWAY_ASSIGN_OR_RETURN(duck::Appender appender, connection.AppendTo(table.relation()));
  return RowAppender(std::make_unique<Impl>(std::move(appender), table));
}

Result<AppendedRow> RowAppender::Append(std::string_view row, const RowStamp& stamp, RowRules rules) {
  std::fill(impl_->cells.begin(), impl_->cells.end(), Cell());
  SLIPWAY_RETURN_IF_ERROR(impl_->ReadRow(row, rules));
  Cell& time = impl_->cells[impl_->time_index];
  if (std::holds_alternative<std::monostate>(time)) time = ToTicks(stamp.now);
  impl_->cells[impl_->received_index] = stamp.received_ticks;
  for (size_t i = 0; i < impl_->cells.size(); ++i) impl_->AppendCell(impl_->table.columns[i], impl_->cells[i]);
  SLIPWAY_RETURN_IF_ERROR(impl_->appender.EndRow());
  const auto* workspace = std::get_if<std::string_view>(&impl_->cells[impl_->workspace_index]);
  return AppendedRow{workspace ? *workspace : std::string_view(), std::get<int64_t>(time)};
}

Status RowAppender::Flush() {
  return impl_->appender.Flush();
}

}  // namespace slipway::logstore
