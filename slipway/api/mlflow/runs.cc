#include <algorithm>

#include "slipway/api/mlflow/face.h"
#include "slipway/api/mlflow/logged_models.h"
#include "slipway/api/mlflow/tracking.h"
#include "slipway/base/hash.h"
#include "slipway/base/text.h"

namespace slipway::api::mlflow {
namespace {

using domain::Run;
using domain::Scope;
using nlohmann::json;

constexpr int64_t kPageSize = 1000, kPageSizeMax = 50'000;

// "brave-lake-123", as MLflow names runs that come without a name.
std::string MakeRunName(const std::string& id) {
  static constexpr const char* kAdjectives[] = {"bold", "calm", "clever", "eager", "gentle", "keen", "merry", "swift"};
  static constexpr const char* kNouns[] = {"ant", "crane", "finch", "hare", "lynx", "otter", "seal", "wren"};
  const uint32_t bits = Crc32c(id);
  return fmt::format("{}-{}-{}", kAdjectives[bits % 8], kNouns[bits / 8 % 8], bits / 64 % 1000);
}

// Runs that began later come first among equals, then those with smaller ids.
bool ComesBefore(const Order& order, const Run& a, const Run& b) {
  const auto compared = order.Compare(LookupIn(a), LookupIn(b));
  if (compared != 0) return compared < 0;
  if (a.start_time_ms != b.start_time_ms) return a.start_time_ms > b.start_time_ms;
  return a.id < b.id;
}

class Runs {
 public:
  explicit Runs(const MlflowDependencies& dependencies)
      : runs_(dependencies.runs), catalog_(dependencies.catalog), clock_(dependencies.clock) {}

  Result<json> Create(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const std::string experiment_id, arguments.Text("experiment_id"));
    SLIPWAY_ASSIGN_OR_RETURN(const auto experiment, GetExperiment(runs_, scope, experiment_id, clock_.Now()));
    if (experiment.is_deleted) {
      return InvalidArgument(
          fmt::format("The experiment {} must be in the 'active' state. Current state is deleted.", experiment.id));
    }
    Run run;
    run.id = RandomHex(16);
    run.experiment_id = experiment.id;
    SLIPWAY_ASSIGN_OR_RETURN(run.user_id, arguments.Text("user_id", run.user_id));
    SLIPWAY_ASSIGN_OR_RETURN(run.start_time_ms, arguments.Integer("start_time", Milliseconds(clock_.Now())));
    SLIPWAY_ASSIGN_OR_RETURN(run.tags, arguments.Tags());
    for (const auto& [key, value] : run.tags) SLIPWAY_RETURN_IF_ERROR(CheckKey("tag", key));
    SLIPWAY_RETURN_IF_ERROR(NameRun(run, arguments));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string root, catalog_.ArtifactRoot(scope));
    run.artifact_uri = fmt::format("{}dcid.{}/", root, run.id);
    SLIPWAY_RETURN_IF_ERROR(runs_.InsertRun(scope, run));
    return json{{"run", RunJson(run)}};
  }

