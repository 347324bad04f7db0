// The server's workflow routes, as the commands of this folder use them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "slipway/base/result.h"
#include "slipway/cli/actor.h"
#include "slipway/cli/context.h"
#include "slipway/cli/resource.h"
#include "slipway/client/workspace.h"
#include "slipway/domain/workflow.h"

namespace slipway::cli {

// All that a flag's file or standard input ("-", or no file) holds.
Result<std::string> ReadFileOrInput(const std::string& file);

class WorkflowServer {
 public:
  static Result<WorkflowServer> Connect(Context& context, const Arguments& arguments);

  // Path below {W}/slipway/, with the answer's JSON (null for none).
  Result<Json> Send(std::string_view method, const std::string& path, const Json* body = nullptr);
  Result<domain::WorkflowRun> GetRun(int64_t run);
  Result<domain::WorkflowRun> Steer(int64_t run, std::string_view verb, const Json& body);
  Result<std::vector<domain::WorkflowRun>> ListRuns(const std::string& workflow, int64_t limit);
  Result<client::Workspace::LogChunk> ReadLog(int64_t run, const std::string& job, int step, uint64_t offset);

 private:
  WorkflowServer(client::Workspace& server, std::string actor) : server_(&server), actor_(std::move(actor)) {}
  client::Workspace* server_;
  std::string actor_;
};

Result<int64_t> RunArgument(const Arguments& arguments);

}  // namespace slipway::cli
