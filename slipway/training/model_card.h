// A model's card: one page that tells what the model is for, how good it is, for whom, and what it hangs on.
#pragma once

#include <string>

#include "slipway/base/time.h"
#include "slipway/training/train.h"

namespace slipway::training {

// A page that stands alone (stats/html_writer.h).
std::string ModelCard(const Trained& trained, Timestamp now);

}  // namespace slipway::training
