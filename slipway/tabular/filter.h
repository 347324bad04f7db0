// The row filters of MLTable: col("age") > 32 and (col("city") == "Riga" or not col("retired")).
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/tabular/table.h"

namespace slipway::tabular {

// A parsed condition on a row. Immutable; copies share it.
//   condition := condition "or" condition | condition "and" condition | "not" condition | "(" condition ")" |
//   comparison comparison := operand (== | != | < | <= | > | >=) operand | col("NAME")        (alone: a boolean column)
//   operand := col("NAME") | number | "text" | 'text' | True | False
// "and" binds closer than "or", "not" closest. A comparison with a null is false, whatever the operator.
class Filter {
 public:
  // kInvalidArgument says at which character it fails.
  static Result<Filter> Parse(std::string_view text);
  // One byte a row, 1 = the row passes. Fails for columns that are not there and operands that do not compare.
  Result<std::vector<uint8_t>> Apply(const Table& table) const;

  struct Node;
  explicit Filter(std::shared_ptr<const Node> root) : root_(std::move(root)) {}

 private:
  std::shared_ptr<const Node> root_;
};

}  // namespace slipway::tabular
