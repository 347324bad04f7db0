// Linear equations with a symmetric matrix that is positive semidefinite, not necessarily of full rank.
#pragma once

#include <span>
#include <vector>

#include "slipway/base/result.h"

namespace slipway::learn {

// (matrix + diagonal) x = right, in the least-squares sense and of least norm: Tikhonov's solution, iterated until what
// it damps is negligible. `matrix`: row-major, about 1 on its diagonal. Time n³ / 3. kFailedPrecondition for a matrix
// that is not positive semidefinite.
Result<std::vector<double>> SolveSymmetric(std::span<const double> matrix, std::span<const double> diagonal,
                                           std::span<const double> right);

}  // namespace slipway::learn
