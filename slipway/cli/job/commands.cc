// job create, validate, show, list, stream, cancel, archive, restore, download, update.
#include <filesystem>

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/text.h"
#include "slipway/cli/commands.h"
#include "slipway/cli/job/job_view.h"
#include "slipway/cli/job/metrics.h"
#include "slipway/cli/job/reports.h"
#include "slipway/cli/job/stream.h"
#include "slipway/cli/resource.h"
#include "slipway/cli/sync.h"
#include "slipway/client/workspace.h"
#include "slipway/spec/job.h"
#include "slipway/wire/job.h"

namespace slipway::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kListDefault = 50;
constexpr const char* kArtifacts = "artifacts";  // every job has this output

Status RefuseExisting(client::Workspace& server, const std::string& name) {
  auto existing = server.Get("jobs", name);
  if (existing)
    return Error(Code::kAlreadyExists,
                 fmt::format("a job named '{}' exists already: choose another name, or leave it out", name));
  if (existing.error().code() == Code::kNotFound) return {};
  return std::move(existing.error());
}

// The dialect's default: the folder that the command runs in.
std::string DefaultExperiment() {
  std::error_code ignored;
  const std::string name = fs::current_path(ignored).filename().string();
  return name.empty() ? "Default" : name;
}

Result<Output> CreateJob(Context& context, const Arguments& arguments) {
  const KeyFlag keys[] = {{"name", "name"}};
  SLIPWAY_ASSIGN_OR_RETURN(const spec::Document document, LoadSpec(arguments, keys));
  SLIPWAY_ASSIGN_OR_RETURN(spec::JobDocument job, spec::ReadJob(document));
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  std::string name = job.job.name;
  if (name.empty())
    name = MakeJobName();
  else
    SLIPWAY_RETURN_IF_ERROR(RefuseExisting(*server, name));
  if (job.job.experiment_name.empty()) job.job.experiment_name = DefaultExperiment();
  SLIPWAY_ASSIGN_OR_RETURN(const domain::JobSpec prepared, PrepareJob(context, *server, std::move(job)));
  SLIPWAY_ASSIGN_OR_RETURN(const Json arm, server->Put("jobs", name, {{"properties", wire::JobSpecToArm(prepared)}}));
  SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedJob(arm));
  if (auto file = arguments.Get("save-as")) SLIPWAY_RETURN_IF_ERROR(WriteFileAtomic(*file, printed.dump(2) + "\n"));
  if (arguments.Has("stream")) SLIPWAY_RETURN_IF_ERROR(StreamJob(context, name));
  return Output::Of(std::move(printed));
}

// "jobs.train.inputs: text" without a space before the colon starts with a dotted path.
Json Complaint(const Error& error) {
  const std::string& message = error.message();
  const size_t colon = message.find(": ");
  const bool has_path = colon != std::string::npos && message.find(' ') > colon;
  return {{"message", has_path ? message.substr(colon + 2) : message},
          {"path", has_path ? message.substr(0, colon) : ""},
          {"location", error.position() ? error.position()->ToString() : ""}};
}

Result<Output> ValidateJob(Context&, const Arguments& arguments) {
  Json result = {{"result", "Succeeded"}, {"errors", Json::array()}, {"warnings", Json::array()}};
  auto validate = [&]() -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(const spec::Document document, LoadSpec(arguments, {}));
    SLIPWAY_RETURN_IF_ERROR(spec::ReadJob(document));
    return {};
  };
  if (Status valid = validate(); !valid) {
    result["result"] = "Failed";
    result["errors"].push_back(Complaint(valid.error()));
    for (const Error& more : valid.error().more()) result["errors"].push_back(Complaint(more));
  }
  Output output = Output::Of(result);
  output.exit_code = result["result"] == "Succeeded" ? 0 : 1;
  return output;
}

Result<Output> ShowJob(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const Json arm, server->Get("jobs", *arguments.Get("name")));
  SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedJob(arm));
  return Output::Of(std::move(printed));
}

Result<size_t> ListLimit(const Arguments& arguments) {
  if (arguments.Has("all-results")) return size_t{0};
  auto given = arguments.Get("max-results");
  if (!given) return kListDefault;
  auto limit = ParseInt(*given);
  if (!limit || *limit < 1)
    return InvalidArgument(fmt::format("--max-results takes a number from 1, not '{}'", *given));
  return static_cast<size_t>(*limit);
}

