// How columns are called that the user did not name.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "slipway/kql/plan/plan.h"
#include "slipway/kql/tree/tree.h"

namespace slipway::kql::bind {

// The name that an expression gives its column: "a" for a, "d_x" for d.x, "t" for bin(t, 1h); nullopt for what is
// numbered.
std::optional<std::string> DerivedName(const tree::Expression& expression);

// The name of an aggregate's column: "count_", "sum_a", "percentile_a_95".
std::string AggregateName(const tree::Expression& call);

// The aggregate that a summarize item is named after: itself, or the only one under functions that keep the name of
// their first argument; nullptr otherwise.
const tree::Expression* NamingAggregate(const tree::Expression& expression);

// Gives out names for one list of columns: explicit ones may stand once, generated ones get the suffix 1, 2, … when
// taken.
class NameList {
 public:
  // False when an explicit name stands already.
  bool AddExplicit(const std::string& name);
  std::string AddGenerated(const std::string& name);
  // "Column1", "Column2", …
  std::string AddNumbered();
  bool Has(const std::string& name) const;

 private:
  std::vector<std::string> names_;
  int numbered_ = 0;
};

}  // namespace slipway::kql::bind
