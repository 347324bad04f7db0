// Texts: parts of URLs, paths and records, formats, encodings, hashes.
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <functional>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/kql/native/support.h"
#include "slipway/kql/type.h"

namespace slipway::kql::native {
namespace {

std::string Decode(std::string_view text, bool plus_is_blank) {
  std::string decoded;
  const auto digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) ? c - '0' : (c | 32) - 'a' + 10; };
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escaped = text[i] == '%' && i + 2 < text.size() &&
                         std::isxdigit(static_cast<unsigned char>(text[i + 1])) &&
                         std::isxdigit(static_cast<unsigned char>(text[i + 2]));
    if (escaped) {
      decoded += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      decoded += text[i] == '+' && plus_is_blank ? ' ' : text[i];
    }
  }
  return decoded;
}

std::string Encode(std::string_view text, std::string_view blank) {
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || c == '-' || c == '_' || c == '.' || c == '~') {
      encoded += c;
    } else if (c == ' ') {
      encoded += blank;
    } else {
      encoded += fmt::format("%{:02x}", byte);
    }
  }
  return encoded;
}

Value UrlEncode(Arguments a) {
  return Encode(Text(a[0]), "+");
}
Value UrlEncodeComponent(Arguments a) {
  return Encode(Text(a[0]), "%20");
}

// "a=1&b=2" as a bag; a key that is repeated has an array.
Json QueryParameters(std::string_view query) {
  std::map<std::string, Json> sorted;
  if (query.starts_with('?')) query.remove_prefix(1);
  for (const std::string_view pair : Split(query, '&')) {
    if (pair.empty()) continue;
    const size_t equals = pair.find('=');
    const std::string key = Decode(pair.substr(0, equals), true);
    const std::string value = equals == std::string_view::npos ? "" : Decode(pair.substr(equals + 1), true);
    const auto [place, is_new] = sorted.emplace(key, value);
    if (is_new) continue;
    if (!place->second.is_array()) place->second = Json::array({place->second});
    place->second.push_back(value);
  }
  Json bag = Json::object();
  for (auto& [key, value] : sorted) bag[key] = std::move(value);
  return bag;
}

Value ParseUrlQuery(Arguments a) {
  return Dynamic(Json{{"Query Parameters", QueryParameters(Text(a[0]))}});
}

// scheme://user:password@host:port/path?query#fragment
Value ParseUrl(Arguments a) {
  std::string_view rest = Text(a[0]);
  std::string scheme, host, port, path, user, password, fragment;
  std::string_view query;
  const size_t colon = rest.find("://");
  if (colon != std::string_view::npos && colon > 0) {
    scheme = rest.substr(0, colon);
    rest.remove_prefix(colon + 3);
    if (const size_t hash = rest.find('#'); hash != std::string_view::npos) {
      fragment = rest.substr(hash + 1);
      rest = rest.substr(0, hash);
    }
    if (const size_t mark = rest.find('?'); mark != std::string_view::npos) {
      query = rest.substr(mark + 1);
      rest = rest.substr(0, mark);
    }
    const size_t slash = rest.find('/');
    std::string_view authority = rest.substr(0, slash);
    if (slash != std::string_view::npos) path = rest.substr(slash);
    if (const size_t at = authority.rfind('@'); at != std::string_view::npos) {
      const std::string_view login = authority.substr(0, at);
      authority.remove_prefix(at + 1);
      const size_t split = login.find(':');
      user = login.substr(0, split);
      if (split != std::string_view::npos) password = login.substr(split + 1);
    }
    const size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
    const size_t split = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
    host = authority.substr(0, split);
    if (split != std::string_view::npos) port = authority.substr(split + 1);
  }
  return Dynamic(Json{{"Scheme", scheme},
                      {"Host", host},
                      {"Port", port},
                      {"Path", path},
                      {"Username", user},
                      {"Password", password},
                      {"Query Parameters", QueryParameters(query)},
                      {"Fragment", fragment}});
}

