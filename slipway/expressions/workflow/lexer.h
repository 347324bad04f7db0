// Text of an expression to tokens. For this folder's own files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/expressions/workflow/value.h"

namespace slipway::expressions::workflow {

struct Token {
  enum class Kind { kSymbol, kName, kLiteral, kEnd };
  Kind kind = Kind::kEnd;
  std::string text;  // of names and symbols ("&&"); as written, of literals
  Value literal;
  size_t position = 0;
};

// The last token is kEnd.
Result<std::vector<Token>> Tokenize(std::string_view text);

// kInvalidArgument with the text and a caret under `position`.
Error AtCaret(std::string_view text, size_t position, std::string message);

}  // namespace slipway::expressions::workflow
