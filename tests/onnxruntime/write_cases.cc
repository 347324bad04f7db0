// onnxruntime_cases FOLDER [SEED]: writes graphs with inputs and what we answer, for compare.mjs: FOLDER/cases.json and
// one FOLDER/N.onnx a case. Where a pipeline's compiled plan and the reference operators differ it says so and fails.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include <nlohmann/json.hpp>

#include "operator_cases.h"
#include "slipway/scoring/compiled_model.h"
#include "slipway/scoring/reference/graph.h"

namespace {

using namespace slipway;
using model::ElementType;
using model::Tensor;
using nlohmann::json;
using ort_cases::Case;

// JSON has no NaN and its readers no long integers: both are texts.
json Number(double value) {
  if (std::isfinite(value)) return value;
  return std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
}

json TensorJson(const std::string& name, const Tensor& tensor) {
  json data = json::array();
  for (const float value : tensor.floats) data.push_back(Number(static_cast<double>(value)));
  for (const double value : tensor.doubles) data.push_back(Number(value));
  for (const int64_t value : tensor.ints) data.push_back(std::to_string(value));
  for (const std::string& value : tensor.strings) data.push_back(value);
  return {{"name", name}, {"type", model::ElementTypeName(tensor.type)}, {"dims", tensor.dims}, {"data", data}};
}

Result<scoring::reference::Values> Answers(const Case& one) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto graph, scoring::reference::Graph::Make(one.onnx));
  scoring::reference::Values inputs;
  for (const Tensor& tensor : one.inputs) inputs.push_back({tensor});
  return graph.Run(std::move(inputs));
}

json CellOf(const Tensor& tensor, size_t index) {
  if (!tensor.strings.empty()) return tensor.strings[index];
  if (!tensor.ints.empty()) return tensor.ints[index];
  return std::isnan(tensor.floats[index]) ? json() : json(tensor.floats[index]);
}

// The case's inputs as a request of rows.
std::string RequestOf(const Case& one) {
  json rows = json::array();
  for (int64_t row = 0; row < one.inputs[0].dims[0]; ++row) {
    json values = json::array();
    for (const Tensor& tensor : one.inputs)
      for (int64_t i = 0; i < tensor.dims[1]; ++i)
        values.push_back(CellOf(tensor, static_cast<size_t>(row * tensor.dims[1] + i)));
    rows.push_back(std::move(values));
  }
  return json{{"data", rows}}.dump();
}

bool IsClose(const json& a, const json& b, double tolerance) {
  if (a.is_number() && b.is_number())
    return std::abs(a.get<double>() - b.get<double>()) <= tolerance * std::max(1.0, std::abs(a.get<double>()));
  if (!a.is_array() || !b.is_array() || a.size() != b.size()) return a == b;
  for (size_t i = 0; i < a.size(); ++i)
    if (!IsClose(a[i], b[i], tolerance)) return false;
  return true;
}

// The plan's answer against what the operators gave: labels or values, then scores.
Status ComparePlan(const Case& one, const scoring::reference::Values& wanted, std::string& plan) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto model, scoring::CompiledModel::Make(one.onnx, {}, true));
  plan = model->plan_description();
  const auto scratch = model->MakeScratch();
  std::string response;
  SLIPWAY_RETURN_IF_ERROR(model->ScoreJson(RequestOf(one), *scratch, response));
  const json answer = json::parse(response);
  json first = json::array(), second = json::array();
  const size_t rows = static_cast<size_t>(one.inputs[0].dims[0]);
  for (size_t row = 0; row < rows; ++row) {
    first.push_back(CellOf(wanted[0].tensor, row));
    if (wanted.size() < 2) continue;
    json scores = json::array();
    const size_t width = wanted[1].tensor.size() / rows;
    for (size_t i = 0; i < width; ++i) scores.push_back(CellOf(wanted[1].tensor, row * width + i));
    second.push_back(std::move(scores));
  }
  const bool is_close = IsClose(first, answer["predictions"], one.tolerance) &&
                        (wanted.size() < 2 || IsClose(second, answer["probabilities"], one.tolerance));
  if (is_close) return {};
  return Internal("the plan answers " + response + " and the operators " + first.dump() + second.dump());
}

// "fused", or the reason why not.
std::string PlanKind(const std::string& plan) {
  constexpr std::string_view kBecause = "because: ";
  const size_t at = plan.find(kBecause);
  return at == std::string::npos ? plan.substr(0, plan.find(':')) : "not fused: " + plan.substr(at + kBecause.size());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: onnxruntime_cases FOLDER [SEED]\n"), 2;
  const std::filesystem::path folder = argv[1];
  ort_cases::Random random(argc > 2 ? static_cast<uint32_t>(std::atoi(argv[2])) : 20260301);
  std::vector<Case> cases;
  AddEncoderCases(random, cases);
  AddModelCases(random, cases);
  AddPipelineCases(random, cases);
  json list = json::array();
  std::map<std::string, size_t> plans;
  int failures = 0;
  for (Case& one : cases) {
    const auto answers = Answers(one);
    json entry = {{"name", one.name}, {"tolerance", one.tolerance}, {"inputs", json::array()}};
    for (size_t i = 0; i < one.inputs.size(); ++i)
      entry["inputs"].push_back(TensorJson(one.onnx.graph.inputs[i].name, one.inputs[i]));
    if (answers) {
      for (size_t i = 0; i < answers->size() && i < one.onnx.graph.outputs.size(); ++i) {
        model::ValueInfo& output = one.onnx.graph.outputs[i];
        output.shape.assign((*answers)[i].tensor.dims.size(), -1);
        entry["outputs"].push_back(TensorJson(output.name, (*answers)[i].tensor));
      }
    } else {
      entry["error"] = answers.error().ToString();
    }
    if (one.is_pipeline && answers) {
      std::string plan;
      const Status same = ComparePlan(one, *answers, plan);
      ++plans[one.name + ": " + PlanKind(plan)];
      if (!same) {
        ++failures;
        std::fprintf(stderr, "FAIL %s (case %zu): %s\n", one.name.c_str(), list.size(),
                     same.error().ToString().c_str());
      }
    }
    std::ofstream(folder / (std::to_string(list.size()) + ".onnx"), std::ios::binary) << model::WriteOnnx(one.onnx);
    list.push_back(std::move(entry));
  }
  std::ofstream(folder / "cases.json") << list.dump();
  for (const auto& [plan, count] : plans) std::printf("     %s: %zu\n", plan.c_str(), count);
  return failures == 0 ? 0 : 1;
}
