// A pull parser for JSON requests: from left to right in one pass, without a tree, strict as RFC 8259 (and UTF-8
// throughout). What is read is told by the caller: a list's or an object's body is called at each of its values and
// reads it.
//
// Why not simdjson's on-demand parser: it finds the structure of the whole text before it gives the first value, which
// pays for documents of many kilobytes. A request of one row has some hundred bytes, and its keys are known beforehand.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"

namespace slipway::scoring {

// A number as it is written: (negative ? -1 : 1) · digits · 10^exponent, where `is_exact`.
// Part of a JsonReader's text.
struct JsonNumber {
  std::string_view text;
  uint64_t digits = 0;
  int64_t exponent = 0;
  bool is_negative = false;
  bool is_whole = false;  // neither a point nor an exponent
  bool is_exact = false;  // else there were too many digits: `text` alone tells

  // The nearest double; nullopt when it is beyond all of them.
  std::optional<double> real() const noexcept;
  // nullopt when it is not written as an integer, or is not of 64 bits.
  std::optional<int64_t> integer() const noexcept;
};

// Reads one text after another; after the largest it allocates no more. Functions that return bool or Status have read
// a whole value when they succeed; after a failure nothing but error() and Open may be called.
class JsonReader {
 public:
  enum class Type : uint8_t { kNone, kObject, kList, kText, kNumber, kBoolean, kNull };
  // Nesting below a value that is skipped.
  static constexpr int kMaxDepth = 100;

  // Takes a copy of `text`. kInvalidArgument when it is not UTF-8.
  Status Open(std::string_view text);
  // Fails unless nothing but blanks is left.
  Status CheckEnd();

  // What the value here is, by its first byte; kNone where none can begin.
  Type Peek() noexcept {
    SkipBlanks();
    switch (*at_) {
      case '{':
        return Type::kObject;
      case '[':
        return Type::kList;
      case '"':
        return Type::kText;
      case 't':
      case 'f':
        return Type::kBoolean;
      case 'n':
        return Type::kNull;
      case '-':
        return Type::kNumber;
      default:
        return *at_ >= '0' && *at_ <= '9' ? Type::kNumber : Type::kNone;
    }
  }

  // Calls `element` () → Status at each element of the list here.
  template <typename Element>
  Status List(Element&& element) {
    if (!Take('[')) return Unexpected("a list");
    if (TakeNext(']')) return {};
    do SLIPWAY_RETURN_IF_ERROR(element());
    while (TakeNext(','));
    return TakeNext(']') ? Status() : Unexpected("',' or ']'");
  }

  // Calls `member` () → Status at each key of the object here; it reads the key (TakeKey, Key), then the value.
  template <typename Member>
  Status Members(Member&& member) {
    if (!Take('{')) return Unexpected("an object");
    if (TakeNext('}')) return {};
    do {
      SkipBlanks();
      SLIPWAY_RETURN_IF_ERROR(member());
    } while (TakeNext(','));
    return TakeNext('}') ? Status() : Unexpected("',' or '}'");
  }

  // The same with the key read: `member` (std::string_view key) → Status. The key holds until the next one is read.
  template <typename Member>
  Status Object(Member&& member) {
    return Members([&]() -> Status {
      std::string_view key;
      if (!Key(key)) return error();
      return member(key);
    });
  }

  // Reads the key here and its colon when it is written as `name`, which stands in JSON as it is.
  bool TakeKey(std::string_view name) noexcept {
    if (name.size() + 3 > static_cast<size_t>(end_ - at_)) return false;
    const char* end = at_ + 1 + name.size();
    if (*at_ != '"' || *end != '"' || !IsSame(at_ + 1, name)) return false;
    if (end[1] == ':') {
      at_ = end + 2;
      return true;
    }
    const char* const start = at_;
    at_ = end + 1;
    if (TakeNext(':')) return true;
    at_ = start;
    return false;
  }
  // Any key and its colon.
  bool Key(std::string_view& key) {
    if (!String(key, key_buffer_)) return false;
    return TakeNext(':') || Fail("':' is expected");
  }

  bool Number(JsonNumber& number) noexcept;
  // The text holds until the next one is read.
  bool Text(std::string_view& text) { return String(text, text_buffer_); }
  bool Boolean(bool& value) noexcept;
  bool Null() noexcept { return TakeWord("null") || Fail("'null' is misspelt"); }
  // Any value.
  Status Skip(int depth = 0) { return SkipValue(depth, false); }
  // A value that is read again: what is no JSON but a number that is not finite is told about then, by its place.
  Status SkipForNow() { return SkipValue(0, true); }
  // Reads NaN, Infinity and the like, which are no JSON.
  bool TakeNotFinite() noexcept;

  // The value here in messages: the whole of it, without its insides for lists and objects, or its beginning where it
  // is long. Does not move.
  std::string Snippet() const;

  // For a second pass over a value.
  const char* place() const { return at_; }
  void Return(const char* place) { at_ = place; }

  // What failed, and at which byte.
  Error error() const;

 private:
  // Zeros after the text: reading on stops there, and eight bytes may be read anywhere.
  static constexpr size_t kPadding = 16;

  // By words that overlap: keys are short, and a call of memcmp costs more than that.
  static bool IsSame(const char* text, std::string_view name) noexcept {
    const size_t size = name.size();
    if (size >= 8) {
      for (size_t i = 0; i + 8 < size; i += 8)
        if (Word<uint64_t>(text + i) != Word<uint64_t>(name.data() + i)) return false;
      return Word<uint64_t>(text + size - 8) == Word<uint64_t>(name.data() + size - 8);
    }
    if (size >= 4)
      return Word<uint32_t>(text) == Word<uint32_t>(name.data()) &&
             Word<uint32_t>(text + size - 4) == Word<uint32_t>(name.data() + size - 4);
    return std::string_view(text, size) == name;
  }
  template <typename T>
  static T Word(const char* at) noexcept {
    T word;
    std::memcpy(&word, at, sizeof word);
    return word;
  }

  void SkipBlanks() noexcept {
    while (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t') ++at_;
  }
  bool Take(char expected) noexcept {
    if (*at_ != expected) return false;
    ++at_;
    return true;
  }
  bool TakeNext(char expected) noexcept {
    if (Take(expected)) return true;
    SkipBlanks();
    return Take(expected);
  }
  bool TakeWord(std::string_view word) noexcept {
    if (std::strncmp(at_, word.data(), word.size()) != 0) return false;
    at_ += word.size();
    return true;
  }

  // A text without escapes is taken from where it stands; others are written to `buffer`.
  bool String(std::string_view& text, std::string& buffer);
  Status SkipValue(int depth, bool takes_not_finite);
  bool Unescape(const char* begin, std::string& buffer);
  bool FailText() noexcept;
  bool Exponent(JsonNumber& number) noexcept;
  bool Escape(std::string& buffer);
  bool CodeUnit(unsigned& unit) noexcept;
  bool UnicodeEscape(std::string& buffer);
  // Where the plain part of a text ends that goes on at `at`: at a quote, a backslash or a control character.
  static const char* PlainEnd(const char* at) noexcept;

  bool Fail(const char* what) noexcept {
    what_ = what;
    return false;
  }
  Status Unexpected(std::string_view expected) const;

  std::vector<char> text_;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  const char* what_ = "";
  std::string key_buffer_, text_buffer_;
};

// `text` for messages: its beginning where it is long.
std::string Shortened(std::string_view text);
// "a list", "an object" …
std::string_view TypeName(JsonReader::Type type);

}  // namespace slipway::scoring
