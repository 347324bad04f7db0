// Nodes of workflow files as values of the expression language: YAML 1.2's core schema, with `${{ … }}` evaluated.
#pragma once

#include "slipway/base/result.h"
#include "slipway/expressions/workflow/template.h"
#include "slipway/spec/node.h"

namespace slipway::spec::workflow {

// A scalar as YAML 1.2 reads it: null, booleans, numbers (3.10 is the number 3.1), else text.
expressions::workflow::Value ScalarValue(const Node& node);

// The node with its expressions evaluated; errors tell where they stand. Keys may hold expressions too.
Result<expressions::workflow::Value> Evaluate(const Node& node, const expressions::workflow::Scope& scope);

}  // namespace slipway::spec::workflow
