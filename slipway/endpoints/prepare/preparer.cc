#include "slipway/endpoints/prepare/preparer.h"

#include <fmt/format.h>

#include "slipway/base/file.h"
#include "slipway/base/log.h"
#include "slipway/base/text.h"
#include "slipway/endpoints/plan/checks.h"
#include "slipway/endpoints/prepare/collections.h"
#include "slipway/endpoints/prepare/scoring_script.h"
#include "slipway/process/spawn.h"

namespace slipway::endpoints {
namespace fs = std::filesystem;
namespace {

using domain::AssetKind;
using domain::OnlineDeployment;
using domain::Scope;

Error Named(std::string_view name, const Error& error) {
  return Error(error.code(), fmt::format("{}: {}", name, error.ToString()));
}

const domain::EnvironmentBody& BodyOf(const domain::AssetVersion& environment) {
  return std::get<domain::EnvironmentBody>(environment.body);
}

// The model itself: what AZUREML_MODEL_DIR holds when that is one thing, else the folder.
std::string ModelPathIn(const fs::path& folder) {
  std::error_code failure;
  std::vector<fs::path> entries;
  for (const auto& entry : fs::directory_iterator(folder, failure)) entries.push_back(entry.path());
  return entries.size() == 1 ? entries.front().string() : folder.string();
}

Result<std::string> FindPython(const std::map<std::string, std::string>& variables) {
  const auto path = variables.find("PATH");
  return process::FindProgram("python3", path == variables.end() ? "/usr/local/bin:/usr/bin:/bin" : path->second);
}

}  // namespace

Preparer::Preparer(const Dependencies& dependencies, fs::path logs_folder)
    : dependencies_(dependencies),
      catalog_(dependencies.workspaces, dependencies.assets, dependencies.jobs, dependencies.registries),
      logs_folder_(std::move(logs_folder)) {}

// Pinning.

Status Preparer::PinReference(const Scope& scope, std::string_view field, AssetKind kind, std::string& reference) {
  if (reference.empty()) return {};
  SLIPWAY_ASSIGN_OR_RETURN(reference, With(catalog_.Pin(scope, reference, kind), std::string(field)));
  return {};
}

Status Preparer::Pin(const Scope& scope, OnlineDeployment& deployment) {
  SLIPWAY_RETURN_IF_ERROR(PinReference(scope, "model", AssetKind::kModel, deployment.model));
  SLIPWAY_RETURN_IF_ERROR(PinReference(scope, "code", AssetKind::kCode, deployment.code));
  SLIPWAY_RETURN_IF_ERROR(PinReference(scope, "environment", AssetKind::kEnvironment, deployment.environment));
  SLIPWAY_RETURN_IF_ERROR(PinCollections(catalog_, dependencies_.assets, scope, deployment));
  if (deployment.scoring_script.empty()) return {};  // scored inside the gateway: the environment is not used
  SLIPWAY_ASSIGN_OR_RETURN(const auto environment,
                           catalog_.Find(scope, deployment.environment, AssetKind::kEnvironment));
  SLIPWAY_RETURN_IF_ERROR(CheckEnvironment(BodyOf(environment)));
  if (dependencies_.environments.IsContainer(BodyOf(environment))) {
    return Unimplemented(fmt::format(
        "environment '{}' is a container image, and running scoring scripts in containers is not supported yet: add "
        "'slipway: {{provider: native}}' to run them on this machine directly, or a conda_file whose pip section is "
        "installed into a virtual environment",
        environment.name));
  }
  return With(dependencies_.environments.Check(BodyOf(environment)), fmt::format("environment '{}'", environment.name));
}

// Preparing.

Result<Placement> Preparer::Prepare(const Scope& scope, const OnlineDeployment& deployment) {
  ForgetLog(deployment.endpoint_name, deployment.name);
  Note(deployment, fmt::format("preparing revision {}", deployment.revision));
  Prepared prepared;
  Status done = PrepareModel(scope, deployment, prepared);
  if (done && !deployment.scoring_script.empty()) done = PrepareScript(scope, deployment, prepared);
  if (done) done = PrepareFolders(scope, deployment, prepared);
  Note(deployment, done ? "prepared" : done.error().ToString());
  if (!done) return done.error();
  return MakePlacement(deployment, prepared);
}

Status Preparer::PrepareModel(const Scope& scope, const OnlineDeployment& deployment, Prepared& prepared) {
  if (deployment.model.empty()) return {};
  const auto model = catalog_.Find(scope, deployment.model, AssetKind::kModel);
  if (!model) return Named("BadArgument", model.error());
  const auto folder = dependencies_.model_folder(scope, *model);
  if (!folder) return Named("BadArgument", folder.error());
  prepared.model_dir = folder->string();
  prepared.model_path = ModelPathIn(*folder);
  prepared.model_name = model->name;
  prepared.model_version = model->version;
  Note(deployment, fmt::format("model {}:{} is in {}", model->name, model->version, prepared.model_dir));
  return {};
}

Status Preparer::PrepareScript(const Scope& scope, const OnlineDeployment& deployment, Prepared& prepared) {
  auto realized = Realize(scope, deployment);
  if (!realized) return Named("ImageBuildFailure", realized.error());
  const auto script = FindScoringScript(realized->folder, deployment.scoring_script);
  if (!script) return Named("BadArgument", script.error());
  prepared.code_dir = realized->folder.string();
  prepared.scoring_script = script->path;
  prepared.language = script->language;
  prepared.variables = std::move(realized->variables);
  if (const auto environment = catalog_.Find(scope, deployment.environment, AssetKind::kEnvironment))
    prepared.environment = fmt::format("{}:{}", environment->name, environment->version);
  if (script->language != "python") return {};
  const auto python = FindPython(prepared.variables);
  if (!python) return Named("ImageBuildFailure", python.error());
  prepared.program = {*python};
  return {};
}

Status Preparer::PrepareFolders(const Scope& scope, const OnlineDeployment& deployment, Prepared& prepared) {
  auto collections = RegisterCollections(catalog_, dependencies_.assets, dependencies_.clock.Now(), scope, deployment);
  if (!collections) return Named("BadArgument", collections.error());
  prepared.collections = std::move(*collections);
  for (const auto& [name, folder] : prepared.collections)
    Note(deployment, fmt::format("the collection {} goes to {}", name, folder.uri));
  // Without a local datastore the gateway keeps them in its own folder.
  if (auto folder = FolderOfLongLines(catalog_, scope, deployment)) prepared.long_lines = std::move(*folder);
  return {};
}

Result<environments::Snapshot> Preparer::FindCode(const Scope& scope, const std::string& reference) {
  SLIPWAY_ASSIGN_OR_RETURN(const auto code, catalog_.Find(scope, reference, AssetKind::kCode));
  const auto& body = std::get<domain::CodeBody>(code.body);
  environments::Snapshot snapshot;
  SLIPWAY_ASSIGN_OR_RETURN(snapshot.folder, With(catalog_.LocalPath(scope, body.uri), "code"));
  snapshot.hash = body.hash;
  if (snapshot.hash.empty()) {
    SLIPWAY_ASSIGN_OR_RETURN(snapshot.hash, With(hasher_.Hash(snapshot.folder), "code"));
  }
  return snapshot;
}

Result<environments::Realized> Preparer::Realize(const Scope& scope, const OnlineDeployment& deployment) {
  SLIPWAY_ASSIGN_OR_RETURN(const environments::Snapshot code, FindCode(scope, deployment.code));
  SLIPWAY_ASSIGN_OR_RETURN(const auto environment,
                           catalog_.Find(scope, deployment.environment, AssetKind::kEnvironment));
  auto& environments = dependencies_.environments;
  const bool was_ready = environments.IsReady(BodyOf(environment), code);
  const fs::path log_file = LogFile(deployment.endpoint_name, deployment.name);
  if (!was_ready) {
    Note(deployment, fmt::format("making the environment {}:{} ready", environment.name, environment.version));
    SetBuildLog(log_file, environments.LogOf(BodyOf(environment), code));
  }
  auto realized = environments.Realize(environment.name, BodyOf(environment), code);
  SetBuildLog(log_file, {});
  if (!realized) return realized;
  if (!was_ready && !realized->log.empty()) {
    if (const auto text = ReadFile(realized->log)) (void)AppendFile(log_file, *text);
  }
  Note(deployment, fmt::format("the environment {}:{} is ready", environment.name, environment.version));
  return realized;
}

// Logs.

fs::path Preparer::LogFile(const std::string& endpoint, const std::string& deployment) const {
  return logs_folder_ / ToLower(endpoint) / (ToLower(deployment) + ".log");
}

void Preparer::Note(const OnlineDeployment& deployment, std::string_view text) const {
  const fs::path file = LogFile(deployment.endpoint_name, deployment.name);
  Status written = MakeDirectories(file.parent_path());
  if (written) {
    written = AppendFile(file, fmt::format("{} slipway: {}\n", FormatTimestamp(dependencies_.clock.Now(), 3), text));
  }
  if (!written) LogWarning("{}: {}", file.string(), written.error().ToString());
}

void Preparer::SetBuildLog(const fs::path& log_file, const fs::path& build_log) {
  const std::lock_guard lock(mutex_);
  if (build_log.empty()) {
    build_logs_.erase(log_file);
  } else {
    build_logs_[log_file] = build_log;
  }
}

std::string Preparer::Log(const std::string& endpoint, const std::string& deployment) const {
  const fs::path file = LogFile(endpoint, deployment);
  std::string text = ReadFile(file).value_or("");
  const std::lock_guard lock(mutex_);
  const auto build_log = build_logs_.find(file);
  if (build_log != build_logs_.end()) text += ReadFile(build_log->second).value_or("");
  return text;
}

void Preparer::ForgetLog(const std::string& endpoint, const std::string& deployment) const {
  std::error_code ignored;
  fs::remove(LogFile(endpoint, deployment), ignored);
}

}  // namespace slipway::endpoints
