// What a model takes and gives: MLflow's signature, typed columns in order. Values; no I/O.
// Facts: MLflow writes each side as a *text* holding JSON, `[{"type": "double", "name": "age", "required": true}, …]`;
// writers before 2.6 leave `required` out (meaning true) or write `"optional": true`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"

namespace slipway::model {

enum class DataType { kBoolean, kInteger, kLong, kFloat, kDouble, kString, kBinary, kDatetime };

// "boolean", "integer" (32 bits), "long" (64 bits), "float", "double", "string", "binary", "datetime".
std::string_view DataTypeName(DataType type);
std::optional<DataType> DataTypeFromName(std::string_view name);

struct ColumnSpec {
  std::string name;  // empty for an unnamed column; all columns of a side are named or none is
  DataType type = DataType::kDouble;
  // False: the column may be missing, and a value may be null.
  bool required = true;
  // Dimensions of a tensor entry (-1 = any), e.g. {-1, 4}; empty for a column.
  std::vector<int64_t> tensor_shape = {};

  bool operator==(const ColumnSpec&) const = default;
};

struct Signature {
  std::vector<ColumnSpec> inputs;
  std::vector<ColumnSpec> outputs;

  bool empty() const { return inputs.empty() && outputs.empty(); }
  const ColumnSpec* FindInput(std::string_view name) const;
  std::vector<std::string> input_names() const;

  bool operator==(const Signature&) const = default;
};

// One side of a signature ⇄ the JSON text that MLmodel holds. Reading refuses (kInvalidArgument) what is not such a
// list, and nested types (array, object, map, any) with kUnimplemented.
Result<std::vector<ColumnSpec>> ParseColumnSpecs(std::string_view json);
std::string PrintColumnSpecs(const std::vector<ColumnSpec>& columns);

// {"inputs": "[…]", "outputs": "[…]", "params": null} as the registry keeps it; the two sides are texts as in MLmodel.
Result<Signature> ParseSignature(std::string_view json);
std::string PrintSignature(const Signature& signature);

}  // namespace slipway::model
