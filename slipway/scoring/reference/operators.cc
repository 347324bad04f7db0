#include "slipway/scoring/reference/operators.h"

#include <limits>

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::scoring::reference {
namespace {

std::string KeyOf(std::string_view domain, std::string_view name) {
  return fmt::format("{}:{}", domain == "ai.onnx" ? kMainDomain : domain, name);
}

Registry MakeRegistry() {
  Registry registry;
  AddShapeOperators(registry);
  AddElementwiseOperators(registry);
  AddReductionOperators(registry);
  AddEncoderOperators(registry);
  AddModelOperators(registry);
  AddSvmOperators(registry);
  return registry;
}

const Registry& Known() {
  static const Registry kRegistry = MakeRegistry();
  return kRegistry;
}

Status CheckInputs(const Context& context, Inputs inputs, size_t min_inputs) {
  for (size_t i = 0; i < min_inputs; ++i) {
    if (i >= inputs.size() || !inputs[i].is_present)
      return InvalidArgument(fmt::format("{}: input {} is missing", context.node.Describe(), i));
    if (inputs[i].is_map())
      return Unimplemented(fmt::format("{}: maps as input are not supported", context.node.Describe()));
  }
  return {};
}

}  // namespace

void Registry::Add(std::string_view domain, std::string_view name, Factory factory) {
  factories_[KeyOf(domain, name)] = std::move(factory);
}

void Registry::Add(std::string_view domain, std::string_view name, size_t min_inputs,
                   Result<Values> (*function)(const Context&, Inputs)) {
  Add(domain, name, [function, min_inputs](std::shared_ptr<const Context> context) -> Result<Operator> {
    return Operator([function, min_inputs, context](Inputs inputs) -> Result<Values> {
      SLIPWAY_RETURN_IF_ERROR(CheckInputs(*context, inputs, min_inputs));
      return With(function(*context, inputs), context->node.Describe());
    });
  });
}

const Factory* Registry::Find(std::string_view domain, std::string_view name) const {
  const auto found = factories_.find(KeyOf(domain, name));
  return found == factories_.end() ? nullptr : &found->second;
}

std::vector<std::string> Registry::names() const {
  std::vector<std::string> names;
  for (const auto& [key, factory] : factories_) names.push_back(key.substr(key.find(':') + 1));
  return names;
}

Result<Values> Run(const Operator& operation, const Values& inputs) {
  std::vector<const Value*> places;
  for (const Value& input : inputs) places.push_back(&input);
  return operation(Inputs(places));
}

Result<Operator> MakeOperator(const model::Node& node, const model::OnnxModel& model) {
  const Factory* factory = Known().Find(node.domain, node.op_type);
  if (factory == nullptr) return Unimplemented(fmt::format("the operator {} is not supported yet", node.Describe()));
  const std::string_view domain = node.domain == "ai.onnx" ? kMainDomain : std::string_view(node.domain);
  int64_t version = model.opset(domain);
  if (version == 0 && domain.empty()) version = model.opset("ai.onnx");
  if (version == 0) version = std::numeric_limits<int64_t>::max();
  return (*factory)(std::make_shared<Context>(Context{node, version}));
}

}  // namespace slipway::scoring::reference