Result<Output> ListJobs(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const size_t limit, ListLimit(arguments));
  std::vector<Json> jobs;
  if (auto parent = arguments.Get("parent-job-name")) {
    SLIPWAY_ASSIGN_OR_RETURN(jobs, server->ListChildren(*parent));
  } else {
    const char* view = arguments.Has("archived-only")      ? "ArchivedOnly"
                       : arguments.Has("include-archived") ? "All"
                                                           : "ActiveOnly";
    const std::string path = server->Path(fmt::format("/jobs?listViewType={}", view));
    SLIPWAY_ASSIGN_OR_RETURN(jobs, server->connection().List(path, limit == 0 ? 0 : limit + 1));
    if (limit != 0 && jobs.size() > limit) {
      jobs.resize(limit);
      if (!arguments.Has("max-results"))
        context.Warn(fmt::format("only the newest {} jobs are shown; --all-results shows all", limit));
    }
  }
  Json list = Json::array();
  for (const Json& arm : jobs) {
    SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedJob(arm));
    list.push_back(std::move(printed));
  }
  return WithColumns(std::move(list), {{"Name", "/name"},
                                       {"Status", "/status"},
                                       {"Experiment", "/experiment_name"},
                                       {"Compute target", "/compute"},
                                       {"Job type", "/type"},
                                       {"Created on", "/creation_context/created_at"}});
}

Result<Output> Stream(Context& context, const Arguments& arguments) {
  SLIPWAY_RETURN_IF_ERROR(StreamJob(context, *arguments.Get("name")));
  return Output::Nothing();
}

Result<Output> CancelJob(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  const std::string path =
      server->Path(fmt::format("/jobs/{}/cancel", client::Workspace::Segment(*arguments.Get("name"))));
  SLIPWAY_RETURN_IF_ERROR(server->connection().PostAndWait(path, Json::object()));
  return Output::Nothing();
}

Result<Output> SetArchived(Context& context, const Arguments& arguments, bool is_archived) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  const std::string name = *arguments.Get("name");
  SLIPWAY_ASSIGN_OR_RETURN(Json arm, server->Get("jobs", name));
  arm["properties"]["isArchived"] = is_archived;
  SLIPWAY_RETURN_IF_ERROR(server->Put("jobs", name, arm));
  return Output::Nothing();
}

Result<Output> UpdateJob(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  const std::string name = *arguments.Get("name");
  SLIPWAY_ASSIGN_OR_RETURN(Json arm, server->Get("jobs", name));
  SLIPWAY_ASSIGN_OR_RETURN(Json printed, PrintedJob(arm));
  const Json before = printed;
  SLIPWAY_RETURN_IF_ERROR(ApplyUpdate(arguments, printed));
  static constexpr std::pair<const char*, const char*> kUpdatable[] = {
      {"tags", "tags"}, {"properties", "properties"}, {"description", "description"}, {"display_name", "displayName"}};
  for (const auto& [key, arm_key] : kUpdatable) {
    if (!printed.contains(key)) continue;
    arm["properties"][arm_key] = printed[key];
    if (printed[key].is_object())
      for (auto& value : arm["properties"][arm_key])
        if (!value.is_string()) value = value.dump();
    printed.erase(key);
  }
  for (const auto& member : printed.items())
    if (!before.contains(member.key()) || before[member.key()] != member.value())
      return InvalidArgument(fmt::format(
          "'{}' of a job cannot be changed: tags, properties, description and display_name can", member.key()));
  SLIPWAY_ASSIGN_OR_RETURN(arm, server->Put("jobs", name, arm));
  SLIPWAY_ASSIGN_OR_RETURN(printed, PrintedJob(arm));
  return Output::Of(std::move(printed));
}

// The datastore path of one output; kNotFound names those there are.
Result<domain::DatastorePath> OutputPath(const domain::Job& job, const std::string& name) {
  auto found = job.output_uris.find(name);
  if (found == job.output_uris.end()) {
    std::vector<std::string> names;
    for (const auto& [key, uri] : job.output_uris) names.push_back(key);
    return NotFound(fmt::format("the job has no output '{}'; it has: {}", name, Join(names, ", ")));
  }
  SLIPWAY_ASSIGN_OR_RETURN(const domain::Reference reference,
                           domain::ParseReference(found->second, domain::AssetKind::kData));
  if (auto* path = std::get_if<domain::DatastorePath>(&reference)) return *path;
  return Unimplemented(fmt::format("downloading from '{}' is not supported yet", found->second));
}

