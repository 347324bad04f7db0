#include "slipway/cli/workflow/workflow_server.h"

#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/wire/workflow.h"

namespace slipway::cli {

Result<std::string> ReadFileOrInput(const std::string& file) {
  if (!file.empty() && file != "-") return ReadFile(file);
  std::string text;
  char buffer[65536];
  for (ssize_t size; (size = read(STDIN_FILENO, buffer, sizeof buffer)) != 0;) {
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return FromErrno(errno, "standard input");
    text.append(buffer, static_cast<size_t>(size));
  }
  return text;
}

Result<WorkflowServer> WorkflowServer::Connect(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  return WorkflowServer(*server, ActorOf(context, arguments));
}

Result<Json> WorkflowServer::Send(std::string_view method, const std::string& path, const Json* body) {
  return SendAs(actor_, server_->connection(), method, server_->Path("/slipway/" + path), body);
}

Result<domain::WorkflowRun> WorkflowServer::GetRun(int64_t run) {
  SLIPWAY_ASSIGN_OR_RETURN(const Json answer, Send("GET", fmt::format("workflows/runs/{}", run)));
  return wire::WorkflowRunFromJson(answer);
}

Result<domain::WorkflowRun> WorkflowServer::Steer(int64_t run, std::string_view verb, const Json& body) {
  SLIPWAY_ASSIGN_OR_RETURN(const Json answer, Send("POST", fmt::format("workflows/runs/{}/{}", run, verb), &body));
  return wire::WorkflowRunFromJson(answer);
}

Result<std::vector<domain::WorkflowRun>> WorkflowServer::ListRuns(const std::string& workflow, int64_t limit) {
  SLIPWAY_ASSIGN_OR_RETURN(const Json answer, Send("GET", fmt::format("workflows/runs?limit={}&workflow={}", limit,
                                                                      client::Workspace::Segment(workflow))));
  std::vector<domain::WorkflowRun> runs;
  for (const Json& each : answer.value("value", Json::array())) {
    SLIPWAY_ASSIGN_OR_RETURN(domain::WorkflowRun run, wire::WorkflowRunFromJson(each));
    runs.push_back(std::move(run));
  }
  return runs;
}

Result<client::Workspace::LogChunk> WorkflowServer::ReadLog(int64_t run, const std::string& job, int step,
                                                            uint64_t offset) {
  const std::string path = fmt::format("/slipway/workflows/runs/{}/log?job={}&step={}&offset={}", run,
                                       client::Workspace::Segment(job), step, offset);
  SLIPWAY_ASSIGN_OR_RETURN(net::Response response, server_->connection().Send("GET", server_->Path(path)));
  if (response.status >= 400) return client::ErrorOf(response);
  const std::string* complete = response.headers.Find("x-slipway-complete");
  return client::Workspace::LogChunk{std::move(response.body), complete && *complete == "true"};
}

Result<int64_t> RunArgument(const Arguments& arguments) {
  const std::string text = arguments.GetOr("run", "");
  const auto id = ParseInt(text);
  if (id && *id > 0) return *id;
  return InvalidArgument(
      fmt::format("'{}' is not the number of a run: `slipway workflow list -o table` shows them", text));
}

}  // namespace slipway::cli
