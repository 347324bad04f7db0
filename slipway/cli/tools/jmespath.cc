// jmespath: a query over a JSON file or standard input.
#include <unistd.h>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/cli/context.h"
#include "slipway/cli/query.h"
#include "slipway/cli/tools/tools.h"

namespace slipway::cli {
namespace {

Result<std::string> ReadStandardInput() {
  std::string text;
  char buffer[65536];
  for (ssize_t n; (n = read(STDIN_FILENO, buffer, sizeof buffer)) != 0;) {
    if (n < 0 && errno != EINTR) return FromErrno(errno, "standard input");
    if (n > 0) text.append(buffer, static_cast<size_t>(n));
  }
  return text;
}

Result<Output> Run(Context&, const Arguments& arguments) {
  const auto file = arguments.Get("file");
  auto text = file && *file != "-" ? ReadFile(*file) : ReadStandardInput();
  if (!text) return InvalidArgument(fmt::format("no file '{}'", *file));
  // The document's own order of keys: keys() and values() show it.
  const auto document = nlohmann::ordered_json::parse(*text, nullptr, false);
  if (document.is_discarded())
    return InvalidArgument(fmt::format("{} is not JSON", file ? "'" + *file + "'" : "standard input"));
  SLIPWAY_ASSIGN_OR_RETURN(auto result, ApplyQuery(*arguments.Get("expression"), document));
  Output output = Output::Of(std::move(result));
  output.keeps_order = true;
  return output;
}

}  // namespace

Command JmespathCommand() {
  Command command;
  command.path = "jmespath";
  command.summary = "Ask a JSON document a JMESPath query, as --query does.";
  command.positionals = {{"expression", "The query."}, {"file", "A JSON file; standard input when left out.", false}};
  command.needs_workspace = false;
  command.check = [](const Arguments& arguments) { return CheckQuery(*arguments.Get("expression")); };
  command.run = Run;
  command.examples = {"slipway jmespath '[?n > `1`].name' models.json -o tsv"};
  return command;
}

}  // namespace slipway::cli
