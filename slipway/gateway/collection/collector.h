// Data collection: what requests and scripts hand over is queued, and one thread for all deployments makes records of
// it and appends them to files (docs/data-collection.md). A request pays for a copy of its body and one short lock;
// what finds the queue full is counted and told in the event log, never waited for.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "slipway/base/time.h"
#include "slipway/gateway/log_sink.h"
#include "slipway/gateway/metrics.h"
#include "slipway/gateway/routing_snapshot.h"
#include "slipway/net/exchange.h"
#include "slipway/tabular/call_rows.h"

namespace slipway::gateway::collection {

class CollectionWriter;

// What one call of a deployment carried. Views; what is kept is copied.
struct CollectedCall {
  std::string_view method, path, request_id;
  std::span<const net::HeaderView> headers;
  std::string_view request, response;
  tabular::BodyForm form = tabular::BodyForm::kJson;
  int status = 200;  // as the container gave it
};

// What a script's Collector hands over.
struct CollectedRows {
  std::string_view instance, collection, correlation_id;
  std::string_view rows;       // a JSON array of objects
  std::string_view data_type;  // of what it was made: "pandas.core.frame.DataFrame"
};

// One revision of a deployment that collects. Thread-safe.
class DeploymentCollector : public std::enable_shared_from_this<DeploymentCollector> {
 public:
  // nullptr when nothing is to be collected. `columns`: of a model's rows that come as lists. `writer` must outlive it.
  static std::shared_ptr<DeploymentCollector> Make(CollectionWriter& writer, const WantedEndpoint& endpoint,
                                                   const WantedDeployment& deployment, std::vector<std::string> columns,
                                                   std::shared_ptr<DeploymentCounts> counts);

  void TakeCall(const CollectedCall& call) const;
  void TakeRows(const CollectedRows& rows) const;

 private:
  friend class CollectionWriter;
  friend class RecordMaker;
  DeploymentCollector(CollectionWriter& writer, const WantedEndpoint& endpoint, const WantedDeployment& deployment,
                      std::vector<std::string> columns, std::shared_ptr<DeploymentCounts> counts);
  // The collection's settings when it is enabled and this id is in the sample; one id is in or out of all collections
  // of a rate.
  const WantedCollection* Wanted(std::string_view collection, std::string_view id) const;

  CollectionWriter& writer_;
  const LogIdentity identity_;
  const std::string deployment_, source_;  // source_: the deployment's ARM id
  const bool is_model_;                    // rows come from the bodies of requests; otherwise from the script
  const WantedCollector wanted_;
  const std::vector<std::string> columns_;
  const std::shared_ptr<DeploymentCounts> counts_;
};

// The queue and its thread. Thread-safe.
class CollectionWriter {
 public:
  // `journal`: a file of its own (collection_files.h). The others must outlive the writer.
  CollectionWriter(std::filesystem::path journal, LogSink& sink, const Clock& clock);
  // Writes what is queued.
  ~CollectionWriter();
  CollectionWriter(const CollectionWriter&) = delete;
  CollectionWriter& operator=(const CollectionWriter&) = delete;

  static constexpr size_t kQueueBytesMax = 64 << 20;  // of bodies and rows that wait

 private:
  friend class DeploymentCollector;
  friend class RecordMaker;
  // A call or rows, with what they hold copied.
  struct Item {
    std::shared_ptr<const DeploymentCollector> of;
    Timestamp time;
    std::string instance, correlation_id;
    std::string collection, rows, data_type;  // of rows; `collection` is "" for a call
    std::string method, path, request, response;
    std::vector<std::pair<std::string, std::string>> headers;
    tabular::BodyForm form = tabular::BodyForm::kJson;
    int status = 0;
    size_t bytes() const;
  };
  struct FailureKey {
    std::shared_ptr<const DeploymentCollector> of;
    std::string collection, reason;
    auto operator<=>(const FailureKey&) const = default;
  };
  struct Failures {
    uint64_t unreported = 0;
    std::string message;
    std::chrono::steady_clock::time_point next_report;
  };

  void Push(Item item);
  void Run();
  std::deque<Item> TakeQueued();
  void CountFailed(const std::shared_ptr<const DeploymentCollector>& of, std::string_view collection,
                   std::string_view reason, uint64_t records, std::string message);
  // Tells the event log of failures, of the same kind once a minute; `all`: at once.
  void ReportFailures(bool all);

  const std::filesystem::path journal_;
  LogSink& sink_;
  const Clock& clock_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> queue_;
  size_t queued_bytes_ = 0;
  bool is_stopping_ = false;
  std::map<FailureKey, Failures> failures_;

  std::thread thread_;
};

}  // namespace slipway::gateway::collection
