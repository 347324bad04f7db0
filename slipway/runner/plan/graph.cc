#include "slipway/runner/plan/graph.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/domain/search_space.h"
#include "slipway/runner/expressions.h"

namespace slipway::runner {
namespace {

using domain::Binding;
using domain::CommandComponent;
using domain::DataInput;
using domain::JobInput;
using domain::Literal;
using domain::PipelineSpec;
using domain::PipelineStep;
using domain::SweepSpec;

template <typename Map>
std::vector<std::string> KeysOf(const Map& map) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : map) keys.push_back(key);
  return keys;
}

bool IsLiteralType(std::string_view type) {
  return type == "string" || type == "number" || type == "integer" || type == "boolean";
}

bool IsFolderType(std::string_view type) {
  return type == "uri_folder" || type == "mltable" || type.ends_with("_model");
}

const CommandComponent& ComponentOf(const PipelineStep& step) {
  return step.sweep ? step.sweep->trial : step.component;
}

// Whether the component declares its ports; inline commands often do not: theirs are what they are given.
bool DeclaresPorts(const PipelineStep& step) {
  const CommandComponent& component = ComponentOf(step);
  return !component.inputs.empty() || !component.outputs.empty();
}

bool HasOutput(const PipelineStep& step, const std::string& name) {
  return name == "artifacts" || step.outputs.count(name) > 0 || ComponentOf(step).outputs.count(name) > 0;
}

std::vector<std::string> OutputNames(const PipelineStep& step) {
  std::set<std::string> names;
  for (const auto& [key, output] : step.outputs) names.insert(key);
  for (const auto& [key, port] : ComponentOf(step).outputs) names.insert(key);
  return {names.begin(), names.end()};
}

std::string OutputType(const PipelineStep& step, const std::string& name) {
  const auto port = ComponentOf(step).outputs.find(name);
  if (port != ComponentOf(step).outputs.end()) return port->second.type;
  const auto output = step.outputs.find(name);
  return output == step.outputs.end() ? "uri_folder" : output->second.type;
}

// A number or boolean given as text fits when it reads as one.
bool LiteralFits(const Literal& literal, std::string_view type) {
  if (type == "string") return true;
  if (type == "boolean") return EqualsIgnoreCase(literal.text, "true") || EqualsIgnoreCase(literal.text, "false");
  if (type == "number" || type == "integer") return ParseDouble(literal.text).has_value();
  return false;
}

std::optional<std::string> ComplaintAboutLiteral(const Literal& literal, const domain::InputPort& port) {
  if (!LiteralFits(literal, port.type)) {
    return fmt::format("'{}' is not of type {}", literal.text, port.type);
  }
  const auto number = ParseDouble(literal.text);
  const bool is_numeric = port.type == "number" || port.type == "integer";
  if (is_numeric && number && port.min && *number < *port.min) {
    return fmt::format("{} is less than the minimum {}", literal.text, FormatDouble(*port.min));
  }
  if (is_numeric && number && port.max && *number > *port.max) {
    return fmt::format("{} is more than the maximum {}", literal.text, FormatDouble(*port.max));
  }
  const bool is_choice =
      port.choices.empty() || std::find(port.choices.begin(), port.choices.end(), literal.text) != port.choices.end();
  if (is_choice) return std::nullopt;
  return fmt::format("'{}' is none of {}{}", literal.text, Join(port.choices, ", "),
                     DidYouMean(literal.text, port.choices));
}

class PipelineChecker {
 public:
  explicit PipelineChecker(const PipelineSpec& pipeline) : pipeline_(pipeline) {}

  std::vector<Error> Check() {
    if (pipeline_.jobs.empty()) errors_.push_back(InvalidArgument("the pipeline has no steps"));
    for (const auto& [name, step] : pipeline_.jobs) CheckStep(name, step);
    for (const auto& [name, step] : pipeline_.jobs) Visit(name);
    return std::move(errors_);
  }

