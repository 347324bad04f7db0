// slipway-step: the program behind azureml://registries/slipway/components/….
#include "steps.h"

#include <unistd.h>

#include <cstdio>
#include <map>

namespace slipway::steps {

bool IsTrue(const std::string& text) {
  return text == "true" || text == "True";
}

std::vector<std::string> Names(const std::string& text) {
  std::vector<std::string> names;
  std::string name;
  for (const char c : text + ",") {
    if (c != ',') {
      if (c != ' ' || !name.empty()) name += c;
      continue;
    }
    while (!name.empty() && name.back() == ' ') name.pop_back();
    if (!name.empty()) names.push_back(name);
    name.clear();
  }
  return names;
}

namespace {

// Inputs and outputs of the job's step, as arguments: AZURE_ML_INPUT_x=1 becomes --x=1.
std::vector<std::string> ArgumentsOfStep() {
  std::vector<std::string> arguments = {"slipway-step"};
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string text = *variable;
    for (const std::string prefix : {"AZURE_ML_INPUT_", "AZURE_ML_OUTPUT_"})
      if (text.starts_with(prefix)) arguments.push_back("--" + text.substr(prefix.size()));
  }
  return arguments;
}

}  // namespace
}  // namespace slipway::steps

int main(int argc, char** argv) {
  using namespace slipway;
  const std::map<std::string, void (*)(const sdk::Arguments&)> steps = {
      {"split", steps::Split},     {"data-quality", steps::DataQuality}, {"train-tabular", steps::TrainTabular},
      {"compare", steps::Compare}, {"register", steps::Register},        {"drift", steps::Drift},
      {"export", steps::Export}};
  const auto step = steps.find(argc > 1 ? argv[1] : "");
  if (step == steps.end()) {
    std::fprintf(stderr,
                 "usage: slipway-step split|data-quality|train-tabular|compare|register|drift|export\n"
                 "It runs inside jobs, and takes its inputs from AZURE_ML_INPUT_… and AZURE_ML_OUTPUT_….\n");
    return 2;
  }
  std::vector<std::string> arguments = steps::ArgumentsOfStep();
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  return sdk::RunProgram(static_cast<int>(pointers.size()), pointers.data(), step->second);
}
