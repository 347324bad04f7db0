// The example's data, made up: a seeded generator of credit card clients with the columns of the UCI data set "default
// of credit card clients", marginals near its, and a signal that a classifier finds (ROC AUC about 0.77).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "slipway/base/result.h"

namespace slipway::cli {

// `rows` clients as CSV with a header and the target column last. The same seed gives the same text on every machine.
std::string MakeCreditCardClientsCsv(size_t rows, uint64_t seed);

// Writes curated/01.csv (`rows` labelled clients), and without the target inference/batch/01.csv (80 of them),
// inference/stable/01.csv (2,000) and inference/drifted/01.csv (2,000 with credit limits and bills a third higher and
// twice the delays) below `folder`.
Status WriteExampleData(const std::filesystem::path& folder, size_t rows, uint64_t seed);

}  // namespace slipway::cli
