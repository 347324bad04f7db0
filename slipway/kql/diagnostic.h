// Complaints about a query: code, message and the part of the text they are about.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/error.h"

namespace slipway::kql {

// Bytes [begin, end) of the query's text.
struct Span {
  uint32_t begin = 0;
  uint32_t end = 0;
};

inline Span Cover(Span a, Span b) {
  return {a.begin < b.begin ? a.begin : b.begin, a.end > b.end ? a.end : b.end};
}

struct Diagnostic {
  std::string code;  // SYN0002, SEM0100 … as the service numbers them; SEM9000 for what is not supported yet
  std::string message;
  Span span;
};

inline constexpr std::string_view kUnsupportedCode = "SEM9000";

// Collects what one reading of a query finds wrong, in the order found.
class Diagnostics {
 public:
  void Add(std::string_view code, Span span, std::string message);
  // "<what> is not supported yet".
  void AddUnsupported(Span span, std::string_view what);
  bool empty() const { return list_.empty(); }
  const std::vector<Diagnostic>& list() const { return list_; }

  // The first complaint with the others in more(): message "CODE: text", then the query's line and a line of carets
  // below it; position with line and column (in characters). kUnimplemented when the first is about something not
  // supported.
  Error ToError(std::string_view query) const;

 private:
  std::vector<Diagnostic> list_;
};

// Line and column of a byte, from 1; columns count characters.
struct LineColumn {
  int line = 1;
  int column = 1;
};
LineColumn Locate(std::string_view query, uint32_t offset);

// The line that `span` begins in and carets under what it covers of it; a very long line is shown around the span.
std::string CaretLines(std::string_view query, Span span);

}  // namespace slipway::kql
