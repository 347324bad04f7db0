#include "slipway/tabular/text_encoding.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include <fmt/format.h>

namespace slipway::tabular {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

uint8_t ByteAt(std::string_view text, size_t at) {
  return at < text.size() ? static_cast<uint8_t>(text[at]) : 0;
}

bool IsContinuation(uint8_t byte) {
  return (byte & 0xC0) == 0x80;
}

// The length of the character that starts at `at`, 0 when it is malformed: overlong, a surrogate, beyond U+10FFFF.
size_t CharacterLength(std::string_view text, size_t at) {
  const uint8_t first = ByteAt(text, at), second = ByteAt(text, at + 1);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4 || !IsContinuation(second)) return 0;
  if (first < 0xE0) return 2;
  if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F)) return 0;
  if (!IsContinuation(ByteAt(text, at + 2))) return 0;
  if (first < 0xF0) return 3;
  if ((first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) return 0;
  return IsContinuation(ByteAt(text, at + 3)) ? 4 : 0;
}

// The first byte above 127 at or after `at`, else the text's size.
size_t SkipAscii(std::string_view text, size_t at) {
  constexpr uint64_t kHighBits = 0x8080808080808080ULL;
  for (uint64_t word = 0; at + sizeof word <= text.size(); at += sizeof word) {
    std::memcpy(&word, text.data() + at, sizeof word);
    if ((word & kHighBits) != 0) break;
  }
  while (at < text.size() && ByteAt(text, at) < 0x80) ++at;
  return at;
}

void AppendLatin1(std::string& text, uint8_t byte) {
  if (byte < 0x80) {
    text += static_cast<char>(byte);
    return;
  }
  text += static_cast<char>(0xC0 | (byte >> 6));
  text += static_cast<char>(0x80 | (byte & 0x3F));
}

Error BadByte(std::string_view text, size_t at, std::string_view file, std::string_view encoding,
              std::string_view advice) {
  return InvalidArgument(fmt::format("the byte 0x{:02X} is not {} here{}", ByteAt(text, at), encoding, advice))
      .At(PositionIn(text, at, file));
}

}  // namespace

std::optional<size_t> FirstInvalidUtf8(std::string_view text) {
  for (size_t at = SkipAscii(text, 0); at < text.size();) {
    const size_t length = CharacterLength(text, at);
    if (length == 0) return at;
    at += length;
    if (ByteAt(text, at) < 0x80) at = SkipAscii(text, at);
  }
  return std::nullopt;
}

std::optional<size_t> FirstNonAscii(std::string_view text) {
  const size_t at = SkipAscii(text, 0);
  return at < text.size() ? std::optional(at) : std::nullopt;
}

SourcePosition PositionIn(std::string_view text, size_t offset, std::string_view file) {
  SourcePosition position{.file = std::string(file), .line = 1, .column = 1};
  for (size_t at = 0; at < std::min(offset, text.size()); ++at) {
    const bool ends_line = text[at] == '\n' || (text[at] == '\r' && ByteAt(text, at + 1) != '\n');
    if (ends_line) {
      ++position.line;
      position.column = 1;
    } else if (!IsContinuation(ByteAt(text, at))) {
      ++position.column;
    }
  }
  return position;
}

Result<std::string_view> DecodeText(std::string_view text, Encoding encoding, std::string_view file,
                                    std::string& storage) {
  if (encoding == Encoding::kLatin1) {
    storage.clear();
    for (char byte : text) AppendLatin1(storage, static_cast<uint8_t>(byte));
    return std::string_view(storage);
  }
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (encoding == Encoding::kUtf8) {
    if (const auto at = FirstInvalidUtf8(text))
      return BadByte(text, *at, file, "UTF-8",
                     "; is the file in another encoding? An MLTable file reads CSV in latin1 (encoding: latin1), iconv "
                     "converts the others");
  } else if (const auto at = FirstNonAscii(text)) {
    return BadByte(text, *at, file, "ASCII", "; the encoding utf8 takes more");
  }
  return text;
}

}  // namespace slipway::tabular
