#include "slipway/training/fit_cost.h"

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"

namespace slipway::training {
namespace {

// Not getrusage's ru_maxrss: that starts at what the parent held when it made this process.
uint64_t PeakResidentBytes() {
  constexpr std::string_view kKey = "VmHWM:", kUnit = "kB";
  const auto status = ReadFile("/proc/self/status");
  if (!status) return 0;
  for (const std::string_view line : Split(*status, '\n')) {
    if (!line.starts_with(kKey) || !line.ends_with(kUnit)) continue;
    const auto number = Trim(line.substr(kKey.size(), line.size() - kKey.size() - kUnit.size()));
    return static_cast<uint64_t>(ParseInt(number).value_or(0)) * 1024;
  }
  return 0;
}

}  // namespace

FitCost FitMeter::Read() const {
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin_;
  return {elapsed.count(), PeakResidentBytes()};
}

std::string FitCostText(const FitCost& cost) {
  const std::string time = fmt::format("the fit took {:.2f} s", cost.seconds);
  if (cost.peak_bytes == 0) return time;
  return fmt::format("{}; the process held at most {:.0f} MB until then", time,
                     static_cast<double>(cost.peak_bytes) / 1e6);
}

}  // namespace slipway::training
