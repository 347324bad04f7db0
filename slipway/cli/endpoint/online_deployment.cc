// online-deployment create, show, list, update, delete, get-logs.
#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/cli/commands.h"
#include "slipway/cli/endpoint/endpoint_view.h"
#include "slipway/cli/sync.h"
#include "slipway/spec/endpoint.h"
#include "slipway/wire/endpoint.h"

namespace slipway::cli {
namespace {

Status RefuseUnsupported(const Arguments& arguments) {
  for (std::string_view flag : {"local", "local-enable-gpu", "vscode-debug", "package-model"})
    if (arguments.Has(flag)) return Unimplemented(fmt::format("--{} is not supported yet", flag));
  return {};
}

Status CheckNewDeployment(Context& context, client::Workspace& server, const domain::OnlineDeployment& deployment) {
  auto endpoint = server.Get("onlineEndpoints", deployment.endpoint_name);
  if (!endpoint && endpoint.error().code() == Code::kNotFound)
    return FailedPrecondition(
        fmt::format("the endpoint '{}' does not exist; create it with `{} online-endpoint create`",
                    deployment.endpoint_name, context.program()));
  if (!endpoint) return std::move(endpoint.error());
  auto existing = server.Get(DeploymentCollection(deployment.endpoint_name), deployment.name);
  if (existing)
    return Error(Code::kAlreadyExists,
                 fmt::format("the deployment '{}' of '{}' exists already; change it with `{} online-deployment update`",
                             deployment.name, deployment.endpoint_name, context.program()));
  if (existing.error().code() != Code::kNotFound) return std::move(existing.error());
  return {};
}

// Uploads code and inline assets, and stores the deployment.
Result<Json> PutDeployment(Context& context, client::Workspace& server, spec::DeploymentDocument document, bool waits) {
  client::Uploader uploader = MakeUploader(context, server);
  SLIPWAY_RETURN_IF_ERROR(RegisterAnonymous(server, uploader, std::move(document.anonymous)));
  SLIPWAY_RETURN_IF_ERROR(uploader.ReplaceCode(document.deployment.code));
  const std::string path = server.Path(fmt::format("/{}/{}", DeploymentCollection(document.deployment.endpoint_name),
                                                   client::Workspace::Segment(document.deployment.name)));
  context.Progress(fmt::format("Waiting for the deployment '{}' to become ready …", document.deployment.name));
  const Json body = wire::DeploymentToArm(server.scope(), document.deployment);
  return waits ? server.connection().Put(path, body) : server.connection().StartPut(path, body);
}

// Also after the deployments that had it are gone: who replaces a deployment wants to try it before it gets traffic.
bool WasTrafficSet(const Json& endpoint) {
  const Json& properties = endpoint["properties"];
  const bool has_traffic = properties.contains("traffic") && !properties["traffic"].empty();
  return has_traffic || (properties.contains("slipway") && properties["slipway"].value("trafficWasSet", false));
}

// The first deployment of an endpoint whose traffic nobody has set gets all of it: a convenience beyond the dialect.
Status GiveFirstTraffic(Context& context, client::Workspace& server, const domain::OnlineDeployment& deployment) {
  SLIPWAY_ASSIGN_OR_RETURN(const Json endpoint, server.Get("onlineEndpoints", deployment.endpoint_name));
  if (WasTrafficSet(endpoint)) return {};
  SLIPWAY_ASSIGN_OR_RETURN(const auto all,
                           server.connection().List(server.Path("/" + DeploymentCollection(deployment.endpoint_name))));
  if (all.size() != 1) return {};
  SLIPWAY_RETURN_IF_ERROR(SetTraffic(server, deployment.endpoint_name, {{deployment.name, 100}}));
  context.Note(fmt::format("'{}' is the first deployment of '{}' and its traffic was never set: it gets 100 %.",
                           deployment.name, deployment.endpoint_name));
  return {};
}

Result<Output> CreateDeployment(Context& context, const Arguments& arguments) {
  SLIPWAY_RETURN_IF_ERROR(RefuseUnsupported(arguments));
  const KeyFlag keys[] = {{"name", "name"}, {"endpoint-name", "endpoint_name"}};
  SLIPWAY_ASSIGN_OR_RETURN(const spec::Document document, LoadSpec(arguments, keys));
  SLIPWAY_ASSIGN_OR_RETURN(spec::DeploymentDocument read, spec::ReadDeployment(document));
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_RETURN_IF_ERROR(CheckNewDeployment(context, *server, read.deployment));
  const domain::OnlineDeployment deployment = read.deployment;
  const bool waits = !arguments.Has("no-wait");
  SLIPWAY_ASSIGN_OR_RETURN(const Json arm, PutDeployment(context, *server, std::move(read), waits));
  if (!waits && arguments.Has("all-traffic")) context.Warn("--all-traffic has no effect with --no-wait");
  if (waits && arguments.Has("all-traffic"))
    SLIPWAY_RETURN_IF_ERROR(SetTraffic(*server, deployment.endpoint_name, {{deployment.name, 100}}));
  else if (waits)
    SLIPWAY_RETURN_IF_ERROR(GiveFirstTraffic(context, *server, deployment));
  SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedDeployment(arm));
  return Output::Of(std::move(printed));
}

Result<Json> FetchDeployment(client::Workspace& server, const std::string& endpoint, const std::string& name) {
  auto arm = server.Get(DeploymentCollection(endpoint), name);
  if (!arm && arm.error().code() == Code::kNotFound)
    return FailedPrecondition(fmt::format("the deployment '{}' of '{}' does not exist", name, endpoint));
  return arm;
}

Result<Output> ShowDeployment(Context& context, const Arguments& arguments) {
  SLIPWAY_RETURN_IF_ERROR(RefuseUnsupported(arguments));
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const Json arm,
                           FetchDeployment(*server, *arguments.Get("endpoint-name"), *arguments.Get("name")));
  SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedDeployment(arm));
  return Output::Of(std::move(printed));
}

