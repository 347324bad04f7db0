#include "slipway/store/job_store.h"

#include <algorithm>

#include <fmt/format.h>

#include "slipway/base/text.h"
#include "slipway/store/document_table.h"
#include "slipway/wire/job.h"

namespace slipway::store {
namespace {

using domain::Job;
using domain::JobFilter;
using domain::Scope;
using sql::Value;

std::string_view TypeName(const Job& job) {
  if (std::holds_alternative<domain::CommandSpec>(job.spec.body)) return "Command";
  return std::holds_alternative<domain::SweepSpec>(job.spec.body) ? "Sweep" : "Pipeline";
}

Error NoSuchJob(const std::string& name) {
  return NotFound(fmt::format("there is no job '{}'", name));
}

Value Flag(bool value) {
  return static_cast<int64_t>(value);
}

// :p1 workspace, :p2 name_key, then every column that may change.
std::vector<Value> ColumnsOf(const Scope& scope, const Job& job) {
  return {WorkspaceKey(scope),
          ToLower(job.name),
          ToLower(job.parent),
          ToLower(job.root),
          std::string(TypeName(job)),
          std::string(domain::JobStatusName(job.status)),
          Flag(domain::IsTerminal(job.status)),
          Flag(job.is_archived),
          job.reuse_key,
          wire::JobToStored(job)};
}

// A WHERE clause that grows with its parameters.
class Condition {
 public:
  void Add(std::string_view text, Value value) {
    parameters_.push_back(std::move(value));
    text_ += fmt::format("{}{} :p{}", text_.empty() ? "" : " AND ", text, parameters_.size());
  }
  const std::string& text() const { return text_; }
  const std::vector<Value>& parameters() const { return parameters_; }

 private:
  std::string text_;
  std::vector<Value> parameters_;
};

Condition ConditionOf(const Scope& scope, const JobFilter& filter) {
  Condition condition;
  condition.Add("workspace =", WorkspaceKey(scope));
  if (filter.parent) condition.Add("parent_key =", ToLower(*filter.parent));
  if (filter.root) condition.Add("root_key =", ToLower(*filter.root));
  if (filter.job_type) condition.Add("LOWER(job_type) =", ToLower(*filter.job_type));
  if (filter.unfinished_only) condition.Add("is_finished =", Flag(false));
  if (filter.view != domain::ListView::kAll) {
    condition.Add("is_archived =", Flag(filter.view == domain::ListView::kArchivedOnly));
  }
  return condition;
}

// name, body.
Result<std::vector<Job>> Decode(const std::vector<sql::Row>& rows) {
  std::vector<Job> jobs;
  jobs.reserve(rows.size());
  for (const sql::Row& row : rows) {
    SLIPWAY_ASSIGN_OR_RETURN(Job job, AsStored(wire::JobFromStored(row.Text(1)), fmt::format("job '{}'", row.Text(0))));
    job.name = row.Text(0);
    jobs.push_back(std::move(job));
  }
  return jobs;
}

}  // namespace

std::vector<std::string> JobTableStatements() {
  return {
      "CREATE TABLE jobs ("
      " workspace TEXT NOT NULL,"  // lower-case ARM id
      " name_key TEXT NOT NULL,"   // lower case, as all keys
      " name TEXT NOT NULL,"
      " parent_key TEXT NOT NULL,"  // '' = submitted by a user
      " root_key TEXT NOT NULL,"
      " job_type TEXT NOT NULL,"  // Command, Sweep, Pipeline
      " status TEXT NOT NULL,"
      " is_finished INTEGER NOT NULL,"
      " is_archived INTEGER NOT NULL,"
      " reuse_key TEXT NOT NULL,"
      " body TEXT NOT NULL,"        // wire::JobToStored
      " sequence BIGINT NOT NULL,"  // order of insertion within the workspace
      " PRIMARY KEY (workspace, name_key))",
      "CREATE INDEX jobs_by_parent ON jobs (workspace, parent_key, sequence)",
      "CREATE INDEX jobs_by_root ON jobs (workspace, root_key)",
      "CREATE INDEX jobs_by_reuse_key ON jobs (workspace, reuse_key)",
      "CREATE INDEX jobs_by_state ON jobs (workspace, is_finished)",
      "CREATE INDEX jobs_by_sequence ON jobs (workspace, sequence)",
  };
}

Status SqlJobStore::InsertJob(const Scope& scope, const Job& job) {
  std::vector<Value> parameters = ColumnsOf(scope, job);
  parameters.emplace_back(job.name);
  const Status inserted = database_.Write([&](sql::Connection& connection) -> Status {
    SLIPWAY_RETURN_IF_ERROR(connection.Execute(
        "INSERT INTO jobs (workspace, name_key, parent_key, root_key, job_type, status, is_finished, is_archived,"
        " reuse_key, body, name, sequence) VALUES (:p1, :p2, :p3, :p4, :p5, :p6, :p7, :p8, :p9, :p10, :p11,"
        " (SELECT COALESCE(MAX(sequence), 0) + 1 FROM jobs WHERE workspace = :p1))",
        parameters));
    return {};
  });
  if (!inserted && inserted.error().code() == Code::kAlreadyExists) {
    return AlreadyExists(fmt::format("there is a job '{}' already", job.name));
  }
  return inserted;
}

Status SqlJobStore::UpdateJob(const Scope& scope, const Job& job, std::optional<domain::JobStatus> expected) {
  std::vector<Value> parameters = ColumnsOf(scope, job);
  std::string statement =
      "UPDATE jobs SET parent_key = :p3, root_key = :p4, job_type = :p5, status = :p6, is_finished = :p7,"
      " is_archived = :p8, reuse_key = :p9, body = :p10 WHERE workspace = :p1 AND name_key = :p2";
  if (expected) {
    statement += " AND status = :p11";
    parameters.emplace_back(std::string(domain::JobStatusName(*expected)));
  }
  return database_.Write([&](sql::Connection& connection) -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(const int64_t changed, connection.Execute(statement, parameters));
    if (changed > 0) return {};
    SLIPWAY_ASSIGN_OR_RETURN(const auto rows,
                             connection.Query("SELECT status FROM jobs WHERE workspace = :p1 AND name_key = :p2",
                                              {WorkspaceKey(scope), ToLower(job.name)}));
    if (rows.empty()) return NoSuchJob(job.name);
    return Error(Code::kConflict, fmt::format("job '{}' is {} by now", job.name, rows[0].Text(0)));
  });
}