// Windows and Unix paths, and URLs of files.
Value ParsePath(Arguments a) {
  std::string_view path = Text(a[0]);
  std::string scheme, root, stream;
  if (const size_t colon = path.find("://"); colon != std::string_view::npos) {
    scheme = path.substr(0, colon);
    path.remove_prefix(colon + 3);
    if (scheme == "file" && path.size() > 2 && path[0] == '/' && path[2] == ':') path.remove_prefix(1);
  }
  const bool has_drive = path.size() > 1 && std::isalpha(static_cast<unsigned char>(path[0])) && path[1] == ':';
  if (has_drive) root = std::string(path.substr(0, 2)) + (path.size() > 2 && path[2] == '/' ? "" : "\\");
  if (path.starts_with("\\\\")) {
    const size_t end = std::min(path.find('\\', 2), path.size());
    root = path.substr(0, end);
  }
  size_t slash = path.find_last_of("/\\");
  std::string_view directory = slash == std::string_view::npos ? "" : path.substr(0, slash);
  std::string_view file = slash == std::string_view::npos ? path : path.substr(slash + 1);
  if (const size_t colon = file.find(':');
      colon != std::string_view::npos && !(has_drive && slash == std::string_view::npos)) {
    stream = file.substr(colon + 1);
    file = file.substr(0, colon);
  }
  const size_t point = file.rfind('.');
  const size_t parent = directory.find_last_of("/\\");
  const std::string_view name = parent == std::string_view::npos ? directory : directory.substr(parent + 1);
  return Dynamic(Json{{"Scheme", scheme},
                      {"RootPath", root},
                      {"DirectoryPath", directory},
                      {"DirectoryName", name},
                      {"Filename", file},
                      {"Extension", point == std::string_view::npos ? std::string_view() : file.substr(point + 1)},
                      {"AlternateDataStreamName", stream}});
}

// The fields of one record; quoted ones may hold commas, line breaks and doubled quotes.
Value ParseCsv(Arguments a) {
  const std::string_view text = Text(a[0]);
  Json fields = Json::array();
  std::string field;
  bool quoted = false;
  size_t i = 0;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c != '"') {
        field += c;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        field += text[++i];
      } else {
        quoted = false;
      }
    } else if (c == '"' && field.empty()) {
      quoted = true;
    } else if (c == ',') {
      fields.push_back(std::exchange(field, ""));
    } else if (c == '\n' || c == '\r') {
      break;
    } else {
      field += c;
    }
  }
  fields.push_back(field);
  return Dynamic(fields);
}

// Elements of XML as bags: attributes as "@name", text as "#text"; an element with neither is its text.
class XmlReader {
 public:
  explicit XmlReader(std::string_view text) : text_(text) {}

  std::optional<Json> Run() {
    SkipMisc();
    std::string name;
    Json content;
    if (!ReadElement(name, content, 0)) return std::nullopt;
    SkipMisc();
    if (at_ != text_.size()) return std::nullopt;
    return Json{{name, content}};
  }

