// A console line that is too long for a log record, on its way into a file of its own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/gateway/routing_snapshot.h"

namespace slipway::gateway {

class LongLine {
 public:
  static constexpr uint64_t kBytesMax = 1 << 30;  // of one file; the rest of such a line is not kept

  // The file will be <folder>/<yyyy-MM-dd>/<instance>-<random>.txt; until Finish its name ends in ".part".
  LongLine(const WantedFolder& folder, std::string_view instance, Timestamp now);
  ~LongLine();
  LongLine(const LongLine&) = delete;
  LongLine& operator=(const LongLine&) = delete;

  void Append(std::string_view bytes);
  // Gives the file its name. The text for the log record says how long the line is and where, and how it begins.
  std::string Finish();
  // Where the line is, once it is finished; "" when it could not be kept.
  const std::string& uri() const { return uri_; }

 private:
  Status Open();
  Status Write(std::string_view bytes);

  const std::filesystem::path file_;
  std::string uri_;
  int descriptor_ = -1;
  uint64_t bytes_ = 0, kept_ = 0;
  std::string beginning_;
  Status status_;
};

}  // namespace slipway::gateway
