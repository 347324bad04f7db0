#include "slipway/scoring/json_cells.h"

#include <charconv>
#include <cstring>
#include <optional>

#include "slipway/base/text.h"

namespace slipway::scoring {
namespace {

// Nesting below a part of a request that is ignored.
constexpr int kMaxDepth = 100;

// The beginning of a value's text, for messages.
std::string Snippet(std::string_view token) {
  constexpr size_t kMax = 40;
  token = Trim(token);
  if (token.size() <= kMax) return std::string(token);
  size_t end = kMax;
  while (end > 0 && (static_cast<unsigned char>(token[end]) & 0xC0) == 0x80) --end;
  return std::string(token.substr(0, end)) + "…";
}

std::string_view Expectation(const InputColumn& column) {
  switch (column.kind) {
    case InputColumn::Kind::kReal:
      return "a number";
    case InputColumn::Kind::kInteger:
      return "an integer";
    case InputColumn::Kind::kBoolean:
      return "true or false";
    case InputColumn::Kind::kText:
      return "a text";
  }
  return "";
}

// The code unit of four hexadecimal digits; nothing when they are none.
std::optional<unsigned> CodeUnit(std::string_view digits) {
  if (digits.size() < 4) return std::nullopt;
  unsigned unit = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + 4, unit, 16);
  if (error != std::errc() || end != digits.data() + 4) return std::nullopt;
  return unit;
}

// The bytes of the \u escape (or the surrogates' pair of them) that `text` begins with; 0 when it is wrong.
size_t UnicodeEscapeBytes(std::string_view text) {
  constexpr size_t kBytes = 6;
  const auto unit = CodeUnit(text.substr(2));
  if (!unit || (*unit >= 0xdc00 && *unit < 0xe000)) return 0;
  if (*unit < 0xd800 || *unit >= 0xe000) return kBytes;
  const std::string_view rest = text.substr(kBytes);
  if (!rest.starts_with("\\u")) return 0;
  const auto low = CodeUnit(rest.substr(2));
  return low && *low >= 0xdc00 && *low < 0xe000 ? 2 * kBytes : 0;
}

// Whether the escapes of a text are right; the parser has checked everything else about it.
bool AreEscapesGood(std::string_view token) {
  for (size_t at = 1; at < token.size() && token[at] != '"';) {
    if (token[at] != '\\') {
      ++at;
      continue;
    }
    const char kind = at + 1 < token.size() ? token[at + 1] : '\0';
    const size_t bytes = kind == 'u' ? UnicodeEscapeBytes(token.substr(at)) : 2;
    constexpr std::string_view kSimple = "\"\\/bfnrt";
    if (bytes == 0 || (kind != 'u' && kSimple.find(kind) == std::string_view::npos)) return false;
    at += bytes;
  }
  return true;
}

Status SkipText(od::value& value) {
  const bool is_good = AreEscapesGood(value.raw_json_token());
  SLIPWAY_JSON_OR_RETURN([[maybe_unused]] const od::raw_json_string raw, value.get_raw_json_string());
  return is_good ? Status() : NotJson(simdjson::STRING_ERROR);
}

Status SkipNull(od::value& value) {
  SLIPWAY_JSON_OR_RETURN(const bool is_null, value.is_null());
  if (!is_null) return InvalidArgument("the request is not valid JSON: a word that is no value");
  return {};
}

Status SkipArray(od::value& value, int depth) {
  SLIPWAY_JSON_OR_RETURN(od::array array, value.get_array());
  for (auto item : array) {
    SLIPWAY_JSON_OR_RETURN(od::value element, std::move(item));
    SLIPWAY_RETURN_IF_ERROR(Skip(element, depth + 1));
  }
  return {};
}

Status SkipObject(od::value& value, int depth) {
  SLIPWAY_JSON_OR_RETURN(od::object object, value.get_object());
  for (auto item : object) {
    SLIPWAY_JSON_OR_RETURN(od::field field, std::move(item));
    const size_t key_bytes = RawKey(field).size();
    const bool is_good = AreEscapesGood({field.key().raw() - 1, key_bytes + 2});
    if (!is_good) return NotJson(simdjson::STRING_ERROR);
    SLIPWAY_RETURN_IF_ERROR(Skip(field.value(), depth + 1));
  }
  return {};
}

}  // namespace