 private:
  bool Sees(std::string_view what) const { return text_.substr(at_).starts_with(what); }
  void SkipBlanks() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  bool SkipPast(std::string_view what) {
    const size_t end = text_.find(what, at_);
    at_ = end == std::string_view::npos ? text_.size() : end + what.size();
    return end != std::string_view::npos;
  }
  void SkipMisc() {
    for (SkipBlanks(); Sees("<?") || Sees("<!"); SkipBlanks()) SkipPast(Sees("<!--") ? "-->" : ">");
  }
  std::string ReadName() {
    const size_t begin = at_;
    while (at_ < text_.size() && !std::isspace(static_cast<unsigned char>(text_[at_])) &&
           std::string_view("=/><\"'").find(text_[at_]) == std::string_view::npos)
      ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }
  static std::string Unescape(std::string_view text) {
    static constexpr std::pair<std::string_view, std::string_view> kEntities[] = {
        {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&apos;", "'"}, {"&amp;", "&"}};
    std::string plain;
    for (size_t i = 0; i < text.size();) {
      bool found = false;
      for (const auto& [entity, meaning] : kEntities) {
        if (!text.substr(i).starts_with(entity)) continue;
        plain += meaning;
        i += entity.size();
        found = true;
        break;
      }
      if (!found) plain += text[i++];
    }
    return plain;
  }
  bool ReadAttributes(Json& content) {
    for (SkipBlanks(); at_ < text_.size() && text_[at_] != '>' && text_[at_] != '/'; SkipBlanks()) {
      const std::string name = ReadName();
      SkipBlanks();
      if (name.empty() || !Sees("=")) return false;
      ++at_;
      SkipBlanks();
      if (!Sees("\"") && !Sees("'")) return false;
      const char quote = text_[at_++];
      const size_t end = text_.find(quote, at_);
      if (end == std::string_view::npos) return false;
      content["@" + name] = Unescape(text_.substr(at_, end - at_));
      at_ = end + 1;
    }
    return true;
  }
  static void AddChild(Json& content, const std::string& name, Json child) {
    if (!content.contains(name)) {
      content[name] = std::move(child);
    } else if (content[name].is_array()) {
      content[name].push_back(std::move(child));
    } else {
      content[name] = Json::array({content[name], std::move(child)});
    }
  }
  bool ReadElement(std::string& name, Json& result, int depth) {
    if (depth > 64 || !Sees("<")) return false;
    ++at_;
    name = ReadName();
    Json content = Json::object();
    if (name.empty() || !ReadAttributes(content)) return false;
    std::string text;
    if (Sees("/>")) {
      at_ += 2;
    } else if (!Sees(">") || !ReadContent(name, content, text, depth)) {
      return false;
    }
    if (content.empty()) {
      result = text.empty() ? Json(nullptr) : Json(text);
    } else {
      if (!text.empty()) content["#text"] = text;
      result = std::move(content);
    }
    return true;
  }
  bool ReadContent(const std::string& name, Json& content, std::string& text, int depth) {
    ++at_;
    while (at_ < text_.size()) {
      if (Sees("</")) {
        at_ += 2;
        if (ReadName() != name) return false;
        SkipBlanks();
        return Sees(">") && ++at_ > 0;
      }
      if (Sees("<!--")) {
        SkipPast("-->");
      } else if (Sees("<![CDATA[")) {
        const size_t begin = at_ + 9, end = text_.find("]]>", begin);
        if (end == std::string_view::npos) return false;
        text += text_.substr(begin, end - begin);
        at_ = end + 3;
      } else if (Sees("<")) {
        std::string child_name;
        Json child;
        if (!ReadElement(child_name, child, depth + 1)) return false;
        AddChild(content, child_name, std::move(child));
      } else {
        const size_t end = std::min(text_.find('<', at_), text_.size());
        text += Unescape(Trim(text_.substr(at_, end - at_)));
        at_ = end;
      }
    }
    return false;
  }

  const std::string_view text_;
  size_t at_ = 0;
};

Value ParseXml(Arguments a) {
  const auto parsed = XmlReader(Text(a[0])).Run();
  return parsed ? Dynamic(*parsed) : Value();
}

// "1.2.3.4" as one number: four parts of eight digits.
Value ParseVersion(Arguments a) {
  const auto parts = Split(Text(a[0]), '.');
  if (parts.empty() || parts.size() > 4) return {};
  std::string digits;
  for (size_t i = 0; i < 4; ++i) {
    const auto number = i < parts.size() ? ParseInt(parts[i]) : std::optional<long long>(0);
    if (!number || *number < 0 || *number > 99'999'999) return {};
    digits += fmt::format("{:08}", *number);
  }
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  return digits;
}

// A command line as Windows splits it.
Value ParseCommandLine(Arguments a) {
  if (Text(a[1]) != "windows" && Text(a[1]) != "Windows") return {};
  const std::string_view text = Text(a[0]);
  Json words = Json::array();
  std::string word;
  bool quoted = false, any = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      size_t count = 0;
      while (i < text.size() && text[i] == '\\') ++count, ++i;
      const bool before_quote = i < text.size() && text[i] == '"';
      word.append(before_quote ? count / 2 : count, '\\');
      if (before_quote && count % 2 == 1) word += '"', ++i;
      any = true;
      --i;
    } else if (text[i] == '"') {
      quoted = !quoted;
      any = true;
    } else if (std::isspace(static_cast<unsigned char>(text[i])) && !quoted) {
      if (any) words.push_back(std::exchange(word, ""));
      any = false;
    } else {
      word += text[i];
      any = true;
    }
  }
  if (any) words.push_back(word);
  return words.empty() ? Value() : Dynamic(words);
}

// One lookup after the other, but never in what was put in.
Value ReplaceStrings(Arguments a) {
  const Json olds = ParseJson(a[1]);
  const Json news = ParseJson(a[2]);
  if (!olds.is_array()) return {};
  const auto as_text = [](const Json& json) { return json.is_string() ? json.get<std::string>() : Write(json); };
  // Pieces of the text; those that were replaced are left alone from then on.
  std::vector<std::pair<std::string, bool>> pieces = {{std::string(Text(a[0])), false}};
  for (size_t i = 0; i < olds.size(); ++i) {
    const std::string old = as_text(olds[i]);
    if (old.empty()) continue;
    const Json* replacement = news.is_array() && i < news.size() ? &news[i] : nullptr;
    const std::string fresh = replacement == nullptr     ? ""
                              : replacement->is_string() ? replacement->get<std::string>()
                                                         : old;
    std::vector<std::pair<std::string, bool>> next;
    for (auto& [piece, is_done] : pieces) {
      size_t at = 0;
      for (size_t found = is_done ? std::string::npos : piece.find(old); found != std::string::npos;
           found = piece.find(old, at)) {
        next.emplace_back(piece.substr(at, found - at), false);
        next.emplace_back(fresh, true);
        at = found + old.size();
      }
      next.emplace_back(piece.substr(at), is_done);
    }
    pieces = std::move(next);
  }
  std::string result;
  for (const auto& [piece, is_done] : pieces) result += piece;
  return result;
}

