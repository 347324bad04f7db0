// Makes a program for the machine behind scan out of bound expressions. Private to this room.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "slipway/kql/native/walk.h"
#include "slipway/kql/plan/plan.h"

namespace slipway::kql::bind {

class WalkBuilder {
 public:
  // What reads this column reads what `step` remembers of `source`, or of the declared column at `declared`.
  void Remember(int column, size_t step, const plan::Column& source);
  void RememberDeclared(int column, size_t step, size_t declared);
  void Declare(Type type, native::Value default_value);

  // nullopt when something in it can only be computed of the present row; `unknown` is then its name.
  std::optional<native::WalkExpression> Build(const plan::Scalar& scalar, std::string& unknown);

  native::WalkProgram& program() { return program_; }
  // What the machine sees of each row.
  const std::vector<plan::Scalar>& cells() const { return cells_; }

 private:
  bool IsRemembered(const plan::Scalar& scalar) const;
  native::WalkExpression Remembered(int column);
  size_t CellOf(const plan::Scalar& scalar);

  native::WalkProgram program_;
  std::vector<plan::Scalar> cells_;
  std::map<std::string, size_t> cell_places_;         // by what explains them
  std::map<int, native::WalkExpression> remembered_;  // by what is bound to them
  std::map<int, plan::Column> sources_;               // columns of the row that remembered ones are of
};

}  // namespace slipway::kql::bind
