// `componentSpec` of ARM's component versions: the component's YAML as JSON, snake case, both ways.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "slipway/base/result.h"
#include "slipway/domain/job.h"

namespace slipway::wire {

// {"name","version","display_name","description","type":"command","is_deterministic","inputs":{k:{"type","optional",
// "default","min","max","enum","mode","description"}},"outputs":{k:{"type","mode","description"}},"code","environment",
// "command","environment_variables","resources"}. Unset fields are left out; numbers of defaults are JSON numbers.
nlohmann::json ComponentToSpec(const domain::CommandComponent& component);
// Pipeline and other component types are refused with kUnimplemented. The complaint names the field's path.
Result<domain::CommandComponent> ComponentFromSpec(const nlohmann::json& spec);

// Scalars: a JSON string, number or boolean of the literal's kind and back.
nlohmann::json LiteralToJson(const domain::Literal& literal);
Result<domain::Literal> LiteralFromJson(const nlohmann::json& value);

}  // namespace slipway::wire
