// job compare: in what two jobs differ.
#include <set>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/cli/context.h"
#include "slipway/cli/formats.h"
#include "slipway/cli/job/report_parts.h"
#include "slipway/cli/job/reports.h"
#include "slipway/client/workspace.h"
#include "slipway/wire/job.h"

namespace slipway::cli {
namespace {

struct Compared {
  std::string what;  // "metric f1", "input rows", "code/train.py"
  Json first, second;
};

class Comparison {
 public:
  Comparison(client::Workspace& server, bool shows_all) : server_(server), shows_all_(shows_all) {}

  // Steps of pipelines are compared with those of the same name; `prefix` says which.
  Status Add(const std::string& first, const std::string& second, const std::string& prefix) {
    SLIPWAY_ASSIGN_OR_RETURN(const domain::Job a, JobOf(first));
    SLIPWAY_ASSIGN_OR_RETURN(const domain::Job b, JobOf(second));
    AddValues(prefix, StateOf(a), StateOf(b));
    SLIPWAY_ASSIGN_OR_RETURN(const Json tracked_a, TrackedOf(server_, a.name));
    SLIPWAY_ASSIGN_OR_RETURN(const Json tracked_b, TrackedOf(server_, b.name));
    AddValues(prefix + "parameter ", tracked_a["parameters"], tracked_b["parameters"]);
    AddValues(prefix + "metric ", tracked_a["metrics"], tracked_b["metrics"]);
    const bool are_commands = std::holds_alternative<domain::CommandSpec>(a.spec.body) &&
                              std::holds_alternative<domain::CommandSpec>(b.spec.body);
    return are_commands ? AddParts(a, b, prefix) : AddChildren(a, b, prefix);
  }

  Json Rows() const {
    Json rows = Json::array();
    for (const Compared& each : rows_) {
      rows.push_back({{"what", each.what}, {"first", each.first}, {"second", each.second}});
    }
    return rows;
  }

 private:
  Result<domain::Job> JobOf(const std::string& name) {
    SLIPWAY_ASSIGN_OR_RETURN(const Json arm, server_.Get("jobs", name));
    return wire::JobFromArm(arm);
  }

  static Json StateOf(const domain::Job& job) {
    Json state = {{"status", domain::JobStatusName(job.status)}};
    if (const auto commit = job.spec.properties.find("azureml.git.commit"); commit != job.spec.properties.end()) {
      state["git commit"] = commit->second;
    }
    for (const auto& [key, reference] : job.resolved_inputs) state["input " + key] = reference;
    if (job.started_at && job.ended_at) {
      state["seconds"] = std::chrono::duration<double>(*job.ended_at - *job.started_at).count();
    }
    if (job.resources) {
      state["cpu seconds"] = job.resources->cpu_seconds;
      if (job.resources->peak_memory_bytes > 0) {
        state["peak memory"] = FormatBytes(static_cast<double>(job.resources->peak_memory_bytes));
      }
    }
    return state;
  }

  void AddValues(const std::string& prefix, const Json& a, const Json& b) {
    std::set<std::string> keys;
    for (const auto& member : a.items()) keys.insert(member.key());
    for (const auto& member : b.items()) keys.insert(member.key());
    for (const std::string& key : keys) Add({prefix + key, a.value(key, Json()), b.value(key, Json())});
  }

  void Add(Compared compared) {
    if (shows_all_ || compared.first != compared.second) rows_.push_back(std::move(compared));
  }

  // What went into the commands: code files, environment, command, variables, content of data.
  Status AddParts(const domain::Job& a, const domain::Job& b, const std::string& prefix) {
    auto report = server_.connection().Get(
        fmt::format("{}?with={}", JobReportPath(server_.scope(), a.name, "reuse"), UrlEncode(b.name)));
    if (!report && report.error().code() == Code::kFailedPrecondition) return {};  // one of them never began
    SLIPWAY_RETURN_IF_ERROR(report);
    for (const Json& difference : (*report)["differences"]) {
      const std::string part = difference["part"].get<std::string>();
      const bool is_told = part.ends_with(".reference");  // as the input's reference, above
      if (!is_told) Add({prefix + part, difference["here"], difference["there"]});
    }
    return {};
  }

  Status AddChildren(const domain::Job& a, const domain::Job& b, const std::string& prefix) {
    SLIPWAY_ASSIGN_OR_RETURN(const auto steps_a, StepsOf(a.name));
    SLIPWAY_ASSIGN_OR_RETURN(const auto steps_b, StepsOf(b.name));
    std::set<std::string> steps;
    for (const auto& [step, job] : steps_a) steps.insert(step);
    for (const auto& [step, job] : steps_b) steps.insert(step);
    for (const std::string& step : steps) {
      const auto in_a = steps_a.find(step), in_b = steps_b.find(step);
      if (in_a != steps_a.end() && in_b != steps_b.end()) {
        SLIPWAY_RETURN_IF_ERROR(Add(in_a->second, in_b->second, fmt::format("{}{}: ", prefix, step)));
      } else {
        const auto name = [](const auto& map, auto at) { return at == map.end() ? Json() : Json(at->second); };
        Add({prefix + step, name(steps_a, in_a), name(steps_b, in_b)});
      }
    }
    return {};
  }

  Result<std::map<std::string, std::string>> StepsOf(const std::string& job) {
    SLIPWAY_ASSIGN_OR_RETURN(const auto children, server_.ListChildren(job));
    std::map<std::string, std::string> steps;
    for (const Json& child : children) {
      const std::string name = child.value("name", "");
      const std::string step = child["properties"].value("slipway", Json::object()).value("step", "");
      steps[step.empty() && name.size() > job.size() ? name.substr(job.size() + 1) : step] = name;
    }
    return steps;
  }

  client::Workspace& server_;
  const bool shows_all_;
  std::vector<Compared> rows_;
};

// What fits into a table, on one line; the whole is in the data.
std::string Shortened(const std::string& text) {
  constexpr size_t kShown = 48;
  const std::string line = ReplaceAll(text, "\n", "\\n");
  return line.size() <= kShown ? line : line.substr(0, kShown - 1) + "…";
}

Result<Output> Compare(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  const std::string first = *arguments.Get("first"), second = *arguments.Get("second");
  Comparison comparison(*server, arguments.Has("all"));
  SLIPWAY_RETURN_IF_ERROR(comparison.Add(first, second, ""));
  const Json rows = comparison.Rows();
  nlohmann::ordered_json table = nlohmann::ordered_json::array();
  const auto cell = [](const Json& value) {
    if (value.is_null()) return std::string("-");
    if (value.is_number_float()) return fmt::format("{:.6g}", value.get<double>());
    return value.is_string() ? Shortened(value.get<std::string>()) : value.dump();
  };
  for (const Json& row : rows) {
    table.push_back({{"What", row["what"]}, {first, cell(row["first"])}, {second, cell(row["second"])}});
  }
  const std::string text = rows.empty() ? "The jobs do not differ.\n" : FormatTable(table, /*is_built_in=*/true);
  return TextOr(arguments, text, rows);
}

}  // namespace

Command JobCompareCommand() {
  Command command = MakeCommand(
      "job compare", "Show in what two jobs differ: parameters, metrics, inputs, code files, environment, use.",
      {{"all", 0, "Show what is equal too.", Flag::Takes::kNothing}}, Compare);
  command.positionals = {{"first", "Name of a job."}, {"second", "Name of the other."}};
  command.examples = {"slipway job compare A B",
                      "slipway job compare A B -o json --query \"[?starts_with(what, 'metric')]\""};
  return command;
}

}  // namespace slipway::cli
