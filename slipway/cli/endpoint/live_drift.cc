// online-deployment drift: how far what a deployment is asked is from its model's training data, now.
#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "slipway/cli/commands.h"
#include "slipway/cli/context.h"
#include "slipway/cli/resource.h"
#include "slipway/client/workspace.h"

namespace slipway::cli {
namespace {

using nlohmann::ordered_json;

ordered_json Row(const ordered_json& gauge) {
  const auto share = [&](const char* key) { return fmt::format("{:.1f} %", 100 * gauge.value(key, 0.0)); };
  return {{"feature", gauge["feature"]},
          {"window", gauge["window"]},
          {"rows", gauge["rows"]},
          {"psi", fmt::format("{:.3f}", gauge.value("psi", 0.0))},
          {"by chance", fmt::format("{:.3f}", gauge.value("expectedPsi", 0.0))},
          {"missing", share("missingShare")},
          {"unseen", share("unseenShare")},
          {"verdict", gauge["verdict"]}};
}

// The most drifted first.
void SortGauges(Json& gauges) {
  auto sorted = gauges.get<std::vector<Json>>();
  std::stable_sort(sorted.begin(), sorted.end(), [](const Json& a, const Json& b) {
    const bool is_a_drifted = a["verdict"] == "drifted", is_b_drifted = b["verdict"] == "drifted";
    return is_a_drifted != is_b_drifted ? is_a_drifted : a["psi"] > b["psi"];
  });
  gauges = Json(std::move(sorted));
}

Result<Output> Run(Context& context, const Arguments& arguments) {
  const std::string endpoint = *arguments.Get("endpoint-name"), name = *arguments.Get("name");
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(
      const auto found, server->connection().List(server->Path(fmt::format("/slipway/drift?endpoint={}&deployment={}",
                                                                           client::Workspace::Segment(endpoint),
                                                                           client::Workspace::Segment(name)))));
  if (found.empty())
    return NotFound(
        fmt::format("'{}' has no deployment '{}' with a model; a new one is seen within seconds", endpoint, name));
  Json drift = found.front();
  if (const std::string note = drift.value("note", ""); !note.empty()) context.Note(note);
  SortGauges(drift["gauges"]);
  Output output = Output::Of(ordered_json(drift));
  output.table_row = [](const ordered_json& value) {
    ordered_json rows = ordered_json::array();
    for (const ordered_json& gauge : value["gauges"]) rows.push_back(Row(gauge));
    return rows;
  };
  return output;
}

}  // namespace

std::vector<Command> LiveDriftCommands() {
  Command command =
      MakeCommand("online-deployment drift", "Show how far what a deployment is asked is from its model's baseline.",
                  {NameFlag(true, "Name of the deployment."),
                   {"endpoint-name", 'e', "Name of the online endpoint.", Flag::Takes::kValue, true}},
                  Run);
  command.examples = {"slipway online-deployment drift -e loans-oe -n blue -o table"};
  return {command};
}

}  // namespace slipway::cli
