// A request of the dialect in JSON, over columns of every kind: accepted or refused, and read, as by a second decoder
// on another parser.
#include <string_view>

#include "fuzz/scored_model.h"
#include "slipway/model/model_directory.h"
#include "slipway/scoring/json_reader.h"
#include "slipway/scoring/request_decoder.h"
#include "slipway/scoring/second_opinion.h"

namespace {

using namespace slipway;           // NOLINT
using namespace slipway::scoring;  // NOLINT

InputColumns Columns() {
  using model::DataType;
  using model::ElementType;
  const model::Signature signature = {{{.name = "real", .type = DataType::kDouble, .required = false},
                                       {.name = "limit", .type = DataType::kFloat},
                                       {.name = "count", .type = DataType::kInteger},
                                       {.name = "id", .type = DataType::kLong},
                                       {.name = "flag", .type = DataType::kBoolean},
                                       {.name = "note", .type = DataType::kString, .required = false}},
                                      {}};
  constexpr ElementType kElements[] = {ElementType::kDouble, ElementType::kFloat, ElementType::kInt32,
                                       ElementType::kInt64,  ElementType::kBool,  ElementType::kString};
  model::OnnxGraph graph;
  for (size_t i = 0; i < signature.inputs.size(); ++i)
    graph.inputs.push_back({.name = signature.inputs[i].name, .element = kElements[i], .shape = {-1, 1}});
  auto columns = InputColumns::Bind(graph, signature, false);
  fuzz::Require(columns.has_value(), "the columns fit");
  return std::move(*columns);
}

// One matrix without names.
InputColumns Matrix() {
  model::OnnxGraph graph;
  graph.inputs = {{.name = "X", .shape = {-1, 3}}};
  auto columns = InputColumns::Bind(graph, model::SignatureOfGraph(graph), true);
  fuzz::Require(columns.has_value(), "the matrix fits");
  return std::move(*columns);
}

void Compare(std::string_view text, const InputColumns& columns) {
  static RequestDecoder decoder;
  second_opinion::WritingSink sink;
  const bool is_good = decoder.Decode(text, columns, sink).has_value();
  second_opinion::TreeBuilder tree;
  const bool is_json = nlohmann::json::sax_parse(text, &tree);
  // How deep an ignored part may be nested is ours to say, and the largest numbers JSON's parsers'.
  if (tree.is_overflow || tree.depth >= JsonReader::kMaxDepth) return;
  const auto wanted = is_json ? second_opinion::Decoder(columns).Decode(tree.root) : std::nullopt;
  fuzz::Require(is_good == wanted.has_value(), is_good ? "what is accepted is good" : "what is good is accepted");
  if (!is_good) return;
  fuzz::Require(!sink.is_repeated, "a cell is set once");
  fuzz::Require(sink.cells == *wanted, "the cells are read right");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const InputColumns kColumns = Columns(), kMatrix = Matrix();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (text.find('\0') != std::string_view::npos) return 0;  // the other parser takes it for the end
  Compare(text, kColumns);
  Compare(text, kMatrix);
  return 0;
}
