// What a fit took of the machine: what to ask a cluster for the next time.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace slipway::training {

struct FitCost {
  double seconds = 0;
  // The most that this process has held resident until the fit ended; its table counts. 0 where the system does not
  // say.
  uint64_t peak_bytes = 0;
};

// Begins when it is made.
class FitMeter {
 public:
  FitCost Read() const;

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

// "the fit took 1.25 s; the process held at most 310 MB until then".
std::string FitCostText(const FitCost& cost);

}  // namespace slipway::training
