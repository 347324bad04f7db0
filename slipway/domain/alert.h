// Alert rules after Azure Monitor's: a log rule (scheduledQueryRules) measures the result of a KQL query, a metric rule
// (metricAlerts) a platform metric of one resource; what breaches a threshold fires. Action groups say who is told
// and what is started.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "slipway/domain/common.h"
#include "slipway/domain/job.h"

namespace slipway::domain {

enum class CompareOperator { kGreaterThan, kGreaterThanOrEqual, kLessThan, kLessThanOrEqual, kEqual };

// Splits what is measured: each combination of values is an alert with a state of its own. The value "*" stands for
// every one. A metric rule with several conditions measures one combination: there each dimension includes one value.
struct AlertDimension {
  std::string name;
  bool is_excluding = false;  // all values but these
  std::vector<std::string> values;
};

struct AlertCondition {
  std::string query;                          // log rules: KQL
  std::string resource_id_column;             // log rules: splits as a dimension does; its value is the alert's target
  std::string name;                           // metric rules: of the criterion
  std::string metric_name, metric_namespace;  // metric rules
  bool skips_metric_validation = false;       // metric rules: of a metric that the resource does not have (yet)
  std::string time_aggregation = "Count";     // Count, Average, Minimum, Maximum, Total
  std::string metric_measure_column;          // log rules; "" counts rows
  std::vector<AlertDimension> dimensions;
  CompareOperator compare = CompareOperator::kGreaterThan;
  double threshold = 0;
};

// At most `runs` jobs and workflows started within `seconds`; 0 runs: no bound.
struct AlertBudget {
  int runs = 0;
  int64_t seconds = 86400;
};

enum class AlertKind { kLog, kMetric };

// A job or workflow run that a rule started.
struct AlertStart {
  Timestamp at{};    // when the event fired that it is of
  std::string kind;  // job, workflow
  std::string name;
};

struct AlertRule {
  std::string name;
  AlertKind kind = AlertKind::kLog;
  std::string display_name, description;
  Tags tags;
  int severity = 3;  // 0 critical … 4 verbose
  bool is_enabled = true;
  std::string resource;                // metric rules: the ARM id that the metric is of
  std::string target_resource_region;  // metric rules: kept
  std::vector<std::string> target_resource_types;
  std::vector<AlertCondition> conditions{{}};  // all must be met; a log rule has one
  bool skips_query_validation = false;         // log rules: stored though its query cannot run (yet)
  int64_t evaluation_frequency_seconds = 300;
  int64_t window_size_seconds = 300;
  int64_t query_range_seconds = 0;  // what the query sees before a window's end; 0: the window
  int evaluation_periods = 1;       // of the last so many windows…
  int failing_periods = 1;          // … so many must be bad
  bool auto_mitigate = true;
  int64_t resolve_seconds = 0;  // of good evaluations before it is resolved; 0: the first one
  int64_t mute_seconds = 0;     // no second firing within this time
  // What firing does.
  std::optional<JobSpec> create_job;
  std::vector<std::string> action_groups;  // names
  Tags custom_properties;                  // handed to receivers
  Tags action_properties;                  // kMailSubjectProperty (alert_names.h)
  int64_t cool_down_seconds = 0;           // from one start of a job or workflow to the next
  AlertBudget budget;
  // State.
  std::optional<Timestamp> last_evaluated_at;
  bool is_fired = false;   // any combination
  std::string last_error;  // why the last evaluation failed; "" when it did not
  // Those that still count: the newest, what the budget looks at, jobs that run. Events of a noisy rule are too many
  // to look through.
  std::vector<AlertStart> starts;
  CreationContext context;
};

// One thing that an event does: tells a receiver, or starts something. Pending until `state` says how it ended.
struct AlertDelivery {
  enum class State { kPending, kDone, kFailed };

  std::string group;     // "" for the rule's own create_job
  std::string receiver;  // the receiver's name
  std::string kind;      // webhook, email, command, job, workflow
  bool is_resolution = false;
  State state = State::kPending;
  int attempts = 0;
  std::optional<Timestamp> next_attempt_at{};  // of a pending one; unset: at once
  std::string result{};                        // the job or run that was started; why it failed, or why it was left out
};

// A firing of one combination.
struct AlertEvent {
  std::string id;
  std::string rule;
  Tags dimensions;
  Timestamp fired_at{};
  std::optional<Timestamp> resolved_at;
  std::optional<Timestamp> good_since;  // while it waits to be resolved
  double value = 0;                     // of the first condition, as is the threshold
  double threshold = 0;
  std::vector<std::optional<double>> further_values;  // of the other conditions
  std::string job;                                    // that the rule's create_job started; "" when none
  std::string error;                                  // why the job was not started; "" otherwise
  std::vector<AlertDelivery> deliveries;
};

struct WebhookReceiver {
  std::string uri;
  std::string secret;  // signs bodies; "" for none; never shown
  bool uses_common_schema = true;
};
struct EmailReceiver {
  std::string address;
};
// Run by the server through /bin/sh -c; SLIPWAY_ALERT_FILE names a file with the alert (the common alert schema).
struct CommandReceiver {
  std::string command;
  int timeout_seconds = 60;
};
struct JobReceiver {
  JobSpec job;
};
struct WorkflowReceiver {
  std::string workflow;  // as `slipway workflow run` takes it
  Tags inputs;
};

struct AlertReceiver {
  std::string name;
  std::variant<WebhookReceiver, EmailReceiver, CommandReceiver, JobReceiver, WorkflowReceiver> target;

  const char* kind() const {
    static constexpr const char* kKinds[] = {"webhook", "email", "command", "job", "workflow"};
    return kKinds[target.index()];
  }
};

struct ActionGroup {
  std::string name;
  std::string short_name;  // at most 12 characters
  bool is_enabled = true;
  Tags tags;
  std::vector<AlertReceiver> receivers;
  CreationContext context;
};

// While a workspace is frozen its alerts are recorded and told, but start no job and no workflow.
struct AlertFreeze {
  std::string reason;
  Timestamp since{};
  std::string by = "local";
};

}  // namespace slipway::domain
