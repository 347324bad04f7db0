// The tree of an expression. For this folder's own files.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "slipway/expressions/workflow/value.h"

namespace slipway::expressions::workflow {

struct Node {
  enum class Kind {
    kLiteral,
    kContext,  // name
    kIndex,    // children: base, index
    kAll,      // children: base (".*")
    kCall,     // name, children: arguments
    kNot,
    kAnd,
    kOr,
    kEqual,
    kNotEqual,
    kLess,
    kLessOrEqual,
    kGreater,
    kGreaterOrEqual
  };
  Kind kind = Kind::kLiteral;
  std::string name;  // lower case
  Value literal;
  std::vector<std::unique_ptr<Node>> children;
  size_t position = 0;  // in the text
};

}  // namespace slipway::expressions::workflow