Error NotJson(simdjson::error_code code) {
  return InvalidArgument(fmt::format("the request is not valid JSON: {}", simdjson::error_message(code)));
}

std::string_view TypeName(od::json_type type) {
  switch (type) {
    case od::json_type::array:
      return "a list";
    case od::json_type::object:
      return "an object";
    case od::json_type::number:
      return "a number";
    case od::json_type::string:
      return "a text";
    case od::json_type::boolean:
      return "a boolean";
    case od::json_type::null:
      return "null";
  }
  return "something else";
}

std::string_view RawKey(od::field& field) {
  const char* begin = field.key().raw();
  const char* end = begin;
  while (*end != '"') end += *end == '\\' ? 2 : 1;
  return {begin, static_cast<size_t>(end - begin)};
}

Status Skip(od::value value, int depth) {
  if (depth > kMaxDepth) return InvalidArgument(fmt::format("the request is nested deeper than {} levels", kMaxDepth));
  SLIPWAY_JSON_OR_RETURN(const od::json_type type, value.type());
  switch (type) {
    case od::json_type::array:
      return SkipArray(value, depth);
    case od::json_type::object:
      return SkipObject(value, depth);
    case od::json_type::number: {
      SLIPWAY_JSON_OR_RETURN([[maybe_unused]] const double number, value.get_double());
      return {};
    }
    case od::json_type::string:
      return SkipText(value);
    case od::json_type::boolean: {
      SLIPWAY_JSON_OR_RETURN([[maybe_unused]] const bool truth, value.get_bool());
      return {};
    }
    case od::json_type::null:
      return SkipNull(value);
  }
  return {};
}

Result<od::array> ListOf(od::value& value, std::string_view what) {
  SLIPWAY_JSON_OR_RETURN(const od::json_type type, value.type());
  if (type != od::json_type::array)
    return InvalidArgument(fmt::format("'{}' has to be a list, not {}", what, TypeName(type)));
  SLIPWAY_JSON_OR_RETURN(od::array list, value.get_array());
  return list;
}

Result<od::document> PaddedJson::Open(std::string_view request) {
  const size_t padded = request.size() + simdjson::SIMDJSON_PADDING;
  if (text_.size() < padded) text_.resize(padded);
  std::memcpy(text_.data(), request.data(), request.size());
  std::memset(text_.data() + request.size(), 0, simdjson::SIMDJSON_PADDING);
  od::document document;
  if (const auto code = parser_.iterate(text_.data(), request.size(), text_.size()).get(document);
      code != simdjson::SUCCESS)
    return NotJson(code);
  return document;
}

Status PaddedJson::CheckEnd(od::document& document) {
  // Anything after the value would be one token more.
  if (document.current_location().error() == simdjson::OUT_OF_BOUNDS) return {};
  return InvalidArgument("the request is not valid JSON: something follows its end");
}

// What is not even JSON is said to be so.
Status JsonCells::WrongType(od::value& value, size_t row, size_t column) const {
  const std::string snippet = Snippet(value.raw_json_token());
  SLIPWAY_RETURN_IF_ERROR(Skip(value, 0));
  return Bad(row, column, fmt::format("expected {}, got {}", Expectation(columns_[column]), snippet));
}

Status JsonCells::BadNumber(od::value& value, size_t row, size_t column) const {
  return Bad(row, column,
             fmt::format("{} is not a number JSON knows, or is out of range", Snippet(value.raw_json_token())));
}

Status JsonCells::OutOfRange(std::string number, size_t row, size_t column) const {
  return Bad(row, column,
             fmt::format("{} is out of the range of {}", number,
                         columns_[column].integer_max == std::numeric_limits<int32_t>::max() ? "integer (32 bits)"
                                                                                             : "long (64 bits)"));
}

}  // namespace slipway::scoring
