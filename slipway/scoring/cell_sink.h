// Where decoders of requests and tables put the cells they read: into feature rows, or into the graph's input tensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace slipway::scoring {

// Columns count as in InputColumns. Every cell of a row is set exactly once, by the function of its column's kind or as
// missing; cells come in any order. Nothing fails: what arrives here has been checked.
class CellSink {
 public:
  virtual ~CellSink() = default;
  virtual void Clear() noexcept = 0;
  virtual void AddRow() noexcept = 0;
  virtual size_t rows() const noexcept = 0;
  virtual void SetReal(size_t row, size_t column, double value) noexcept = 0;
  virtual void SetInteger(size_t row, size_t column, int64_t value) noexcept = 0;  // a boolean is 0 or 1
  virtual void SetText(size_t row, size_t column, std::string_view value) noexcept = 0;
  // A number becomes NaN, a text "".
  virtual void SetMissing(size_t row, size_t column) noexcept = 0;
};

}  // namespace slipway::scoring