  Result<json> Get(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const std::string id, arguments.RunId());
    SLIPWAY_ASSIGN_OR_RETURN(const Run run, GetRun(runs_, scope, id));
    return json{{"run", RunJson(run)}};
  }

  Result<json> Update(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const std::string id, arguments.RunId());
    SLIPWAY_ASSIGN_OR_RETURN(Run run, GetActiveRun(runs_, scope, id));
    if (arguments.Has("status")) {
      SLIPWAY_ASSIGN_OR_RETURN(const std::string status, arguments.Text("status"));
      SLIPWAY_ASSIGN_OR_RETURN(run.status, ParseRunStatus(status));
      if (run.status == domain::RunStatus::kRunning) run.end_time_ms.reset();
    }
    if (arguments.Has("end_time")) {
      SLIPWAY_ASSIGN_OR_RETURN(run.end_time_ms, arguments.RequireInteger("end_time"));
    }
    SLIPWAY_ASSIGN_OR_RETURN(const std::string name, arguments.Text("run_name"));
    if (!name.empty()) run.name = name;
    SLIPWAY_RETURN_IF_ERROR(runs_.UpdateRun(scope, run));
    if (!name.empty()) SLIPWAY_RETURN_IF_ERROR(runs_.LogBatch(scope, run.id, {}, {}, {{kRunNameTag, name}}));
    return json{{"run_info", RunInfoJson(run)}};
  }

  Result<json> Delete(const Scope& scope, const Arguments& arguments) const { return Mark(scope, arguments, true); }
  Result<json> Restore(const Scope& scope, const Arguments& arguments) const { return Mark(scope, arguments, false); }

  Result<json> Search(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(const Page page, PageOf(arguments, kPageSize, kPageSizeMax));
    SLIPWAY_ASSIGN_OR_RETURN(const View view, ViewOf(arguments, "run_view_type"));
    SLIPWAY_ASSIGN_OR_RETURN(const std::string text, arguments.Text("filter"));
    SLIPWAY_ASSIGN_OR_RETURN(const Filter filter, Filter::Parse(text, RunDialect()));
    SLIPWAY_ASSIGN_OR_RETURN(const auto terms, arguments.TextList("order_by"));
    SLIPWAY_ASSIGN_OR_RETURN(const Order order, Order::Parse(terms, RunDialect()));
    SLIPWAY_ASSIGN_OR_RETURN(const auto ids, ExperimentIds(scope, arguments));
    SLIPWAY_ASSIGN_OR_RETURN(auto runs, runs_.ListRuns(scope, ids));
    std::erase_if(runs, [&](const Run& run) {
      return IsLoggedModel(run) || !IsSeen(run.is_deleted, view) || !filter.Matches(LookupIn(run));
    });
    std::sort(runs.begin(), runs.end(), [&](const Run& a, const Run& b) { return ComesBefore(order, a, b); });
    json answer = json::object();
    const size_t end = std::min(runs.size(), page.offset + page.size);
    for (size_t i = page.offset; i < end; ++i) answer["runs"].push_back(RunJson(runs[i]));
    if (end < runs.size()) answer["next_page_token"] = PageToken(end);
    return answer;
  }

 private:
  // The name and the tag mlflow.runName say the same, whichever was given.
  static Status NameRun(Run& run, const Arguments& arguments) {
    SLIPWAY_ASSIGN_OR_RETURN(run.name, arguments.Text("run_name"));
    const auto tag = run.tags.find(kRunNameTag);
    if (tag != run.tags.end() && !run.name.empty() && tag->second != run.name) {
      return InvalidArgument(fmt::format("Both 'run_name' ('{}') and the tag '{}' ('{}') are given, and differ",
                                         run.name, kRunNameTag, tag->second));
    }
    if (run.name.empty()) run.name = tag == run.tags.end() ? MakeRunName(run.id) : tag->second;
    run.tags[kRunNameTag] = run.name;
    return {};
  }

  // "0" stands for the default experiment, which may have another id.
  Result<std::vector<std::string>> ExperimentIds(const Scope& scope, const Arguments& arguments) const {
    SLIPWAY_ASSIGN_OR_RETURN(auto ids, arguments.TextList("experiment_ids"));
    for (std::string& id : ids) {
      if (id != kDefaultExperimentId) continue;
      SLIPWAY_ASSIGN_OR_RETURN(const auto experiment, GetExperiment(runs_, scope, id, clock_.Now()));
      id = experiment.id;
    }
    return ids;
  }

  Result<json> Mark(const Scope& scope, const Arguments& arguments, bool is_deleted) const {
    SLIPWAY_ASSIGN_OR_RETURN(const std::string id, arguments.RunId());
    SLIPWAY_ASSIGN_OR_RETURN(Run run, GetRun(runs_, scope, id));
    run.is_deleted = is_deleted;
    SLIPWAY_RETURN_IF_ERROR(runs_.UpdateRun(scope, run));
    return json::object();
  }

  domain::RunStore& runs_;
  registry::Catalog& catalog_;
  const Clock& clock_;
};

}  // namespace

void MountRuns(net::Router& router, const MlflowDependencies& dependencies) {
  Methods<Runs> methods(router, dependencies.workspaces, std::make_shared<const Runs>(dependencies));
  methods.Add("POST", "runs/create", &Runs::Create);
  methods.Add("GET", "runs/get", &Runs::Get);
  methods.Add("POST", "runs/update", &Runs::Update);
  methods.Add("POST", "runs/delete", &Runs::Delete);
  methods.Add("POST", "runs/restore", &Runs::Restore);
  methods.Add("POST", "runs/search", &Runs::Search);
}

}  // namespace slipway::api::mlflow
