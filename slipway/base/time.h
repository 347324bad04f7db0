// Time as a value that is passed in. Only apps/ makes a SystemClock; tests move a ManualClock by hand.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>

#include "slipway/base/result.h"

namespace slipway {

// Microseconds since 1970-01-01T00:00:00Z. Years 0000 to 9999 can be printed and read.
using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;
using Duration = std::chrono::microseconds;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp Now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Timestamp Now() const override;
};

// Stands still until moved. Thread-safe.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Timestamp start) : now_(start) {}
  Timestamp Now() const override;
  void Advance(Duration by);
  void Set(Timestamp now);

 private:
  mutable std::mutex mutex_;
  Timestamp now_;
};

// "2026-03-04T05:06:07.123456Z"; `digits` is how many of the fraction's (0 to 6) are printed.
std::string FormatTimestamp(Timestamp time, int digits = 6);

// Reads ISO 8601 dates and times as Azure's clients write them: "2026-03-04", "2026-03-04T05:06", fractions of up to 9
// digits (cut to microseconds), "Z", "+02:00", "+0200" or no zone (UTC); 'T' or one space between date and time.
Result<Timestamp> ParseTimestamp(std::string_view text);

// ISO 8601 durations, "PT0.5S", "P1DT2H"; months and years are refused since their length varies.
Result<Duration> ParseIsoDuration(std::string_view text);
// The shortest such text, e.g. "PT5S", "PT0.5S", "P1D".
std::string FormatIsoDuration(Duration duration);

}  // namespace slipway
