// workflow run, send, on-push, list, show, logs, cancel, rerun, approve, reject, artifacts, download.
#include <unistd.h>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/cli/commands.h"
#include "slipway/cli/workflow/follow.h"
#include "slipway/cli/workflow/local_repository.h"
#include "slipway/cli/workflow/run_view.h"
#include "slipway/cli/workflow/tools.h"
#include "slipway/wire/workflow.h"

namespace slipway::cli {
namespace {

using domain::WorkflowConclusion;
using domain::WorkflowRun;
using domain::WorkflowStatus;

constexpr std::string_view kZeros = "0000000000000000000000000000000000000000";

Output RunOutput(Context& context, const WorkflowRun& run) {
  if (context.options().output == "table" && context.options().query.empty()) return Output::Text(GraphText(run));
  return Output::Of(ViewOf(run, /*with_steps=*/true));
}

Output RunsOutput(const std::vector<WorkflowRun>& runs) {
  Json values = Json::array();
  for (const WorkflowRun& run : runs) {
    Json view = ViewOf(run, false);
    view["state"] = StateText(run.status, run.conclusion);
    values.push_back(std::move(view));
  }
  return WithColumns(std::move(values), {{"Run", "/id"},
                                         {"Workflow", "/workflow"},
                                         {"Number", "/number"},
                                         {"Event", "/event"},
                                         {"Ref", "/ref"},
                                         {"State", "/state"},
                                         {"Created", "/created_at"}});
}

// Prints the log as it comes and ends as the run does.
Result<Output> Stream(Context& context, WorkflowServer& server, int64_t id) {
  SLIPWAY_ASSIGN_OR_RETURN(const WorkflowRun run, FollowRun(context, server, id, {}));
  context.console().Out("\n" + GraphText(run));
  if (run.conclusion == WorkflowConclusion::kSuccess || run.conclusion == WorkflowConclusion::kSkipped)
    return Output::Nothing();
  return FailedPrecondition(fmt::format("the run {} ended: {}{}", id, StateText(run.status, run.conclusion),
                                        run.reason.empty() ? "" : ", " + run.reason));
}

// Values as the dispatch wants them: all texts; the workflow's types decide.
Result<Json> InputsOf(const Arguments& arguments) {
  Json inputs = Json::object();
  SLIPWAY_ASSIGN_OR_RETURN(const auto pairs, ParsePairs(arguments.All("input"), "input"));
  for (const auto& [name, value] : pairs) inputs[name] = value;
  return inputs;
}

struct Sent {
  std::vector<WorkflowRun> runs;
  size_t problems = 0;
};

Result<Sent> SendEvent(Context& context, WorkflowServer& server, const Json& event) {
  SLIPWAY_ASSIGN_OR_RETURN(const Json answer, server.Send("POST", "workflows/events", &event));
  Sent sent;
  for (const Json& problem : answer.value("problems", Json::array())) {
    context.Warn(fmt::format("{} is left out: {}", problem.value("path", ""), problem.value("message", "")));
    ++sent.problems;
  }
  for (const Json& each : answer.value("runs", Json::array())) {
    SLIPWAY_ASSIGN_OR_RETURN(WorkflowRun run, wire::WorkflowRunFromJson(each));
    sent.runs.push_back(std::move(run));
  }
  return sent;
}

Result<Output> Run(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(const LocalRepository repository, LocalRepository::Open(arguments.GetOr("repository", "")));
  Json event = {{"event", "workflow_dispatch"},
                {"repository", repository.top()},
                {"workflow", arguments.GetOr("workflow", "")},
                {"ref", arguments.GetOr("ref", "")}};
  SLIPWAY_ASSIGN_OR_RETURN(event["inputs"], InputsOf(arguments));
  if (!arguments.Has("ref")) {
    SLIPWAY_ASSIGN_OR_RETURN(event["ref"], repository.CurrentRef());
    if (arguments.Has("uncommitted")) {
      SLIPWAY_ASSIGN_OR_RETURN(event["sha"], repository.CommitOfFiles());
    } else if (repository.HasChanges()) {
      context.Warn("changes that are not committed are not in the run; --uncommitted takes the files as they are");
    }
  }
  SLIPWAY_ASSIGN_OR_RETURN(WorkflowServer server, WorkflowServer::Connect(context, arguments));
  SLIPWAY_ASSIGN_OR_RETURN(const Sent sent, SendEvent(context, server, event));
  if (sent.runs.empty()) return Internal("the server started no run");
  const WorkflowRun& run = sent.runs.front();
  if (arguments.Has("stream")) return Stream(context, server, run.id);
  return RunOutput(context, run);
}

Result<Output> Send(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(const LocalRepository repository, LocalRepository::Open(arguments.GetOr("repository", "")));
  Json event = {
      {"event", "repository_dispatch"}, {"repository", repository.top()}, {"action", arguments.GetOr("type", "")}};
  if (const auto payload = arguments.Get("payload")) {
    event["payload"] = Json::parse(*payload, nullptr, false);
    if (!event["payload"].is_object()) return InvalidArgument("--payload takes a JSON object");
  }
  SLIPWAY_ASSIGN_OR_RETURN(WorkflowServer server, WorkflowServer::Connect(context, arguments));
  SLIPWAY_ASSIGN_OR_RETURN(const Sent sent, SendEvent(context, server, event));
  return RunsOutput(sent.runs);
}

// What was pushed: a line each of a post-receive hook ("old new ref") or a pre-push hook ("ref sha ref sha").
struct Push {
  std::string before, after, ref;
};

Result<std::vector<Push>> PushesFromHook() {
  std::vector<Push> pushes;
  if (isatty(STDIN_FILENO)) return pushes;
  SLIPWAY_ASSIGN_OR_RETURN(const std::string text, ReadFileOrInput("-"));
  for (const std::string_view line : Split(text, '\n')) {
    std::vector<std::string> words;
    for (const std::string_view word : Split(Trim(line), ' '))
      if (!word.empty()) words.emplace_back(word);
    if (words.empty()) continue;
    if (words.size() == 3)
      pushes.push_back({words[0], words[1], words[2]});
    else if (words.size() == 4)
      pushes.push_back({words[3], words[1], words[2]});
    else
      return InvalidArgument(fmt::format("standard input: '{}' is no line of a Git hook: <old> <new> <ref>", line));
  }
  return pushes;
}

Result<Push> PushOfHead(const LocalRepository& repository, const Arguments& arguments) {
  Push push;
  push.ref = arguments.GetOr("ref", "");
  if (push.ref.empty()) {
    SLIPWAY_ASSIGN_OR_RETURN(push.ref, repository.CurrentRef());
  }
  if (!push.ref.starts_with("refs/")) push.ref = "refs/heads/" + push.ref;
  push.after = arguments.GetOr("after", "");
  if (push.after.empty()) {
    SLIPWAY_ASSIGN_OR_RETURN(const std::string head, repository.Git({"rev-parse", "--verify", push.ref + "^{commit}"}));
    push.after = std::string(Trim(head));
  }
  push.before = arguments.GetOr("before", "");
  if (!push.before.empty()) return push;
  const auto parent = repository.Git({"rev-parse", "--verify", "--quiet", push.after + "^"});
  push.before = parent ? std::string(Trim(*parent)) : std::string(kZeros);
  return push;
}

Result<Output> OnPush(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(const LocalRepository repository, LocalRepository::Open(arguments.GetOr("repository", "")));
  std::vector<Push> pushes;
  if (!arguments.Has("ref") && !arguments.Has("after")) {
    SLIPWAY_ASSIGN_OR_RETURN(pushes, PushesFromHook());
  }
  if (pushes.empty()) {
    SLIPWAY_ASSIGN_OR_RETURN(const Push push, PushOfHead(repository, arguments));
    pushes.push_back(push);
  }
  SLIPWAY_ASSIGN_OR_RETURN(WorkflowServer server, WorkflowServer::Connect(context, arguments));
  std::vector<WorkflowRun> runs;
  for (const Push& push : pushes) {
    const Json event = {{"event", "push"},
                        {"repository", repository.top()},
                        {"ref", push.ref},
                        {"before", push.before},
                        {"sha", push.after}};
    SLIPWAY_ASSIGN_OR_RETURN(const Sent sent, SendEvent(context, server, event));
    runs.insert(runs.end(), sent.runs.begin(), sent.runs.end());
  }
  return RunsOutput(runs);
}

Result<Output> List(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(WorkflowServer server, WorkflowServer::Connect(context, arguments));
  const std::string limit = arguments.GetOr("max-results", "30");
  const auto count = ParseInt(limit);
  if (!count || *count < 1) return InvalidArgument(fmt::format("--max-results takes a number from 1, not '{}'", limit));
  SLIPWAY_ASSIGN_OR_RETURN(const auto runs, server.ListRuns(arguments.GetOr("workflow", ""), *count));
  return RunsOutput(runs);
}

Result<Output> Show(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(const int64_t id, RunArgument(arguments));
  SLIPWAY_ASSIGN_OR_RETURN(WorkflowServer server, WorkflowServer::Connect(context, arguments));
  SLIPWAY_ASSIGN_OR_RETURN(const WorkflowRun run, server.GetRun(id));
  return RunOutput(context, run);
}

Result<Output> Logs(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(const int64_t id, RunArgument(arguments));
  SLIPWAY_ASSIGN_OR_RETURN(WorkflowServer server, WorkflowServer::Connect(context, arguments));
  FollowOptions options;
  options.job = arguments.GetOr("job", "");
  options.only_failed = arguments.Has("failed");
  options.follows = arguments.Has("follow");
  SLIPWAY_ASSIGN_OR_RETURN(const WorkflowRun run, FollowRun(context, server, id, options));
  if (options.job.empty()) return Output::Nothing();
  for (const auto& job : run.jobs)
    if (job.key == options.job || job.name == options.job) return Output::Nothing();
  std::vector<std::string> keys;
  for (const auto& job : run.jobs) keys.push_back(job.key);
  return NotFound(fmt::format("the run {} has no job '{}'{}; there is: {}", id, options.job,
                              DidYouMean(options.job, keys), Join(keys, ", ")));
}

Result<Output> Steered(Context& context, const Arguments& arguments, std::string_view verb, const Json& body) {
  SLIPWAY_ASSIGN_OR_RETURN(const int64_t id, RunArgument(arguments));
  SLIPWAY_ASSIGN_OR_RETURN(WorkflowServer server, WorkflowServer::Connect(context, arguments));
  SLIPWAY_ASSIGN_OR_RETURN(const WorkflowRun run, server.Steer(id, verb, body));
  if (arguments.Has("stream")) return Stream(context, server, run.id);
  return RunOutput(context, run);
}

Result<Output> Cancel(Context& context, const Arguments& arguments) {
  return Steered(context, arguments, "cancel", Json::object());
}

Result<Output> Rerun(Context& context, const Arguments& arguments) {
  return Steered(context, arguments, "rerun", {{"onlyFailed", arguments.Has("failed")}});
}

Json ReviewBody(const Arguments& arguments, std::string_view decision) {
  return {{"decision", decision},
          {"environment", arguments.GetOr("environment", "")},
          {"comment", arguments.GetOr("comment", "")}};
}

Result<Output> Approve(Context& context, const Arguments& arguments) {
  return Steered(context, arguments, "review", ReviewBody(arguments, "approved"));
}

Result<Output> Reject(Context& context, const Arguments& arguments) {
  return Steered(context, arguments, "review", ReviewBody(arguments, "rejected"));
}

Result<Output> Artifacts(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(const int64_t id, RunArgument(arguments));
  SLIPWAY_ASSIGN_OR_RETURN(WorkflowServer server, WorkflowServer::Connect(context, arguments));
  SLIPWAY_ASSIGN_OR_RETURN(const Json answer, server.Send("GET", fmt::format("workflows/runs/{}/artifacts", id)));
  return WithColumns(answer.value("value", Json::array()),
                     {{"Name", "/name"}, {"Files", "/files"}, {"Bytes", "/bytes"}, {"Expires", "/expiresAt"}});
}

Result<Output> Download(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(const int64_t id, RunArgument(arguments));
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  const std::string name = arguments.GetOr("name", "artifact");
  const std::string base =
      server->Path(fmt::format("/slipway/workflows/runs/{}/artifacts/{}/files", id, client::Workspace::Segment(name)));
  SLIPWAY_ASSIGN_OR_RETURN(const auto files, server->connection().List(base));
  const std::filesystem::path target = arguments.GetOr("download-path", name);
  for (const Json& file : files) {
    const std::string path = file.value("path", "");
    SLIPWAY_ASSIGN_OR_RETURN(const auto local, JoinBelow(target, path));
    std::vector<std::string> segments;
    for (const std::string_view segment : Split(path, '/')) segments.push_back(client::Workspace::Segment(segment));
    SLIPWAY_ASSIGN_OR_RETURN(const auto response, server->connection().Send("GET", base + "/" + Join(segments, "/")));
    if (response.status >= 400) return client::ErrorOf(response);
    SLIPWAY_RETURN_IF_ERROR(WriteFileAtomic(local, response.body));
  }
  context.Note(fmt::format("{} files in '{}'", files.size(), target.string()));
  return Output::Nothing();
}

Result<Output> Repositories(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(WorkflowServer server, WorkflowServer::Connect(context, arguments));
  if (const auto forgotten = arguments.Get("forget")) {
    SLIPWAY_RETURN_IF_ERROR(
        server.Send("DELETE", "workflows/repositories?path=" + client::Workspace::Segment(*forgotten)));
    return Output::Nothing();
  }
  SLIPWAY_ASSIGN_OR_RETURN(const Json answer, server.Send("GET", "workflows/repositories"));
  return WithColumns(answer.value("value", Json::array()), {{"Path", "/path"}, {"Default branch", "/defaultBranch"}});
}

Command WithRun(Command command) {
  command.positionals = {{"run", "Number of the run."}};
  return command;
}

}  // namespace

std::vector<Command> WorkflowCommands() {
  const Flag repository = {"repository", 0, "A folder in the Git repository (default: the current folder)."};
  const Flag stream = {"stream", 's', "Print the log as it comes, and end as the run does.", Flag::Takes::kNothing};
  const Flag environment = {"environment", 0, "Of one environment alone (default: all that wait)."};
  const Flag comment = {"comment", 0, "A comment, kept with the decision."};
  const Flag as = ActorFlag();
  Command run = MakeCommand("workflow run", "Start a workflow by hand (workflow_dispatch).",
                            {repository,
                             {"ref", 0, "Branch or tag to run on (default: the branch that is checked out)."},
                             {"input", 'i', "An input, NAME=VALUE.", Flag::Takes::kValues},
                             {"uncommitted", 0, "With the files as they are, not as committed.", Flag::Takes::kNothing},
                             stream,
                             as},
                            Run);
  run.positionals = {{"workflow", "File name, path or name of the workflow."}};
  run.examples = {"slipway workflow run build-model.yml -i trials=8 --stream"};
  Command on_push =
      MakeCommand("workflow on-push", "Tell the server of a push; for Git hooks (post-receive, pre-push), or by hand.",
                  {repository,
                   {"ref", 0, "Branch or tag that was pushed (default: the hook's, else the one checked out)."},
                   {"before", 0, "Commit before the push (default: the hook's, else the parent)."},
                   {"after", 0, "Commit after it (default: the hook's, else the ref's)."},
                   as},
                  OnPush);
  on_push.examples = {"echo 'exec slipway workflow on-push' >> .git/hooks/post-receive"};
  return {
      run,
      on_push,
      MakeCommand("workflow send", "Send a repository_dispatch event.",
                  {repository,
                   {"type", 't', "The event's type.", Flag::Takes::kValue, true},
                   {"payload", 0, "A JSON object: github.event.client_payload."},
                   as},
                  Send),
      MakeCommand("workflow list", "List runs, newest first.",
                  {{"workflow", 0, "Path of one workflow's file alone."}, MaxResultsFlag()}, List),
      WithRun(MakeCommand("workflow show", "Show a run; -o table draws the graph of its jobs.", {}, Show)),
      WithRun(MakeCommand("workflow logs", "Print what the jobs of a run printed.",
                          {{"job", 'j', "Key or name of one job."},
                           {"failed", 0, "Of failed steps alone.", Flag::Takes::kNothing},
                           {"follow", 0, "Go on until the run ends.", Flag::Takes::kNothing}},
                          Logs)),
      WithRun(MakeCommand("workflow cancel", "Cancel a run.", {as}, Cancel)),
      WithRun(MakeCommand(
          "workflow rerun", "Run a run again: same commit, event and inputs.",
          {{"failed", 0, "Jobs that did not succeed, and those that need them, alone.", Flag::Takes::kNothing},
           stream,
           as},
          Rerun)),
      WithRun(MakeCommand("workflow approve", "Let jobs that wait for a review start.",
                          {environment, comment, stream, as}, Approve)),
      WithRun(MakeCommand("workflow reject", "Fail jobs that wait for a review.", {environment, comment, as}, Reject)),
      WithRun(MakeCommand("workflow artifacts", "List the artifacts of a run.", {}, Artifacts)),
      WithRun(MakeCommand("workflow download", "Download an artifact of a run.",
                          {NameFlag(false, "Name of the artifact (default: artifact)."),
                           {"download-path", 'p', "Folder for the files (default: the artifact's name)."}},
                          Download)),
      MakeCommand("workflow repositories", "List the repositories that are watched for schedules and other events.",
                  {{"forget", 0, "Folder of a repository to watch no longer."}}, Repositories),
      WorkflowValidateCommand(),
      WorkflowEvalCommand(),
  };
}

}  // namespace slipway::cli
