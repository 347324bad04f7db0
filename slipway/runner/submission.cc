#include "slipway/runner/submission.h"

#include <fmt/format.h>

#include "slipway/base/hash.h"
#include "slipway/base/text.h"
#include "slipway/runner/plan/children.h"
#include "slipway/runner/plan/graph.h"
#include "slipway/runner/sampling.h"

namespace slipway::runner {
namespace {

using domain::AssetKind;
using domain::CommandSpec;
using domain::DataInput;
using domain::Job;
using domain::JobInput;
using domain::JobSpec;
using domain::PipelineSpec;
using domain::Scope;
using domain::SweepSpec;

// Pins what a spec refers to, collecting complaints.
class Pinner {
 public:
  Pinner(registry::Catalog& catalog, domain::WorkspaceStore& workspaces, const Scope& scope, std::vector<Error>& errors)
      : catalog_(catalog), workspaces_(workspaces), scope_(scope), errors_(errors) {}

  void Pin(CommandSpec& command) {
    PinReference("environment", command.environment, AssetKind::kEnvironment);
    if (!command.code.empty()) PinReference("code", command.code, AssetKind::kCode);
    PinInputs("", command.inputs);
    CheckCompute("", command.compute);
  }

  void Pin(SweepSpec& sweep) {
    PinTrial("", sweep);
    PinInputs("", sweep.inputs);
    CheckCompute("", sweep.compute);
  }

  void Pin(PipelineSpec& pipeline) {
    PinInputs("", pipeline.inputs);
    CheckCompute("", pipeline.compute);
    CheckCompute("", pipeline.settings.default_compute);
    CheckDatastore(pipeline.settings.default_datastore);
    for (auto& [name, step] : pipeline.jobs) PinStep(pipeline, name, step);
  }

 private:
  void Complain(const std::string& where, Error error) {
    errors_.push_back(where.empty() ? std::move(error) : std::move(error).With(where));
  }

  void PinReference(const std::string& where, std::string& reference, AssetKind kind) {
    if (reference.empty()) {
      return Complain("", InvalidArgument(fmt::format("'{}' is missing", where)));
    }
    auto pinned = catalog_.Pin(scope_, reference, kind);
    if (pinned) {
      reference = std::move(*pinned);
    } else {
      Complain(where, std::move(pinned.error()));
    }
  }

  void PinInputs(const std::string& where, std::map<std::string, JobInput>& inputs) {
    for (auto& [key, input] : inputs) {
      auto* data = std::get_if<DataInput>(&input);
      if (!data) continue;
      auto pinned = catalog_.PinData(scope_, *data);
      if (pinned) {
        *data = std::move(*pinned);
      } else {
        Complain(fmt::format("{}input '{}'", where, key), std::move(pinned.error()));
      }
    }
  }

  // A registered component's body, its own reference pinned.
  Status LoadComponent(std::string& reference, domain::CommandComponent& into) {
    SLIPWAY_ASSIGN_OR_RETURN(const auto asset, catalog_.Find(scope_, reference, AssetKind::kComponent));
    const auto* component = std::get_if<domain::CommandComponent>(&asset.body);
    if (!component) return Internal("a component without a body");
    into = *component;
    reference = registry::PinnedTo(reference, asset);
    return {};
  }

  // `reference` "" = `component` stands in the job itself.
  void PinComponent(const std::string& where, std::string& reference, domain::CommandComponent& component) {
    if (!reference.empty())
      if (Status loaded = LoadComponent(reference, component); !loaded)
        return Complain(where + "component", std::move(loaded.error()));
    PinReference(where + "environment", component.environment, AssetKind::kEnvironment);
    if (!component.code.empty()) PinReference(where + "code", component.code, AssetKind::kCode);
  }

  void PinTrial(const std::string& where, SweepSpec& sweep) {
    PinComponent(where + "trial: ", sweep.trial_component, sweep.trial);
  }

  void PinStep(const PipelineSpec& pipeline, const std::string& name, domain::PipelineStep& step) {
    const std::string where = fmt::format("step '{}': ", name);
    if (step.sweep) {
      PinTrial(where, *step.sweep);
    } else {
      PinComponent(where, step.component_id, step.component);
    }
    PinInputs(where, step.inputs);
    ResolveComputeBinding(pipeline, where, step);
    CheckCompute(where, step.compute);
  }

  // "${{parent.inputs.compute}}" is the one other place where a step may bind.
  void ResolveComputeBinding(const PipelineSpec& pipeline, const std::string& where, domain::PipelineStep& step) {
    const auto binding = domain::Binding::Parse(step.compute);
    if (!binding) return;
    const auto input = pipeline.inputs.find(binding->port);
    const auto* literal = input == pipeline.inputs.end() ? nullptr : std::get_if<domain::Literal>(&input->second);
    if (literal) {
      step.compute = domain::BareName(literal->text);
    } else {
      Complain(where + "compute",
               InvalidArgument(fmt::format("{} is not a literal input of the pipeline", step.compute)));
      step.compute.clear();
    }
  }

