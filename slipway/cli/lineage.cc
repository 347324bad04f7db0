// lineage: where something comes from, and what became of it.
#include <map>
#include <set>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/cli/context.h"
#include "slipway/cli/job/report_parts.h"
#include "slipway/cli/job/reports.h"
#include "slipway/client/workspace.h"

namespace slipway::cli {
namespace {

// Draws one way from a node as a tree; what was drawn before is named but not drawn again.
class Tree {
 public:
  Tree(const Json& answer, bool up) {
    for (const Json& node : answer["nodes"]) nodes_[node["id"].get<std::string>()] = &node;
    for (const Json& edge : answer["edges"]) {
      const std::string how = edge["how"].get<std::string>(), from = edge["from"].get<std::string>(),
                        to = edge["to"].get<std::string>();
      const bool is_part = how == "part of";  // leads from a pipeline to its steps, whichever way is drawn
      if (up || is_part) links_.emplace(to, Link{from, is_part ? "step" : how});
      if (!up && !is_part) links_.emplace(from, Link{to, how});
    }
  }

  std::string Draw(const std::string& id) {
    seen_.insert(id);
    return DrawBelow(id, "");
  }

 private:
  struct Link {
    std::string other, how;
  };

  std::string DrawBelow(const std::string& id, const std::string& indent) {
    std::string text;
    const auto [begin, end] = links_.equal_range(id);
    for (auto at = begin; at != end; ++at) {
      const auto& [other, how] = at->second;
      const bool is_last = std::next(at) == end;
      const bool is_new = seen_.insert(other).second;
      text += fmt::format("{}{} {}  [{}]{}\n", indent, is_last ? "└─" : "├─", Label(other), how,
                          is_new ? "" : " (see above)");
      if (is_new) text += DrawBelow(other, indent + (is_last ? "   " : "│  "));
    }
    return text;
  }

  std::string Label(const std::string& id) const {
    const auto found = nodes_.find(id);
    if (found == nodes_.end()) return id;
    const Json& facts = (*found->second)["facts"];
    std::vector<std::string> shown;
    for (const char* fact : {"type", "status", "stage", "branch", "created_at"}) {
      if (facts.contains(fact)) shown.push_back(facts[fact].get<std::string>());
    }
    return shown.empty() ? id : fmt::format("{} ({})", id, Join(shown, ", "));
  }

  std::map<std::string, const Json*> nodes_;
  std::multimap<std::string, Link> links_;
  std::set<std::string> seen_;
};

std::string TextOf(const Json& answer, const std::string& direction) {
  const std::string start = answer["start"].get<std::string>();
  std::string text = start + "\n";
  const auto section = [&](const char* title, bool up) {
    const std::string tree = Tree(answer, up).Draw(start);
    text += fmt::format("\n{}\n{}", title, tree.empty() ? "   (nothing)\n" : tree);
  };
  if (direction != "down") section("made from", true);
  if (direction != "up") section("became", false);
  return text;
}

Result<Output> ShowLineage(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  const std::string direction = arguments.GetOr("direction", "both");
  SLIPWAY_ASSIGN_OR_RETURN(const Json answer,
                           server->connection().Get(server->Path(fmt::format(
                               "/slipway/lineage?ref={}&direction={}", UrlEncode(*arguments.Get("ref")), direction))));
  return TextOr(arguments, TextOf(answer, direction), answer);
}

}  // namespace

Command LineageCommand() {
  Command command = MakeCommand(
      "lineage",
      "Show what something was made from and what became of it: commit, code, data, jobs, "
      "models, deployments.",
      {{"direction", 0, "Which way to look.", Flag::Takes::kValue, false, {"up", "down", "both"}}}, ShowLineage);
  command.positionals = {
      {"ref",
       "NAME:VERSION of a model or data, a job, ENDPOINT/DEPLOYMENT, a commit; or with its kind: model:NAME:1."}};
  command.examples = {"slipway lineage azureml:credit-card-default:3", "slipway lineage shop/blue --direction up",
                      "slipway lineage data:curated:1 -o json"};
  return command;
}

}  // namespace slipway::cli
