// Tokens to tree.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/kql/token/token.h"
#include "slipway/kql/tree/tree.h"

namespace slipway::kql::tree {

// Limits that keep a hostile query from exhausting the stack of whoever walks its tree.
inline constexpr int kExpressionDepthMax = 200;
inline constexpr size_t kOperatorsMax = 200;
inline constexpr size_t kStatementsMax = 1000;
inline constexpr int kFunctionNestingMax = 10;

// The words that steps begin with: of those that are read, or of those that are part of the language and refused.
std::vector<std::string> OperatorWords(bool supported);

// `query` is the text that the tokens came from (typed literals read from it). nullopt after a complaint; several
// steps' complaints are collected.
std::optional<Query> Parse(std::string_view query, const std::vector<Token>& tokens, Diagnostics& diagnostics);

}  // namespace slipway::kql::tree
