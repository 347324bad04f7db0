// Ctrl-C as a flag, for commands that follow something and say how to come back to it.
#pragma once

#include <csignal>

namespace slipway::cli {

// Turns Ctrl-C into a flag while it lives; one at a time.
class InterruptWatch {
 public:
  InterruptWatch();
  ~InterruptWatch();
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;

  bool is_interrupted() const;

 private:
  struct sigaction before_ = {};
};

}  // namespace slipway::cli
