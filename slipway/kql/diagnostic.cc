#include "slipway/kql/diagnostic.h"

#include <algorithm>

#include <fmt/format.h>

namespace slipway::kql {
namespace {

constexpr size_t kShownCharacters = 160;

bool ContinuesCharacter(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

size_t CountCharacters(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !ContinuesCharacter(c); }));
}

// Blanks as wide as `text`; tabs stay tabs, so that carets line up below it.
std::string BlanksLike(std::string_view text) {
  std::string blanks;
  for (const char c : text) {
    if (!ContinuesCharacter(c)) blanks += c == '\t' ? '\t' : ' ';
  }
  return blanks;
}

size_t ToCharacterStart(std::string_view text, size_t at) {
  while (at > 0 && at < text.size() && ContinuesCharacter(text[at])) --at;
  return at;
}

Error MakeError(std::string_view query, const Diagnostic& diagnostic) {
  const LineColumn place = Locate(query, diagnostic.span.begin);
  const Code code = diagnostic.code == kUnsupportedCode ? Code::kUnimplemented : Code::kInvalidArgument;
  return Error(code, fmt::format("{}: {}\n{}", diagnostic.code, diagnostic.message, CaretLines(query, diagnostic.span)))
      .At({"", place.line, place.column});
}

}  // namespace

void Diagnostics::Add(std::string_view code, Span span, std::string message) {
  list_.push_back({std::string(code), std::move(message), span});
}

void Diagnostics::AddUnsupported(Span span, std::string_view what) {
  Add(kUnsupportedCode, span, fmt::format("{} is not supported yet", what));
}

Error Diagnostics::ToError(std::string_view query) const {
  std::vector<Error> more;
  for (size_t i = 1; i < list_.size(); ++i) more.push_back(MakeError(query, list_[i]));
  return MakeError(query, list_.front()).Also(std::move(more));
}

LineColumn Locate(std::string_view query, uint32_t offset) {
  const std::string_view before = query.substr(0, std::min<size_t>(offset, query.size()));
  const size_t newline = before.rfind('\n');
  const std::string_view line = newline == std::string_view::npos ? before : before.substr(newline + 1);
  return {static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1,
          static_cast<int>(CountCharacters(line)) + 1};
}

std::string CaretLines(std::string_view query, Span span) {
  const size_t begin = std::min<size_t>(span.begin, query.size());
  const size_t newline = begin == 0 ? std::string_view::npos : query.rfind('\n', begin - 1);
  size_t line_begin = newline == std::string_view::npos ? 0 : newline + 1;
  size_t line_end = std::min(query.find('\n', begin), query.size());
  if (line_end > line_begin && query[line_end - 1] == '\r') --line_end;
  if (line_end - line_begin > kShownCharacters) {
    if (begin - line_begin > kShownCharacters / 2) {
      line_begin = ToCharacterStart(query, begin - kShownCharacters / 2);
    }
    line_end = ToCharacterStart(query, std::min(line_end, line_begin + kShownCharacters));
  }
  const size_t end = std::clamp<size_t>(span.end, begin, std::max(line_end, begin));
  const size_t width = std::max<size_t>(1, CountCharacters(query.substr(begin, end - begin)));
  const std::string_view line = query.substr(line_begin, line_end - line_begin);
  return fmt::format("{}\n{}{}", line, BlanksLike(query.substr(line_begin, begin - line_begin)),
                     std::string(width, '^'));
}

}  // namespace slipway::kql