 private:
  void Complain(const std::string& step, const std::string& message) {
    errors_.push_back(InvalidArgument(fmt::format("step '{}': {}", step, message)));
  }

  void CheckStep(const std::string& name, const PipelineStep& step) {
    for (const auto& [key, input] : step.inputs) CheckInput(name, step, key, input);
    for (const auto& [key, output] : step.outputs) CheckOutput(name, step, key, output);
    CheckRequired(name, step);
    CheckStepCommand(name, step);
  }

  void CheckInput(const std::string& name, const PipelineStep& step, const std::string& key, const JobInput& input) {
    const auto& ports = ComponentOf(step).inputs;
    const auto port = ports.find(key);
    if (DeclaresPorts(step) && port == ports.end()) {
      return Complain(name, fmt::format("the component has no input '{}'{}", key, DidYouMean(key, KeysOf(ports))));
    }
    const JobInput* source = &input;
    if (const auto* binding = std::get_if<Binding>(&input)) {
      if (!CheckBinding(name, key, *binding)) return;
      source = Resolve(input);
      if (!source) return CheckOutputType(name, key, *binding, port == ports.end() ? nullptr : &port->second);
    }
    if (port != ports.end()) CheckValueType(name, key, *source, port->second);
  }

  bool CheckBinding(const std::string& name, const std::string& key, const Binding& binding) {
    const std::string what = fmt::format("input '{}' is bound to {}", key, binding.ToString());
    if (binding.kind == Binding::Kind::kParentOutput) {
      Complain(name, what + ", an output of the pipeline; an input takes a pipeline input or an output of a step");
      return false;
    }
    if (binding.kind == Binding::Kind::kParentInput) {
      if (pipeline_.inputs.count(binding.port)) return true;
      Complain(name, fmt::format("{}, but the pipeline has no input '{}'{}", what, binding.port,
                                 DidYouMean(binding.port, KeysOf(pipeline_.inputs))));
      return false;
    }
    return CheckStepBinding(name, what, binding);
  }

  bool CheckStepBinding(const std::string& name, const std::string& what, const Binding& binding) {
    const auto source = pipeline_.jobs.find(binding.step);
    if (source == pipeline_.jobs.end()) {
      Complain(name, fmt::format("{}, but there is no step '{}'{}", what, binding.step,
                                 DidYouMean(binding.step, KeysOf(pipeline_.jobs))));
      return false;
    }
    const bool is_output = binding.kind == Binding::Kind::kStepOutput;
    if (binding.step == name) {
      Complain(name, fmt::format("{}: a step cannot take its own {}", what, is_output ? "output" : "input"));
      return false;
    }
    const bool exists =
        is_output ? HasOutput(source->second, binding.port) : source->second.inputs.count(binding.port) > 0;
    if (exists) return true;
    const auto names = is_output ? OutputNames(source->second) : KeysOf(source->second.inputs);
    Complain(name, fmt::format("{}, but step '{}' has no {} '{}'{}", what, binding.step, is_output ? "output" : "input",
                               binding.port, DidYouMean(binding.port, names)));
    return false;
  }

  // The literal or data an input comes down to; null when it is an output of a step, or leads nowhere.
  const JobInput* Resolve(const JobInput& input) const {
    const JobInput* at = &input;
    for (size_t hops = 0; hops <= pipeline_.jobs.size() + 1; ++hops) {
      const auto* binding = std::get_if<Binding>(at);
      if (!binding) return at;
      if (binding->kind == Binding::Kind::kParentInput) {
        const auto found = pipeline_.inputs.find(binding->port);
        if (found == pipeline_.inputs.end()) return nullptr;
        at = &found->second;
      } else if (binding->kind == Binding::Kind::kStepInput) {
        const auto step = pipeline_.jobs.find(binding->step);
        if (step == pipeline_.jobs.end() || !step->second.inputs.count(binding->port)) return nullptr;
        at = &step->second.inputs.at(binding->port);
      } else {
        return nullptr;
      }
    }
    return nullptr;  // inputs of steps that are bound to each other in a circle
  }

