// What a running command may use. Everything from outside comes through here, so that tests can give it.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "slipway/base/result.h"
#include "slipway/base/time.h"
#include "slipway/cli/console.h"
#include "slipway/domain/common.h"

namespace slipway::client {
class Workspace;
}

namespace slipway::cli {

// nullopt for a variable that is not set.
using EnvironmentReader = std::function<std::optional<std::string>(std::string_view)>;

struct GlobalOptions {
  std::string output = "json";  // json, jsonc, yaml, yamlc, table, tsv, none, or a command's own
  std::string query;            // JMESPath; "" = none
  bool debug = false;
  bool verbose = false;
  bool only_show_errors = false;
  domain::Scope scope;
};

class Context {
 public:
  Context(Console& console, EnvironmentReader environment, const Clock& clock);
  ~Context();

  Console& console() { return console_; }
  const Clock& clock() const { return clock_; }
  GlobalOptions& options() { return options_; }
  const domain::Scope& scope() const { return options_.scope; }
  // "slipway", or "az ml" when called through the shim: for messages that name commands.
  const std::string& program() const { return program_; }
  void set_program(std::string program) { program_ = std::move(program); }

  std::optional<std::string> Variable(std::string_view name) const { return environment_(name); }
  // $SLIPWAY_HOME, or ~/.slipway.
  std::filesystem::path Home() const;

  // A line on stderr: "note: …" unless --only-show-errors, "warning: …" likewise.
  void Note(std::string_view text);
  void Warn(std::string_view text);
  // What is being done, on stderr and only when that is a terminal.
  void Progress(std::string_view text);

  // The server's face for this scope; connects at first use. kUnavailable when no server answers.
  Result<client::Workspace*> Server();
  // A registry's.
  Result<client::Workspace*> Registry(const std::string& name);

  // Asks for a y/n; true at once with `assumed`. kFailedPrecondition without a terminal.
  Result<bool> Confirm(std::string_view question, bool assumed);

 private:
  Console& console_;
  EnvironmentReader environment_;
  const Clock& clock_;
  GlobalOptions options_;
  std::string program_ = "slipway";
  Result<std::unique_ptr<client::Workspace>> Connect(const domain::Scope& scope);
  std::unique_ptr<client::Workspace> server_;
  std::map<std::string, std::unique_ptr<client::Workspace>> registries_;
};

}  // namespace slipway::cli