std::vector<char32_t> CodePoints(std::string_view text) {
  std::vector<char32_t> points;
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const int length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t point = length == 1 ? lead : lead & (0x7F >> length);
    for (int k = 1; k < length && i + static_cast<size_t>(k) < text.size(); ++k)
      point = point << 6 | (static_cast<unsigned char>(text[i + static_cast<size_t>(k)]) & 0x3F);
    points.push_back(point);
    i += static_cast<size_t>(length);
  }
  return points;
}

void AppendPoint(std::string& text, char32_t point) {
  if (point < 0x80) {
    text += static_cast<char>(point);
  } else if (point < 0x800) {
    text += static_cast<char>(0xC0 | point >> 6);
    text += static_cast<char>(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    text += static_cast<char>(0xE0 | point >> 12);
    text += static_cast<char>(0x80 | (point >> 6 & 0x3F));
    text += static_cast<char>(0x80 | (point & 0x3F));
  } else {
    text += static_cast<char>(0xF0 | point >> 18);
    text += static_cast<char>(0x80 | (point >> 12 & 0x3F));
    text += static_cast<char>(0x80 | (point >> 6 & 0x3F));
    text += static_cast<char>(0x80 | (point & 0x3F));
  }
}

bool IsCharacter(int64_t code) {
  return code >= 0 && code <= 0x10FFFF && !(code >= 0xD800 && code < 0xE000);
}

// indexof(text, what, start, length, occurrence): `length` limits where a match may begin; a negative start counts from
// the end.
Value IndexOf(Arguments a) {
  const auto text = CodePoints(Text(a[0])), what = CodePoints(Text(a[1]));
  const auto size = static_cast<int64_t>(text.size());
  int64_t start = Long(a[2]), length = Long(a[3]), occurrence = Long(a[4]);
  if (start < 0) start = std::max<int64_t>(0, size + start);
  if (occurrence < 1 || length < -1) return {};
  const int64_t end = length < 0 || length > size - start ? size : start + length;
  for (int64_t at = start; at <= size - static_cast<int64_t>(what.size()) && (at < end || what.empty()); ++at) {
    if (std::equal(what.begin(), what.end(), text.begin() + at) && --occurrence == 0) return at;
  }
  return int64_t{-1};
}

Value FormatBytes(Arguments a) {
  static constexpr std::array<std::string_view, 7> kUnits = {"Bytes", "KB", "MB", "GB", "TB", "PB", "EB"};
  double size = Real(a[0]);
  const int64_t precision = std::clamp<int64_t>(Long(a[1]), 0, 15);
  const std::string wanted = ToLower(Text(a[2]));
  size_t unit = 0;
  const auto fits = [&] {
    if (wanted.empty()) return std::abs(size) < 1024;
    return ToLower(kUnits[unit]) == wanted;
  };
  while (!fits() && unit + 1 < kUnits.size()) {
    size /= 1024;
    ++unit;
  }
  const double scale = std::pow(10, static_cast<double>(precision));
  std::string number = FormatDouble(std::round(size * scale) / scale);
  if (number.ends_with(".0")) number.resize(number.size() - 2);
  return fmt::format("{} {}", number, kUnits[unit]);
}

Value ToHex(Arguments a) {
  std::string hex = fmt::format("{:x}", static_cast<uint64_t>(Long(a[0])));
  const int64_t width = std::clamp<int64_t>(Long(a[1]), 0, 64);
  if (static_cast<int64_t>(hex.size()) < width) hex.insert(0, static_cast<size_t>(width) - hex.size(), '0');
  return hex;
}

Value ToHexInt(Arguments a) {
  const Argument both[] = {static_cast<int64_t>(static_cast<uint32_t>(Long(a[0]))), a[1]};
  return ToHex(both);
}

// xxHash64 (Yann Collet), seed 0.
uint64_t XxHash(std::string_view data) {
  constexpr uint64_t kP1 = 11400714785074694791ULL, kP2 = 14029467366897019727ULL, kP3 = 1609587929392839161ULL,
                     kP4 = 9650029242287828579ULL, kP5 = 2870177450012600261ULL;
  const auto rotate = [](uint64_t x, int r) { return x << r | x >> (64 - r); };
  const auto read = [&](size_t at, size_t bytes) {
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; ++i)
      value |= static_cast<uint64_t>(static_cast<unsigned char>(data[at + i])) << (8 * i);
    return value;
  };
  const auto round = [&](uint64_t sum, uint64_t input) { return rotate(sum + input * kP2, 31) * kP1; };
  size_t at = 0;
  uint64_t hash = kP5;
  if (data.size() >= 32) {
    uint64_t v[4] = {kP1 + kP2, kP2, 0, 0 - kP1};
    for (; at + 32 <= data.size(); at += 32) {
      for (size_t i = 0; i < 4; ++i) v[i] = round(v[i], read(at + 8 * i, 8));
    }
    hash = rotate(v[0], 1) + rotate(v[1], 7) + rotate(v[2], 12) + rotate(v[3], 18);
    for (const uint64_t lane : v) hash = (hash ^ round(0, lane)) * kP1 + kP4;
  }
  hash += data.size();
  for (; at + 8 <= data.size(); at += 8) hash = rotate(hash ^ round(0, read(at, 8)), 27) * kP1 + kP4;
  if (at + 4 <= data.size()) {
    hash = rotate(hash ^ read(at, 4) * kP1, 23) * kP2 + kP3;
    at += 4;
  }
  for (; at < data.size(); ++at) hash = rotate(hash ^ read(at, 1) * kP5, 11) * kP1;
  hash = (hash ^ hash >> 33) * kP2;
  hash = (hash ^ hash >> 29) * kP3;
  return hash ^ hash >> 32;
}

