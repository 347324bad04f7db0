// JMESPath (jmespath.org) as jmespath.py 1.1 evaluates it, the engine inside the Azure command line, quirks included:
// strings compare by code point, a literal that is not JSON is text, `!` binds tighter than the dot.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "slipway/base/result.h"

namespace slipway::expressions {

namespace jmespath {
struct Node;
}

// A compiled expression: immutable, cheap to copy, safe to use from many threads.
class Jmespath {
 public:
  // kInvalidArgument for syntax errors, with the expression and a caret in the message. At most 64 KiB of text and 200
  // levels of nesting.
  static Result<Jmespath> Compile(std::string_view expression);

  // Missing keys give null. Objects that the expression makes keep the order it is written in. kInvalidArgument for
  // wrong calls of functions and a slice of step 0.
  Result<nlohmann::ordered_json> Evaluate(const nlohmann::ordered_json& document) const;

 private:
  explicit Jmespath(std::shared_ptr<const jmespath::Node> root) : root_(std::move(root)) {}
  std::shared_ptr<const jmespath::Node> root_;
};

}  // namespace slipway::expressions
