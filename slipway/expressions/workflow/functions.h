// The functions of the expression language. For this folder's own files.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/expressions/workflow/value.h"

namespace slipway::expressions::workflow {

enum class FunctionKind { kPlain, kStatus, kHashFiles, kCase };

struct Function {
  std::string_view name;  // as it is written
  size_t arguments_min = 0, arguments_max = 0;
  FunctionKind kind = FunctionKind::kPlain;
  Result<Value> (*call)(std::span<const Value> arguments) = nullptr;  // kPlain alone
};

// Found without case; nullptr when there is none.
const Function* FindFunction(std::string_view name);
std::vector<std::string> FunctionNames();

}  // namespace slipway::expressions::workflow
