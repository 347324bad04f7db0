// What the services need stored. Implemented by store/; every method is one transaction and thread-safe. Names compare
// without case and keep theirs.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "slipway/base/result.h"
#include "slipway/domain/alert.h"
#include "slipway/domain/asset.h"
#include "slipway/domain/common.h"
#include "slipway/domain/endpoint.h"
#include "slipway/domain/job.h"
#include "slipway/domain/run.h"
#include "slipway/domain/schedule.h"

namespace slipway::domain {

enum class ListView { kActiveOnly, kArchivedOnly, kAll };

class WorkspaceStore {
 public:
  virtual ~WorkspaceStore() = default;
  virtual Status PutWorkspace(const Workspace& workspace) = 0;  // creates or replaces
  virtual Result<Workspace> GetWorkspace(const Scope& scope) = 0;
  virtual Result<Workspace> FindWorkspaceById(const std::string& id) = 0;
  virtual Result<std::vector<Workspace>> ListWorkspaces() = 0;
  // With its datastores and computes. Refuses while it holds assets, jobs, endpoints, schedules or alert rules.
  virtual Status DeleteWorkspace(const Scope& scope) = 0;

  virtual Status PutDatastore(const Scope& scope, const Datastore& datastore) = 0;
  virtual Result<Datastore> GetDatastore(const Scope& scope, const std::string& name) = 0;
  virtual Result<std::vector<Datastore>> ListDatastores(const Scope& scope) = 0;
  virtual Status DeleteDatastore(const Scope& scope, const std::string& name) = 0;

  virtual Status PutCompute(const Scope& scope, const Compute& compute) = 0;
  virtual Result<Compute> GetCompute(const Scope& scope, const std::string& name) = 0;
  virtual Result<std::vector<Compute>> ListComputes(const Scope& scope) = 0;
  virtual Status DeleteCompute(const Scope& scope, const std::string& name) = 0;
};

class AssetStore {
 public:
  virtual ~AssetStore() = default;
  // Inserts; a version of "" becomes the next integer, chosen in the same transaction. kAlreadyExists otherwise.
  virtual Result<AssetVersion> InsertVersion(const Scope& scope, AssetVersion version) = 0;
  // Replaces description, tags, properties, is_archived (a model's stage and flavors; a component's display name,
  // description and tags) of an existing version.
  virtual Status UpdateVersion(const Scope& scope, const AssetVersion& version) = 0;
  virtual Result<AssetVersion> GetVersion(const Scope& scope, AssetKind kind, const std::string& name,
                                          const std::string& version) = 0;
  // The newest version that is not archived.
  virtual Result<AssetVersion> GetLatest(const Scope& scope, AssetKind kind, const std::string& name) = 0;
  // Newest first.
  virtual Result<std::vector<AssetVersion>> ListVersions(const Scope& scope, AssetKind kind, const std::string& name,
                                                         ListView view) = 0;
  virtual Status DeleteVersion(const Scope& scope, AssetKind kind, const std::string& name,
                               const std::string& version) = 0;
  // With all its versions. Nothing when it is not there.
  virtual Status DeleteContainer(const Scope& scope, AssetKind kind, const std::string& name) = 0;
  virtual Result<AssetContainer> GetContainer(const Scope& scope, AssetKind kind, const std::string& name) = 0;
  virtual Status PutContainer(const Scope& scope, const AssetContainer& container) = 0;
  // Newest first; anonymous ones left out.
  virtual Result<std::vector<AssetContainer>> ListContainers(const Scope& scope, AssetKind kind, ListView view) = 0;
};

class EndpointStore {
 public:
  virtual ~EndpointStore() = default;
  virtual Status PutEndpoint(const Scope& scope, const OnlineEndpoint& endpoint) = 0;
  virtual Result<OnlineEndpoint> GetEndpoint(const Scope& scope, const std::string& name) = 0;
  virtual Result<std::vector<OnlineEndpoint>> ListEndpoints(const Scope& scope) = 0;
  virtual Status DeleteEndpoint(const Scope& scope, const std::string& name) = 0;  // with its deployments
  virtual Status PutDeployment(const Scope& scope, const OnlineDeployment& deployment) = 0;
  virtual Result<OnlineDeployment> GetDeployment(const Scope& scope, const std::string& endpoint,
                                                 const std::string& name) = 0;
  virtual Result<std::vector<OnlineDeployment>> ListDeployments(const Scope& scope, const std::string& endpoint) = 0;
  virtual Status DeleteDeployment(const Scope& scope, const std::string& endpoint, const std::string& name) = 0;
};

struct JobFilter {
  std::optional<std::string> parent;  // "" = top level only
  std::optional<std::string> root;
  std::optional<std::string> job_type;  // Command, Sweep, Pipeline
  bool unfinished_only = false;
  ListView view = ListView::kActiveOnly;
  size_t limit = 1000;  // newest first
};

class JobStore {
 public:
  virtual ~JobStore() = default;
  virtual Status InsertJob(const Scope& scope, const Job& job) = 0;  // kAlreadyExists
  // Replaces the job when its stored status equals `expected` (or is not given); kConflict otherwise.
  virtual Status UpdateJob(const Scope& scope, const Job& job, std::optional<JobStatus> expected = std::nullopt) = 0;
  virtual Result<Job> GetJob(const Scope& scope, const std::string& name) = 0;
  virtual Result<std::vector<Job>> ListJobs(const Scope& scope, const JobFilter& filter) = 0;
  // A completed job whose outputs may be taken over.
  virtual Result<std::optional<Job>> FindReusable(const Scope& scope, const std::string& reuse_key) = 0;
  // With everything below it. Nothing when it is not there.
  virtual Status DeleteJob(const Scope& scope, const std::string& name) = 0;
};

class ScheduleStore {
 public:
  virtual ~ScheduleStore() = default;
  virtual Status PutSchedule(const Scope& scope, const Schedule& schedule) = 0;
  virtual Result<Schedule> GetSchedule(const Scope& scope, const std::string& name) = 0;
  virtual Result<std::vector<Schedule>> ListSchedules(const Scope& scope) = 0;
  virtual Status DeleteSchedule(const Scope& scope, const std::string& name) = 0;