Value HashText(Arguments a) {
  return static_cast<int64_t>(XxHash(Text(a[0])));
}
Value HashLong(Arguments a) {
  const int64_t value = Long(a[0]);
  return static_cast<int64_t>(XxHash({reinterpret_cast<const char*>(&value), sizeof value}));
}
Value HashReal(Arguments a) {
  const double value = Real(a[0]);
  return static_cast<int64_t>(XxHash({reinterpret_cast<const char*>(&value), sizeof value}));
}
Value HashModulo(Arguments a) {
  if (Long(a[1]) <= 0) return {};
  return static_cast<int64_t>(static_cast<uint64_t>(Long(a[0])) % static_cast<uint64_t>(Long(a[1])));
}
Value CodePointsFrom(Arguments a) {
  Json points = Json::array();
  for (const char32_t point : CodePoints(Text(a[0]))) points.push_back(static_cast<int64_t>(point));
  return Dynamic(points);
}

Value CodePointsTo(Arguments a) {
  std::string text;
  const std::function<void(const Json&, int)> append = [&](const Json& json, int depth) {
    if (json.is_number_integer() && IsCharacter(json.get<int64_t>())) {
      AppendPoint(text, static_cast<char32_t>(json.get<int64_t>()));
    } else if (json.is_array() && depth < 8) {
      for (const Json& item : json) append(item, depth + 1);
    }
  };
  append(ParseJson(a[0]), 0);
  return text;
}

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string ToBase64(std::string_view bytes) {
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0);
    for (size_t k = 0; k < 4; ++k) text += i + k > bytes.size() ? '=' : kBase64[group >> (18 - 6 * k) & 63];
  }
  return text;
}

std::optional<std::string> FromBase64(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string bytes;
  uint32_t group = 0;
  int bits = 0;
  for (const char c : text) {
    const size_t value = kBase64.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    group = group << 6 | static_cast<uint32_t>(value);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(group >> bits & 0xFF);
  }
  return bytes;
}

Value Base64ToArray(Arguments a) {
  const auto bytes = FromBase64(Text(a[0]));
  // The service takes texts alone.
  if (!bytes || !IsUtf8(*bytes)) return {};
  Json array = Json::array();
  for (const char c : *bytes) array.push_back(static_cast<int>(static_cast<unsigned char>(c)));
  return Dynamic(array);
}

Value Base64FromArray(Arguments a) {
  const Json array = ParseJson(a[0]);
  if (!array.is_array()) return {};
  std::string bytes;
  for (const Json& item : array) {
    if (!item.is_number_integer() || item.get<int64_t>() < 0 || item.get<int64_t>() > 255) return {};
    bytes += static_cast<char>(item.get<int64_t>());
  }
  return ToBase64(bytes);
}

// The bytes of a guid as Windows stores it: the first three parts with their lowest byte first.
constexpr size_t kGuidOrder[] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

Value Base64FromGuid(Arguments a) {
  std::string bytes(16, '\0'), digits;
  for (const char c : Text(a[0])) {
    if (c != '-') digits += c;
  }
  if (digits.size() != 32) return {};
  const auto digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) ? c - '0' : (c | 32) - 'a' + 10; };
  for (size_t i = 0; i < 16; ++i)
    bytes[i] = static_cast<char>(digit(digits[2 * kGuidOrder[i]]) * 16 + digit(digits[2 * kGuidOrder[i] + 1]));
  return ToBase64(bytes);
}

Value Base64ToGuid(Arguments a) {
  const auto bytes = FromBase64(Text(a[0]));
  if (!bytes || bytes->size() != 16) return {};
  std::string digits(32, '0');
  for (size_t i = 0; i < 16; ++i) {
    const std::string two = fmt::format("{:02x}", static_cast<unsigned char>((*bytes)[i]));
    digits.replace(2 * kGuidOrder[i], 2, two);
  }
  const auto guid = ParseGuid(digits);
  return guid ? Value(*guid) : Value();
}

