// Inputs and outputs of jobs and steps: literals, data, bindings.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "slipway/domain/job.h"
#include "slipway/spec/reader.h"

namespace slipway::spec {

// uri_file, uri_folder, mltable, mlflow_model, custom_model, triton_model.
const std::vector<std::string>& DataTypes();

// The scalar with its kind as YAML reads it, or as `type` (number, integer, boolean, string) demands when given.
domain::Literal LiteralOf(const Node& scalar, std::string_view type = {});

// Where the inputs stand: only steps may have bindings.
enum class InputPlace { kJob, kStep };
std::map<std::string, domain::JobInput> ReadInputs(const Value& value, InputPlace place);
std::map<std::string, domain::JobOutput> ReadOutputs(const Value& value, InputPlace place);

}  // namespace slipway::spec
