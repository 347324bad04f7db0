// What a null is in a column: a slot that holds a placeholder, and a mark. For the builders of this folder.
#pragma once

#include "slipway/tabular/table.h"

namespace slipway::tabular {

// One row more, which is null. The first null gives the rows before it their marks.
void AppendNull(Column& column);

}  // namespace slipway::tabular
