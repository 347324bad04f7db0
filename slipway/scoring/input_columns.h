// The columns a request has to bring, matched with the inputs of the graph: what the codec checks cells against.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/model/onnx_graph.h"
#include "slipway/model/signature.h"

namespace slipway::scoring {

// One input of the graph, a matrix [N, width]; `rank` 1 when the graph declares it as [N].
struct GraphInput {
  std::string name;
  model::ElementType element = model::ElementType::kFloat;
  size_t first_column = 0;
  size_t width = 1;
  int rank = 2;
};

struct InputColumn {
  enum class Kind { kReal, kInteger, kBoolean, kText };

  std::string name;            // "" for a column of an unnamed matrix
  bool is_plain_name = false;  // stands in JSON as it is
  Kind kind = Kind::kReal;
  model::DataType type = model::DataType::kDouble;
  bool required = true;   // the column has to be there
  bool nullable = false;  // a value may be null
  size_t graph_input = 0;
  // What the graph's type can hold: kReal, kInteger.
  double real_limit = std::numeric_limits<double>::max();
  int64_t integer_min = std::numeric_limits<int64_t>::min();
  int64_t integer_max = std::numeric_limits<int64_t>::max();

  // "column 'age'", or "column 3" for an unnamed one.
  std::string Describe(size_t index) const;
};

// A value.
class InputColumns {
 public:
  // Columns of the signature go to the graph's inputs by name, or in order to the one matrix the graph takes.
  // kInvalidArgument when they do not fit; kUnimplemented for types that cannot be scored.
  static Result<InputColumns> Bind(const model::OnnxGraph& graph, const model::Signature& signature,
                                   bool signature_from_graph);

  size_t size() const { return columns_.size(); }
  const InputColumn& operator[](size_t index) const { return columns_[index]; }
  const std::vector<InputColumn>& columns() const { return columns_; }
  const std::vector<GraphInput>& graph_inputs() const { return graph_inputs_; }
  std::optional<size_t> Find(std::string_view name) const;
  std::vector<std::string> names() const;
  std::vector<std::string> labels() const;  // names; the number of a column without one
  bool is_named() const { return !columns_.empty() && !columns_[0].name.empty(); }

 private:
  std::vector<InputColumn> columns_;
  std::vector<GraphInput> graph_inputs_;
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::unordered_map<std::string, size_t, Hash, std::equal_to<>> index_;
};

}  // namespace slipway::scoring