Result<Output> ListDeployments(Context& context, const Arguments& arguments) {
  SLIPWAY_RETURN_IF_ERROR(RefuseUnsupported(arguments));
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  const std::string path = server->Path("/" + DeploymentCollection(*arguments.Get("endpoint-name")));
  SLIPWAY_ASSIGN_OR_RETURN(const auto deployments, server->connection().List(path));
  Json list = Json::array();
  for (const Json& arm : deployments) {
    SLIPWAY_ASSIGN_OR_RETURN(const Json printed, PrintedDeployment(arm));
    Json item = Json::object();
    for (const char* key : {"name", "endpoint_name", "provisioning_state", "instance_type", "model", "type"})
      item[key] = printed.contains(key) ? printed[key] : Json(nullptr);
    list.push_back(std::move(item));
  }
  return Output::Of(std::move(list));
}

std::string KeyOf(const std::optional<spec::Document>& file, std::string_view key) {
  const spec::Node* node = file ? file->root.Find(key) : nullptr;
  return node ? node->text : std::string();
}

Result<Output> UpdateDeployment(Context& context, const Arguments& arguments) {
  SLIPWAY_RETURN_IF_ERROR(RefuseUnsupported(arguments));
  std::optional<spec::Document> file;
  if (auto path = arguments.Get("file")) {
    SLIPWAY_ASSIGN_OR_RETURN(file, spec::LoadDocument(*path));
  }
  const std::string name = arguments.GetOr("name", KeyOf(file, "name"));
  const std::string endpoint = arguments.GetOr("endpoint-name", KeyOf(file, "endpoint_name"));
  if (name.empty() || endpoint.empty())
    return InvalidArgument("give --name and --endpoint-name, or a file that has both");
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(Json arm, FetchDeployment(*server, endpoint, name));
  SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedDeployment(arm));
  if (!file) SLIPWAY_RETURN_IF_ERROR(ApplyUpdate(arguments, printed));
  SLIPWAY_ASSIGN_OR_RETURN(spec::Document document, DocumentOf(printed, "the stored deployment"));
  if (file) SLIPWAY_RETURN_IF_ERROR(MergeFile(arguments, *file, document));
  SLIPWAY_ASSIGN_OR_RETURN(spec::DeploymentDocument read, spec::ReadDeployment(document));
  read.deployment.name = name;
  read.deployment.endpoint_name = endpoint;
  SLIPWAY_ASSIGN_OR_RETURN(arm, PutDeployment(context, *server, std::move(read), !arguments.Has("no-wait")));
  SLIPWAY_ASSIGN_OR_RETURN(printed, PrintedDeployment(arm));
  return Output::Of(std::move(printed));
}