  virtual Status PutAlertRule(const Scope& scope, const AlertRule& rule) = 0;
  virtual Result<AlertRule> GetAlertRule(const Scope& scope, const std::string& name) = 0;
  virtual Result<std::vector<AlertRule>> ListAlertRules(const Scope& scope) = 0;
  virtual Status DeleteAlertRule(const Scope& scope, const std::string& name) = 0;
  virtual Status PutAlertEvent(const Scope& scope, const AlertEvent& event) = 0;
  // Newest first.
  virtual Result<std::vector<AlertEvent>> ListAlertEvents(const Scope& scope, const std::string& rule,
                                                          size_t limit) = 0;
};

class RunStore {
 public:
  virtual ~RunStore() = default;
  virtual Result<Experiment> GetOrCreateExperiment(const Scope& scope, const std::string& name, Timestamp now) = 0;
  virtual Result<Experiment> InsertExperiment(const Scope& scope,
                                              Experiment experiment) = 0;  // fills id; kAlreadyExists
  virtual Result<Experiment> GetExperiment(const Scope& scope, const std::string& id) = 0;
  virtual Result<Experiment> GetExperimentByName(const Scope& scope, const std::string& name) = 0;
  virtual Result<std::vector<Experiment>> ListExperiments(const Scope& scope) = 0;
  virtual Status UpdateExperiment(const Scope& scope, const Experiment& experiment) = 0;
  virtual Status InsertRun(const Scope& scope, const Run& run) = 0;
  virtual Status UpdateRun(const Scope& scope, const Run& run) = 0;  // not parameters, metrics, tags
  virtual Result<Run> GetRun(const Scope& scope, const std::string& id) = 0;
  virtual Result<std::vector<Run>> ListRuns(const Scope& scope, const std::vector<std::string>& experiment_ids) = 0;
  // A parameter may be set again only to the same value (kInvalidArgument, as MLflow).
  virtual Status LogBatch(const Scope& scope, const std::string& run_id, const std::vector<MetricPoint>& metrics,
                          const std::map<std::string, std::string>& parameters, const Tags& tags) = 0;
  virtual Status DeleteTag(const Scope& scope, const std::string& run_id, const std::string& key) = 0;
  virtual Result<std::vector<MetricPoint>> GetMetricHistory(const Scope& scope, const std::string& run_id,
                                                            const std::string& key) = 0;
};

}  // namespace slipway::domain