  void CheckOutputType(const std::string& name, const std::string& key, const Binding& binding,
                       const domain::InputPort* port) {
    if (binding.kind != Binding::Kind::kStepOutput) {
      return Complain(name,
                      fmt::format("input '{}' is bound to {}, which comes down to no value", key, binding.ToString()));
    }
    const std::string type = OutputType(pipeline_.jobs.at(binding.step), binding.port);
    if (!port || TypesFit(type, port->type)) return;
    Complain(name, fmt::format("input '{}' takes {}, but {} is {}", key, port->type, binding.ToString(), type));
  }

  void CheckValueType(const std::string& name, const std::string& key, const JobInput& value,
                      const domain::InputPort& port) {
    if (const auto* data = std::get_if<DataInput>(&value)) {
      if (TypesFit(data->type, port.type)) return;
      return Complain(name, fmt::format("input '{}' takes {}, not {}", key, port.type, data->type));
    }
    const auto& literal = std::get<Literal>(value);
    if (!IsLiteralType(port.type)) {
      return Complain(name, fmt::format("input '{}' takes {}, not the literal '{}'", key, port.type, literal.text));
    }
    if (const auto complaint = ComplaintAboutLiteral(literal, port)) {
      Complain(name, fmt::format("input '{}': {}", key, *complaint));
    }
  }

  void CheckOutput(const std::string& name, const PipelineStep& step, const std::string& key,
                   const domain::JobOutput& output) {
    const auto& ports = ComponentOf(step).outputs;
    if (!ports.empty() && !ports.count(key)) {
      Complain(name, fmt::format("the component has no output '{}'{}", key, DidYouMean(key, KeysOf(ports))));
    }
    if (!output.binding) return;
    const std::string& target = output.binding->port;
    const auto found = pipeline_.outputs.find(target);
    if (found == pipeline_.outputs.end()) {
      return Complain(name,
                      fmt::format("output '{}' is bound to {}, but the pipeline has no output '{}'{}", key,
                                  output.binding->ToString(), target, DidYouMean(target, KeysOf(pipeline_.outputs))));
    }
    if (const std::string type = OutputType(step, key); !TypesFit(type, found->second.type)) {
      Complain(name, fmt::format("output '{}' is {}, but the pipeline's output '{}' is {}", key, type, target,
                                 found->second.type));
    }
    const auto [writer, is_first] = writers_.emplace(target, name);
    if (!is_first) {
      Complain(name, fmt::format("step '{}' already writes the pipeline's output '{}'; each is written by one step",
                                 writer->second, target));
    }
  }

  void CheckRequired(const std::string& name, const PipelineStep& step) {
    for (const auto& [key, port] : ComponentOf(step).inputs) {
      const bool is_sampled = step.sweep && step.sweep->search_space.count(key) > 0;
      if (port.optional || port.default_value || is_sampled || step.inputs.count(key)) continue;
      Complain(name, fmt::format("the input '{}' of its component gets no value", key));
    }
  }

  void CheckStepCommand(const std::string& name, const PipelineStep& step) {
    std::vector<Error> found;
    if (step.sweep) {
      found = CheckSweepJob(*step.sweep);
    } else {
      found = CheckCommand(step.component.command, DeclaredBy(step.component, step.inputs, step.outputs));
    }
    for (const Error& error : found) Complain(name, error.message());
  }

  // Depth first; the way from a step back to itself is the cycle to show.
  void Visit(const std::string& name) {
    if (done_.count(name)) return;
    const auto again = std::find(path_.begin(), path_.end(), name);
    if (again != path_.end()) {
      std::vector<std::string> cycle(again, path_.end());
      cycle.push_back(name);
      errors_.push_back(
          InvalidArgument(fmt::format("the steps wait for each other in a cycle: {}", Join(cycle, " -> "))));
      done_.insert(path_.begin(), path_.end());
      return;
    }
    path_.push_back(name);
    for (const auto& [key, input] : pipeline_.jobs.at(name).inputs) {
      const auto* binding = std::get_if<Binding>(&input);
      if (!binding || binding->kind != Binding::Kind::kStepOutput || binding->step == name) continue;
      if (pipeline_.jobs.count(binding->step)) Visit(binding->step);
    }
    path_.pop_back();
    done_.insert(name);
  }