Result<Output> DeleteDeployment(Context& context, const Arguments& arguments) {
  SLIPWAY_RETURN_IF_ERROR(RefuseUnsupported(arguments));
  const std::string name = *arguments.Get("name"), endpoint = *arguments.Get("endpoint-name");
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_RETURN_IF_ERROR(FetchDeployment(*server, endpoint, name));
  SLIPWAY_ASSIGN_OR_RETURN(
      const bool confirmed,
      context.Confirm(fmt::format("Delete the deployment '{}' of '{}'?", name, endpoint), arguments.Has("yes")));
  if (!confirmed) return Error(Code::kCancelled, "nothing was deleted");
  const std::string path =
      server->Path(fmt::format("/{}/{}", DeploymentCollection(endpoint), client::Workspace::Segment(name)));
  if (arguments.Has("no-wait"))
    SLIPWAY_RETURN_IF_ERROR(server->connection().StartDelete(path));
  else
    SLIPWAY_RETURN_IF_ERROR(server->connection().Delete(path));
  return Output::Nothing();
}

Result<Output> GetLogs(Context& context, const Arguments& arguments) {
  SLIPWAY_RETURN_IF_ERROR(RefuseUnsupported(arguments));
  const auto lines = ParseInt(arguments.GetOr("lines", "5000"));
  if (!lines || *lines < 1) return InvalidArgument("--lines takes a number from 1");
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  const bool is_initializer = arguments.GetOr("container", "inference-server") == "storage-initializer";
  const std::string path =
      server->Path(fmt::format("/{}/{}/getLogs", DeploymentCollection(*arguments.Get("endpoint-name")),
                               client::Workspace::Segment(*arguments.Get("name"))));
  SLIPWAY_ASSIGN_OR_RETURN(
      const Json answer,
      server->connection().Post(
          path, {{"containerType", is_initializer ? "StorageInitializer" : "InferenceServer"}, {"tail", *lines}}));
  std::string content = answer.is_object() ? answer.value("content", "") : "";
  if (!content.empty() && !content.ends_with('\n')) content += '\n';
  return Output::Text(std::move(content));
}

std::vector<Flag> LocalFlags() {
  return {{"local", 0, "Not supported yet.", Flag::Takes::kNothing},
          {"local-enable-gpu", 0, "Not supported yet.", Flag::Takes::kNothing},
          {"vscode-debug", 0, "Not supported yet.", Flag::Takes::kNothing},
          {"package-model", 0, "Not supported yet.", Flag::Takes::kNothing},
          {"skip-script-validation", 0, "Accepted for compatibility.", Flag::Takes::kNothing},
          {"web", 0, "Accepted for compatibility.", Flag::Takes::kNothing}};
}

Command Make(std::string_view path, std::string_view summary, std::vector<Flag> flags,
             Result<Output> (*run)(Context&, const Arguments&)) {
  return MakeCommand(path, summary, flags + LocalFlags(), run);
}

}  // namespace

std::vector<Command> OnlineDeploymentCommands() {
  const Flag name = NameFlag(true, "Name of the deployment.");
  const Flag endpoint = {"endpoint-name", 'e', "Name of the online endpoint.", Flag::Takes::kValue, true};
  Flag optional_endpoint = endpoint;
  optional_endpoint.required = false;
  return {
      Make("online-deployment create", "Create a deployment.",
           {FileFlag(true),
            NameFlag(false),
            optional_endpoint,
            SetFlag(),
            NoWaitFlag(),
            {"all-traffic", 0, "Give the deployment all traffic once it is ready.", Flag::Takes::kNothing}},
           CreateDeployment),
      Make("online-deployment update", "Update a deployment.",
           std::vector<Flag>{NameFlag(false), optional_endpoint, FileFlag(false), NoWaitFlag()} + UpdateFlags(),
           UpdateDeployment),
      Make("online-deployment show", "Show details of a deployment.", {name, endpoint}, ShowDeployment),
      Make("online-deployment list", "List an endpoint's deployments.", {endpoint}, ListDeployments),
      Make("online-deployment delete", "Delete a deployment.", {name, endpoint, YesFlag(), NoWaitFlag()},
           DeleteDeployment),
      Make("online-deployment get-logs", "Show the last lines that a deployment wrote.",
           {name,
            endpoint,
            {"lines", 'l', "How many lines. Default: 5000."},
            {"container",
             'c',
             "Which container's.",
             Flag::Takes::kValue,
             false,
             {"inference-server", "storage-initializer"}}},
           GetLogs),
  };
}

}  // namespace slipway::cli