constexpr size_t kInflatedMax = 16 << 20;

std::string Deflate(std::string_view text, int window_bits) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY) != Z_OK) return "";
  std::string packed(deflateBound(&stream, text.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const bool good = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  packed.resize(good ? stream.total_out : 0);
  deflateEnd(&stream);
  return packed;
}

std::string Inflate(std::string_view packed, int window_bits) {
  z_stream stream{};
  if (inflateInit2(&stream, window_bits) != Z_OK) return "";
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string text;
  int state = Z_OK;
  while (state == Z_OK && text.size() < kInflatedMax) {
    char buffer[16384];
    stream.next_out = reinterpret_cast<Bytef*>(buffer);
    stream.avail_out = sizeof buffer;
    state = inflate(&stream, Z_NO_FLUSH);
    text.append(buffer, sizeof buffer - stream.avail_out);
    if (stream.avail_in == 0 && state == Z_OK && stream.avail_out != 0) break;
  }
  inflateEnd(&stream);
  return state == Z_STREAM_END && IsUtf8(text) ? text : "";
}

Value GzipPack(Arguments a) {
  return ToBase64(Deflate(Text(a[0]), 15 + 16));
}
Value ZlibPack(Arguments a) {
  return ToBase64(Deflate(Text(a[0]), 15));
}
Value GzipUnpack(Arguments a) {
  const auto bytes = FromBase64(Text(a[0]));
  return bytes ? Inflate(*bytes, 15 + 16) : std::string();
}
Value ZlibUnpack(Arguments a) {
  const auto bytes = FromBase64(Text(a[0]));
  return bytes ? Inflate(*bytes, 15) : std::string();
}

Value TextToTicks(Arguments a) {
  const auto ticks = ParseDateTimeTicks(Text(a[0]));
  return ticks ? Value(*ticks) : Value();
}
Value TextToTimespan(Arguments a) {
  const auto ticks = ParseTimespanTicks(Text(a[0]));
  return ticks ? Value(*ticks) : Value();
}

// d, h, H, m, s, f and F in runs, and separators; other letters were refused before.
Value FormatTimespan(Arguments a) {
  const int64_t ticks = Long(a[0]);
  const uint64_t value = ticks < 0 ? uint64_t{0} - static_cast<uint64_t>(ticks) : static_cast<uint64_t>(ticks);
  const std::string_view format = Text(a[1]);
  std::string text = ticks < 0 ? "-" : "";
  for (size_t i = 0; i < format.size();) {
    const char c = format[i];
    size_t count = 1;
    while (i + count < format.size() && format[i + count] == c) ++count;
    i += count;
    const auto number = [&](uint64_t n) { text += fmt::format("{:0{}}", n, count); };
    const uint64_t seconds = value / kTicksPerSecond;
    if (c == 'd') {
      number(seconds / 86'400);
    } else if (c == 'h' || c == 'H') {
      number(seconds / 3600 % 24);
    } else if (c == 'm') {
      number(seconds / 60 % 60);
    } else if (c == 's') {
      number(seconds % 60);
    } else if (c == 'f' || c == 'F') {
      std::string digits = fmt::format("{:07}", value % kTicksPerSecond).substr(0, count);
      while (c == 'F' && digits.ends_with('0')) digits.pop_back();
      text += digits;
    } else {
      text.append(count, c);
    }
  }
  return text;
}

// RFC 3492.
constexpr uint32_t kPunyBase = 36, kPunyMin = 1, kPunyMax = 26, kPunySkew = 38, kPunyDamp = 700;

uint32_t Adapt(uint32_t delta, uint32_t points, bool first) {
  delta = first ? delta / kPunyDamp : delta / 2;
  delta += delta / points;
  uint32_t k = 0;
  for (; delta > (kPunyBase - kPunyMin) * kPunyMax / 2; k += kPunyBase) delta /= kPunyBase - kPunyMin;
  return k + (kPunyBase - kPunyMin + 1) * delta / (delta + kPunySkew);
}

uint32_t Threshold(uint32_t k, uint32_t bias) {
  return k <= bias ? kPunyMin : k >= bias + kPunyMax ? kPunyMax : k - bias;
}

Value PunycodeFrom(Arguments a) {
  const auto points = CodePoints(Text(a[0]));
  std::string text;
  for (const char32_t point : points) {
    if (point < 0x80) text += static_cast<char>(point);
  }
  const auto basic = static_cast<uint32_t>(text.size());
  uint32_t handled = basic, n = 128, delta = 0, bias = 72;
  if (basic > 0) text += '-';
  while (handled < points.size()) {
    uint32_t next = 0x10FFFF;
    for (const char32_t point : points) {
      if (point >= n) next = std::min<uint32_t>(next, point);
    }
    delta += (next - n) * (handled + 1);
    n = next;
    for (const char32_t point : points) {
      if (point < n) ++delta;
      if (point != n) continue;
      uint32_t q = delta;
      for (uint32_t k = kPunyBase;; k += kPunyBase) {
        const uint32_t t = Threshold(k, bias);
        const uint32_t digit = q < t ? q : t + (q - t) % (kPunyBase - t);
        text += static_cast<char>(digit < 26 ? 'a' + digit : '0' + digit - 26);
        if (q < t) break;
        q = (q - t) / (kPunyBase - t);
      }
      bias = Adapt(delta, handled + 1, handled == basic);
      delta = 0;
      ++handled;
    }
    ++delta;
    ++n;
  }
  return text;
}

Value PunycodeTo(Arguments a) {
  const std::string_view text = Text(a[0]);
  const size_t dash = text.rfind('-');
  std::vector<char32_t> points;
  for (size_t i = 0; dash != std::string_view::npos && i < dash; ++i)
    points.push_back(static_cast<unsigned char>(text[i]));
  uint64_t n = 128, at = 0, bias = 72;
  for (size_t in = dash == std::string_view::npos ? 0 : dash + 1; in < text.size();) {
    const uint64_t before = at;
    uint64_t weight = 1;
    for (uint32_t k = kPunyBase;; k += kPunyBase) {
      if (in >= text.size()) return std::string();
      const char c = static_cast<char>(std::tolower(static_cast<unsigned char>(text[in++])));
      const int digit = c >= 'a' && c <= 'z' ? c - 'a' : c >= '0' && c <= '9' ? c - '0' + 26 : 99;
      if (digit == 99) return std::string();
      at += static_cast<uint64_t>(digit) * weight;
      const uint32_t t = Threshold(k, static_cast<uint32_t>(bias));
      if (at > 0x7fffffff) return std::string();
      if (static_cast<uint32_t>(digit) < t) break;
      weight *= kPunyBase - t;
      if (weight > 0x7fffffff) return std::string();
    }
    const auto size = static_cast<uint32_t>(points.size()) + 1;
    bias = Adapt(static_cast<uint32_t>(at - before), size, before == 0);
    n += at / size;
    at %= size;
    if (!IsCharacter(static_cast<int64_t>(n))) return std::string();
    points.insert(points.begin() + static_cast<std::ptrdiff_t>(at++), static_cast<char32_t>(n));
  }
  std::string result;
  for (const char32_t point : points) AppendPoint(result, point);
  return result;
}

// The keys and values of a text. Options as JSON: pair, kv, quotes (one or two characters each), escape, greedy, keys.
// Without delimiters whatever is neither letter nor digit separates.
class KvReader {
 public:
  KvReader(std::string_view text, const Json& options) : text_(text) {
    pair_ = options.value("pair", "");
    kv_ = options.value("kv", "");
    escape_ = options.value("escape", "");
    greedy_ = options.value("greedy", false);
    for (const Json& quote : options.value("quotes", Json::array())) quotes_.push_back(quote.get<std::string>());
  }

  Json Run() {
    if (kv_.empty()) return RunWithoutDelimiters();
    Json found = Json::object();
    while (at_ < text_.size()) {
      const std::string key = std::string(Trim(Read(kv_, pair_)));
      if (!Sees(kv_)) {
        Skip(pair_);
        continue;
      }
      at_ += kv_.size();
      std::string value = greedy_ ? ReadGreedy() : Read(pair_, "");
      Skip(pair_);
      if (!found.contains(key)) found[key] = value;
    }
    return found;
  }

 private:
  bool Sees(std::string_view what) const { return !what.empty() && text_.substr(at_).starts_with(what); }
  void Skip(std::string_view what) {
    if (Sees(what)) {
      at_ += what.size();
    } else if (at_ < text_.size()) {
      ++at_;
    }
  }
  // A quoted text when one begins here, or all up to one of the delimiters.
  std::string Read(std::string_view end, std::string_view other) {
    const size_t begin = at_;
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) && !Sees(end) && !Sees(other))
      ++at_;
    for (const std::string& quote : quotes_) {
      if (at_ >= text_.size() || text_[at_] != quote[0]) continue;
      std::string quoted = ReadQuoted(quote.back());
      while (at_ < text_.size() && !Sees(end) && !Sees(other)) ++at_;
      return quoted;
    }
    at_ = begin;
    std::string plain;
    while (at_ < text_.size() && !Sees(end) && !Sees(other)) {
      if (end.empty() && other.empty()) {
        plain += text_.substr(at_);
        at_ = text_.size();
        break;
      }
      if (Sees(escape_)) at_ += escape_.size();
      if (at_ < text_.size()) plain += text_[at_++];
    }
    return std::string(Trim(plain));
  }
  std::string ReadQuoted(char closing) {
    std::string text;
    for (++at_; at_ < text_.size() && text_[at_] != closing; ++at_) {
      if (Sees(escape_) && at_ + escape_.size() < text_.size()) at_ += escape_.size();
      text += text_[at_];
    }
    if (at_ < text_.size()) ++at_;
    return text;
  }
  // Up to the pair delimiter before the next key.
  std::string ReadGreedy() {
    const size_t next = text_.find(kv_, at_);
    size_t end = text_.size();
    if (next != std::string_view::npos && !pair_.empty()) {
      const size_t before = text_.substr(0, next).rfind(pair_);
      if (before != std::string_view::npos && before >= at_) end = before;
    }
    std::string_view value = Trim(text_.substr(at_, end - at_));
    at_ = end;
    for (const std::string& quote : quotes_) {
      if (value.size() >= 2 && value.front() == quote.front() && value.back() == quote.back())
        value = value.substr(1, value.size() - 2);
    }
    return std::string(value);
  }
  Json RunWithoutDelimiters() {
    std::vector<std::string> words;
    std::string word;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      const auto quote = std::find_if(quotes_.begin(), quotes_.end(), [&](const auto& q) { return q[0] == c; });
      const bool joins = std::isalnum(static_cast<unsigned char>(c)) || static_cast<unsigned char>(c) >= 0x80;
      if (!joins && !word.empty()) words.push_back(std::exchange(word, ""));
      if (quote != quotes_.end()) {
        words.push_back(ReadQuoted(quote->back()));
        continue;
      }
      if (joins) word += c;
      ++at_;
    }
    if (!word.empty()) words.push_back(word);
    Json found = Json::object();
    for (size_t i = 0; i + 1 < words.size(); i += 2) {
      if (!found.contains(words[i])) found[words[i]] = words[i + 1];
    }
    return found;
  }

  const std::string_view text_;
  std::string pair_, kv_, escape_;
  std::vector<std::string> quotes_;
  bool greedy_ = false;
  size_t at_ = 0;
};

