// The machine behind scan: rows in an order are matched with steps that remember earlier rows. Expressions that read
// only the present row are computed by the database and come as cells; what reads remembered values is computed here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "slipway/kql/native/native.h"

namespace slipway::kql::native {

// Types are letters: b bool, i int, l long, r real, d datetime, t timespan, s string, g guid, y dynamic, c decimal.
struct WalkExpression {
  enum class Kind {
    kConstant,    // constant
    kCell,        // of the present row, `index`
    kRemembered,  // the cell `index` of the row that `step` matched last
    kDeclared,    // the declared column `index` as `step` left it
    kCall         // operation of arguments
  };
  Kind kind = Kind::kConstant;
  char type = 'l';
  Value constant;
  size_t step = 0, index = 0;
  std::string operation;
  std::vector<WalkExpression> arguments;
};

struct WalkStep {
  enum class Output { kAll, kLast, kNone };
  struct Assignment {
    size_t column = 0;  // among the declared
    WalkExpression value;
  };
  WalkExpression condition;
  std::vector<Assignment> assignments;
  Output output = Output::kAll;
};

struct WalkProgram {
  std::string cells;            // a type letter for each
  std::string declared;         // a type letter for each declared column
  std::vector<Value> defaults;  // of the declared columns
  std::vector<WalkStep> steps;
};

// A program as the text that the machine takes.
std::string WriteProgram(const WalkProgram& program);

// Whether the machine can compute an operation of arguments of these types.
bool KnowsWalkOperation(std::string_view operation, std::string_view types);

}  // namespace slipway::kql::native