  void CheckCompute(const std::string& where, const std::string& compute) {
    if (compute.empty() || compute == "local" || compute == "serverless") return;
    if (workspaces_.GetCompute(scope_, compute)) return;
    std::vector<std::string> names;
    if (const auto computes = workspaces_.ListComputes(scope_)) {
      for (const auto& known : *computes) names.push_back(known.name);
    }
    Complain(where.empty() ? "" : where + "compute",
             NotFound(fmt::format("there is no compute '{}'{}", compute, DidYouMean(compute, names))));
  }

  void CheckDatastore(const std::string& datastore) {
    if (datastore.empty()) return;
    if (auto found = workspaces_.GetDatastore(scope_, datastore); !found) Complain("", std::move(found.error()));
  }

  registry::Catalog& catalog_;
  domain::WorkspaceStore& workspaces_;
  const Scope& scope_;
  std::vector<Error>& errors_;
};

std::vector<Error> CheckShape(const domain::JobSpecBody& body) {
  if (const auto* command = std::get_if<CommandSpec>(&body)) return CheckCommandJob(*command);
  if (const auto* sweep = std::get_if<SweepSpec>(&body)) {
    std::vector<Error> errors = CheckSweepJob(*sweep);
    if (auto good = CheckSampling(*sweep); !good) errors.push_back(std::move(good.error()));
    return errors;
  }
  const auto& pipeline = std::get<PipelineSpec>(body);
  std::vector<Error> errors = CheckPipeline(pipeline);
  for (const auto& [name, step] : pipeline.jobs) {
    if (!step.sweep) continue;
    if (auto good = With(CheckSampling(*step.sweep), fmt::format("step '{}'", name)); !good) {
      errors.push_back(std::move(good.error()));
    }
  }
  return errors;
}

Status CheckBindingsOfRoot(const JobSpec& spec) {
  for (const auto& [key, input] : InputsOf(spec)) {
    if (const auto* binding = std::get_if<domain::Binding>(&input)) {
      return InvalidArgument(
          fmt::format("input '{}' is bound to {}, but the job has no parent", key, binding->ToString()));
    }
  }
  return {};
}

Status FirstOf(std::vector<Error> errors) {
  if (errors.empty()) return {};
  Error first = std::move(errors.front());
  errors.erase(errors.begin());
  if (errors.empty()) return first;
  return std::move(first).Also(std::move(errors));
}

}  // namespace

std::string GenerateJobName() {
  static constexpr std::string_view kAdjectives[] = {"amber", "brave", "calm",  "clever", "frosty", "gentle",
                                                     "happy", "jolly", "lucid", "mellow", "neat",   "plucky",
                                                     "quiet", "sunny", "swift", "witty"};
  static constexpr std::string_view kNouns[] = {"apple",  "bridge", "cloud", "dune", "falcon", "garden",
                                                "harbor", "island", "kite",  "lake", "maple",  "needle",
                                                "orchid", "river",  "sail",  "tower"};
  const std::string random = RandomHex(6);
  const auto pick = [&](const auto& words, char digit) {
    return words[static_cast<size_t>(std::string_view("0123456789abcdef").find(digit)) % std::size(words)];
  };
  return fmt::format("{}_{}_{}", pick(kAdjectives, random[0]), pick(kNouns, random[1]), random.substr(2));
}

Result<Job> MakeRootJob(registry::Catalog& catalog, domain::WorkspaceStore& workspaces, const Scope& scope,
                        JobSpec spec) {
  std::vector<Error> errors;
  if (spec.name.empty()) spec.name = GenerateJobName();
  if (auto good = domain::CheckName(domain::NameKind::kJob, spec.name); !good) errors.push_back(good.error());
  if (auto good = CheckBindingsOfRoot(spec); !good) errors.push_back(good.error());
  Pinner pinner(catalog, workspaces, scope, errors);
  std::visit([&](auto& body) { pinner.Pin(body); }, spec.body);
  // The graph is checked with the components filled in; with some missing it would only complain about what follows.
  if (errors.empty()) errors = CheckShape(spec.body);
  SLIPWAY_RETURN_IF_ERROR(FirstOf(std::move(errors)));

  if (spec.experiment_name.empty()) spec.experiment_name = "Default";
  SLIPWAY_ASSIGN_OR_RETURN(std::string datastore, catalog.DefaultDatastore(scope));
  if (auto* pipeline = std::get_if<PipelineSpec>(&spec.body)) {
    std::string& wanted = pipeline->settings.default_datastore;
    if (wanted.empty()) wanted = datastore;
    datastore = wanted;
  }
  SLIPWAY_ASSIGN_OR_RETURN(const std::string artifacts, catalog.ArtifactRoot(scope));
  Job job;
  job.name = job.root = spec.name;
  SLIPWAY_ASSIGN_OR_RETURN(job.output_uris, OutputUris(job.name, OutputsOf(spec), datastore, artifacts));
  job.spec = std::move(spec);
  job.status = domain::JobStatus::kStarting;
  return job;
}

}  // namespace slipway::runner