Value ParseKv(Arguments a) {
  return Dynamic(KvReader(Text(a[0]), ParseJson(a[1])).Run());
}

Value Ready(Arguments) {
  return true;
}

constexpr Function kFunctions[] = {
    {"ready", "", 'b', Ready},
    {"parse_url", "s", 's', ParseUrl},
    {"parse_urlquery", "s", 's', ParseUrlQuery},
    {"parse_path", "s", 's', ParsePath},
    {"parse_csv", "s", 's', ParseCsv},
    {"parse_xml", "s", 's', ParseXml},
    {"parse_version", "s", 's', ParseVersion},
    {"parse_command_line", "ss", 's', ParseCommandLine},
    {"parse_kv", "ss", 's', ParseKv},
    {"replace_strings", "sss", 's', ReplaceStrings},
    {"url_encode_query", "s", 's', UrlEncode},
    {"url_encode", "s", 's', UrlEncodeComponent},
    {"indexof", "sslll", 'l', IndexOf},
    {"format_bytes", "rls", 's', FormatBytes},
    {"tohex", "ll", 's', ToHex},
    {"tohex_int", "ll", 's', ToHexInt},
    {"hash_of_text", "s", 'l', HashText},
    {"hash_of_long", "l", 'l', HashLong},
    {"hash_of_real", "r", 'l', HashReal},
    {"hash_modulo", "ll", 'l', HashModulo},
    {"codepoints_from", "s", 's', CodePointsFrom},
    {"codepoints_to", "s", 's', CodePointsTo},
    {"base64_to_array", "s", 's', Base64ToArray},
    {"base64_from_array", "s", 's', Base64FromArray},
    {"base64_to_guid", "s", 's', Base64ToGuid},
    {"base64_from_guid", "s", 's', Base64FromGuid},
    {"gzip_pack", "s", 's', GzipPack},
    {"gzip_unpack", "s", 's', GzipUnpack},
    {"zlib_pack", "s", 's', ZlibPack},
    {"zlib_unpack", "s", 's', ZlibUnpack},
    {"text_to_ticks", "s", 'l', TextToTicks},
    {"text_to_timespan", "s", 'l', TextToTimespan},
    {"format_timespan", "ls", 's', FormatTimespan},
    {"punycode_from", "s", 's', PunycodeFrom},
    {"punycode_to", "s", 's', PunycodeTo},
};

}  // namespace

std::span<const Function> TextFunctions() {
  return kFunctions;
}

}  // namespace slipway::kql::native