Result<Job> SqlJobStore::GetJob(const Scope& scope, const std::string& name) {
  std::vector<Job> found;
  SLIPWAY_RETURN_IF_ERROR(database_.Read([&](sql::Connection& connection) -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(const auto rows,
                             connection.Query("SELECT name, body FROM jobs WHERE workspace = :p1 AND name_key = :p2",
                                              {WorkspaceKey(scope), ToLower(name)}));
    SLIPWAY_ASSIGN_OR_RETURN(found, Decode(rows));
    return {};
  }));
  if (found.empty()) return NoSuchJob(name);
  return std::move(found.front());
}

Result<std::vector<Job>> SqlJobStore::ListJobs(const Scope& scope, const JobFilter& filter) {
  const Condition condition = ConditionOf(scope, filter);
  const std::string query = fmt::format("SELECT name, body FROM jobs WHERE {} ORDER BY sequence DESC LIMIT {}",
                                        condition.text(), std::min<size_t>(filter.limit, INT32_MAX));
  std::vector<Job> jobs;
  SLIPWAY_RETURN_IF_ERROR(database_.Read([&](sql::Connection& connection) -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(const auto rows, connection.Query(query, condition.parameters()));
    SLIPWAY_ASSIGN_OR_RETURN(jobs, Decode(rows));
    return {};
  }));
  return jobs;
}

Result<std::optional<Job>> SqlJobStore::FindReusable(const Scope& scope, const std::string& reuse_key) {
  if (reuse_key.empty()) return std::optional<Job>();
  std::vector<Job> found;
  SLIPWAY_RETURN_IF_ERROR(database_.Read([&](sql::Connection& connection) -> Status {
    SLIPWAY_ASSIGN_OR_RETURN(const auto rows,
                             connection.Query("SELECT name, body FROM jobs WHERE workspace = :p1 AND reuse_key = :p2"
                                              " AND status = 'Completed' ORDER BY sequence DESC LIMIT 1",
                                              {WorkspaceKey(scope), reuse_key}));
    SLIPWAY_ASSIGN_OR_RETURN(found, Decode(rows));
    return {};
  }));
  if (found.empty()) return std::optional<Job>();
  return std::optional(std::move(found.front()));
}

Status SqlJobStore::DeleteJob(const Scope& scope, const std::string& name) {
  return database_.Write([&](sql::Connection& connection) -> Status {
    SLIPWAY_RETURN_IF_ERROR(
        connection.Execute("DELETE FROM jobs WHERE workspace = :p1 AND (name_key = :p2 OR root_key = :p2)",
                           {WorkspaceKey(scope), ToLower(name)}));
    return {};
  });
}

}  // namespace slipway::store
