// The expressions of commands and output paths (azureml-yaml-and-cli 5.1): ${{inputs.x}}, ${{outputs.x}},
// ${{search_space.x}}, $[[ … ]], and the macros of output paths. Bindings to a parent are domain::Binding's.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/domain/job.h"

namespace slipway::runner {

// One "${{context.name}}" of a text; offsets are those of the whole placeholder.
struct Placeholder {
  std::string context;  // inputs, outputs, search_space, or whatever stands before the first dot
  std::string name;
  size_t begin = 0, end = 0;
  bool is_optional = false;  // inside $[[ … ]]
};
std::vector<Placeholder> FindPlaceholders(std::string_view text);

// What a command may name.
struct Declared {
  std::vector<std::string> inputs, outputs, search_space;
  std::vector<std::string> optional_inputs;  // those without a default: allowed inside $[[ … ]] alone
};
// One complaint for each placeholder that names nothing; empty when all is well.
std::vector<Error> CheckCommand(std::string_view command, const Declared& declared);

// The values of placeholders: inputs and outputs as local paths or literals' texts.
struct Values {
  std::map<std::string, std::string> inputs, outputs, search_space;
};
// The command that the shell gets. Text inside $[[ … ]] stays when every input in it has a value and goes otherwise.
// kInvalidArgument for a placeholder without a value outside $[[ … ]].
Result<std::string> SubstituteCommand(std::string_view command, const Values& values);

// The sampled values alone, before the rest is known; other placeholders stay.
std::string SubstituteSearchSpace(std::string_view command, const std::map<std::string, std::string>& values);

// Macros of an output's path: ${{name}}, ${{output_name}}, ${{default_datastore}}. An unknown one is refused.
Result<std::string> ExpandOutputPath(std::string_view path, std::string_view job, std::string_view output,
                                     std::string_view default_datastore);

}  // namespace slipway::runner
