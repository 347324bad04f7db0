#include "slipway/cli/context.h"

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/client/workspace.h"

namespace slipway::cli {

Context::Context(Console& console, EnvironmentReader environment, const Clock& clock)
    : console_(console), environment_(std::move(environment)), clock_(clock) {}

Context::~Context() = default;

std::filesystem::path Context::Home() const {
  if (auto home = Variable("SLIPWAY_HOME"); home && !home->empty()) return *home;
  return std::filesystem::path(Variable("HOME").value_or(".")) / ".slipway";
}

void Context::Note(std::string_view text) {
  if (!options_.only_show_errors) console_.Err(fmt::format("{}\n", text));
}

void Context::Warn(std::string_view text) {
  if (!options_.only_show_errors) console_.Err(fmt::format("warning: {}\n", text));
}

void Context::Progress(std::string_view text) {
  if (!options_.only_show_errors && console_.ErrIsTerminal()) console_.Err(fmt::format("{}\n", text));
}

Result<std::unique_ptr<client::Workspace>> Context::Connect(const domain::Scope& scope) {
  SLIPWAY_ASSIGN_OR_RETURN(auto address,
                           client::FindServer(Home(), Variable("SLIPWAY_URL"), Variable("SLIPWAY_TOKEN")));
  client::Trace trace;
  if (options_.debug) trace = [this](std::string_view line) { console_.Err(fmt::format("debug: {}\n", line)); };
  return std::make_unique<client::Workspace>(client::Connection(std::move(address), std::move(trace)), scope);
}

Result<client::Workspace*> Context::Server() {
  if (!server_) {
    SLIPWAY_ASSIGN_OR_RETURN(server_, Connect(scope()));
  }
  return server_.get();
}

Result<client::Workspace*> Context::Registry(const std::string& name) {
  auto& registry = registries_[name];
  if (!registry) {
    domain::Scope of_registry = scope();
    of_registry.workspace.clear();
    of_registry.registry = name;
    SLIPWAY_ASSIGN_OR_RETURN(registry, Connect(of_registry));
  }
  return registry.get();
}

Result<bool> Context::Confirm(std::string_view question, bool assumed) {
  if (assumed || EqualsIgnoreCase(Variable("AZURE_CORE_DISABLE_CONFIRM_PROMPT").value_or(""), "true")) return true;
  if (!console_.CanAsk())
    return FailedPrecondition(fmt::format("{} There is no terminal to ask at: give --yes", question));
  const std::string answer = ToLower(Trim(console_.Ask(fmt::format("{} (y/n): ", question))));
  return answer == "y" || answer == "yes";
}

}  // namespace slipway::cli
