#include "slipway/duck/scalar_function.h"

#include <duckdb.h>

#include <exception>
#include <memory>
#include <new>
#include <vector>

#include <fmt/format.h>

namespace slipway::duck {
namespace {

duckdb_type TypeOf(char letter) {
  switch (letter) {
    case 'b':
      return DUCKDB_TYPE_BOOLEAN;
    case 'l':
      return DUCKDB_TYPE_BIGINT;
    case 'r':
      return DUCKDB_TYPE_DOUBLE;
    default:
      return DUCKDB_TYPE_VARCHAR;
  }
}

class LogicalType {
 public:
  explicit LogicalType(char letter) : handle_(duckdb_create_logical_type(TypeOf(letter))) {}
  ~LogicalType() { duckdb_destroy_logical_type(&handle_); }
  LogicalType(const LogicalType&) = delete;
  LogicalType& operator=(const LogicalType&) = delete;
  duckdb_logical_type get() const { return handle_; }

 private:
  duckdb_logical_type handle_;
};

struct ColumnOfArguments {
  char letter;
  void* data;
  uint64_t* validity;

  Argument At(idx_t row) const {
    if (validity != nullptr && !duckdb_validity_row_is_valid(validity, row)) return std::monostate();
    switch (letter) {
      case 'b':
        return static_cast<const bool*>(data)[row];
      case 'l':
        return static_cast<const int64_t*>(data)[row];
      case 'r':
        return static_cast<const double*>(data)[row];
      default: {
        auto& text = static_cast<duckdb_string_t*>(data)[row];
        return std::string_view(duckdb_string_t_data(&text), duckdb_string_t_length(text));
      }
    }
  }
};

void Write(duckdb_vector output, char letter, idx_t row, const Value& value) {
  void* data = duckdb_vector_get_data(output);
  if (std::holds_alternative<std::monostate>(value)) {
    duckdb_vector_ensure_validity_writable(output);
    duckdb_validity_set_row_invalid(duckdb_vector_get_validity(output), row);
  } else if (letter == 'b') {
    static_cast<bool*>(data)[row] = std::get<bool>(value);
  } else if (letter == 'l') {
    static_cast<int64_t*>(data)[row] = std::get<int64_t>(value);
  } else if (letter == 'r') {
    static_cast<double*>(data)[row] = std::get<double>(value);
  } else {
    const std::string& text = std::get<std::string>(value);
    duckdb_vector_assign_string_element_len(output, row, text.data(), text.size());
  }
}

void RunAll(const ScalarFunction& function, duckdb_data_chunk input, duckdb_vector output) {
  std::vector<ColumnOfArguments> columns;
  for (size_t i = 0; i < function.parameters.size(); ++i) {
    duckdb_vector vector = duckdb_data_chunk_get_vector(input, i);
    columns.push_back({function.parameters[i], duckdb_vector_get_data(vector), duckdb_vector_get_validity(vector)});
  }
  const idx_t rows = duckdb_data_chunk_get_size(input);
  std::vector<Argument> arguments(columns.size());
  for (idx_t row = 0; row < rows; ++row) {
    bool any_null = false;
    for (size_t i = 0; i < columns.size(); ++i) {
      arguments[i] = columns[i].At(row);
      any_null |= std::holds_alternative<std::monostate>(arguments[i]);
    }
    Write(output, function.result, row, any_null && !function.takes_nulls ? Value() : function.code(arguments));
  }
}

void Call(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const auto& function = *static_cast<const ScalarFunction*>(duckdb_scalar_function_get_extra_info(info));
  try {
    RunAll(function, input, output);
  } catch (const std::exception& failure) {
    duckdb_scalar_function_set_error(info, failure.what());
  }
}

void Delete(void* function) {
  delete static_cast<ScalarFunction*>(function);
}

}  // namespace

Status Register(Connection& connection, const ScalarFunction& function) {
  duckdb_scalar_function handle = duckdb_create_scalar_function();
  duckdb_scalar_function_set_name(handle, function.name.c_str());
  for (const char letter : function.parameters) duckdb_scalar_function_add_parameter(handle, LogicalType(letter).get());
  duckdb_scalar_function_set_return_type(handle, LogicalType(function.result).get());
  if (function.takes_nulls) duckdb_scalar_function_set_special_handling(handle);
  duckdb_scalar_function_set_extra_info(handle, new ScalarFunction(function), Delete);
  duckdb_scalar_function_set_function(handle, Call);
  const duckdb_state state = duckdb_register_scalar_function(connection.handle_, handle);
  duckdb_destroy_scalar_function(&handle);
  if (state == DuckDBSuccess) return {};
  return Internal(fmt::format("the function '{}' cannot be registered", function.name));
}

}  // namespace slipway::duck
