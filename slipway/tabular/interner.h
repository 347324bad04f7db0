// Texts to small numbers: the dictionary of a string column while it is built.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::tabular {

// Open addressing over a dictionary that the caller owns and passes to each call. Not thread-safe.
class Interner {
 public:
  // The code of `text`; appends it to `dictionary` when it is new.
  uint32_t Intern(std::string_view text, std::vector<std::string>& dictionary);

 private:
  void Grow();
  struct Slot {
    uint64_t hash = 0;
    uint32_t code_plus_one = 0;  // 0 = free
  };
  std::vector<Slot> slots_;
  size_t used_ = 0;
};

}  // namespace slipway::tabular
