// Result<T>: a value or an Error. The only way anything of ours fails; exceptions of dependencies are caught in the one
// wrapper that includes them.
#pragma once

#include <tl/expected.hpp>

#include <utility>

#include "slipway/base/error.h"

namespace slipway {

template <typename T = void>
class [[nodiscard]] Result : public tl::expected<T, Error> {
  using Base = tl::expected<T, Error>;

 public:
  using Base::Base;
  Result(Error error) : Base(tl::unexpect, std::move(error)) {}
};

using Status = Result<void>;

// Adds context to a failed result, and passes a good one through.
template <typename T>
Result<T> With(Result<T> result, std::string context) {
  if (!result) return std::move(result.error()).With(std::move(context));
  return result;
}

}  // namespace slipway

#define SLIPWAY_CONCAT_INNER(a, b) a##b
#define SLIPWAY_CONCAT(a, b) SLIPWAY_CONCAT_INNER(a, b)

#define SLIPWAY_RETURN_IF_ERROR(expression)                       \
  do {                                                            \
    if (auto slipway_status = (expression); !slipway_status)      \
      return ::slipway::Error(std::move(slipway_status.error())); \
  } while (false)

// SLIPWAY_ASSIGN_OR_RETURN(auto model, LoadModel(path));
#define SLIPWAY_ASSIGN_OR_RETURN(declaration, expression) \
  SLIPWAY_ASSIGN_OR_RETURN_INNER(SLIPWAY_CONCAT(slipway_result_, __LINE__), declaration, expression)
#define SLIPWAY_ASSIGN_OR_RETURN_INNER(result, declaration, expression) \
  auto result = (expression);                                           \
  if (!result) return ::slipway::Error(std::move(result.error()));      \
  declaration = std::move(*result)
