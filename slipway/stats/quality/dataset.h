// A table with the roles of its columns: what every quality check looks at.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/stats/quality/quality.h"
#include "slipway/tabular/table.h"

namespace slipway::stats {

enum class LabelTask { kNone, kClassification, kRegression };

struct Roles {
  std::string label, index, datetime;
  std::vector<std::string> categorical;  // features
  LabelTask task = LabelTask::kNone;
  std::string label_problem;  // as in Dataset
};

// Borrows the table. Pointers are to its columns; null for a role that nobody has.
struct Dataset {
  const tabular::Table* table = nullptr;
  const tabular::Column* label = nullptr;
  const tabular::Column* index = nullptr;
  const tabular::Column* datetime = nullptr;
  std::vector<const tabular::Column*> features;     // in the table's order
  std::vector<const tabular::Column*> numeric;      // features that are numbers and not categorical
  std::vector<const tabular::Column*> categorical;  // features; texts that are not categorical are in neither
  LabelTask task = LabelTask::kNone;
  std::string label_problem;  // why nothing can be told from the label: it has one value or none; "" when it can

  size_t rows() const { return table->rows(); }
  bool is_categorical(const tabular::Column& column) const;
  // The column of another data set that this one's `column` goes with.
  const tabular::Column& Same(const tabular::Column& column) const { return *table->Find(column.name); }
};

// `others`: further tables whose labels tell what kind of task it is.
Result<Roles> FindRoles(const tabular::Table& table, const std::vector<const tabular::Table*>& others,
                        const QualityOptions& options);
Dataset MakeDataset(const tabular::Table& table, const Roles& roles);

// The columns that both tables have, in the order of `train` and with types that go together: a column without any
// value takes the type of its peer. kInvalidArgument names columns that are missing in `test` or of another type.
Result<std::pair<tabular::Table, tabular::Table>> MatchColumns(const tabular::Table& train, const tabular::Table& test);
// The same table with `name` read as dates when it holds texts; kInvalidArgument names the first text that is none.
Result<tabular::Table> WithDates(tabular::Table table, const std::string& name);

// Distinct values that are present.
size_t CountDistinctValues(const tabular::Column& column);

}  // namespace slipway::stats
