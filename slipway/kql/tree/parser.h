// Tokens to tree.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "slipway/kql/token/token.h"
#include "slipway/kql/tree/tree.h"

namespace slipway::kql::tree {

// Limits that keep a hostile query from exhausting the stack of whoever walks its tree.
inline constexpr int kExpressionDepthMax = 200;
inline constexpr size_t kOperatorsMax = 200;

// `query` is the text that the tokens came from (typed literals read from it). nullopt after a complaint; several
// steps' complaints are collected.
std::optional<Query> Parse(std::string_view query, const std::vector<Token>& tokens, Diagnostics& diagnostics);

}  // namespace slipway::kql::tree
