// Where a command writes: results to one stream, everything else to the other.
#pragma once

#include <string>
#include <string_view>

namespace slipway::cli {

// Not thread-safe.
class Console {
 public:
  virtual ~Console() = default;
  // Results: what a script reads. Nothing but results goes here.
  virtual void Out(std::string_view text) = 0;
  // Notes, warnings, progress, errors.
  virtual void Err(std::string_view text) = 0;
  virtual void Flush() {}
  virtual bool OutIsTerminal() const { return false; }
  virtual bool ErrIsTerminal() const { return false; }
  // Asks `question` on the terminal; nullopt when there is none to ask at.
  virtual bool CanAsk() const { return false; }
  virtual std::string Ask(std::string_view) { return {}; }
};

// The process' own standard streams.
class StandardConsole final : public Console {
 public:
  void Out(std::string_view text) override;
  void Err(std::string_view text) override;
  void Flush() override;
  bool OutIsTerminal() const override;
  bool ErrIsTerminal() const override;
  bool CanAsk() const override;
  std::string Ask(std::string_view question) override;
};

// Keeps what was written; for tests.
class CapturingConsole final : public Console {
 public:
  void Out(std::string_view text) override { out += text; }
  void Err(std::string_view text) override { err += text; }
  std::string out, err;
};

}  // namespace slipway::cli