 public:
  static Declared DeclaredBy(const CommandComponent& component, const std::map<std::string, JobInput>& inputs,
                             const std::map<std::string, domain::JobOutput>& outputs) {
    Declared declared;
    std::set<std::string> input_names, output_names;
    for (const auto& [key, port] : component.inputs) {
      input_names.insert(key);
      if (port.optional && !port.default_value && !inputs.count(key)) declared.optional_inputs.push_back(key);
    }
    for (const auto& [key, input] : inputs) input_names.insert(key);
    for (const auto& [key, port] : component.outputs) output_names.insert(key);
    for (const auto& [key, output] : outputs) output_names.insert(key);
    declared.inputs.assign(input_names.begin(), input_names.end());
    declared.outputs.assign(output_names.begin(), output_names.end());
    return declared;
  }

 private:
  const PipelineSpec& pipeline_;
  std::vector<Error> errors_;
  std::map<std::string, std::string> writers_;  // pipeline output → the step that writes it
  std::set<std::string> done_;
  std::vector<std::string> path_;
};

}  // namespace

std::string_view LiteralTypeName(const Literal& literal) {
  switch (literal.kind) {
    case Literal::Kind::kInteger:
      return "integer";
    case Literal::Kind::kNumber:
      return "number";
    case Literal::Kind::kBoolean:
      return "boolean";
    case Literal::Kind::kString:
      break;
  }
  return "string";
}

bool TypesFit(std::string_view from, std::string_view to) {
  if (from == to) return true;
  if (to == "table") return from == "uri_file" || IsFolderType(from);
  return IsFolderType(from) && IsFolderType(to);
}

std::vector<Error> CheckPipeline(const PipelineSpec& pipeline) {
  return PipelineChecker(pipeline).Check();
}

std::vector<Error> CheckCommandJob(const domain::CommandSpec& command) {
  return CheckCommand(command.command, {KeysOf(command.inputs), KeysOf(command.outputs), {}, {}});
}

std::vector<Error> CheckSweepJob(const SweepSpec& sweep) {
  Declared declared = PipelineChecker::DeclaredBy(sweep.trial, sweep.inputs, sweep.outputs);
  declared.search_space = domain::SearchPlaceholders(sweep.search_space);
  // A component's inputs may be filled by the search space as well as by the sweep's inputs.
  for (const std::string& name : KeysOf(sweep.search_space)) {
    if (domain::ParseNestedName(name)) continue;
    if (!sweep.trial.inputs.empty() && !sweep.trial.inputs.count(name)) continue;
    declared.inputs.push_back(name);
  }
  std::vector<Error> errors = CheckCommand(sweep.trial.command, declared);
  if (sweep.search_space.empty()) errors.push_back(InvalidArgument("the search space is empty"));
  if (sweep.objective.primary_metric.empty()) errors.push_back(InvalidArgument("the objective names no metric"));
  if (const auto& policy = sweep.early_termination;
      policy && (policy->slack_factor.value_or(0) < 0 || policy->slack_amount.value_or(0) < 0))
    errors.push_back(InvalidArgument("the slack of early termination must not be negative"));
  const bool is_inline = sweep.trial_component.empty();
  for (const auto& [name, distribution] : sweep.search_space) {
    const bool is_used = sweep.trial.inputs.count(name) > 0;
    if (is_inline || is_used || domain::ParseNestedName(name)) continue;
    errors.push_back(InvalidArgument(fmt::format("'{}' of the search space is not an input of the trial{}", name,
                                                 DidYouMean(name, KeysOf(sweep.trial.inputs)))));
  }
  return errors;
}

}  // namespace slipway::runner