Status DownloadOutput(Context& context, client::Workspace& server, const domain::Job& job, const std::string& name,
                      const fs::path& target) {
  SLIPWAY_ASSIGN_OR_RETURN(const domain::DatastorePath path, OutputPath(job, name));
  auto files = server.Download(path, target);
  if (!files) return std::move(files.error()).With(fmt::format("output '{}'", name));
  context.Note(fmt::format("Downloaded {} {} to {}", *files, *files == 1 ? "file" : "files", target.string()));
  return {};
}

Result<Output> DownloadJob(Context& context, const Arguments& arguments) {
  SLIPWAY_ASSIGN_OR_RETURN(client::Workspace * server, context.Server());
  SLIPWAY_ASSIGN_OR_RETURN(const Json arm, server->Get("jobs", *arguments.Get("name")));
  SLIPWAY_ASSIGN_OR_RETURN(const domain::Job job, wire::JobFromArm(arm));
  const fs::path target = arguments.GetOr("download-path", ".");
  // What cannot be written is not to be told as an output that is not there.
  SLIPWAY_RETURN_IF_ERROR(With(MakeDirectories(target), "--download-path"));
  if (auto output = arguments.Get("output-name")) {
    SLIPWAY_RETURN_IF_ERROR(DownloadOutput(context, *server, job, *output, target / "named-outputs" / *output));
    return Output::Nothing();
  }
  for (const auto& [key, uri] : job.output_uris) {
    if (key != kArtifacts && !arguments.Has("all")) continue;
    const fs::path folder = key == kArtifacts ? target / key : target / "named-outputs" / key;
    Status downloaded = DownloadOutput(context, *server, job, key, folder);
    if (downloaded) continue;
    if (downloaded.error().code() != Code::kNotFound) return std::move(downloaded.error());
    context.Note(fmt::format("The job left no {}.", key == kArtifacts ? key : fmt::format("output '{}'", key)));
  }
  return Output::Nothing();
}

Flag WebFlag() {
  return {"web", 'e', "Accepted: the address of the job's page is in its services.", Flag::Takes::kNothing};
}

}  // namespace

std::vector<Command> JobCommands() {
  const Flag name = NameFlag(true, "Name of the job.");
  return {
      MakeCommand("job create", "Create a job.",
                  {FileFlag(true),
                   NameFlag(false, "Name of the job; generated when left out."),
                   SetFlag(),
                   {"stream", 's', "Follow the job's logs until it ends.", Flag::Takes::kNothing},
                   {"save-as", 'a', "File to save the created job's state in."},
                   {"skip-validation", 0, "Accepted: what is wrong is told in any case.", Flag::Takes::kNothing},
                   WebFlag()},
                  CreateJob),
      MakeCommand("job validate", "Check a job's file without creating the job.", {FileFlag(true), SetFlag()},
                  ValidateJob),
      MakeCommand("job show", "Show details of a job.", {name, WebFlag()}, ShowJob),
      MakeCommand("job list", "List jobs, newest first.",
                  std::vector<Flag>{{"parent-job-name", 'p', "List the steps or trials of this job."},
                                    MaxResultsFlag(),
                                    {"all-results", 0, "List all jobs.", Flag::Takes::kNothing}} +
                      ArchiveListFlags(),
                  ListJobs),
      MakeCommand("job stream", "Follow a job's logs until it ends.", {name}, Stream),
      MakeCommand("job cancel", "Cancel a job.", {name}, CancelJob),
      MakeCommand("job archive", "Archive a job.", {name},
                  [](Context& context, const Arguments& arguments) { return SetArchived(context, arguments, true); }),
      MakeCommand("job restore", "Restore an archived job.", {name},
                  [](Context& context, const Arguments& arguments) { return SetArchived(context, arguments, false); }),
      MakeCommand("job download", "Download a job's outputs.",
                  {name,
                   {"output-name", 0, "Name of one output."},
                   {"all", 0, "All outputs.", Flag::Takes::kNothing},
                   {"download-path", 'p', "Folder to download to. Default: the current one."}},
                  DownloadJob),
      MakeCommand("job update", "Update a job's tags, properties, description or display name.",
                  std::vector<Flag>{name, WebFlag()} + UpdateFlags(), UpdateJob),
      JobMetricsCommand(),
      JobTrialsCommand(),
      JobTimelineCommand(),
      JobCompareCommand(),
      JobExplainReuseCommand(),
  };
}

}  // namespace slipway::cli
