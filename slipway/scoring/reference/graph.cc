#include "slipway/scoring/reference/graph.h"

#include <fmt/format.h>

namespace slipway::scoring::reference {

int Graph::PlaceOf(const std::string& name) {
  const auto [found, is_new] = places_.emplace(name, static_cast<int>(constants_.size()));
  if (is_new) constants_.push_back({{}, false, {}});
  return found->second;
}

Status Graph::AddStep(const model::Node& node, const model::OnnxModel& model) {
  SLIPWAY_ASSIGN_OR_RETURN(Operator run, MakeOperator(node, model));
  Step step{std::move(run), node.Describe(), {}, {}};
  for (const std::string& name : node.inputs) {
    if (!name.empty() && places_.find(name) == places_.end())
      return InvalidArgument(fmt::format("{}: nothing makes its input '{}'", step.description, name));
    step.inputs.push_back(name.empty() ? -1 : PlaceOf(name));
  }
  for (const std::string& name : node.outputs) step.outputs.push_back(name.empty() ? -1 : PlaceOf(name));
  steps_.push_back(std::move(step));
  return {};
}

Result<Graph> Graph::Make(const model::OnnxModel& model) {
  Graph graph;
  for (const model::ValueInfo& input : model.graph.inputs) graph.inputs_.push_back(graph.PlaceOf(input.name));
  for (const model::Tensor& tensor : model.graph.initializers)
    graph.constants_[static_cast<size_t>(graph.PlaceOf(tensor.name))] = {tensor};
  for (const model::Node& node : model.graph.nodes) SLIPWAY_RETURN_IF_ERROR(graph.AddStep(node, model));
  for (const model::ValueInfo& output : model.graph.outputs) {
    if (graph.places_.find(output.name) == graph.places_.end())
      return InvalidArgument(fmt::format("nothing makes the output '{}'", output.name));
    graph.outputs_.push_back(graph.PlaceOf(output.name));
  }
  return graph;
}

// Constants and inputs are read where they stand.
Result<Values> Graph::Run(Values inputs) const {
  static const Value kAbsent{{}, false, {}};
  Values made(constants_.size());
  std::vector<const Value*> places(constants_.size());
  for (size_t i = 0; i < places.size(); ++i) places[i] = &constants_[i];
  for (size_t i = 0; i < inputs_.size(); ++i) places[static_cast<size_t>(inputs_[i])] = &inputs[i];
  std::vector<const Value*> arguments;
  for (const Step& step : steps_) {
    arguments.clear();
    for (const int place : step.inputs) arguments.push_back(place < 0 ? &kAbsent : places[static_cast<size_t>(place)]);
    SLIPWAY_ASSIGN_OR_RETURN(Values results, step.run(Inputs(arguments)));
    if (results.size() < step.outputs.size())
      return Unimplemented(fmt::format("{}: only {} outputs are supported", step.description, results.size()));
    for (size_t i = 0; i < step.outputs.size(); ++i) {
      if (step.outputs[i] < 0) continue;
      const auto place = static_cast<size_t>(step.outputs[i]);
      made[place] = std::move(results[i]);
      places[place] = &made[place];
    }
  }
  Values outputs;
  for (const int place : outputs_) outputs.push_back(*places[static_cast<size_t>(place)]);
  return outputs;
}

}  // namespace slipway::scoring::reference
