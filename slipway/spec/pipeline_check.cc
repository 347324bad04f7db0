#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/spec/command.h"
#include "slipway/spec/pipeline.h"

namespace slipway::spec {
namespace {

using domain::Binding;

class PipelineChecker {
 public:
  PipelineChecker(const domain::PipelineSpec& pipeline, const Value& jobs) : pipeline_(pipeline), jobs_(jobs) {}

  void Check() {
    for (const auto& [name, step] : pipeline_.jobs) {
      for (const auto& [key, input] : step.inputs)
        if (auto* binding = std::get_if<Binding>(&input)) CheckInput(name, key, *binding);
      for (const auto& [key, output] : step.outputs)
        if (output.binding) CheckOutput(name, key, *output.binding);
    }
    CheckCycles();
  }

 private:
  Value At(const std::string& step, std::string_view section, const std::string& key) const {
    Value value = jobs_;
    for (std::string_view segment : {std::string_view(step), section, std::string_view(key)}) {
      const Node* node = value.node().Find(segment);
      if (!node) break;
      value = value.Member(std::string(segment), *node);
    }
    return value;
  }

  void CheckInput(const std::string& step, const std::string& key, const Binding& binding) {
    const Value at = At(step, "inputs", key);
    if (binding.kind == Binding::Kind::kParentOutput)
      return at.Complain(
          fmt::format("'{}' is an output of the pipeline: an input takes parent.inputs or an output of a step",
                      binding.ToString()));
    if (binding.kind == Binding::Kind::kParentInput) {
      if (!pipeline_.inputs.count(binding.port))
        at.Complain(fmt::format("the pipeline has no input '{}'{}", binding.port,
                                DidYouMean(binding.port, KeysOf(pipeline_.inputs))));
      return;
    }
    auto source = pipeline_.jobs.find(binding.step);
    if (source == pipeline_.jobs.end())
      return at.Complain(fmt::format("the pipeline has no step '{}'{}", binding.step,
                                     DidYouMean(binding.step, KeysOf(pipeline_.jobs))));
    if (binding.step == step)
      return at.Complain(fmt::format("the step takes its own {} '{}' as an input",
                                     binding.kind == Binding::Kind::kStepOutput ? "output" : "input", binding.port));
    CheckPort(at, *source, binding);
  }

  void CheckPort(const Value& at, const std::pair<const std::string, domain::PipelineStep>& source,
                 const Binding& binding) {
    const bool is_output = binding.kind == Binding::Kind::kStepOutput;
    // What a registered component declares is known to the server alone; `artifacts` every step has.
    if (!source.second.component_id.empty() || (is_output && binding.port == "artifacts")) return;
    const auto names = is_output ? KeysOf(source.second.outputs) : KeysOf(source.second.inputs);
    if (std::find(names.begin(), names.end(), binding.port) == names.end())
      at.Complain(fmt::format("step '{}' has no {} '{}'{}", source.first, is_output ? "output" : "input", binding.port,
                              DidYouMean(binding.port, names)));
  }

  void CheckOutput(const std::string& step, const std::string& key, const Binding& binding) {
    const Value at = At(step, "outputs", key);
    if (binding.kind != Binding::Kind::kParentOutput) return;  // complained about where it was read
    if (!pipeline_.outputs.count(binding.port))
      return at.Complain(fmt::format("the pipeline has no output '{}'{}", binding.port,
                                     DidYouMean(binding.port, KeysOf(pipeline_.outputs))));
    if (!bound_.insert(binding.port).second)
      at.Complain(fmt::format("another step already writes the pipeline's output '{}'", binding.port));
  }

  void CheckCycles() {
    for (const auto& [name, step] : pipeline_.jobs) Visit(name);
  }

  // Depth first; the path from a step back to itself is the cycle to show.
  void Visit(const std::string& name) {
    if (done_.count(name)) return;
    if (auto again = std::find(path_.begin(), path_.end(), name); again != path_.end()) {
      std::vector<std::string> cycle(again, path_.end());
      cycle.push_back(name);
      done_.insert(path_.begin(), path_.end());
      At(name, "inputs", "").Complain(fmt::format("the steps wait for each other: {}", Join(cycle, " -> ")));
      return;
    }
    path_.push_back(name);
    for (const auto& [key, input] : pipeline_.jobs.at(name).inputs) {
      auto* binding = std::get_if<Binding>(&input);
      if (!binding || binding->kind != Binding::Kind::kStepOutput || binding->step == name) continue;
      if (pipeline_.jobs.count(binding->step)) Visit(binding->step);
    }
    path_.pop_back();
    done_.insert(name);
  }

  const domain::PipelineSpec& pipeline_;
  const Value& jobs_;
  std::set<std::string> bound_;
  std::set<std::string> done_;
  std::vector<std::string> path_;
};

}  // namespace

void CheckPipeline(const domain::PipelineSpec& pipeline, const Value& jobs) {
  PipelineChecker(pipeline, jobs).Check();
}

}  // namespace slipway::spec
