// One flat JSON object, written straight into a text: a log row costs no tree and no allocation beyond that text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace slipway::gateway {

// Appends `text` as a JSON string with its quotes. Bytes that are not UTF-8 become '?', as rows must stay valid JSON
// whatever a client sent.
void AppendJsonString(std::string& out, std::string_view text);

class JsonRow {
 public:
  explicit JsonRow(std::string& out) : out_(out) { out_.push_back('{'); }
  // `key`: our own, of up to 96 bytes that need no escape.
  JsonRow& Text(std::string_view key, std::string_view value);
  JsonRow& Number(std::string_view key, int64_t value);
  JsonRow& Real(std::string_view key, double value);
  // The number tenths/10, with one decimal; not negative.
  JsonRow& Tenths(std::string_view key, int64_t tenths);
  // `members`: of the object, as Members takes them.
  JsonRow& Object(std::string_view key, std::string_view members);
  JsonRow& Boolean(std::string_view key, bool value);
  // `members`: "key":value pairs made before, without braces.
  JsonRow& Members(std::string_view members);
  void Close() { out_.push_back('}'); }

 private:
  class Member;
  void Append(const Member& member);
  void Key(std::string_view key);
  std::string& out_;
  bool is_first_ = true;
};

}  // namespace slipway::gateway
