// What a step prints: cut into lines, commands taken out, secrets hidden, written to its log.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "slipway/base/result.h"
#include "slipway/workflows/execute/masker.h"

namespace slipway::workflows {

// Called with each whole line before it is printed; true: it is not printed.
using LineFilter = std::function<bool(std::string_view line)>;

// Not thread-safe. Lines longer than kLineMax are written in pieces, in which no secret is cut; they are no commands.
class StepLog {
 public:
  static constexpr size_t kLineMax = 1 << 20;

  static Result<StepLog> Open(const std::filesystem::path& file, const Masker& masker);
  ~StepLog();
  StepLog(StepLog&& other) noexcept;
  StepLog& operator=(StepLog&&) = delete;

  void set_filter(LineFilter filter) { filter_ = std::move(filter); }
  // Bytes of a program's stream; empty: the stream's last line is whole.
  void Append(int stream, std::string_view bytes);
  // A line of the runner's own.
  void WriteLine(std::string_view line);

 private:
  StepLog(int descriptor, const Masker& masker) : descriptor_(descriptor), masker_(&masker) {}
  struct Stream {
    std::string pending;
    bool is_torn = false;  // pieces of this line are written already
  };
  void Take(Stream& stream, bool is_whole);
  void Write(std::string_view text);

  int descriptor_ = -1;
  const Masker* masker_;
  LineFilter filter_;
  Stream streams_[2];
};

}  // namespace slipway::workflows
